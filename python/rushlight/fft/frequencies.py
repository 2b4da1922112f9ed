"""Sample frequencies and the order of spectra."""

from rushlight import _C
from rushlight._ops.dimensions import require_ints, wrap_dim


def fftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Return the frequencies ``[0, 1, ..., (n-1)//2, -(n//2), ..., -1] / (n d)`` of the coefficients of ``fft``.

    >>> rl.fft.fftfreq(4).tolist()
    [0.0, 0.25, -0.5, -0.25]
    """
    ramp = _C.arange(n, device=device) if n >= 0 else _C.empty((n,))
    ramp = _C.where(ramp < (n + 1) // 2, ramp, ramp - n)
    return frequencies("fftfreq", ramp, n, d, out, dtype, requires_grad)


def rfftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Return the frequencies ``[0, 1, ..., n//2] / (n d)`` of the coefficients of ``rfft``.

    >>> rl.fft.rfftfreq(4).tolist()
    [0.0, 0.25, 0.5]
    """
    ramp = _C.arange(n // 2 + 1, device=device)
    return frequencies("rfftfreq", ramp, n, d, out, dtype, requires_grad)


def frequencies(name, ramp, n, d, out, dtype, requires_grad):
    """Return ``ramp / (n d)`` in the dtype asked for."""
    dtype = _C.get_default_dtype() if dtype is None else dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    scale = 1.0 / (n * d) if n * d else float("inf")
    result = ramp.to(dtype) * scale
    result = result if out is None else out.resize_(result.shape).copy_(result)
    return result.requires_grad_() if requires_grad else result


def fftshift(input, dim=None):
    """Return the spectrum with frequency zero moved to the middle of the dims ``dim``, by default all.

    >>> rl.fft.fftshift(rl.fft.fftfreq(4)).tolist()
    [-0.5, -0.25, 0.0, 0.25]
    """
    dims = shifted_dims(input, dim)
    return _C.roll(input, [input.size(d) // 2 for d in dims], dims)


def ifftshift(input, dim=None):
    """Return the spectrum with frequency zero moved back to the front, the inverse of :func:`fftshift`."""
    dims = shifted_dims(input, dim)
    return _C.roll(input, [(input.size(d) + 1) // 2 for d in dims], dims)


def shifted_dims(input, dim):
    """Return the dims counted from the front."""
    require_ints("dim", dim)
    dims = range(input.dim()) if dim is None else [dim] if isinstance(dim, int) else dim
    return [wrap_dim(d, input.dim()) for d in dims]
