#!/usr/bin/python3
"""Loads a latimer run into torch.nn.LSTM by the names of its tensors and scores translations with it; compares with
`latimer rescore`. This is what "any tool of the safetensors ecosystem can read a checkpoint" means, checked to the end:
every tensor's name, shape, gate order, the reversed source, the ends of sentence, and the log-probabilities.

usage: torch_rescore.py LATIMER RUN_DIRECTORY SOURCE TARGET      (Debian: python3-torch)
Exit status 1 where a log-probability differs by more than 1e-3 nats.
"""
import json
import os
import struct
import subprocess
import sys

import torch

latimer, run, source, target = sys.argv[1:5]
PAD, BOS, EOS = 0, 1, 2


def safetensors(path):
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = bytearray(f.read())
    about = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", name
        tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).reshape(entry["shape"])
    return about, tensors


def stacked_lstm(tensors, side, layers):
    """A torch.nn.LSTM from the tensors "<side>.rnn.*"; PyTorch has two biases, a checkpoint their sum."""
    state = {}
    for k in range(layers):
        for matrix in ("weight_ih", "weight_hh"):
            state[f"{matrix}_l{k}"] = tensors[f"{side}.rnn.{matrix}_l{k}"]
        state[f"bias_ih_l{k}"] = tensors[f"{side}.rnn.bias_l{k}"]
        state[f"bias_hh_l{k}"] = torch.zeros_like(state[f"bias_ih_l{k}"])
    lstm = torch.nn.LSTM(state["weight_ih_l0"].shape[1], state["weight_hh_l0"].shape[1], layers)
    lstm.load_state_dict(state)  # strict: every name and shape must fit
    return lstm


def ids(side, path):
    model = f"{run}/tokenizer.model"
    if not os.path.exists(model):
        model = f"{run}/tokenizer.{side}.model"
    with open(path, "rb") as f:
        out = subprocess.run([latimer, "tokenizer", "encode", model, "--ids"], stdin=f, capture_output=True, check=True)
    return [[int(i) for i in line.split()] for line in out.stdout.decode().split("\n")[:-1]]


about, tensors = safetensors(f"{run}/best.safetensors")
assert about["format"] == "latimer" and about["cell"] == "lstm", about
encoder = stacked_lstm(tensors, "encoder", int(about["model.encoder.layers"]))
decoder = stacked_lstm(tensors, "decoder", int(about["model.decoder.layers"]))
both = tensors.get("embedding.weight")
src_table = both if both is not None else tensors["encoder.embedding.weight"]
trg_table = both if both is not None else tensors["decoder.embedding.weight"]
output = tensors["output.weight"] if about["model.tied_embeddings"] == "none" else trg_table
projection = tensors.get("output.projection.weight")
reverse = about["model.encoder.reverse_source"] == "true"


@torch.no_grad()
def log_probability(x, y):
    x = (x[::-1] if reverse else x) + [EOS]
    _, state = encoder(src_table[torch.tensor(x)].unsqueeze(1))
    h, _ = decoder(trg_table[torch.tensor([BOS] + y)].unsqueeze(1), state)
    if projection is not None:
        h = h @ projection.t()
    scores = (h.squeeze(1) @ output.t() + tensors["output.bias"]).log_softmax(-1)
    return scores[torch.arange(len(y) + 1), torch.tensor(y + [EOS])].double().sum().item()


ours = subprocess.run([latimer, "rescore", run, source, target], capture_output=True, check=True).stdout.split()
pairs = list(zip(ids("src", source), ids("trg", target)))
assert len(ours) == len(pairs) > 0, (len(ours), len(pairs))
worst = max(abs(float(a) - log_probability(x, y)) for a, (x, y) in zip(ours, pairs))
print(f"{len(pairs)} pairs: log-probabilities of latimer and PyTorch differ by at most {worst:.2e} nats")
sys.exit(worst > 1e-3)
