"""Products of matrices and vectors: the batch becomes one more batch dimension of ``matmul``."""

import string
from typing import Any

import rushlight as rl
from rushlight.func.batched import Call, front
from rushlight.func.rules.elementwise import align
from rushlight.func.rules.reduction import argument


def matmul(call: Call) -> Any:
    """``a @ b`` with the broadcasting of ``matmul``, for vectors, matrices and batches of them."""
    if call.in_place:
        return NotImplemented
    a, b = call.args[:2] if len(call.args) > 1 else (call.args[0], next(iter(call.kwargs.values())))
    if call.func.__name__ == "__rmatmul__":
        a, b = b, a
    if call.is_batched(a) and not call.is_batched(b) and a.dim() == 1 and b.dim() == 2:
        return call.wrap(front(a) @ b)
    rank = max(a.dim(), b.dim(), 2)
    left, right = _matrix(call, a, rank, -2), _matrix(call, b, rank, -1)
    out = left @ right
    out = out.squeeze(-1) if b.dim() == 1 else out
    return call.wrap(out.squeeze(-2 if b.dim() > 1 else -1) if a.dim() == 1 else out)


def _matrix(call: Call, x: "rl.Tensor", rank: int, vector_dim: int) -> "rl.Tensor":
    """Return a vector as a matrix and, batched, everything with ``rank`` dimensions behind the batch."""
    value = front(x) if call.is_batched(x) else x
    dims = x.dim()
    if dims == 1:
        value, dims = value.unsqueeze(vector_dim), 2
    return align(value, dims, rank) if call.is_batched(x) else value


def linear(call: Call) -> Any:
    """``x @ weight.T + bias``."""
    x, weight, bias = call.args[0], argument(call, 1, "weight"), argument(call, 2, "bias")
    if not call.is_batched(weight) and not call.is_batched(bias):
        return call.wrap(call.func(front(x), weight, bias))
    out = rl.matmul(x, weight.transpose(-1, -2) if weight.dim() > 1 else weight)
    return out if bias is None else out + bias


def scaled_sum(call: Call) -> Any:
    """``beta * x + alpha * (a @ b)``."""
    if call.in_place:
        return NotImplemented
    x, a, b = call.args[:3]
    beta, alpha = call.kwargs.get("beta", 1), call.kwargs.get("alpha", 1)
    product = _outer(a, b) if call.name == "addr" else rl.matmul(a, b)
    product = product if alpha == 1 else product * alpha
    return product if beta == 0 else (x if beta == 1 else x * beta) + product


def outer(call: Call) -> Any:
    """``a[:, None] * b``."""
    return _outer(*call.args[:2])


def _outer(a: "rl.Tensor", b: "rl.Tensor") -> "rl.Tensor":
    return a.unsqueeze(-1) * b


def einsum(call: Call) -> Any:
    """``einsum`` with one more letter."""
    equation, *operands = call.args
    if not isinstance(equation, str):
        return NotImplemented
    operands = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], tuple | list) else operands
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    if not arrow:
        output = _implicit_output(inputs)
    batch = next(c for c in string.ascii_letters if c not in equation)
    terms = [batch + t if call.is_batched(x) else t for t, x in zip(inputs.split(","), operands, strict=True)]
    values = [front(x) if call.is_batched(x) else x for x in operands]
    return call.wrap(rl.einsum(f"{','.join(terms)}->{batch}{output}", *values))


def _implicit_output(inputs: str) -> str:
    letters = inputs.replace(",", "").replace("...", "")
    once = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return ("..." if "..." in inputs else "") + once


def attention(call: Call) -> Any:
    """``scaled_dot_product_attention`` with the batch as the first batch dimension."""
    tensors, rest = call.args[:3], call.args[3:]
    mask = argument(call, 3, "attn_mask")
    if call.is_batched(mask) or argument(call, 4, "dropout_p", 0.0) or len({x.dim() for x in tensors}) > 1:
        return NotImplemented
    return call.wrap(call.func(*(call.expanded(x).contiguous() for x in tensors), *rest, **call.kwargs))


CONTRACTIONS = dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), matmul)
CONTRACTIONS |= dict.fromkeys(("addmm", "addmv", "baddbmm", "addr"), scaled_sum)
CONTRACTIONS |= {"linear": linear, "outer": outer, "ger": outer, "einsum": einsum}
CONTRACTIONS |= {"scaled_dot_product_attention": attention}
