"""Normalisation functions in the argument order of ``torch.batch_norm`` and ``torch.instance_norm``."""

from rushlight.nn import functional as F

__all__ = ["batch_norm", "instance_norm"]


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True):
    """Normalise each channel over the batch: `nn.functional.batch_norm` with its arguments in another order."""
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=True):
    """Normalise each channel of each sample: `nn.functional.instance_norm` with its arguments in another order."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
