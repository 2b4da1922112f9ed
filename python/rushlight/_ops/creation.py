"""Operators that make tensors from shapes and numbers."""

import operator
from builtins import range as builtin_range

from rushlight import _C

from .dimensions import size_from
from .registry import op


def made(tensor, requires_grad):
    """Set ``requires_grad`` on a new leaf."""
    return tensor.requires_grad_() if requires_grad else tensor


def constant(value, noun):
    """Return a factory of tensors filled with ``value``: called as ``f(2, 3)`` or ``f((2, 3))``."""

    def factory(*size, out=None, dtype=None, requires_grad=False, **options):
        shape = size_from(size)
        if out is not None:
            return out.resize_(shape).fill_(value)
        dtype = _C.get_default_dtype() if dtype is None else dtype
        return _C.full(shape, value, dtype=dtype, requires_grad=requires_grad, **options)

    factory.__doc__ = f"Return a tensor of {noun}; the shape is given as ``f(2, 3)`` or ``f((2, 3))``."
    return factory


zeros = op(constant(0, "zeros"), name="zeros", method=False)
ones = op(constant(1, "ones"), name="ones", method=False)


@op(method=False)
def empty_like(
    input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None, pin_memory=False
):
    """Return an uninitialised tensor of the shape, dtype and device of ``input``."""
    format = {} if memory_format is None else {"memory_format": memory_format}
    result = _C.empty(
        input.shape, dtype=input.dtype if dtype is None else dtype, device=input.device if device is None else device
    )
    if format and memory_format != _C.preserve_format:
        result = result.contiguous(**format)
    return made(result, requires_grad)


@op(method=False)
def zeros_like(input, *, requires_grad=False, **options):
    """Return zeros of the shape, dtype and device of ``input``."""
    return made(_C.empty_like(input, **options).fill_(0), requires_grad)


@op(method=False)
def ones_like(input, *, requires_grad=False, **options):
    """Return ones of the shape, dtype and device of ``input``."""
    return made(_C.empty_like(input, **options).fill_(1), requires_grad)


@op(method=False)
def full_like(input, fill_value, *, requires_grad=False, **options):
    """Return a tensor like ``input`` filled with ``fill_value``."""
    return made(_C.empty_like(input, **options).fill_(fill_value), requires_grad)


def options_like(self, dtype, device):
    """Return the dtype and device options of a ``new_*`` method."""
    return {"dtype": self.dtype if dtype is None else dtype, "device": self.device if device is None else device}


@op(function=False)
def new(self, *args, device=None):
    """Return a tensor of this dtype: uninitialised from sizes, a copy of a sequence, or the tensor given."""
    from rushlight._legacy_tensors import legacy_type

    return legacy_type(self.dtype)(*args, device=self.device if device is None else device)


@op(function=False)
def new_empty(self, *size, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False):
    """Return an uninitialised tensor with this tensor's dtype and device."""
    return made(_C.empty(size_from(size), **options_like(self, dtype, device)), requires_grad)


@op(function=False)
def new_empty_strided(
    self, size, stride, *, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False
):
    """Return an uninitialised tensor of given strides with this tensor's dtype and device."""
    return made(_C.empty_strided(size, stride, **options_like(self, dtype, device)), requires_grad)


@op(function=False)
def new_full(self, size, fill_value, *, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False):
    """Return a tensor filled with ``fill_value`` with this tensor's dtype and device."""
    size = (size,) if isinstance(size, int) else size
    return made(_C.full(tuple(size), fill_value, **options_like(self, dtype, device)), requires_grad)


@op(function=False)
def new_zeros(self, *size, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False):
    """Return zeros with this tensor's dtype and device."""
    return self.new_full(size_from(size), 0, dtype=dtype, device=device, requires_grad=requires_grad)


@op(function=False)
def new_ones(self, *size, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False):
    """Return ones with this tensor's dtype and device."""
    return self.new_full(size_from(size), 1, dtype=dtype, device=device, requires_grad=requires_grad)


@op(function=False)
def new_tensor(self, data, *, dtype=None, device=None, layout=None, pin_memory=False, requires_grad=False):
    """Return a tensor holding ``data`` with this tensor's dtype and device."""
    return _C.tensor(data, requires_grad=requires_grad, **options_like(self, dtype, device))


@op(method=False)
def scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Return a tensor without dimensions holding ``s``, of the default dtype."""
    dtype = _C.get_default_dtype() if dtype is None else dtype
    return _C.full((), s, dtype=dtype, device=device, requires_grad=requires_grad)


@op(method=False, out=True)
def eye(n, m=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Return the ``n`` by ``m`` matrix with ones on the diagonal."""
    m = n if m is None else m
    if n < 0 or m < 0:
        raise RuntimeError(f"{'n' if n < 0 else 'm'} must be greater or equal to 0, got {n if n < 0 else m}")
    result = _C.full((n, m), 0, dtype=_C.get_default_dtype() if dtype is None else dtype, device=device)
    result.diagonal().fill_(1)
    return made(result, requires_grad)


@op(method=False, out=True)
def linspace(start, end, steps, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Return ``steps`` numbers from ``start`` to ``end`` at equal distances, both ends included.

    The second half is counted down from ``end``, so the sequence is symmetric in rounding.
    """
    if not hasattr(steps, "__index__") or (isinstance(steps, _C.Tensor) and steps.is_floating_point()):
        raise TypeError(f"linspace(): argument 'steps' must be int, not {type(steps).__name__}")
    steps = operator.index(steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    device = device_of_ends(start, end, device)
    start, end = as_number("start", start), as_number("end", end)
    dtype = default_for(start, end) if dtype is None else dtype
    if steps == 1:
        return made(_C.full((1,), start, dtype=dtype, device=device), requires_grad)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    # Steps between whole numbers are computed in double precision and cut towards zero. In single precision a product and
    # a sum are rounded once, as in PyTorch: the product of two such numbers is exact in double precision.
    working = _C.float64 if whole or dtype == _C.float32 else dtype
    index = _C.arange(steps, device=device)
    position = index.to(working)
    start, end = (int(start), int(end)) if whole else (start, end)
    if dtype == _C.float32:
        start, end, step = single_precision_step(start, end, steps)
    else:
        step = (end - start) / max(steps - 1, 1)
    result = _C.where(index < steps // 2, start + step * position, end - step * (steps - 1 - position))
    return made(result.to(dtype), requires_grad)


def single_precision_step(start, end, steps):
    """Return the ends and the distance between neighbours, each rounded to single precision."""
    ends = _C.tensor([start, end, max(steps - 1, 1)], dtype=_C.float32)
    return ends[0].item(), ends[1].item(), ((ends[1] - ends[0]) / ends[2]).item()


@op(method=False, out=True)
def logspace(
    start, end, steps, base=10.0, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False
):
    """Return ``base`` to the powers ``linspace(start, end, steps)``."""
    device = device_of_ends(start, end, device)
    start, end = as_number("start", start), as_number("end", end)
    dtype = default_for(start, end) if dtype is None else dtype
    whole = not (dtype.is_floating_point or dtype.is_complex)
    start, end = (int(start), int(end)) if whole else (start, end)
    exponents = linspace(start, end, steps, dtype=_C.float64 if whole else dtype, device=device)
    # A base such as 1.1 would lose its digits in the half types.
    exponents = exponents if dtype.is_complex else exponents.to(_C.float64)
    return made(_C.pow(base, exponents).to(dtype), requires_grad)


def device_of_ends(start, end, device):
    """Return the device of a sequence: that given, unless an end is a tensor without data."""
    return "meta" if any(isinstance(value, _C.Tensor) and value.is_meta for value in (start, end)) else device


def as_number(name, value):
    """Return a number given as such or as a tensor without dimensions; zero stands for a meta tensor's."""
    if isinstance(value, _C.Tensor):
        if value.dim():
            raise RuntimeError(f"linspace only supports 0-dimensional {name} and end tensors, but got {value.dim()}-D")
        if value.is_meta:
            return 0j if value.is_complex() else 0
        return value.item()
    return value


def default_for(*numbers):
    """Return the default real or complex dtype for the numbers."""
    real = _C.get_default_dtype()
    if not any(isinstance(number, complex) for number in numbers):
        return real
    return _C.complex128 if real == _C.float64 else _C.complex64


@op(method=False, out=True)
def range(start, end=None, step=1, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Return the numbers from ``start`` to ``end`` inclusive in steps; ``arange`` excludes the end."""
    start, end = (0, start) if end is None else (start, end)
    if step == 0 or (end - start) / step < 0:
        raise RuntimeError(
            "step must be nonzero" if step == 0 else "upper bound and lower bound inconsistent with step sign"
        )
    count = int((end - start) / step) + 1
    dtype = _C.get_default_dtype() if dtype is None else dtype
    return made((_C.arange(count, device=device).to(dtype) * step + start).to(dtype), requires_grad)


@op(method=False)
def empty_permuted(
    size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False
):
    """Return an uninitialised dense tensor whose dimensions lie in memory in the order ``physical_layout``."""
    if sorted(physical_layout) != [*builtin_range(len(size))]:
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; "
            f"i.e. len(size) = {len(size)} "
            f"is not equal to len(physical_layout) = {len(physical_layout)}"
            if len(size) != len(physical_layout)
            else f"Duplicate or missing dim in physical_layout {list(physical_layout)}"
        )
    order = [physical_layout.index(i) for i in builtin_range(len(size))]
    base = _C.empty([size[i] for i in physical_layout], dtype=dtype, device=device)
    return made(base.permute(order), requires_grad)


@op(function=False)
def type_as(self, other):
    """Convert to the dtype of ``other``."""
    return self.to(other.dtype)


@op
def resize_as_(self, the_template, *, memory_format=None):
    """Resize in place to the shape of another tensor."""
    return self.resize_(the_template.shape)
