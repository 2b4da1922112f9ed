"""Arguments that are one number or one number per spatial dimension."""


def per_dim(value, count):
    """Return ``count`` numbers from one number, a list of one, or a list of ``count``."""
    if isinstance(value, (tuple, list)):
        return list(value) * count if len(value) == 1 else list(value)
    return [value] * count


def batched(input, spatial):
    """Return the input with a batch dimension, and whether one was added."""
    missing = input.dim() == spatial + 1
    return (input.unsqueeze(0) if missing else input), missing
