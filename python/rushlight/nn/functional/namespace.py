"""Layer functions that PyTorch also has in its top namespace, some with the arguments in another order."""

from rushlight import _C

from . import activation, convolution, distance, normalization, pooling, vision

SAME = {
    activation: "celu celu_ hardshrink prelu relu relu_ rrelu rrelu_ selu selu_ threshold threshold_",
    convolution: "conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d",
    distance: "cosine_similarity pairwise_distance pdist",
    pooling: "adaptive_avg_pool1d avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d max_pool3d",
    vision: "channel_shuffle native_channel_shuffle pixel_shuffle pixel_unshuffle",
}


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=False):
    """``nn.functional.batch_norm`` with weight and bias first."""
    return normalization.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=False):
    """``nn.functional.instance_norm`` with weight and bias first."""
    return normalization.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    """``nn.functional.layer_norm``."""
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    """``nn.functional.group_norm``."""
    return normalization.group_norm(input, num_groups, weight, bias, eps)


def adaptive_max_pool1d(input, output_size):
    """Return the largest elements of ``output_size`` windows, and their positions."""
    return pooling.adaptive_max_pool1d_with_indices(input, output_size)


def lookup(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """``nn.functional.embedding`` with the table first."""
    return _C.embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse)


def affine_grid_generator(theta, size, align_corners):
    """``nn.functional.affine_grid``."""
    return vision.affine_grid(theta, size, align_corners)


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """``nn.functional.grid_sample`` with its modes as numbers."""
    mode, padding = vision.GRID_MODES[interpolation_mode], vision.GRID_PADDING[padding_mode]
    return vision.grid_sample(input, grid, mode, padding, align_corners)


def attach(tensor_class, namespace):
    """Publish the layer functions of the top namespace, and the Tensor methods among them."""
    for module, names in SAME.items():
        namespace.update({name: getattr(module, name) for name in names.split()})
    own = (batch_norm, instance_norm, layer_norm, group_norm, adaptive_max_pool1d, affine_grid_generator, grid_sampler)
    namespace.update({call.__name__: call for call in own})
    namespace.update(embedding=lookup, rms_norm=normalization.rms_norm)
    for name in ("prelu", "hardshrink"):
        if not hasattr(tensor_class, name):
            setattr(tensor_class, name, getattr(activation, name))
