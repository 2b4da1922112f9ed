"""Orthogonal polynomials ``f(x, n)`` by their three-term recurrences."""

from rushlight import _C
from rushlight._ops.math import as_float
from rushlight._ops.registry import accept_keywords

LARGEST_DEGREE = 100_000


def polynomial(name, first, step, formula, shifted=False):
    """Return the polynomial function with values 1 and ``first(x)`` for n = 0 and 1.

    ``step(k, x, p, q)`` is the value for k + 1 from those for k (``p``) and k - 1 (``q``); negative n give 0.
    ``shifted`` polynomials take ``2 x - 1``.
    """

    def evaluate(input, n):
        x, n = operands(input, n)
        x = 2 * x - 1 if shifted else x
        degree = int(n.max()) if n.numel() and not n.is_meta else 0
        if degree > LARGEST_DEGREE:
            raise ValueError(f"{name}: the degree must be at most {LARGEST_DEGREE}, a step each, but got n = {degree}")
        q, p = _C.full_like(x, 1), first(x)
        result = _C.where(n == 0, q, _C.where(n == 1, p, 0))
        for k in range(1, degree):
            q, p = p, step(k, x, p, q)
            result = _C.where(n == k + 1, p, result)
        return result

    evaluate.__name__ = name
    evaluate.__doc__ = f"Return the polynomial of degree n: ``{formula}``."
    return accept_keywords(evaluate)


def operands(input, n):
    """Return x in a floating type and n as whole numbers, broadcast together."""
    if not isinstance(input, _C.Tensor):
        input = _C.full((), input, dtype=_C.get_default_dtype(), device=n.device)
    if not isinstance(n, _C.Tensor):
        n = _C.full((), n, dtype=_C.int64, device=input.device)
    x = as_float(input)
    x = x.to(_C.float64) if n.dtype == _C.float64 else x
    return x, n.to(_C.int64)


def chebyshev(k, x, p, q):
    """The recurrence shared by the four kinds of Chebyshev polynomials."""
    return 2 * x * p - q


RECURRENCE = "p(k + 1) = 2 x p(k) - p(k - 1)"
KINDS = {
    "t": lambda x: x,
    "u": lambda x: 2 * x,
    "v": lambda x: 2 * x - 1,
    "w": lambda x: 2 * x + 1,
}

chebyshev_polynomial_t, chebyshev_polynomial_u, chebyshev_polynomial_v, chebyshev_polynomial_w = (
    polynomial(f"chebyshev_polynomial_{kind}", first, chebyshev, RECURRENCE) for kind, first in KINDS.items()
)
(
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
) = (
    polynomial(f"shifted_chebyshev_polynomial_{kind}", first, chebyshev, RECURRENCE + " at 2 x - 1", shifted=True)
    for kind, first in KINDS.items()
)
hermite_polynomial_h = polynomial(
    "hermite_polynomial_h",
    lambda x: 2 * x,
    lambda k, x, p, q: 2 * (x * p - k * q),
    "h(k + 1) = 2 x h(k) - 2 k h(k - 1)",
)
hermite_polynomial_he = polynomial(
    "hermite_polynomial_he", lambda x: x, lambda k, x, p, q: x * p - k * q, "h(k + 1) = x h(k) - k h(k - 1)"
)
laguerre_polynomial_l = polynomial(
    "laguerre_polynomial_l",
    lambda x: 1 - x,
    lambda k, x, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1),
    "(k + 1) l(k + 1) = (2 k + 1 - x) l(k) - k l(k - 1)",
)
legendre_polynomial_p = polynomial(
    "legendre_polynomial_p",
    lambda x: x,
    lambda k, x, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1),
    "(k + 1) p(k + 1) = (2 k + 1) x p(k) - k p(k - 1)",
)
