"""Operations on images: the batch is folded into the image batch, or into the channels where weights are batched."""

from functools import partial
from typing import Any

import rushlight as rl
from rushlight.func.batched import Call, front
from rushlight.func.rules.reduction import argument
from rushlight.utils._pytree import tree_map

_NAMES = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


def fold(call: Call, spatial: int) -> Any:
    """An operation on ``[N, C, *spatial]`` that treats every image by itself."""
    x = call.args[0]
    if not call.only_first() or x.dim() not in (spatial + 1, spatial + 2):
        return NotImplemented
    if x.dim() == spatial + 1:
        return call.wrap(call.func(front(x), *call.args[1:], **call.kwargs))
    out = call.func(front(x).flatten(0, 1), *call.args[1:], **call.kwargs)
    return call.wrap(tree_map(lambda y: y.unflatten(0, (call.size, x.shape[0])), out))


def fold_images(call: Call) -> Any:
    """An operation on ``[N, C, ...]`` of any rank that treats every image by itself."""
    x = call.args[0]
    return fold(call, x.dim() - 2) if x.dim() > 2 else NotImplemented


def convolve(call: Call, spatial: int) -> Any:
    """``conv1d`` to ``conv3d``."""
    given = {**dict(zip(_NAMES, call.args, strict=False)), **call.kwargs}
    x, weight, bias = given.pop("input"), given.pop("weight"), given.pop("bias", None)
    if x.dim() != spatial + 2:
        return NotImplemented
    groups = given.pop("groups", 1)
    if not call.is_batched(x) and not call.is_batched(weight):
        out = call.func(x, weight, None, groups=groups, **given)
    elif not call.is_batched(weight):
        out = call.func(front(x).flatten(0, 1), weight, None, groups=groups, **given).unflatten(0, (call.size, -1))
        out = call.wrap(out)
    else:
        kernels = front(weight).flatten(0, 1)  # [batch * out, in / groups, ...]
        images = call.expanded(x).movedim(0, 1).flatten(1, 2)  # [n, batch * in, ...]
        out = call.func(images, kernels, None, groups=groups * call.size, **given)
        out = call.wrap(out.unflatten(1, (call.size, weight.shape[0])), 1)
    return out if bias is None else out + bias.reshape(-1, *[1] * spatial)


def layer_norm(call: Call) -> Any:
    """Normalisation over the last dimensions, with weights applied afterwards."""
    x, shape = call.args[0], argument(call, 1, "normalized_shape")
    weight, bias, eps = argument(call, 2, "weight"), argument(call, 3, "bias"), argument(call, 4, "eps", 1e-5)
    if not call.is_batched(x):
        return NotImplemented
    if not call.is_batched(weight) and not call.is_batched(bias):
        return call.wrap(call.func(front(x), shape, weight, bias, eps))
    out = call.wrap(call.func(front(x), shape, None, None, eps))
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def cross_entropy(call: Call) -> Any:
    """Cross entropy of class indices: minus the log-probability of the target."""
    x, target = call.args[0], argument(call, 1, "target")
    options = dict(zip(("weight", "size_average", "ignore_index", "reduce", "reduction"), call.args[2:], strict=False))
    options |= call.kwargs
    unusual = ("weight", "size_average", "reduce", "label_smoothing")
    ignore = options.get("ignore_index", -100)
    if (
        any(isinstance(v := options.get(k), rl.Tensor) or v for k in unusual)
        or target.is_floating_point()
        or not 1 <= x.dim() <= 2
    ):
        return NotImplemented
    kept = target != ignore
    log_p = x if call.name == "nll_loss" else rl.log_softmax(x, -1)
    picked = log_p.gather(-1, rl.where(kept, target, 0).unsqueeze(-1)).squeeze(-1)
    loss = -rl.where(kept, picked, 0.0)
    reduction = options.get("reduction", "mean")
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / kept.sum()


CONVOLUTIONS = {f"conv{n}d": partial(convolve, spatial=n) for n in (1, 2, 3)}
for _n in (1, 2, 3):
    for _name in "max_pool avg_pool adaptive_avg_pool adaptive_max_pool lp_pool".split():
        CONVOLUTIONS[f"{_name}{_n}d"] = partial(fold, spatial=_n)
    CONVOLUTIONS[f"max_pool{_n}d_with_indices"] = partial(fold, spatial=_n)
    CONVOLUTIONS[f"conv_transpose{_n}d"] = partial(fold, spatial=_n)
CONVOLUTIONS |= dict.fromkeys(("interpolate", "upsample", "group_norm"), fold_images)
CONVOLUTIONS |= {"layer_norm": layer_norm, "cross_entropy": cross_entropy, "nll_loss": cross_entropy}
CONVOLUTIONS |= {"cross_entropy_loss": cross_entropy}
