#!/usr/bin/python3
"""Writes tests/fixtures/golden_lstm.txt: one layer of torch.nn.LSTM, forward and backward, for golden_lstm.c.

usage: golden_lstm.py > ../fixtures/golden_lstm.txt      (Debian: python3-torch)

A batch of three sentences of 6, 4 and 1 steps, packed, with initial states that are not zero. The loss is the sum of the
outputs and final states, each weighted by a random number. Each line: name, count, values.
"""
import torch

torch.manual_seed(1)
E, H, LENGTHS = 5, 7, [6, 4, 1]
T, B = LENGTHS[0], len(LENGTHS)
lstm = torch.nn.LSTM(E, H).double()
with torch.no_grad():
    for p in lstm.parameters():
        p.uniform_(-1, 1)
    lstm.bias_hh_l0.zero_()  # latimer keeps the sum of the two biases
x = torch.randn(T, B, E, dtype=torch.double, requires_grad=True)
h0, c0 = (torch.randn(1, B, H, dtype=torch.double, requires_grad=True) for _ in range(2))
packed = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS)
y, (hn, cn) = lstm(packed, (h0, c0))
gy, gh, gc = torch.randn_like(y.data), torch.randn_like(hn), torch.randn_like(cn)
((y.data * gy).sum() + (hn * gh).sum() + (cn * gc).sum()).backward()


def line(name, tensor):
    values = tensor.detach().reshape(-1).tolist()
    print(name, len(values), " ".join("%.12g" % v for v in values))


# packed data has one row a token, time-major, longest sentence first: latimer's own order
line("x", packed.data)
line("weight_ih", lstm.weight_ih_l0)
line("weight_hh", lstm.weight_hh_l0)
line("bias", lstm.bias_ih_l0)
line("h0", h0), line("c0", c0)
line("y", y.data), line("hn", hn), line("cn", cn)
line("dy", gy), line("dhn", gh), line("dcn", gc)
line("dx", torch.nn.utils.rnn.pack_padded_sequence(x.grad, LENGTHS).data)
line("dweight_ih", lstm.weight_ih_l0.grad)
line("dweight_hh", lstm.weight_hh_l0.grad)
line("dbias", lstm.bias_ih_l0.grad)
line("dh0", h0.grad), line("dc0", c0.grad)
