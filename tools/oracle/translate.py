"""PyTorch's objects as ours: tensors bit by bit, functions by their public path, test wrappers by rebinding.

The databases hold functions such as ``lambda x, n: torch.special.polygamma(n, x)``. Such a wrapper is run on our tensors
by giving its code other globals, in which ``torch`` is this package.
"""

import builtins
import functools
import types
from collections.abc import Callable

import torch
from torch.testing._internal.opinfo.core import OpInfo

import rushlight as rl

NAMESPACES = (
    "", "nn.functional", "linalg", "fft", "special", "Tensor", "nn.init", "nn.utils.rnn", "nn", "signal.windows", "masked",
    "random", "autograd", "nn.utils", "optim",
)  # fmt: skip


class Missing(Exception):
    """A public name of PyTorch that this package does not have."""


class Unsupported(Exception):
    """A sample of a kind that this package leaves out: another layout than strided, complex numbers of half precision."""


def resolve(root: object, path: str) -> object:
    """Return the attribute of a dotted path."""
    return functools.reduce(getattr, path.split("."), root) if path else root


def ours(path: str) -> object:
    """Return our object of a dotted path below ``torch``; what only says that it is missing is missing."""
    try:
        found = resolve(rl, path.removeprefix("torch."))
    except (AttributeError, ImportError):
        raise Missing(path) from None
    if getattr(found, "absent", False):
        raise Missing(path)
    return found


@functools.cache
def paths() -> dict[int, str]:
    """Return the public path of every function, method and class of PyTorch, by identity."""
    found = {}
    for prefix in NAMESPACES:
        space = resolve(torch, prefix)
        for name in dir(space):
            value = getattr(space, name, None)
            if callable(value) and (prefix == "Tensor" or not name.startswith("__")):
                found.setdefault(id(value), f"{prefix}.{name}".strip("."))
    return found


def names_a_torch_function(op) -> bool:
    """Return whether a database entry calls exactly the function of its name."""
    try:
        return resolve(torch, op.name) is op.op
    except AttributeError:
        return False


def function_of(op) -> Callable:
    """Return our function for an entry of the operator database; raise Missing if there is none."""
    return ours(op.name) if names_a_torch_function(op) else translate(op.op)


def translate(value):
    """Return our equivalent of any PyTorch object, deeply."""
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, torch.nn.Module):
        return network(value)
    if isinstance(value, OpInfo):
        return value
    for kind, convert in CONVERSIONS.items():
        if isinstance(value, kind):
            return convert(value)
    if callable(value):
        return function(value)
    return value


def sequence(value):
    """Translate a list, a tuple or a named tuple."""
    parts = [translate(v) for v in value]
    return parts if isinstance(value, list) else tuple(parts)


def module(value: types.ModuleType):
    """Translate a module of PyTorch; other modules stay."""
    if value.__name__ == "torch":
        return rl
    return ours(value.__name__.removeprefix("torch.")) if value.__name__.startswith("torch.") else value


def supported(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype if it is one of ours; raise Unsupported."""
    if dtype == torch.complex32 or dtype.is_floating_point and dtype.itemsize == 1:
        raise Unsupported(str(dtype))
    return dtype


def network(value: torch.nn.Module):
    """Translate a module by its class and everything it holds."""
    cls = next(getattr(rl.nn, c.__name__) for c in type(value).__mro__ if hasattr(rl.nn, c.__name__))
    made = cls.__new__(cls)
    rl.nn.Module.__init__(made)
    for name, part in vars(value).items():
        if isinstance(part, torch.nn.Module):
            made.__dict__[name] = network(part)
        elif not name.endswith("_hooks") and name != "_non_persistent_buffers_set":
            made.__dict__[name] = translate(part)
    return made


def generator(value: torch.Generator):
    """Translate a generator by its seed."""
    return rl.Generator().manual_seed(value.initial_seed())


CONVERSIONS = {
    torch.dtype: lambda v: ours(str(supported(v))),
    torch.device: lambda v: rl.device(str(v)),
    torch.memory_format: lambda v: ours(str(v)),
    torch.layout: lambda v: ours(str(v)),
    torch.Generator: generator,
    torch.Size: lambda v: rl.Size(v),
    (list, tuple): sequence,
    dict: lambda v: {k: translate(x) for k, x in v.items()},
    types.ModuleType: module,
    functools.partial: lambda v: functools.partial(translate(v.func), *translate(v.args), **translate(v.keywords)),
}


def function(value: Callable) -> Callable:
    """Translate a function: by its public path, or by rebinding a wrapper of the test suite."""
    origin = getattr(value, "__module__", None) or ""
    wrapper = isinstance(value, types.FunctionType) and origin.startswith(("torch.testing", "contextlib"))
    if getattr(value, "__name__", "") == "freeze_rng_state":
        return rl.random.fork_rng
    if wrapper:
        return rebound(value)
    path = paths().get(id(value))
    if path is not None:
        return ours(path)
    if origin.startswith("torch"):
        raise Missing(f"{origin}.{getattr(value, '__name__', value)}")
    return value


@functools.cache
def rebound(wrapper: types.FunctionType) -> types.FunctionType:
    """Return the wrapper with ``torch``, and whatever it calls, replaced by ours."""
    world: dict = {"__builtins__": builtins}
    for name in names_in(wrapper.__code__):
        if name in wrapper.__globals__:
            world[name] = translate_lazily(wrapper.__globals__[name])
    cells = tuple(types.CellType(translate_lazily(cell.cell_contents)) for cell in wrapper.__closure__ or ())
    copy = types.FunctionType(wrapper.__code__, world, wrapper.__name__, wrapper.__defaults__, cells)
    copy.__kwdefaults__ = wrapper.__kwdefaults__
    return copy


def translate_lazily(value):
    """Translate what a wrapper refers to; what is missing fails only when it is used."""
    try:
        return translate(value)
    except Missing as missing:
        return Absent(missing)


class Absent:
    """Stands for a missing object and raises Missing when called or looked into."""

    def __init__(self, missing: Missing):
        self._missing = missing

    def __call__(self, *args, **kwargs):
        raise self._missing

    def __getattr__(self, name: str):
        raise self._missing


def names_in(code: types.CodeType) -> set[str]:
    """Return the global names that a function and the functions inside it use."""
    inner = (names_in(c) for c in code.co_consts if isinstance(c, types.CodeType))
    return set(code.co_names).union(*inner)


def tensor(theirs: torch.Tensor):
    """Return a copy with the same bytes, strides, offset and ``requires_grad``."""
    plain = theirs.detach().resolve_conj().resolve_neg()
    dtype = translate(plain.dtype)
    if plain.device.type == "meta":
        copy = rl.empty_strided(tuple(plain.shape), plain.stride(), dtype=dtype, device="meta")
    elif plain.layout != torch.strided:
        raise Unsupported(str(plain.layout))
    else:
        copy = from_bytes(plain, dtype)
    if isinstance(theirs, torch.nn.Parameter):
        return rl.nn.Parameter(copy, theirs.requires_grad)
    return copy.requires_grad_() if theirs.requires_grad else copy


def from_bytes(plain: torch.Tensor, dtype):
    """Copy the storage and lay the same view over it."""
    raw = torch.empty(0, dtype=torch.uint8).set_(plain.untyped_storage()).clone().numpy()
    size = plain.element_size()
    elements = len(raw) // size
    flat = rl.empty(elements, dtype=dtype)
    if elements:
        flat.view(rl.uint8).copy_(rl.from_numpy(raw[: elements * size]))
    return flat.as_strided(tuple(plain.shape), plain.stride(), plain.storage_offset()).detach()


def back(value):
    """Return one of our results as PyTorch's, deeply."""
    if isinstance(value, rl.Tensor):
        return tensor_back(value.detach())
    if isinstance(value, rl.Size):
        return torch.Size(value)
    if isinstance(value, (list, tuple)):
        return [back(v) for v in value]
    if isinstance(value, dict):
        return {k: back(v) for k, v in value.items()}
    return getattr(torch, str(value).removeprefix("torch.")) if isinstance(value, rl.dtype) else value


def tensor_back(x) -> torch.Tensor:
    """Return one of our tensors as PyTorch's."""
    dtype = getattr(torch, str(x.dtype).removeprefix("torch."))
    if x.device.type == "meta":
        return torch.empty(tuple(x.shape), dtype=dtype, device="meta")
    if x.numel() == 0:
        return torch.empty(tuple(x.shape), dtype=dtype)
    if dtype == torch.bfloat16:
        return torch.from_numpy(x.contiguous().view(rl.int16).numpy().copy()).view(dtype)
    return torch.from_numpy(x.numpy().copy())
