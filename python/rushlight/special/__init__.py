"""The functions of ``torch.special``."""

import math

from rushlight import _C
from rushlight._ops.math import as_float, mvlgamma, polygamma
from rushlight._ops.reduce import logsumexp
from rushlight._ops.registry import accept_keywords, native

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

airy_ai = native("special_airy_ai")
bessel_j0 = native("special_bessel_j0")
bessel_j1 = native("special_bessel_j1")
bessel_y0 = native("special_bessel_y0")
bessel_y1 = native("special_bessel_y1")
modified_bessel_k0 = native("special_modified_bessel_k0")
modified_bessel_k1 = native("special_modified_bessel_k1")
scaled_modified_bessel_k0 = native("special_scaled_modified_bessel_k0")
scaled_modified_bessel_k1 = native("special_scaled_modified_bessel_k1")
digamma = native("digamma")
erf = native("erf")
erfc = native("erfc")
erfinv = native("erfinv")
erfcx = native("special_erfcx")
exp2 = native("exp2")
expm1 = native("expm1")
log1p = native("log1p")
expit = native("sigmoid")
gammainc = native("igamma")
gammaincc = native("igammac")
gammaln = native("lgamma")
i0 = native("i0")
i0e = native("special_i0e")
i1 = native("special_i1")
i1e = native("special_i1e")
log_ndtr = native("special_log_ndtr")
logit = native("logit")
ndtri = native("special_ndtri")
round = native("round")
sinc = native("sinc")
xlog1py = native("special_xlog1py")
xlogy = native("xlogy")
zeta = native("special_zeta")
psi, modified_bessel_i0, modified_bessel_i1, multigammaln = digamma, i0, i1, mvlgamma


@accept_keywords
def entr(input):
    """Return ``-x log(x)``, 0 at 0 and minus infinity below."""
    x = as_float(input)
    return _C.where(x < 0, -math.inf, -_C.xlogy(x, x))


@accept_keywords
def ndtr(input):
    """Return the normal distribution function ``(1 + erf(x / sqrt(2))) / 2``."""
    x = as_float(input) * math.sqrt(0.5)
    # The tails come from erfc, which keeps its digits where erf is near -1 or 1.
    tail = _C.erfc(x.abs()) * 0.5
    return _C.where(x.abs() < 1, 0.5 + 0.5 * _C.erf(x), _C.where(x > 0, 1 - tail, tail))


@accept_keywords
def softmax(input, dim, *, dtype=None):
    """Return ``exp(x) / sum(exp(x))`` along ``dim``."""
    return _C.softmax(input, dim, dtype=dtype)


@accept_keywords
def log_softmax(input, dim, *, dtype=None):
    """Return ``log(softmax(x))`` along ``dim``."""
    return _C.log_softmax(input, dim, dtype=dtype)


@accept_keywords
def spherical_bessel_j0(input):
    """Return ``sin(x) / x``, 1 at 0."""
    return _C.sinc(as_float(input) / math.pi)
