"""Dropout in its forms."""

import warnings

from rushlight import _C


def check_probability(p):
    """Raise unless p is a probability."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input, p=0.5, training=True, inplace=False):
    """Zero each element with probability p and scale the rest by ``1 / (1 - p)`` (Srivastava et al., 2014)."""
    check_probability(p)
    return (_C.dropout_ if inplace else _C.dropout)(input, p, training)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout for SELU networks: mean and variance are kept."""
    check_probability(p)
    return (_C.alpha_dropout_ if inplace else _C.alpha_dropout)(input, p, training)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """``alpha_dropout`` of whole channels."""
    check_probability(p)
    return (_C.feature_alpha_dropout_ if inplace else _C.feature_alpha_dropout)(input, p, training)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of signals (N, C, L) or (C, L)."""
    check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. "
            "Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return drop_batched(input, p, training, inplace, 3)


def drop_batched(input, p, training, inplace, ndim):
    """Drop channels of an input that may lack the batch dimension."""
    call = _C.feature_dropout_ if inplace else _C.feature_dropout
    if input.dim() == ndim:
        return call(input, p, training)
    if inplace:
        return call(input.unsqueeze_(0), p, training).squeeze_(0)
    return call(input.unsqueeze(0), p, training).squeeze(0)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of images (N, C, H, W) or signals (N, C, L)."""
    check_probability(p)
    if input.dim() not in (3, 4):
        warn_dims("dropout2d", input.dim(), 2, "3D or 4D")
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return (_C.feature_dropout_ if inplace else _C.feature_dropout)(input, p, training)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Zero whole channels of volumes (N, C, D, H, W) or (C, D, H, W)."""
    check_probability(p)
    if input.dim() not in (4, 5):
        warn_dims("dropout3d", input.dim(), 3, "4D or 5D")
    return drop_batched(input, p, training, inplace, 5)


def warn_dims(name, ndim, spatial, wanted):
    """Warn about an input of an unexpected number of dimensions."""
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        "release. To retain the behavior and silence this warning, please use dropout instead. "
        f"Note that {name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, and an optional batch "
        f"dimension (i.e. {wanted} inputs).",
        stacklevel=3,
    )
