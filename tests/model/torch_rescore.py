#!/usr/bin/python3
"""Loads a latimer run into PyTorch by the names of its tensors and scores translations with it; compares with `latimer
rescore`. This is what "any tool of the safetensors ecosystem can read a checkpoint" means, checked to the end: every
tensor's name, shape, gate order, the reversed source, the ends of sentence, and the log-probabilities.

usage: torch_rescore.py LATIMER RUN_DIRECTORY SOURCE TARGET      (Debian: python3-torch)
Exit status 1 where a log-probability differs by more than 1e-3 nats.
"""
import json
import os
import struct
import subprocess
import sys

import torch

import torch_network

latimer, run, source, target = sys.argv[1:5]
torch.set_num_threads(1)


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
        tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).reshape(entry["shape"]).double()
    return about, tensors


def network(path):
    about, tensors = safetensors(path)
    assert about["format"] == "latimer", about
    options = {key[len("model."):]: value for key, value in about.items() if key.startswith("model.")}
    source_table = tensors.get("embedding.weight", tensors.get("encoder.embedding.weight"))
    shapes = torch_network.tensor_shapes(options, len(source_table), len(tensors["output.bias"]))
    assert shapes == {name: tuple(tensor.shape) for name, tensor in tensors.items()}, (shapes, tensors.keys())
    return torch_network.Network(options, tensors)


def ids(side, path):
    model = f"{run}/tokenizer.model"
    if not os.path.exists(model):
        model = f"{run}/tokenizer.{side}.model"
    with open(path, "rb") as f:
        out = subprocess.run([latimer, "tokenizer", "encode", model, "--ids"], stdin=f, capture_output=True, check=True)
    return [[int(i) for i in line.split()] for line in out.stdout.decode().split("\n")[:-1]]


rescore = [latimer, "rescore", "--max-length", "1000000", run, source, target]  # all of every source
ours = subprocess.run(rescore, capture_output=True, check=True).stdout.split()
pairs = list(zip(ids("src", source), ids("trg", target)))
assert len(ours) == len(pairs) > 0, (len(ours), len(pairs))
theirs = network(f"{run}/best.safetensors")
with torch.no_grad():
    worst = max(abs(float(a) - theirs.score(x, y).item()) for a, (x, y) in zip(ours, pairs))
print(f"{len(pairs)} pairs: log-probabilities of latimer and PyTorch differ by at most {worst:.2e} nats")
sys.exit(not worst <= 1e-3)
