"""Normalisation over batches, layers, groups and vectors."""

import math

from rushlight import _C
from rushlight._ops.reduce import vector_norm
from rushlight._ops.type_names import type_name

from .padding import pad
from .pooling import avg_pool2d, avg_pool3d


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` per channel (Ioffe and Szegedy, 2015).

    When ``training`` the statistics are those of the batch, and the running ones move towards them by ``momentum``.
    """
    if training:
        check_batch(input.shape)
    if eps < 0.0 or training and eps == 0.0:
        wanted = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {wanted}, but got {eps}")
    check_statistics(input, running_mean, running_var, weight, bias, training)
    if input.numel() == 0:
        return unnormalized(input, weight, bias)
    return _C.native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def unnormalized(input, weight, bias):
    """Return an empty batch, still in the graph of the scale and shift; it moves no running statistics."""
    result = input.clone()
    result = result if weight is None else result * weight[:1].sum()
    return result if bias is None else result + bias[:1].sum()


def check_batch(shape):
    """Raise when a channel has one value only, whose variance says nothing."""
    if math.prod(shape[2:], start=shape[0]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {shape}")


def check_statistics(input, running_mean, running_var, weight, bias, training):
    """Raise unless the per-channel tensors have one element per channel."""
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError(
            f"Expected {'running_mean' if running_mean is None else 'running_var'} to be defined when training=False"
        )
    channels = input.size(1) if input.dim() > 1 else input.numel()
    named = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, tensor in named.items():
        if tensor is not None and tensor.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {tensor.numel()}")


def instance_norm(
    input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    """Normalise each channel of each sample by its own statistics (Ulyanov et al., 2016)."""
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    n, c = input.shape[:2]

    def repeated(tensor):
        return None if tensor is None else tensor.repeat(n)

    mean, var = repeated(running_mean), repeated(running_var)
    samples = input.contiguous().reshape(1, n * c, *input.shape[2:])
    result = _C.native_batch_norm(samples, repeated(weight), repeated(bias), mean, var, use_input_stats, momentum, eps)[
        0
    ].reshape(input.shape)
    if use_input_stats and running_mean is not None:
        running_mean.detach().copy_(mean.reshape(n, c).mean(0))
        running_var.detach().copy_(var.reshape(n, c).mean(0))
    return result


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalise over the last dimensions, of shape ``normalized_shape`` (Ba et al., 2016)."""
    return _C.native_layer_norm(input, check_normalized(input, normalized_shape, weight, bias), weight, bias, eps)[0]


def check_normalized(input, normalized_shape, weight=None, bias=None):
    """Return the shape as a list after the checks that it fits input, weight and bias."""
    shape = list(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and list(tensor.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, "
                f"but got {name} of shape {list(tensor.shape)} "
                f"and normalized_shape = {shape}"
            )
    if list(input.shape[-len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={shape}, expected input with shape [*, {', '.join(map(str, shape))}], "
            f"but got input of size{list(input.shape)}"
        )
    return shape


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Return ``x / sqrt(mean(x^2) + eps) * weight`` over the last dimensions (Zhang and Sennrich, 2019).

    ``eps`` is by default the machine epsilon of the type computed in; half types are computed in float32.
    """
    shape = check_normalized(input, normalized_shape, weight)
    if not (input.is_floating_point() or input.is_complex()):
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{type_name(input.dtype)}'")
    wide = input.to(_C.float32) if input.dtype in (_C.float16, _C.bfloat16) else input
    eps = _C.finfo(wide.dtype).eps if eps is None else eps
    dims = list(range(input.dim() - len(shape), input.dim()))
    normal = wide * _C.rsqrt(wide.square().mean(dim=dims, keepdim=True) + eps)
    return (normal if weight is None else normal * weight).to(input.dtype)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalise over groups of channels of each sample (Wu and He, 2018)."""
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    n, c, rest = input.size(0), input.size(1), list(input.shape[2:])
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    check_batch([n * c // num_groups, num_groups, *rest])
    if c % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, "
            f"but got input of shape {list(input.shape)} and num_groups={num_groups}"
        )
    for noun, size in (("number of channels", c), ("HxW", math.prod(rest))):
        if size == 0:
            raise RuntimeError(f"Expected {noun} to be greater than 0, got {size}")
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and (tensor.dim() != 1 or tensor.numel() != c):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(tensor.shape)} and input of shape {list(input.shape)}"
            )
    return _C.native_group_norm(input, weight, bias, n, c, math.prod(rest), num_groups, eps)[0]


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divide by ``(k + alpha mean(x^2 over size channels))^beta`` (Krizhevsky et al., 2012)."""
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    square = input.mul(input)
    if input.dim() == 3:
        square = pad(square.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2))
        means = avg_pool2d(square, (size, 1), stride=1).squeeze(1)
    else:
        n, c, h = input.shape[:3]
        square = pad(square.reshape(n, 1, c, h, -1), (0, 0, 0, 0, size // 2, (size - 1) // 2))
        means = avg_pool3d(square, (size, 1, 1), stride=1).reshape(input.shape)
    return input / means.mul(alpha).add(k).pow(beta)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Return ``x / max(norm_p(x), eps)`` along ``dim``."""
    dims = [dim] if isinstance(dim, int) else list(dim)
    length = vector_norm(input, p, dims, True).clamp(min=eps)
    result = input / length
    return result if out is None else out.resize_(result.shape).copy_(result)
