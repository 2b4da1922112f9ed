"""How many multiplications and additions a product takes, from the shapes of its operands.

Every formula returns the operator that PyTorch runs and its count, and for the backward pass the operator and the counts,
each with the operands whose gradients it gives. A multiplication and an addition are two.
"""

from math import prod
from typing import Any, NamedTuple

__all__ = ["FORMULAS", "Cost"]


class Cost(NamedTuple):
    """What a call takes forwards, and backwards for those operands that want a gradient."""

    operator: str
    count: int
    backward_operator: str
    gradients: tuple


def product(name: str, count: int, a: Any, b: Any) -> Cost:
    """A product of two operands, whose gradients are products of the same size."""
    backward = "aten.bmm" if name in ("aten.bmm", "aten.baddbmm") else "aten.mm"
    return Cost(name, count, backward, (((a,), count), ((b,), count)))


def linear(input: Any, weight: Any, bias: Any = None) -> Cost | None:
    """x W^T + b; with vectors it is no product of matrices."""
    if input.dim() < 2 or weight.dim() != 2:
        return None
    return product("aten.mm" if bias is None else "aten.addmm", 2 * input.numel() * weight.size(0), input, weight)


def matmul(a: Any, b: Any) -> Cost | None:
    """One product of matrices, or a batch of them where both operands are batches."""
    if b.dim() == 1 or a.dim() == 0 or b.dim() == 0:
        return None
    rows = 1 if a.dim() == 1 else a.size(-2)
    batch = prod(_broadcast(a.shape[:-2], b.shape[:-2]))
    both = a.dim() > 2 and b.dim() > 2
    return product("aten.bmm" if both else "aten.mm", 2 * batch * rows * b.size(-2) * b.size(-1), a, b)


def _broadcast(a: tuple, b: tuple) -> list:
    longest = max(len(a), len(b))
    padded = ((1,) * (longest - len(s)) + tuple(s) for s in (a, b))
    return [max(m, n) if m and n else 0 for m, n in zip(*padded, strict=True)]


def of_matrices(name: str) -> Any:
    """The formula of a row whose last two operands are the factors."""

    def cost(*operands: Any, **options: Any) -> Cost:
        a, b = operands[-2:] if "mat2" not in options else (options["mat1"], options["mat2"])
        return product(name, 2 * a.numel() * b.size(-1), a, b)

    return cost


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    *rest: Any,
    result: Any,
) -> Cost:
    """The filter at every place of the result, or of the input if transposed; its gradient is a convolution by the result's."""
    x, w, y = input.shape, weight.shape, result.shape
    moved, kernel = (y, x) if transposed else (x, y)
    places = prod(kernel[2:]) * 2 * prod(w)
    return Cost(
        "aten.convolution",
        x[0] * places,
        "aten.convolution_backward",
        (((input,), y[0] * places), ((weight,), 2 * prod(w[2:]) * moved[1] * prod(kernel))),
    )


def attention(query: Any, key: Any, value: Any, *rest: Any, **options: Any) -> Cost:
    """Scores and their product with the values; backwards the scores once more, and two products for each of them."""
    name = "aten._scaled_dot_product_flash_attention_for_cpu"
    pairs = 2 * query.numel() // max(query.size(-1), 1) * key.size(-2)
    scores, values = pairs * query.size(-1), pairs * value.size(-1)
    return Cost(name, scores + values, f"{name}_backward", (((query, key, value), 3 * scores + 2 * values),))


FORMULAS = {
    "linear": linear,
    "matmul": matmul,
    "__matmul__": matmul,
    "__rmatmul__": lambda a, b: matmul(b, a),
    "mm": of_matrices("aten.mm"),
    "addmm": of_matrices("aten.addmm"),
    "bmm": of_matrices("aten.bmm"),
    "baddbmm": of_matrices("aten.baddbmm"),
    "convolution": convolution,
    "scaled_dot_product_attention": attention,
}
