"""Pruning: a parameter ``name`` becomes ``name_orig`` times the buffer ``name_mask`` before every forward pass.

A method is a `BasePruningMethod` with `compute_mask`; applied again to the same parameter, it prunes what is left.
"""

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable

import rushlight as rl

from .convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class BasePruningMethod(ABC):
    """A way to choose what to prune; ``PRUNING_TYPE`` is "unstructured", "structured" (with ``dim``) or "global"."""

    _tensor_name = None

    @abstractmethod
    def compute_mask(self, t, default_mask):
        """Return the mask of what is kept of ``t``, on top of ``default_mask``."""

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module):
        """Return the parameter times its mask."""
        mask, original = (getattr(module, self._tensor_name + end) for end in ("_mask", "_orig"))
        return mask.to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prune ``module.name`` by this method, made from the arguments; return the method or its container."""
        method = cls(*args, **kwargs)
        method._tensor_name = name
        method = _joined(_taken(module, name), method)
        original = getattr(module, name)
        scores = _scores(original, importance_scores)
        first = not isinstance(method, PruningContainer)
        before = rl.ones_like(original) if first else getattr(module, f"{name}_mask").detach().clone()
        mask = method.compute_mask(scores, default_mask=before)
        if first:
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """Return ``t`` with the pruned elements set to zero."""
        before = rl.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(_scores(t, importance_scores), default_mask=before)

    def remove(self, module):
        """Make the pruned parameter an ordinary one again; what was pruned stays zero."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        original.data = weight.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several methods one after another; the last one computes the next mask from what the others left."""

    def __init__(self, *args):
        self._pruning_methods = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Append a method for the same parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to "
                f"PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, idx):
        return self._pruning_methods[idx]

    def compute_mask(self, t, default_mask):
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        left = _left(method, mask)
        mask[left] = method.compute_mask(t[left], default_mask=mask[left]).to(dtype=mask.dtype)
        return mask


def _left(method, mask):
    """The index of what ``method`` may still prune."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    everything = [slice(None)] * mask.dim()
    if method.PRUNING_TYPE == "structured":
        dim = range(mask.dim())[method.dim]
        everything[dim] = mask.sum(dim=[d for d in range(mask.dim()) if d != dim]) != 0
    elif method.PRUNING_TYPE != "global":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    return tuple(everything)


class Identity(BasePruningMethod):
    """Prunes nothing, but puts the mask and the original in place."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes by a mask that is given."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        return default_mask * self.mask.to(dtype=default_mask.dtype)


class _Amount(BasePruningMethod):
    """Prunes an ``amount``: a fraction between 0 and 1, or a number of elements or channels."""

    def __init__(self, amount):
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        whole = isinstance(amount, numbers.Integral)
        if amount < 0 or (not whole and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def _count(self, size):
        count = self.amount if isinstance(self.amount, numbers.Integral) else round(self.amount * size)
        if count > size:
            raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
        return count


class RandomUnstructured(_Amount):
    """Prunes elements at random."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        count, mask = self._count(t.nelement()), default_mask.clone(memory_format=rl.contiguous_format)
        if count:
            mask.view(-1)[rl.rand_like(t).view(-1).topk(k=count).indices] = 0
        return mask


class L1Unstructured(_Amount):
    """Prunes the elements of the smallest absolute values."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        count, mask = self._count(t.nelement()), default_mask.clone(memory_format=rl.contiguous_format)
        if count:
            mask.view(-1)[rl.abs(t).view(-1).topk(k=count, largest=False).indices] = 0
        return mask


class _Channels(_Amount):
    """Prunes whole channels along ``dim``."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t, default_mask):
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. "
                f"Found tensor of shape {t.shape} with {t.dim()} dims"
            )
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        channels = t.shape[self.dim]
        count = self._count(channels)
        if count == 0:
            return default_mask
        index = [slice(None)] * t.dim()
        index[self.dim] = self._kept(t, channels, count)
        mask = rl.zeros_like(t)
        mask[tuple(index)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    def _kept(self, t, channels, count):
        """Index the channels that stay."""
        raise NotImplementedError(f"{type(self).__name__} does not choose channels")


class RandomStructured(_Channels):
    """Prunes channels at random."""

    def _kept(self, t, channels, count):
        prob = rl.rand(channels)
        return prob > rl.kthvalue(prob, k=count).values


class LnStructured(_Channels):
    """Prunes the channels of the smallest n-norms."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t, channels, count):
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        return rl.norm(t, p=self.n, dim=others).topk(k=channels - count, largest=True).indices


def _taken(module, name):
    """Take the pruning hook of a parameter off the module; None where there is none."""
    for key, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return module._forward_pre_hooks.pop(key)
    return None


def _joined(old, method):
    if old is None:
        return method
    container = old if isinstance(old, PruningContainer) else PruningContainer(old)
    container.add_pruning_method(method)
    return container


def _scores(t, importance_scores):
    if importance_scores is None:
        return t
    if importance_scores.shape != t.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
        )
    return importance_scores


def identity(module, name):
    """Put mask and original in place without pruning; return ``module``, as all of these functions do."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prune elements at random.

    >>> from rushlight import nn
    >>> layer = random_unstructured(nn.Linear(3, 2), "weight", amount=0.5)
    >>> int(layer.weight_mask.sum())
    3
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prune the elements of the smallest absolute values."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prune channels along ``dim`` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prune the channels along ``dim`` of the smallest n-norms."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prune by a mask."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prune the elements of many parameters, pairs (module, name), as if they were one."""
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    pairs, scores = list(parameters), {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    if pruning_method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. '
            f"Found method {pruning_method} of type {pruning_method.PRUNING_TYPE}"
        )
    tensors = [getattr(module, name) for module, name in pairs]
    flat = parameters_to_vector([scores.get(pair, t) for pair, t in zip(pairs, tensors, strict=True)])
    before = [getattr(m, f"{n}_mask", rl.ones_like(t)) for (m, n), t in zip(pairs, tensors, strict=True)]
    chosen = PruningContainer(pruning_method(**kwargs)).compute_mask(flat, parameters_to_vector(before))
    for (module, name), mask in zip(pairs, chosen.split([t.numel() for t in tensors]), strict=True):
        custom_from_mask(module, name, mask.view_as(getattr(module, name)))


def remove(module, name):
    """Make a pruned parameter an ordinary one again; what was pruned stays zero."""
    method = _taken(module, name)
    if method is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    method.remove(module)
    return module


def is_pruned(module):
    """Return whether a parameter of ``module`` or of its submodules is pruned."""
    hooks = (hook for child in module.modules() for hook in child._forward_pre_hooks.values())
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)
