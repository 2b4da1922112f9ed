"""Single steps of recurrent networks."""

import math

import rushlight as rl

from .. import init
from ..parameter import empty_parameter
from . import recurrent
from .module import Module


class RNNCellBase(Module):
    """Weights (gates · hidden, input) and (gates · hidden, hidden) and their biases, uniform in ±1/sqrt(hidden)."""

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size
        self.weight_ih = empty_parameter((gates, input_size), device, dtype)
        self.weight_hh = empty_parameter((gates, hidden_size), device, dtype)
        self.register_parameter("bias_ih", empty_parameter(gates, device, dtype) if bias else None)
        self.register_parameter("bias_hh", empty_parameter(gates, device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def _weights(self):
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _check_dims(self, name, tensor):
        if tensor.dim() not in (1, 2):
            raise ValueError(f"{self._get_name()}: Expected {name} to be 1D or 2D, got {tensor.dim()}D instead")

    def _zeros(self, input):
        return rl.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)

    def _step(self, cell, input, hx):
        """Run a cell with one hidden state, on a batch or on one sample."""
        self._check_dims("input", input)
        if hx is not None:
            self._check_dims("hidden", hx)
        if input.dim() == 2:
            return cell(input, self._zeros(input) if hx is None else hx, *self._weights())
        input = input.unsqueeze(0)
        return cell(input, self._zeros(input) if hx is None else hx.unsqueeze(0), *self._weights()).squeeze(0)


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with max(0, ·) for `nonlinearity="relu"`.

    Shapes: input (N, input_size) or (input_size), hidden (N, hidden_size) or (hidden_size), zero by default.

    >>> nn.RNNCell(10, 20)(rl.ones(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        cell = recurrent.rnn_tanh_cell if self.nonlinearity == "tanh" else recurrent.rnn_relu_cell
        return self._step(cell, input, hx)


class LSTMCell(RNNCellBase):
    """i, f, o = σ(W x + U h + b), g = tanh(W x + U h + b); c' = f·c + i·g; h' = o·tanh(c').

    Takes and returns (h, c), each (N, hidden_size) or (hidden_size), zero by default.

    >>> h, c = nn.LSTMCell(10, 20)(rl.ones(3, 10))
    >>> h.shape, c.shape
    (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        self._check_dims("input", input)
        for index, value in enumerate(hx or ()):
            self._check_dims(f"hx[{index}]", value)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            hx = None if hx is None else tuple(state.unsqueeze(0) for state in hx)
        hx = (self._zeros(input),) * 2 if hx is None else hx
        states = recurrent.lstm_cell(input, hx, *self._weights())
        return states if batched else tuple(state.squeeze(0) for state in states)


class GRUCell(RNNCellBase):
    """r, z = σ(W x + U h + b); n = tanh(W x + b + r·(U h + b)); h' = (1 - z)·n + z·h.

    Shapes: input (N, input_size) or (input_size), hidden (N, hidden_size) or (hidden_size), zero by default.

    >>> nn.GRUCell(10, 20)(rl.ones(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        return self._step(recurrent.gru_cell, input, hx)
