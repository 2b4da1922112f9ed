"""The functions of ``torch.special``."""

import math

from rushlight import _C
from rushlight._ops.math import as_float, mvlgamma
from rushlight._ops.reduce import logsumexp
from rushlight._ops.registry import accept_out

from .polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)

digamma = psi = _C.digamma
erf, erfc, erfinv, erfcx = _C.erf, _C.erfc, _C.erfinv, _C.erfcx
exp2, expm1, log1p = _C.exp2, _C.expm1, _C.log1p
expit = _C.sigmoid
gammainc, gammaincc, gammaln = _C.igamma, _C.igammac, _C.lgamma
i0, i0e, i1, i1e = _C.i0, _C.i0e, _C.i1, _C.i1e
log_ndtr, ndtri = _C.log_ndtr, _C.ndtri
logit, round, sinc = _C.logit, _C.round, _C.sinc
multigammaln = mvlgamma
polygamma = _C.polygamma
xlog1py, xlogy, zeta = _C.special_xlog1py, _C.xlogy, _C.special_zeta
modified_bessel_i0, modified_bessel_i1 = _C.i0, _C.i1


@accept_out
def entr(input):
    """Return ``-x log(x)``, 0 at 0 and minus infinity below."""
    x = as_float(input)
    return _C.where(x < 0, -math.inf, -_C.xlogy(x, x))


@accept_out
def ndtr(input):
    """Return the normal distribution function ``(1 + erf(x / sqrt(2))) / 2``."""
    x = as_float(input) * math.sqrt(0.5)
    # The tails come from erfc, which keeps its digits where erf is near -1 or 1.
    tail = _C.erfc(x.abs()) * 0.5
    return _C.where(x.abs() < 1, 0.5 + 0.5 * _C.erf(x), _C.where(x > 0, 1 - tail, tail))


@accept_out
def softmax(input, dim, *, dtype=None):
    """Return ``exp(x) / sum(exp(x))`` along ``dim``."""
    return _C.softmax(input, dim, dtype=dtype)


@accept_out
def log_softmax(input, dim, *, dtype=None):
    """Return ``log(softmax(x))`` along ``dim``."""
    return _C.log_softmax(input, dim, dtype=dtype)


@accept_out
def spherical_bessel_j0(input):
    """Return ``sin(x) / x``, 1 at 0."""
    return _C.sinc(as_float(input) / math.pi)
