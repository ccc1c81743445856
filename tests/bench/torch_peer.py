#!/usr/bin/env python3
"""The peer of bench_train and bench_translate: the same model in PyTorch, as its best users would write it.

usage: torch_peer.py train BATCHES [options]
       torch_peer.py translate BATCHES [options]                      random weights, as many steps as pieces
       torch_peer.py translate BATCHES --checkpoint FILE [options]    a run's weights: sentences end, and leave

The files, the options and the JSON are those of the C programs. Tensors are time-major: T steps, B sentences,
H units, V vocabulary, K beam. Padding costs as little as PyTorch lets it: batches are sorted, the encoder and the
decoder read packed sequences, the output layer only sees real positions; batches are tensors before the clock
starts. In decoding, states are cached, keys are projected once and shared by a sentence's hypotheses, and sentences
that are done leave the batch.
"""
import argparse
import json
import resource
import statistics
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PAD, BOS, EOS, UNK = 0, 1, 2, 3
NEVER = -1e9


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("task", choices=["train", "translate"])
    p.add_argument("batches")
    p.add_argument("--data", default="batches")
    p.add_argument("--json")
    p.add_argument("--attention", choices=["none", "dot", "general"], default="none")
    p.add_argument("--precision", choices=["float32"], default="float32")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    for name, value in ("layers", 2), ("hidden", 512), ("embedding", 256), ("vocabulary", 8000), ("warmup", 1), ("repetitions", 5):
        p.add_argument("--" + name, type=int, default=value)
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--label-smoothing", type=float, default=0.0)
    p.add_argument("--beam", type=int, default=5)
    p.add_argument("--mini-batch", type=int, default=32)
    p.add_argument("--max-length-factor", type=float, default=3.0)
    p.add_argument("--checkpoint", help="a run's best.safetensors")
    p.add_argument("--output", help="with --checkpoint: the ids of the translations, a line each, in the file's order")
    return p.parse_args()


class Net(nn.Module):
    """An encoder and a decoder of LSTM layers; attention: none, general (q W m), or dot, without input feeding."""

    def __init__(self, vocabulary, embedding, hidden, layers, attention, dropout):
        super().__init__()
        self.attention = attention
        self.src, self.trg = nn.Embedding(vocabulary, embedding), nn.Embedding(vocabulary, embedding)
        self.encoder = nn.LSTM(embedding, hidden, layers, dropout=dropout if layers > 1 else 0)
        self.decoder = nn.LSTM(embedding, hidden, layers, dropout=dropout if layers > 1 else 0)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        if attention == "general":
            self.key = nn.Linear(hidden, hidden, bias=False)
        if attention != "none":
            self.combine = nn.Linear(2 * hidden, hidden, bias=False)
        self.output = nn.Linear(hidden, vocabulary)

    def encode(self, src, lengths):
        """src (S, B), lengths (B) not increasing. Returns context (keys (B, H, S), memory (B, S, H), mask) and state."""
        x = self.dropout(self.src(src))
        if lengths[0] == lengths[-1]:
            memory, state = self.encoder(x)
        else:
            packed, state = self.encoder(pack_padded_sequence(x, lengths))
            memory = pad_packed_sequence(packed)[0] if self.attention != "none" else None
        if self.attention == "none":
            return None, state
        memory = memory.transpose(0, 1)
        keys = self.key(memory) if self.attention == "general" else memory
        mask = None if lengths[0] == lengths[-1] else torch.arange(src.size(0)) >= lengths[:, None, None]
        return (keys.transpose(1, 2), memory, mask), state

    def attend(self, query, context):
        """query (B, Q, H): Q target steps, or hypotheses, of each sentence."""
        keys, memory, mask = context
        scores = torch.bmm(query, keys)
        if mask is not None:
            scores = scores.masked_fill(mask, NEVER)
        seen = torch.bmm(scores.softmax(-1), memory)
        return torch.tanh(self.combine(torch.cat([seen, query], -1)))

    def forward(self, batch):
        """The loss, a mean over the target's real positions."""
        context, state = self.encode(batch["src"], batch["src_lengths"])
        x = self.dropout(self.trg(batch["trg_in"]))
        if batch["real"] is None:
            h, _ = self.decoder(x, state)
        else:
            h, _ = self.decoder(pack_padded_sequence(x, batch["trg_lengths"], enforce_sorted=False), state)
            h, _ = pad_packed_sequence(h)
        h = h.transpose(0, 1)
        if context is not None:
            h = self.attend(h, context)
        h = h.reshape(-1, h.size(-1)) if batch["real"] is None else h[batch["real"]]
        return F.cross_entropy(self.output(self.dropout(h)), batch["trg_out"], label_smoothing=batch["smoothing"])


# ---- data


def read_batches(path):
    """Lists of pairs of lists of ids; ends of sentence are not there yet."""
    batches, pairs = [], []
    for line in open(path):
        if line.strip("\n"):
            pairs.append(tuple([int(i) for i in side.split()] for side in line.rstrip("\n").split("\t")))
        elif pairs:
            batches.append(pairs)
            pairs = []
    return batches + [pairs] if pairs else batches


def pad(sequences):
    """(T, B), lengths (B)"""
    lengths = torch.tensor([len(s) for s in sequences])
    ids = torch.full((int(lengths.max()), len(sequences)), PAD)
    for b, s in enumerate(sequences):
        ids[: len(s), b] = torch.tensor(s)
    return ids, lengths


def tensors(pairs, smoothing):
    pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
    src, src_lengths = pad([s + [EOS] for s, _ in pairs])
    trg_in, trg_lengths = pad([[BOS] + t for _, t in pairs])
    trg_out, _ = pad([t + [EOS] for _, t in pairs])
    trg_out = trg_out.t()
    real = trg_out != PAD
    padded = not bool(real.all())
    return {
        "src": src, "src_lengths": src_lengths, "trg_in": trg_in, "trg_lengths": trg_lengths,
        "trg_out": trg_out[real] if padded else trg_out.reshape(-1), "real": real if padded else None,
        "smoothing": smoothing,
    }


# ---- training


def train(a, batches):
    """Seconds of each repetition, a pass over the batches, and processor seconds of all."""
    net = Net(a.vocabulary, a.embedding, a.hidden, a.layers, a.attention, a.dropout)
    parameters = list(net.parameters())
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    ready = [tensors(pairs, a.label_smoothing) for pairs in batches]

    def step(batch):
        optimizer.zero_grad(set_to_none=True)
        loss = net(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.item()

    seconds = []
    for repetition in range(-a.warmup, a.repetitions):
        if repetition == 0:
            processor = time.process_time()
        began = time.perf_counter()
        for batch in ready:
            step(batch)
        if repetition >= 0:
            seconds.append(time.perf_counter() - began)
    return seconds, time.process_time() - processor


# ---- translating


def read_checkpoint(path):
    """The net of a run (DESIGN.md, 4: safetensors with PyTorch's names), and whether it reads sources backwards."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        block = bytearray(file.read())
    said = header.pop("__metadata__")
    attention = said.get("model.decoder.attention", "none")
    if attention not in ("none", "dot", "general"):
        sys.exit(f"torch_peer.py: {path}: attention {attention} is not written here; none, dot or general")
    for key in "model.decoder.input_feeding", "model.decoder.residual", "model.encoder.residual":
        if said.get(key, "false") != "false":
            sys.exit(f"torch_peer.py: {path}: {key} is not written here")
    w = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        w[name] = torch.frombuffer(block, dtype=torch.float32, count=(end - begin) // 4, offset=begin).view(tensor["shape"])
    layers = sum(name.startswith("encoder.rnn.weight_hh") for name in w)
    vocabulary, embedding = w["encoder.embedding.weight"].shape
    net = Net(vocabulary, embedding, w["encoder.rnn.weight_hh_l0"].size(1), layers, attention, 0.0)
    state = {"src.weight": w["encoder.embedding.weight"], "trg.weight": w["decoder.embedding.weight"],
             "output.weight": w["output.weight"], "output.bias": w["output.bias"]}
    for side in "encoder", "decoder":
        for k in range(layers):
            for kind in "weight_ih", "weight_hh":
                state[f"{side}.{kind}_l{k}"] = w[f"{side}.rnn.{kind}_l{k}"]
            bias = w[f"{side}.rnn.bias_l{k}"]
            state[f"{side}.bias_ih_l{k}"], state[f"{side}.bias_hh_l{k}"] = bias, torch.zeros_like(bias)
    if attention == "general":
        state["key.weight"] = w["attention.weight"]
    if attention != "none":
        state["combine.weight"] = w["decoder.combine.weight"]
    net.load_state_dict(state)
    return net, said.get("model.encoder.reverse_source", "true") == "true"


class Search:
    """Beam search of some sentences. Rows are sentence * K + hypothesis; a row that is none has score NEVER.

    With `limits` it is latimer's search: each step the best continuations of a sentence take the places that its
    finished hypotheses have left, and a sentence leaves once no living one can overtake its best finished one.
    Without, nothing ends: every step is made for every row."""

    def __init__(self, net, sources, beam, limits=None):
        self.net, self.k, self.limits = net, beam, limits
        n = len(sources)
        src, lengths = pad(sources)
        self.context, state = net.encode(src, lengths)
        self.state = tuple(s.repeat_interleave(beam, 1) for s in state)
        self.scores = torch.full((n, beam), NEVER)
        self.scores[:, 0] = 0.0
        self.tokens = torch.full((n * beam,), BOS)
        self.pieces = torch.empty((n * beam, 0), dtype=torch.long)
        self.base = torch.arange(n)[:, None] * beam
        if limits is not None:
            self.limits = torch.tensor(limits)
            self.alive = torch.arange(n)
            self.ended = torch.zeros(n, dtype=torch.long)
            self.best = torch.full((n,), NEVER)
            self.cut = torch.ones(n, dtype=torch.bool)
        self.result = [[] for _ in range(n)]

    def step(self):
        """scores (n, K) and, for each, parent (n, K) as a row and token (n, K): the best continuations."""
        n, k = self.scores.shape
        h, state = self.net.decoder(self.net.trg(self.tokens)[None], self.state)
        h = h[0].view(n, k, -1)
        if self.context is not None:
            h = self.net.attend(h, self.context)
        logits = self.net.output(h)
        if self.limits is not None:
            logits[:, :, [PAD, BOS, UNK]] = NEVER
        # the best of a hypothesis first: a softmax over V need not be written, nor K * V scores be searched
        best, tokens = logits.topk(k, -1)
        scores = best - logits.logsumexp(-1, keepdim=True) + self.scores[:, :, None]
        self.scores, places = scores.view(n, -1).topk(k, -1)
        parents = torch.div(places, k, rounding_mode="floor") + self.base
        self.state = state
        return parents, tokens.view(n, -1).gather(1, places)

    def follow(self, parents, tokens):
        rows = parents.view(-1)
        self.tokens = tokens.reshape(-1)
        self.state = tuple(s.index_select(1, rows) for s in self.state)
        self.pieces = torch.cat([self.pieces.index_select(0, rows), self.tokens[:, None]], 1)

    def keep(self, which):
        """Sentences that stay, an index (n')."""
        k = self.k
        rows = (self.base[which] + torch.arange(k)).view(-1)
        self.tokens, self.pieces = self.tokens[rows], self.pieces[rows]
        self.state = tuple(s.index_select(1, rows) for s in self.state)
        if self.context is not None:
            keys, memory, mask = self.context
            self.context = keys[which], memory[which], None if mask is None else mask[which]
        for name in "scores", "limits", "alive", "ended", "best", "cut":
            setattr(self, name, getattr(self, name)[which])
        self.base = torch.arange(len(which))[:, None] * k

    def finish(self, length, parents, tokens):
        """Ends of this step: takes them out, notes the best, and lets sentences leave that are done."""
        place = torch.arange(self.k)[None]
        valid = (place < (self.k - self.ended)[:, None]) & (self.scores > NEVER / 2)
        last = (self.limits == length)[:, None]
        ends = valid & ((tokens == EOS) | last)
        if bool(ends.any()):
            complete = tokens == EOS
            value = self.scores / torch.where(complete, length, length + 1)
            for b, i in ends.nonzero().tolist():
                whole = bool(complete[b, i])
                better = self.cut[b] if whole != (not self.cut[b]) and whole else value[b, i] > self.best[b]
                if whole or bool(self.cut[b]):
                    if bool(better):
                        row = self.pieces[parents[b, i]].tolist()
                        self.result[int(self.alive[b])] = row if whole else row + [int(tokens[b, i])]
                        self.best[b], self.cut[b] = value[b, i], not whole
            self.ended += ends.sum(1)
        self.scores = torch.where(valid & ~ends, self.scores, torch.tensor(NEVER))
        top = self.scores.max(1).values
        done = (top < NEVER / 2) | (~self.cut & (top / (self.limits + 1) <= self.best))
        return (~done).nonzero()[:, 0] if bool(done.any()) else None

    def run_all(self, steps):
        for _ in range(steps):
            self.follow(*self.step())

    def run(self):
        length = 0
        while len(self.scores):
            length += 1
            parents, tokens = self.step()
            stay = self.finish(length, parents, tokens)
            self.follow(parents, tokens)
            if stay is not None:
                self.keep(stay)
        return self.result


@torch.inference_mode()
def translate(a, batches):
    """Seconds of each repetition, processor seconds of all, and what was found of each sentence in the file's order (by --checkpoint)."""
    if a.checkpoint:
        net, reverse = read_checkpoint(a.checkpoint)
    else:
        net, reverse = Net(a.vocabulary, a.embedding, a.hidden, a.layers, a.attention, 0.0), False
    net.eval()
    sources = [(s[::-1] if reverse else s) + [EOS] for pairs in batches for s, _ in pairs]
    seconds, found = [], [[]] * len(sources)
    for repetition in range(-a.warmup, a.repetitions):
        if repetition == 0:
            processor = time.process_time()
        began = time.perf_counter()
        order = sorted(range(len(sources)), key=lambda i: -len(sources[i]))
        for first in range(0, len(order), a.mini_batch):
            which = order[first : first + a.mini_batch]
            own = [sources[i] for i in which]
            if not a.checkpoint:
                Search(net, own, a.beam).run_all(len(own[0]))
                continue
            limits = [max(1, -int(-a.max_length_factor * len(s) // 1)) for s in own]
            for i, pieces in zip(which, Search(net, own, a.beam, limits).run()):
                found[i] = pieces
        if repetition >= 0:
            seconds.append(time.perf_counter() - began)
    return seconds, time.process_time() - processor, found


# ---- the record


def rate(amount, seconds):
    return {"median": amount / statistics.median(seconds), "best": amount / min(seconds)}


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    batches = read_batches(a.batches)
    pairs = [pair for batch in batches for pair in batch]
    src, trg = (sum(len(pair[side]) + 1 for pair in pairs) for side in (0, 1))
    record = {
        "program": "pytorch", "task": "training" if a.task == "train" else "translation", "data": a.data,
        "attention": a.attention, "precision": a.precision, "threads": a.threads,
    }
    if a.task == "train":
        seconds, processor = train(a, batches)
        record.update(mini_batch=len(batches[0]), batches=len(batches))
        record["figures"] = {"tokens_per_second": rate(src + trg, seconds), "target_tokens_per_second": rate(trg, seconds)}
    else:
        seconds, processor, found = translate(a, batches)
        record.update(mini_batch=a.mini_batch, beam=a.beam, sentences=len(pairs))
        record["figures"] = {}
        if a.output:
            with open(a.output, "w") as file:
                file.writelines(" ".join(map(str, pieces)) + "\n" for pieces in found)
    record["figures"]["sentences_per_second"] = rate(len(pairs), seconds)
    record["repetitions"] = a.repetitions
    record["processor_seconds"] = processor / a.repetitions
    record["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(", ".join(f"{k} {v}" for k, v in record.items() if isinstance(v, (str, int))))
    print(f"  {'':26} {'median':>10} {'best':>10}")
    for name, value in record["figures"].items():
        print(f"  {name:26} {value['median']:10.1f} {value['best']:10.1f}")
    for name in "processor_seconds", "peak_rss_mib":
        print(f"  {name:26} {record[name]:10.2f}")
    if a.json:
        with open(a.json, "w") as file:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
