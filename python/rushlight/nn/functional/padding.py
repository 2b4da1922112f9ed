"""Padding, and sliding windows of images as columns."""

from rushlight import _C
from rushlight._ops.autocasting import in_own_precision

from .sizes import per_dim


def pad(input, pad, mode="constant", value=None):
    """Pad the last ``len(pad) / 2`` dimensions; ``pad`` lists (before, after) from the last dimension on.

    Modes: "constant" (with ``value``, 0 by default; negative amounts cut), "reflect", "replicate", "circular".
    """
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > input.dim():
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension "
            f"but got padding length {len(pad)} and input of dimension {input.dim()}"
        )
    if mode == "constant":
        return _C.constant_pad(input, list(pad), 0 if value is None else value)
    if value is not None and value != 0:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if len(pad) not in (2, 4, 6) or input.dim() - len(pad) // 2 not in (1, 2):
        raise NotImplementedError(
            f"pad: mode '{mode}' pads the last 1, 2 or 3 dimensions of an input with one or two more dimensions, "
            f"but got padding length {len(pad)} and input of dimension {input.dim()}"
        )
    return MODES[mode](input, list(pad))


def circular_pad(input, pad):
    """Continue the input periodically."""
    for i in range(len(pad) // 2):
        before, after, dim = pad[2 * i], pad[2 * i + 1], input.dim() - 1 - i
        size = input.size(dim)
        if before > size or after > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if size + before + after < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        kept = input.narrow(dim, max(-before, 0), size + min(before, 0) + min(after, 0))
        parts = [kept.narrow(dim, kept.size(dim) - before, before)] if before > 0 else []
        parts.append(kept)
        parts += [kept.narrow(dim, 0, after)] if after > 0 else []
        input = _C.cat(parts, dim) if len(parts) > 1 else kept
    return input


def reflection_pad(input, pad):
    """Mirror the input at its borders; autocast raises signals and images and leaves volumes, as PyTorch's."""
    return (in_own_precision(_C.reflection_pad) if len(pad) == 6 else _C.reflection_pad)(input, pad)


MODES = {
    "reflect": reflection_pad,
    "replicate": lambda input, pad: _C.replication_pad(input, pad),
    "circular": circular_pad,
}


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Return the windows of images (N, C, H, W) as columns (N, C * KH * KW, L)."""
    return _C.im2col(input, *(per_dim(x, 2) for x in (kernel_size, dilation, padding, stride)))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Sum columns (N, C * KH * KW, L) into images (N, C, H, W), the transpose of ``unfold``."""
    return _C.col2im(input, *(per_dim(x, 2) for x in (output_size, kernel_size, dilation, padding, stride)))
