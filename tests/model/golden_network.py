#!/usr/bin/python3
"""Writes tests/fixtures/golden/*.txt for golden_network.c: for small models of every kind the weights, the loss, the
log-probability of each sentence and the gradient of the loss, as torch_network.py has them in double precision.

usage: golden_network.py [DIRECTORY]      (Debian: python3-torch)

A file, line by line:
  KEY=VALUE                             an option of the experiment file's group `model`
  label_smoothing E                     of the loss, not of the log-probabilities
  vocabulary SOURCE TARGET
  source IDS..., target IDS...          a sentence pair (either may be empty), then its
  log_probability X
  loss X                                the mean over all target tokens of all pairs
  tensor NAME ROWS COLUMNS              columns 0: a vector; then two lines of ROWS x COLUMNS numbers each:
  value X...
  gradient X...                         of the loss
"""
import os
import random
import sys

import torch
from torch.nn import Parameter

import torch_network

EMBEDDING, HIDDEN, SOURCE_WORDS, TARGET_WORDS, SMOOTHING = 3, 4, 9, 8, 0.1
PAIRS = [([5, 4, 8], [6, 4]), ([], [5]), ([7, 3, 7, 6, 5], [4, 7, 3, 4]), ([4], [])]

CELLS = list(torch_network.GATES)
LSTM_LIKE, GRU_LIKE = {"encoder.cell": "lstm", "decoder.cell": "lstm"}, {"encoder.cell": "gru", "decoder.cell": "gru"}
BOTH_WAYS = {"encoder.bidirectional": "true", "encoder.reverse_source": "false"}
TWO_LAYERS = {"encoder.layers": 2, "decoder.layers": 2}
FED = {"decoder.input_feeding": "true"}


def configurations():
    """Name -> the options that differ from base() below."""
    all_of = {}
    for cell in CELLS:
        same = {"encoder.cell": cell, "decoder.cell": cell}
        all_of[f"{cell}-context"] = {**same, **TWO_LAYERS}
        all_of[f"{cell}-attention"] = {
            **same, **BOTH_WAYS, **FED, "encoder.hidden": 2, "encoder.layers": 2, "decoder.attention": "general"}
    for kind in ("dot", "scaled_dot", "general", "additive"):
        # the first two want a memory as wide as the decoder, the others show what is done when it is not
        of_kind = {"encoder.hidden": 4 if "dot" in kind else 3, "encoder.cell": "gru_reset_after",
                   "decoder.cell": "gru_reset_after", "decoder.attention": kind}
        all_of[f"{kind}"] = of_kind
        all_of[f"{kind}-fed"] = {**of_kind, **FED}
        all_of[f"{kind}-coverage"] = {**of_kind, "decoder.coverage": "true"}
        all_of[f"{kind}-fed-coverage"] = {**of_kind, **FED, "decoder.coverage": "true"}

    # the encoder's shapes, for a cell of PyTorch's and for one that is not; the states are too wide for the decoder
    for directions in ("true", "first", "alternating"):
        for cell in ("lstm_peephole", "gru_reset_after"):
            all_of[f"{directions}-{cell}"] = {
                "encoder.cell": cell, "decoder.cell": cell, "encoder.layers": 3, "encoder.hidden": 3,
                "encoder.bidirectional": directions, "encoder.reverse_source": "false", "decoder.attention": "additive"}
        # directions of half the width, so that states are copied where they fit, and connections around layers
        narrow = directions == "first"  # above its first layer, which no connection can go around into the second
        all_of[f"residual-{directions}"] = {
            **LSTM_LIKE, **FED, "encoder.layers": 3, "encoder.hidden": 2, "encoder.bidirectional": directions,
            "encoder.residual": "true", "encoder.residual_from": 3 if narrow else 2, "decoder.layers": 3,
            "decoder.residual": "true", "decoder.attention": "general" if narrow else "dot"}
    all_of["residual-from-1"] = {
        **GRU_LIKE, **TWO_LAYERS, "encoder.embedding": 4, "decoder.embedding": 4, "encoder.residual": "true",
        "encoder.residual_from": 1, "decoder.residual": "true", "decoder.residual_from": 1}
    all_of["residual-context"] = {
        "encoder.cell": "rnn", "decoder.cell": "rnn", "encoder.layers": 3, "decoder.layers": 3,
        "encoder.residual": "true", "decoder.residual": "true", "decoder.residual_from": 3}

    # between the two: other sizes, numbers of layers, cells with and without a memory cell
    all_of["bridge-sizes"] = {**LSTM_LIKE, **TWO_LAYERS, "encoder.hidden": 3, "encoder.embedding": 2}
    all_of["bridge-fewer"] = {**LSTM_LIKE, "encoder.layers": 3, "encoder.bidirectional": "first"}
    all_of["bridge-more"] = {**GRU_LIKE, "encoder.layers": 2, "decoder.layers": 3}
    all_of["bridge-more-wide"] = {**LSTM_LIKE, **BOTH_WAYS, "decoder.layers": 2}
    all_of["gru-to-lstm"] = {**TWO_LAYERS, "encoder.cell": "gru", "decoder.cell": "lstm"}
    all_of["rnn-to-peephole-wide"] = {**BOTH_WAYS, "encoder.cell": "rnn", "decoder.cell": "lstm_peephole"}
    all_of["layernorm-to-gru"] = {**TWO_LAYERS, "encoder.cell": "lstm_layernorm", "decoder.cell": "gru"}
    all_of["coupled-to-reset-after"] = {
        **BOTH_WAYS, "encoder.cell": "lstm_coupled", "decoder.cell": "gru_reset_after"}
    every_step = {"decoder.context": "every_step"}
    all_of["every-step"] = {**GRU_LIKE, **TWO_LAYERS, **every_step}
    all_of["every-step-wide"] = {**LSTM_LIKE, **BOTH_WAYS, **every_step, "encoder.hidden": 3}
    all_of["every-step-residual"] = {**LSTM_LIKE, **TWO_LAYERS, **every_step, "encoder.residual": "true"}
    all_of["every-step-attention"] = {**LSTM_LIKE, **every_step, **FED, "decoder.attention": "additive"}

    # the output layer
    all_of["tied-target"] = {**LSTM_LIKE, "tied_embeddings": "target", "decoder.embedding": 4}
    all_of["tied-target-projected"] = {**GRU_LIKE, **FED, "tied_embeddings": "target", "decoder.attention": "general"}
    all_of["tied-all"] = {**LSTM_LIKE, "tied_embeddings": "all", "encoder.embedding": 4, "decoder.embedding": 4}
    all_of["tied-all-projected"] = {**LSTM_LIKE, "tied_embeddings": "all"}
    all_of["no-smoothing"] = {**LSTM_LIKE, "label_smoothing": 0.0, "encoder.reverse_source": "false"}
    return all_of


def base():
    options = {key: value for key, value in torch_network.DEFAULTS.items() if not key.startswith("dropout.")}
    for side in ("encoder", "decoder"):
        options.update({f"{side}.layers": 1, f"{side}.hidden": HIDDEN, f"{side}.embedding": EMBEDDING})
    return options


def draw(shapes, seed):
    """Uniform in +-0.8, where no gate is in its linear part; three decimals, so that the files are short and exact."""
    rng = random.Random(seed)
    return {
        name: Parameter(torch.tensor([rng.randint(-800, 800) / 1000 for _ in range(torch.Size(shape).numel())],
                                     dtype=torch.double).reshape(shape))
        for name, shape in shapes.items()
    }


def numbers(tensor):
    return " ".join("%.10g" % round(x, 10) for x in tensor.reshape(-1).tolist())


def write(path, name, options):
    options = dict(options)
    smoothing = options.pop("label_smoothing", SMOOTHING)
    options = {key: str(value) for key, value in {**base(), **options}.items()}
    vocabulary = (TARGET_WORDS if options["tied_embeddings"] == "all" else SOURCE_WORDS, TARGET_WORDS)
    pairs = [([i % vocabulary[0] for i in source], target) for source, target in PAIRS]
    tensors = draw(torch_network.tensor_shapes(options, *vocabulary), name)
    network = torch_network.Network(options, tensors)
    loss = network.loss(pairs, smoothing)
    loss.backward()
    with open(path, "w", encoding="ascii") as file:
        for key, value in options.items():
            print(f"{key}={value}", file=file)
        print("label_smoothing", smoothing, file=file)
        print("vocabulary", *vocabulary, file=file)
        for source, target in pairs:
            print("source", *source, file=file)
            print("target", *target, file=file)
            print("log_probability", numbers(network.score(source, target)), file=file)
        print("loss", numbers(loss), file=file)
        for name, tensor in tensors.items():
            rows, columns = (*tensor.shape, 0)[:2]
            print("tensor", name, rows, columns, file=file)
            print("value", numbers(tensor), file=file)
            print("gradient", numbers(tensor.grad), file=file)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../fixtures/golden")
    torch.set_num_threads(1)
    os.makedirs(directory, exist_ok=True)
    for name, options in configurations().items():
        write(f"{directory}/{name}.txt", name, options)


if __name__ == "__main__":
    main()
