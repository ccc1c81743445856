"""The encoder-decoder family in PyTorch, a second time and independently of the C sources: from the equations alone,
one sentence and one step after the other, the backward pass left to autograd. golden_network.py computes with it what
the network must give; torch_rescore.py loads trained checkpoints into it.

`options` maps the keys of the experiment file's `model` group ("encoder.cell") to texts, `tensors` the names of a
checkpoint to tensors. Shapes: S source steps with the end of sentence, T target steps with the end of sentence, E
embedding, H hidden, D the encoder's output, V vocabulary.
"""
import torch
from torch.nn import Parameter

PAD, BOS, EOS = 0, 1, 2

GATES = {
    "rnn": 1, "lstm": 4, "lstm_peephole": 4, "lstm_coupled": 3, "lstm_layernorm": 4, "gru": 3, "gru_reset_after": 3,
}
IN_TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_reset_after": torch.nn.GRU}

# What the options are where an experiment does not say: only what is needed here.
DEFAULTS = {
    "encoder.bidirectional": "false", "encoder.reverse_source": "true", "encoder.residual": "false",
    "encoder.residual_from": "2", "decoder.attention": "none", "decoder.input_feeding": "false",
    "decoder.coverage": "false", "decoder.context": "initial", "decoder.residual": "false",
    "decoder.residual_from": "2", "tied_embeddings": "none", "dropout.zoneout_h": "0", "dropout.zoneout_c": "0",
}


def has_memory_cell(cell):
    return cell.startswith("lstm")


# ---- cells PyTorch does not have: one step, x (in), h and c (H) -> h, c; `w` holds the layer's tensors ----


def layer_norm(z):
    deviation = z - z.mean()
    return deviation / torch.sqrt((deviation * deviation).mean() + 1e-5)


def lstm_peephole(w, x, h, c):
    """Gers, Schraudolph & Schmidhuber 2002: the gates see the memory cell, the output gate the new one."""
    i, f, g, o = (w["weight_ih"] @ x + w["weight_hh"] @ h + w["bias"]).chunk(4)
    p_i, p_f, p_o = w["peephole"]
    i, f = torch.sigmoid(i + p_i * c), torch.sigmoid(f + p_f * c)
    c = f * c + i * torch.tanh(g)
    return torch.sigmoid(o + p_o * c) * torch.tanh(c), c


def lstm_coupled(w, x, h, c):
    """Greff et al. 2017 (CIFG): what is forgotten makes room for as much that is new, i = 1 - f."""
    f, g, o = (w["weight_ih"] @ x + w["weight_hh"] @ h + w["bias"]).chunk(3)
    f = torch.sigmoid(f)
    c = f * c + (1 - f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_layernorm(w, x, h, c):
    """Ba, Kiros & Hinton 2016: both sums are normalised over all gates, and the memory cell on its way out."""
    sums = layer_norm(w["weight_ih"] @ x) * w["layernorm_ih"] + layer_norm(w["weight_hh"] @ h) * w["layernorm_hh"]
    i, f, g, o = (sums + w["bias"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    gain, shift = w["layernorm_c"]
    return torch.sigmoid(o) * torch.tanh(layer_norm(c) * gain + shift), c


def gru(w, x, h, c):
    """Cho et al. 2014: the reset gate stands before the recurrent product; z lets the new in."""
    x_r, x_z, x_n = (w["weight_ih"] @ x + w["bias"]).chunk(3)
    u_r, u_z, u_n = w["weight_hh"].chunk(3)
    r, z = torch.sigmoid(x_r + u_r @ h), torch.sigmoid(x_z + u_z @ h)
    n = torch.tanh(x_n + u_n @ (r * h))
    return (1 - z) * h + z * n, c


STEPS = {"lstm_peephole": lstm_peephole, "lstm_coupled": lstm_coupled, "lstm_layernorm": lstm_layernorm, "gru": gru}
EXTRA = {"lstm_peephole": ["peephole"], "lstm_layernorm": ["layernorm_ih", "layernorm_hh", "layernorm_c"]}


# ---- layers ----


def torch_module(cell, tensors, side, places, layers=1, bidirectional=False):
    """torch.nn.RNN, LSTM or GRU with the very tensors of a checkpoint as its parameters. `places` pairs the module's
    suffixes with the checkpoint's: ("l0", "l2_reverse"). A module has two biases, a checkpoint their sum."""
    first = tensors[f"{side}.rnn.weight_ih_{places[0][1]}"]
    hidden = tensors[f"{side}.rnn.weight_hh_{places[0][1]}"].shape[1]
    module = IN_TORCH[cell](first.shape[1], hidden, layers, bidirectional=bidirectional).to(first.dtype)
    to_set = {name for name, _ in module.named_parameters()}
    for there, here in places:
        bias = tensors[f"{side}.rnn.bias_{here}"]
        zero = Parameter(torch.zeros_like(bias), requires_grad=False)
        values = {
            "weight_ih": tensors[f"{side}.rnn.weight_ih_{here}"],
            "weight_hh": tensors[f"{side}.rnn.weight_hh_{here}"],
            "bias_ih": bias,
            "bias_hh": tensors[f"{side}.rnn.bias_hh_{here}"] if cell == "gru_reset_after" else zero,
        }
        for name, value in values.items():
            assert getattr(module, f"{name}_{there}").shape == value.shape, (name, there, value.shape)
            setattr(module, f"{name}_{there}", value)
            to_set.remove(f"{name}_{there}")
    assert not to_set, to_set
    return module


def run_module(module, x, state):
    """x (S, in), state a list of (h, c) for each layer and direction -> (S, out), states."""
    h = torch.stack([h for h, _ in state]).unsqueeze(1)
    if isinstance(module, torch.nn.LSTM):
        y, (h, c) = module(x.unsqueeze(1), (h, torch.stack([c for _, c in state]).unsqueeze(1)))
        return y.squeeze(1), list(zip(h.squeeze(1), c.squeeze(1)))
    y, h = module(x.unsqueeze(1), h)
    return y.squeeze(1), [(last, None) for last in h.squeeze(1)]


class Layer:
    """One layer in one direction, from the first row of its input to the last. `zoneout`: the shares of the old h and c
    that stay, on the average, in the new (Krueger et al. 2017); c's reaches h only by the next step."""

    def __init__(self, cell, tensors, side, place, zoneout):
        self.zoneout = zoneout
        self.module = self.step = None
        if cell in IN_TORCH:
            self.module = torch_module(cell, tensors, side, [("l0", place)])
        else:
            self.step = STEPS[cell]
            names = ["weight_ih", "weight_hh", "bias"] + EXTRA.get(cell, [])
            self.w = {name: tensors[f"{side}.rnn.{name}_{place}"] for name in names}

    def __call__(self, x, h, c):
        y = []
        for row in x:
            before = h, c
            if self.module is not None:
                _, [(h, c)] = run_module(self.module, row.unsqueeze(0), [before])
            else:
                h, c = self.step(self.w, row, h, c)
            h = self.zoneout[0] * before[0] + (1 - self.zoneout[0]) * h
            if c is not None:
                c = self.zoneout[1] * before[1] + (1 - self.zoneout[1]) * c
            y.append(h)
        return torch.stack(y), (h, c)


class Stack:
    """The layers of one side. `whole` is PyTorch's own module for all of them, where it has one."""

    def __init__(self, options, tensors, side):
        self.cell = options[f"{side}.cell"]
        self.layers = int(options[f"{side}.layers"])
        self.directions = options["encoder.bidirectional"] if side == "encoder" else "false"
        residual = options[f"{side}.residual"] == "true"
        self.residual_from = int(options[f"{side}.residual_from"]) if residual else self.layers + 1
        self.whole = None
        zoneout = [float(options[f"dropout.zoneout_{k}"]) for k in "hc"]
        if self.cell in IN_TORCH and self.directions in ("false", "true") and not residual and not any(zoneout):
            both = self.directions == "true"
            names = [f"l{k}{suffix}" for k in range(self.layers) for suffix in (["", "_reverse"] if both else [""])]
            self.whole = torch_module(self.cell, tensors, side, [(n, n) for n in names], self.layers, both)
        else:
            self.parts = {
                (k, d): Layer(self.cell, tensors, side, f"l{k}" + ["", "_reverse"][d], zoneout)
                for k in range(self.layers) for d in range(self.directions_of(k))
            }
        self.hidden = tensors[f"{side}.rnn.weight_hh_l0"].shape[1]

    def directions_of(self, layer):
        return 2 if self.directions in ("true", "alternating") or (self.directions == "first" and layer == 0) else 1

    def zero_state(self, like):
        zero = like.new_zeros(self.hidden)
        return [(zero, zero if has_memory_cell(self.cell) else None)
                for k in range(self.layers) for _ in range(self.directions_of(k))]

    def residual(self, layer, x, y):
        return y + x if layer + 1 >= self.residual_from else y

    def __call__(self, x, state):
        """x (S, in) -> the outputs of the top (S, D) and the final states in the order of `state`: layer by layer."""
        if self.whole is not None:
            return run_module(self.whole, x, state)
        state, final = list(state), []
        inputs = [x, x]  # alternating: each stack reads what is below it in its own
        for k in range(self.layers):
            outputs = []
            for d in range(self.directions_of(k)):
                backward = (d + k) % 2 == 1 if self.directions == "alternating" else d == 1
                read = inputs[d].flip(0) if backward else inputs[d]
                y, last = self.parts[k, d](read, *state.pop(0))
                outputs.append(y.flip(0) if backward else y)
                final.append(last)
            if self.directions == "alternating":
                inputs = [self.residual(k, a, y) for a, y in zip(inputs, outputs)]
            else:
                inputs = [self.residual(k, inputs[0], torch.cat(outputs, 1))] * 2
        return torch.cat(inputs, 1) if self.directions == "alternating" else inputs[0], final


# ---- attention (Luong, Pham & Manning 2015; Bahdanau, Cho & Bengio 2015) ----


class Attention:
    def __init__(self, options, tensors):
        self.kind, self.tensors = options["decoder.attention"], tensors
        self.coverage = tensors["attention.coverage"] if options["decoder.coverage"] == "true" else None

    def scores(self, y, memory, covered):
        """y (H), memory (S, D), covered (S), the sums of earlier weights -> (S)."""
        if self.kind == "additive":
            inside = self.tensors["attention.key.weight"] @ memory.t()  # (A, S)
            inside = inside + (self.tensors["attention.query.weight"] @ y).unsqueeze(1)
            if self.coverage is not None:
                inside = inside + torch.outer(self.coverage, covered)
            return self.tensors["attention.v"] @ torch.tanh(inside)
        if self.kind == "general":
            scores = memory @ (self.tensors["attention.weight"].t() @ y)
        else:
            scores = memory @ y
            if self.kind == "scaled_dot":
                scores = scores / memory.shape[1] ** 0.5
        return scores if self.coverage is None else scores + self.coverage * covered

    def __call__(self, y, memory, covered):
        """-> attentional vector (H), weights (S)."""
        alpha = torch.softmax(self.scores(y, memory, covered), 0)
        return torch.tanh(self.tensors["decoder.combine.weight"] @ torch.cat([alpha @ memory, y])), alpha


# ---- the network ----


class Network:
    def __init__(self, options, tensors):
        self.options = options = {**DEFAULTS, **options}
        self.tensors = tensors = {n: t if isinstance(t, Parameter) else Parameter(t) for n, t in tensors.items()}
        shared = tensors.get("embedding.weight")
        self.source_table = shared if shared is not None else tensors["encoder.embedding.weight"]
        self.target_table = shared if shared is not None else tensors["decoder.embedding.weight"]
        self.encoder = Stack(options, tensors, "encoder")
        self.decoder = Stack(options, tensors, "decoder")
        self.attention = Attention(options, tensors) if options["decoder.attention"] != "none" else None
        self.every_step = options["decoder.context"] == "every_step"

    def encode(self, source):
        """Piece ids -> the memory (S, D), the final states (h, c) of each layer, directions concatenated."""
        ids = list(source[::-1] if self.options["encoder.reverse_source"] == "true" else source) + [EOS]
        memory, last = self.encoder(self.source_table[ids], self.encoder.zero_state(self.source_table))
        states = []
        for k in range(self.encoder.layers):
            of_layer = [last.pop(0) for _ in range(self.encoder.directions_of(k))]
            h = torch.cat([h for h, _ in of_layer])
            states.append((h, torch.cat([c for _, c in of_layer]) if of_layer[0][1] is not None else None))
        return memory, states

    def bridge(self, states):
        """The decoder's first states from the encoder's final ones, top to top."""
        above, initial = self.encoder.layers - self.decoder.layers, []
        for k in range(self.decoder.layers):
            h, c = states[k + above if above >= 0 else min(k, self.encoder.layers - 1)]
            h0, c0 = h, None
            if h.shape[0] != self.decoder.hidden:
                h0 = torch.tanh(self.tensors[f"bridge.h.weight_l{k}"] @ h + self.tensors[f"bridge.h.bias_l{k}"])
            if has_memory_cell(self.decoder.cell):
                c0 = c
                if c is None or c.shape[0] != self.decoder.hidden:
                    source = h if c is None else c
                    c0 = self.tensors[f"bridge.c.weight_l{k}"] @ source + self.tensors[f"bridge.c.bias_l{k}"]
            initial.append((h0, c0))
        return initial

    def readouts(self, source, target):
        """What the output layer reads, (T, H)."""
        memory, states = self.encode(source)
        state, context = self.bridge(states), states[-1][0]
        fed = memory.new_zeros(self.decoder.hidden)  # the attentional vector of the step before
        covered = memory.new_zeros(memory.shape[0])
        readouts = []
        for word in [BOS] + list(target):
            x = [self.target_table[word]]
            if self.options["decoder.input_feeding"] == "true":
                x.append(fed)
            if self.every_step:
                x.append(context)
            y, state = self.decoder(torch.cat(x).unsqueeze(0), state)
            fed = y[0]
            if self.attention:
                fed, alpha = self.attention(y[0], memory, covered)
                covered = covered + alpha
            readouts.append(fed)
        return torch.stack(readouts)

    def log_probabilities(self, source, target):
        """Of every piece at every step, (T, V)."""
        y = self.readouts(source, target)
        if "output.projection.weight" in self.tensors:
            y = y @ self.tensors["output.projection.weight"].t()
        tied = self.options["tied_embeddings"] != "none"
        weight = self.target_table if tied else self.tensors["output.weight"]
        return (y @ weight.t() + self.tensors["output.bias"]).log_softmax(1)

    def score(self, source, target):
        """The log-probability of the target and its end of sentence."""
        steps = torch.arange(len(target) + 1)
        return self.log_probabilities(source, target)[steps, list(target) + [EOS]].sum()

    def loss(self, pairs, smoothing):
        """The label-smoothed cross entropy, nats per target token: q = (1 - e) [v = target] + e / V (Szegedy 2016)."""
        total, count = 0, 0
        for source, target in pairs:
            log_p = self.log_probabilities(source, target)
            q = torch.full_like(log_p, smoothing / log_p.shape[1])
            q[torch.arange(len(target) + 1), list(target) + [EOS]] += 1 - smoothing
            total, count = total - (q * log_p).sum(), count + len(target) + 1
        return total / count


# ---- which tensors there are ----


def layer_shapes(shapes, side, cell, place, inputs, hidden):
    gates = GATES[cell]
    shapes[f"{side}.rnn.weight_ih_{place}"] = (gates * hidden, inputs)
    shapes[f"{side}.rnn.weight_hh_{place}"] = (gates * hidden, hidden)
    shapes[f"{side}.rnn.bias_{place}"] = (gates * hidden,)
    if cell == "gru_reset_after":
        shapes[f"{side}.rnn.bias_hh_{place}"] = (gates * hidden,)
    if cell == "lstm_peephole":
        shapes[f"{side}.rnn.peephole_{place}"] = (3, hidden)
    if cell == "lstm_layernorm":
        shapes[f"{side}.rnn.layernorm_ih_{place}"] = (gates * hidden,)
        shapes[f"{side}.rnn.layernorm_hh_{place}"] = (gates * hidden,)
        shapes[f"{side}.rnn.layernorm_c_{place}"] = (2, hidden)


def encoder_shapes(shapes, options):
    """-> the widths of the layers' states, directions concatenated."""
    cell, hidden = options["encoder.cell"], int(options["encoder.hidden"])
    directions, inputs, widths = options["encoder.bidirectional"], int(options["encoder.embedding"]), []
    for k in range(int(options["encoder.layers"])):
        both = directions in ("true", "alternating") or (directions == "first" and k == 0)
        for suffix in ["", "_reverse"] if both else [""]:
            layer_shapes(shapes, "encoder", cell, f"l{k}{suffix}", inputs, hidden)
        widths.append(2 * hidden if both else hidden)
        inputs = hidden if directions == "alternating" else widths[-1]
    return widths


def decoder_shapes(shapes, options, context):
    cell, hidden = options["decoder.cell"], int(options["decoder.hidden"])
    inputs = int(options["decoder.embedding"])
    inputs += hidden if options["decoder.input_feeding"] == "true" else 0
    inputs += context if options["decoder.context"] == "every_step" else 0
    for k in range(int(options["decoder.layers"])):
        layer_shapes(shapes, "decoder", cell, f"l{k}", inputs if k == 0 else hidden, hidden)


def bridge_shapes(shapes, options, widths):
    hidden, layers = int(options["decoder.hidden"]), int(options["decoder.layers"])
    for k in range(layers):
        above = len(widths) - layers
        width = widths[k + above if above >= 0 else min(k, len(widths) - 1)]
        if width != hidden:
            shapes[f"bridge.h.weight_l{k}"], shapes[f"bridge.h.bias_l{k}"] = (hidden, width), (hidden,)
        if has_memory_cell(options["decoder.cell"]) and (
                width != hidden or not has_memory_cell(options["encoder.cell"])):
            shapes[f"bridge.c.weight_l{k}"], shapes[f"bridge.c.bias_l{k}"] = (hidden, width), (hidden,)


def attention_shapes(shapes, options, memory):
    kind, hidden = options["decoder.attention"], int(options["decoder.hidden"])
    if kind == "none":
        return
    if kind == "general":
        shapes["attention.weight"] = (hidden, memory)
    if kind == "additive":
        shapes["attention.query.weight"] = (hidden, hidden)
        shapes["attention.key.weight"] = (hidden, memory)
        shapes["attention.v"] = (hidden,)
    if options["decoder.coverage"] == "true":
        shapes["attention.coverage"] = (hidden if kind == "additive" else 1,)
    shapes["decoder.combine.weight"] = (hidden, memory + hidden)


def tensor_shapes(options, source_vocabulary, target_vocabulary):
    """The name and shape of every tensor a model with these options has."""
    options = {**DEFAULTS, **options}
    width, hidden, tied = int(options["decoder.embedding"]), int(options["decoder.hidden"]), options["tied_embeddings"]
    shapes = {}
    if tied == "all":
        shapes["embedding.weight"] = (source_vocabulary, width)
    else:
        shapes["encoder.embedding.weight"] = (source_vocabulary, int(options["encoder.embedding"]))
        shapes["decoder.embedding.weight"] = (target_vocabulary, width)
    widths = encoder_shapes(shapes, options)
    decoder_shapes(shapes, options, widths[-1])
    bridge_shapes(shapes, options, widths)
    attention_shapes(shapes, options, widths[-1])
    if tied == "none":
        shapes["output.weight"] = (target_vocabulary, hidden)
    elif hidden != width:
        shapes["output.projection.weight"] = (width, hidden)
    shapes["output.bias"] = (target_vocabulary,)
    return shapes
