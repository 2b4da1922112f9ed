"""The recurrences behind RNN, LSTM and GRU, over whole sequences and for single steps.

A layer is split in two: the part of the gates that depends on the input is one product over all time steps, the part
that depends on the hidden state is computed step by step. Packed data have fewer sequences at each later step.
"""

import rushlight as rl
from rushlight import _C
from rushlight._ops.autocasting import in_low_precision

from .. import functional as F

__all__ = [
    "rnn_tanh", "rnn_relu", "lstm", "gru", "rnn_tanh_cell", "rnn_relu_cell", "lstm_cell", "gru_cell",
]  # fmt: skip


def _elman(activation):
    def step(input_gates, state, w_hh, b_hh, w_hr):
        return (activation(input_gates + F.linear(state[0], w_hh, b_hh)),)

    return step


def _lstm_step(input_gates, state, w_hh, b_hh, w_hr):
    """i, f, o = σ(·), g = tanh(·); c' = f·c + i·g; h' = o·tanh(c'), projected by w_hr where there is one."""
    hidden, cell = state
    hidden, cell = _C._lstm_gates(input_gates, F.linear(hidden, w_hh, b_hh), cell)
    return hidden if w_hr is None else F.linear(hidden, w_hr), cell


def _gru_step(input_gates, state, w_hh, b_hh, w_hr):
    """r, z = σ(·); n = tanh(x_n + r·h_n); h' = n + z·(h - n)."""
    (hidden,) = state
    return (_C._gru_gates(input_gates, F.linear(hidden, w_hh, b_hh), hidden),)


_tanh_step = _elman(rl.tanh)
_relu_step = _elman(rl.relu)


def _run(step, steps, state, weights):
    """Outputs of every time step, and the last state; `steps` are the input gates of each."""
    outputs = []
    for gates in steps:
        state = step(gates, state, *weights)
        outputs.append(state[0])
    return outputs, state


def _run_packed(step, steps, state, weights):
    """As `_run` for steps of falling batch size: the states of sequences that end are set aside."""
    outputs, ended = [], []
    for gates in steps:
        size, alive = gates.size(0), state[0].size(0)
        if size < alive:
            ended.append(tuple(s[size:] for s in state))
            state = tuple(s[:size] for s in state)
        state = step(gates, state, *weights)
        outputs.append(state[0])
    parts = [state, *reversed(ended)]
    return outputs, tuple(rl.cat(part) for part in zip(*parts, strict=True))


def _run_packed_reverse(step, steps, initial, weights):
    """As `_run` for steps of rising batch size: sequences join with their initial state."""
    outputs = []
    state = tuple(s[:0] for s in initial)
    for gates in steps:
        size, alive = gates.size(0), state[0].size(0)
        if size > alive:
            state = tuple(rl.cat([s, start[alive:size]]) for s, start in zip(state, initial, strict=True))
        state = step(gates, state, *weights)
        outputs.append(state[0])
    return outputs, state


def _direction(step, input, batch_sizes, state, weights, reverse):
    """One layer in one direction: input (T, B, *) or packed (Σ lengths, *)."""
    w_ih, b_ih, *hidden_weights = weights
    gates = F.linear(input, w_ih, b_ih)
    steps = gates.unbind(0) if batch_sizes is None else gates.split(batch_sizes)
    steps = reversed(steps) if reverse else steps
    run = _run if batch_sizes is None else _run_packed_reverse if reverse else _run_packed
    outputs, state = run(step, steps, state, hidden_weights)
    outputs = outputs[::-1] if reverse else outputs
    return rl.stack(outputs) if batch_sizes is None else rl.cat(outputs), state


def _split_params(params, has_biases, has_projection):
    """The flat list of weights as (w_ih, b_ih, w_hh, b_hh, w_hr) for each layer and direction."""
    per_direction = 2 + 2 * has_biases + has_projection
    for i in range(0, len(params), per_direction):
        w_ih, w_hh, *rest = params[i : i + per_direction]
        b_ih, b_hh = rest[:2] if has_biases else (None, None)
        yield w_ih, b_ih, w_hh, b_hh, rest[-1] if has_projection else None


def _layers(step, input, batch_sizes, states, params, has_biases, num_layers, dropout, train, bidirectional, projects):
    """All layers: output of the last one, and the last states, stacked over layers and directions."""
    directions = 2 if bidirectional else 1
    weights = list(_split_params(params, has_biases, projects))
    last = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            index = layer * directions + direction
            state = tuple(s[index] for s in states)
            output, state = _direction(step, input, batch_sizes, state, weights[index], reverse=direction == 1)
            outputs.append(output)
            last.append(state)
        input = rl.cat(outputs, -1) if bidirectional else outputs[0]
        if dropout and train and layer < num_layers - 1:
            input = F.dropout(input, dropout, training=True)
    return input, *(rl.stack(state) for state in zip(*last, strict=True))


def _sequence(step, input, batch_sizes, states, args, projects=False):
    """Read the arguments after the states in their padded or packed form, and run the layers."""
    if batch_sizes is not None:
        return _layers(step, input, batch_sizes.tolist(), states, *args, projects)
    *args, batch_first = args
    input = input.transpose(0, 1) if batch_first else input
    output, *last = _layers(step, input, None, states, *args, projects)
    return output.transpose(0, 1) if batch_first else output, *last


def _is_packed(second):
    """Whether the second argument is `batch_sizes` and not a state."""
    return isinstance(second, rl.Tensor) and second.dim() == 1


# PyTorch's autocast lowers LSTMs of whole batches without projections, and no other recurrence.
_low_sequence = in_low_precision(_sequence)


def _recurrence(name, step):
    def sequence(input, second, *args):
        if _is_packed(second):
            hx, *args = args
            return _sequence(step, input, second, (hx,), args)
        return _sequence(step, input, None, (second,), args)

    sequence.__name__ = sequence.__qualname__ = name
    sequence.__doc__ = """Arguments: (input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
    batch_first), or packed (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional).

    Returns the output of every step and the last hidden state (layers · directions, B, H).
    """
    return sequence


rnn_tanh = _recurrence("rnn_tanh", _tanh_step)
rnn_relu = _recurrence("rnn_relu", _relu_step)
gru = _recurrence("gru", _gru_step)


def lstm(input, second, *args):
    """Arguments: (input, (h, c), params, has_biases, num_layers, dropout, train, bidirectional, batch_first), or
    packed (data, batch_sizes, (h, c), params, has_biases, num_layers, dropout, train, bidirectional).

    Returns the output of every step, the last hidden state and the last cell state. A projection is recognised by
    hidden and cell states of different width.
    """
    batch_sizes = None
    states = second
    if _is_packed(second):
        batch_sizes, (states, *args) = second, args
    hidden, cell = states
    projects = hidden.size(2) != cell.size(2)
    run = _sequence if projects or batch_sizes is not None else _low_sequence
    return run(_lstm_step, input, batch_sizes, states, args, projects=projects)


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)"""
    return _tanh_step(F.linear(input, w_ih, b_ih), (hx,), w_hh, b_hh, None)[0]


def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh)"""
    return _relu_step(F.linear(input, w_ih, b_ih), (hx,), w_hh, b_hh, None)[0]


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of an LSTM: the new hidden and cell state."""
    return _lstm_step(F.linear(input, w_ih, b_ih), tuple(hx), w_hh, b_hh, None)


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a GRU: the new hidden state."""
    return _gru_step(F.linear(input, w_ih, b_ih), (hx,), w_hh, b_hh, None)[0]
