"""Recurrent networks over sequences, padded or packed."""

import math
import numbers
import warnings

import rushlight as rl

from .. import init
from ..parameter import empty_parameter
from ..utils.rnn import PackedSequence
from . import recurrent
from .module import Module
from .rnn_cells import GRUCell, LSTMCell, RNNCell, RNNCellBase

__all__ = ["RNNBase", "RNN", "LSTM", "GRU", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_RECURRENCES = {
    "LSTM": recurrent.lstm,
    "GRU": recurrent.gru,
    "RNN_TANH": recurrent.rnn_tanh,
    "RNN_RELU": recurrent.rnn_relu,
}


class RNNBase(Module):
    """Layers and directions of one recurrence.

    Weights: weight_ih_l[k] (gates · hidden, input), weight_hh_l[k] (gates · hidden, hidden), their biases bias_ih_l[k]
    and bias_hh_l[k], weight_hr_l[k] (proj, hidden); with `_reverse` at the end for the second direction.
    All start uniform in ±1/sqrt(hidden).
    """

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        _check_settings(self)
        self.dropout = float(dropout)
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._directions]:
                shapes = self._shapes(layer)
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
                for name, shape in zip(self._all_weights[-1], shapes.values(), strict=True):
                    setattr(self, name, empty_parameter(shape, device, dtype))
        self.reset_parameters()

    @property
    def _directions(self):
        return 2 if self.bidirectional else 1

    def _shapes(self, layer):
        """Shape of each weight of one direction of a layer."""
        gates = _GATES[self.mode] * self.hidden_size
        output = self.proj_size or self.hidden_size
        input = self.input_size if layer == 0 else output * self._directions
        shapes = {"weight_ih": (gates, input), "weight_hh": (gates, output)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes |= {"weight_hr": (self.proj_size, self.hidden_size)}
        return shapes

    @property
    def all_weights(self):
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [getattr(self, name, None) for name in self._flat_weights_names]

    def flatten_parameters(self):
        """Nothing to do: the weights are used where they lie."""

    def reset_parameters(self):
        """Draw new values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def forward(self, input, hx=None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        self._check_hidden_dims(input, hx)
        batch_dim = 0 if self.batch_first else 1
        if input.dim() == 3:
            return self._forward_batch(input, hx, input.size(batch_dim))
        hx = None if hx is None else self._map(lambda state: state.unsqueeze(1), hx)
        output, last = self._forward_batch(input.unsqueeze(batch_dim), hx, 1)
        return output.squeeze(batch_dim), self._map(lambda state: state.squeeze(1), last)

    def _forward_batch(self, input, hx, batch):
        hx = self._initial(input, batch) if hx is None else hx
        self.check_forward_args(input, hx, None)
        return self._recur(input, hx, self.batch_first)

    def _forward_packed(self, packed, hx):
        input, batch_sizes, sorted_indices, unsorted_indices = packed
        hx = self._initial(input, int(batch_sizes[0])) if hx is None else self.permute_hidden(hx, sorted_indices)
        self.check_forward_args(input, hx, batch_sizes)
        output, last = self._recur(input, hx, batch_sizes=batch_sizes)
        output = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        return output, self.permute_hidden(last, unsorted_indices)

    def _recur(self, input, hx, *layout, batch_sizes=None):
        packed = () if batch_sizes is None else (batch_sizes,)
        output, *last = _RECURRENCES[self.mode](
            input, *packed, hx, self._flat_weights, self.bias, self.num_layers, self.dropout, self.training,
            self.bidirectional, *layout,
        )  # fmt: skip
        return output, tuple(last) if len(last) > 1 else last[0]

    @staticmethod
    def _map(function, hx):
        return function(hx)

    def _initial(self, input, batch):
        return self._zeros(input, batch, self.proj_size or self.hidden_size)

    def _zeros(self, input, batch, size):
        layers = self.num_layers * self._directions
        return rl.zeros(layers, batch, size, dtype=input.dtype, device=input.device)

    def _check_hidden_dims(self, input, hx):
        if hx is not None and hx.dim() != input.dim():
            kind = "batched" if input.dim() == 3 else "unbatched"
            raise RuntimeError(
                f"For {kind} {input.dim()}-D input, hx should also be {input.dim()}-D but got {hx.dim()}-D tensor"
            )

    def check_input(self, input, batch_sizes):
        """Raise unless the input has the dtype, dimensions and width that the weights need."""
        dtype = self._flat_weights[0].dtype
        if input.dtype != dtype and not rl.is_autocast_enabled("cpu"):
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). "
                f"Convert input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        expected = 3 if batch_sizes is None else 2
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(self, input, batch_sizes):
        """The shape of the hidden state for an input."""
        batch = input.size(0 if self.batch_first else 1) if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * self._directions, batch, self.proj_size or self.hidden_size

    def check_hidden_size(self, hx, expected_hidden_size, msg="Expected hidden size {}, got {}"):
        """Raise unless a state has the expected shape."""
        if tuple(hx.size()) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input, hidden, batch_sizes):
        """Raise unless input and states fit the weights."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation):
        """The state with its batch in another order."""
        return hx if permutation is None else self._map(lambda state: state.index_select(1, permutation), hx)

    def extra_repr(self):
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            if getattr(self, name) != default:
                parts.append(f"{name}={getattr(self, name)}")
        return ", ".join(parts)

    def __getstate__(self):
        names = [name for layer in self._all_weights for name in layer]
        # PyTorch reads the flat lists from a pickled module and derives neither.
        flat = {"_flat_weights_names": names, "_flat_weights": [getattr(self, name) for name in names]}
        return self.__dict__ | flat

    def __setstate__(self, state):
        derived = ("_flat_weights", "_flat_weights_names", "_flat_weight_refs")
        super().__setstate__({"proj_size": 0} | {k: v for k, v in state.items() if k not in derived})


def _check_settings(rnn):
    """Raise unless the settings are of the right type and range."""
    dropout = rnn.dropout
    if isinstance(dropout, bool) or not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and rnn.num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={rnn.num_layers}",
            stacklevel=4,
        )
    types = {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int}
    for name, kind in types.items():
        value = getattr(rnn, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
    for name in ("input_size", "hidden_size", "num_layers"):
        if getattr(rnn, name) <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if rnn.proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if rnn.proj_size >= rnn.hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if rnn.mode not in _GATES:
        raise ValueError("Unrecognized RNN mode: " + rnn.mode)


def _no_projection(kwargs):
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or with max(0, ·) for `nonlinearity="relu"`.

    Arguments: input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout, bidirectional.
    Shapes: input (T, N, input_size), (N, T, input_size) with `batch_first`, (T, input_size) or packed; the state
    (layers · directions, N, hidden_size), zero by default. Returns the outputs of the last layer and the last state.

    >>> output, last = nn.RNN(10, 20, 2)(rl.ones(5, 3, 10))
    >>> output.shape, last.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        _no_projection(kwargs)
        nonlinearity = args[3] if len(args) > 3 else kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args[:3], *args[4:], **kwargs)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """i, f, o = σ(W x + U h + b), g = tanh(W x + U h + b); c' = f·c + i·g; h' = o·tanh(c').

    Arguments: input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size. The state is
    (h, c); with `proj_size` h is projected to that width. Shapes as for `RNN`. Source: Hochreiter, 1997.

    >>> output, (h, c) = nn.LSTM(10, 20, 2)(rl.ones(5, 3, 10))
    >>> output.shape, h.shape, c.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    @staticmethod
    def _map(function, hx):
        return tuple(function(state) for state in hx)

    def _initial(self, input, batch):
        return super()._initial(input, batch), self._zeros(input, batch, self.hidden_size)

    def _check_hidden_dims(self, input, hx):
        if hx is not None and any(state.dim() != input.dim() for state in hx):
            kind = "batched" if input.dim() == 3 else "unbatched"
            dims = ", ".join(f"{state.dim()}-D" for state in hx)
            raise RuntimeError(
                f"For {kind} {input.dim()}-D input, hx and cx should also be {input.dim()}-D but got ({dims}) tensors"
            )

    def get_expected_cell_size(self, input, batch_sizes):
        """The shape of the cell state for an input."""
        *leading, _ = self.get_expected_hidden_size(input, batch_sizes)
        return *leading, self.hidden_size

    def check_forward_args(self, input, hidden, batch_sizes):
        self.check_input(input, batch_sizes)
        expected = self.get_expected_hidden_size(input, batch_sizes)
        self.check_hidden_size(hidden[0], expected, "Expected hidden[0] size {}, got {}")
        expected = self.get_expected_cell_size(input, batch_sizes)
        self.check_hidden_size(hidden[1], expected, "Expected hidden[1] size {}, got {}")


class GRU(RNNBase):
    """r, z = σ(W x + U h + b); n = tanh(W x + b + r·(U h + b)); h' = (1 - z)·n + z·h.

    Arguments: input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional. Shapes as for `RNN`.
    Source: Cho et al., 2014.

    >>> output, last = nn.GRU(10, 20, bidirectional=True)(rl.ones(5, 3, 10))
    >>> output.shape, last.shape
    (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)
