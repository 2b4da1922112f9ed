"""What the functions of linear algebra require of their operands, in PyTorch's words."""

from rushlight import _C
from rushlight._ops.shape import broadcast_shapes
from rushlight._ops.type_names import type_name


def require_matrix(name, A, argument="A"):
    """Raise unless ``A`` has two dimensions or more."""
    if A.dim() < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def require_square(name, A, argument="A"):
    """Raise unless ``A`` is a batch of square matrices."""
    require_matrix(name, A, argument)
    rows, cols = A.shape[-2:]
    if rows != cols:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by {cols} matrices"
        )


def require_inexact(name, A, low_precision=False):
    """Raise unless ``A`` is float32, float64, complex64 or complex128, or a 16-bit type with ``low_precision``."""
    if not (A.is_floating_point() or A.is_complex()):
        raise NotImplementedError(
            f"{name}: Expected a floating point or complex tensor as input. Got {type_name(A.dtype)}"
        )
    if not low_precision and A.dtype in (_C.float16, _C.bfloat16):
        raise NotImplementedError(f"{name}: Low precision dtypes not supported. Got {type_name(A.dtype)}")


def require_same_dtype(name, A, B):
    """Raise unless both operands have one dtype."""
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {type_name(A.dtype)} "
            f"and B of type {type_name(B.dtype)} instead"
        )


def require_compatible(name, A, B, left):
    """Raise unless ``A X = B`` (``left``) or ``X A = B`` has fitting shapes."""
    if A.size(-2) != B.size(-2 if left else -1):
        equation = "AX = B" if left else "XA = B"
        (m, n), (p, q) = A.shape[-2:], B.shape[-2:]
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {equation} ({m}x{n} and {p}x{q})")


def broadcast_batches(A, B):
    """Return both operands with one batch shape."""
    batch = broadcast_shapes(A.shape[:-2], B.shape[:-2])
    return A.expand(*batch, *A.shape[-2:]), B.expand(*batch, *B.shape[-2:])


def first_failure(info):
    """Return the position and the value of the first nonzero ``info``, or None; data on the meta device never fails."""
    while getattr(info, "is_batched_tensor", False):  # all examples of a ``vmap`` at once
        info = info.value
    if info.device.type == "meta" or not bool((info != 0).any()):
        return None
    codes = info.reshape(-1).tolist()
    position = next(i for i, code in enumerate(codes) if code)
    return position, codes[position]


def raise_for_info(name, info, message):
    """Raise ``LinAlgError`` with ``message``, a format of the code in ``info``, if a matrix failed."""
    failure = first_failure(info)
    if failure is not None:
        batch, code = failure
        where = f"(Batch element {batch}): " if info.dim() else ""
        raise _C.LinAlgError(f"{name}: {where}{message.format(code)}")


def raise_if_singular(name, info):
    """Raise ``LinAlgError`` for the first matrix that has no inverse."""
    raise_for_info(
        name,
        info,
        "The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular.",
    )


def epsilon(dtype):
    """Return the distance from 1 to the next number of the real type behind ``dtype``."""
    return 2.0**-52 if dtype in (_C.float64, _C.complex128) else 2.0**-23


def numerical_rank_tolerances(name, A, atol, rtol):
    """Return both tolerances, ``rtol`` defaulting to ``max(m, n) * eps`` unless ``atol`` is given, in its place 0.

    Tensors must be real and apply per matrix.
    """
    for label, value in (("atol", atol), ("rtol", rtol)):
        if isinstance(value, _C.Tensor) and value.is_complex():
            raise RuntimeError(f"{name}: {label} tensor of complex type is not supported. Got {type_name(value.dtype)}")
    default = max(A.shape[-2:]) * epsilon(A.dtype)
    if rtol is None:
        if isinstance(atol, _C.Tensor):
            rtol = _C.where(atol > 0, 0.0, default)
        else:
            rtol = 0.0 if atol is not None and atol > 0 else default
    return 0.0 if atol is None else atol, rtol


def smallest_kept(singular_values, atol, rtol):
    """Return ``max(atol, rtol * largest singular value)`` per matrix, shape (*, 1)."""
    largest = _C.amax(singular_values, [-1], True)
    atol, rtol = (t.unsqueeze(-1) if isinstance(t, _C.Tensor) else t for t in (atol, rtol))
    relative = rtol * largest
    if isinstance(atol, _C.Tensor):
        return _C.maximum(relative, atol.to(relative.dtype))
    return relative.clamp(min=atol)
