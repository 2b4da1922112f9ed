"""How tensors are printed: PyTorch's format."""

import contextlib
import math

from rushlight import _C

__all__ = ["get_printoptions", "printoptions", "set_printoptions", "tensor_str"]


class Options:
    """Digits, the number of elements that are still printed in full, edge items, line width, notation."""

    precision = 4
    threshold = 1000
    edgeitems = 3
    linewidth = 80
    sci_mode = None


PROFILES = {
    "default": (4, 1000, 3, 80),
    "short": (2, 1000, 2, 80),
    "full": (4, math.inf, 3, 80),
}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Change how tensors are printed; ``profile`` is "default", "short" or "full"."""
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"set_printoptions: profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    if profile is not None:
        Options.precision, Options.threshold, Options.edgeitems, Options.linewidth = PROFILES[profile]
    given = dict(precision=precision, threshold=threshold, edgeitems=edgeitems, linewidth=linewidth)
    for name, value in given.items():
        if value is not None:
            setattr(Options, name, value)
    Options.sci_mode = sci_mode


def get_printoptions():
    """Return the present settings as a dictionary."""
    names = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")
    return {name: getattr(Options, name) for name in names}


@contextlib.contextmanager
def printoptions(**options):
    """Change how tensors are printed inside a ``with`` block; the options are those of `set_printoptions`."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


class Formatter:
    """Finds the one format all elements of a tensor are printed in."""

    def __init__(self, values, floating):
        self.floating = floating
        self.integral = True
        self.scientific = False
        self.width = 1
        finite = [v for v in values if math.isfinite(v) and v != 0] if floating else []
        if finite:
            self.choose(finite)
        measured = finite if floating else values
        self.width = max((len(self.text(v)) for v in measured), default=1)

    def choose(self, finite):
        """Decide between whole numbers, decimals and powers of ten."""
        self.integral = all(v == math.ceil(v) for v in finite)
        low, high = min(map(abs, finite)), max(map(abs, finite))
        self.scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        if Options.sci_mode is not None:
            self.scientific = Options.sci_mode

    def text(self, value):
        """Return an element without padding."""
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{Options.precision}e}"
        if self.integral:
            text = f"{value:.0f}"
            return f"{text}." if math.isfinite(value) else text
        return f"{value:.{Options.precision}f}"

    def __call__(self, value):
        return self.text(value).rjust(self.width)


class ComplexFormatter:
    """Real and imaginary parts, each in one format."""

    def __init__(self, values):
        self.real = Formatter([v.real for v in values], True)
        self.imag = Formatter([v.imag for v in values], True)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value):
        imag = self.imag(value.imag).lstrip()
        sign = "" if imag.startswith("-") else "+"
        return f"{self.real(value.real)}{sign}{imag}j"


def summarised(t):
    """Return the elements printed of a long tensor: the edges of every dimension."""
    n = Options.edgeitems
    if t.dim() == 0:
        return t
    if t.dim() == 1:
        return _C.cat((t[:n], t[t.numel() - n :])) if t.numel() > 2 * n else t
    if n == 0:
        return t[:0]
    if t.size(0) > 2 * n:
        rows = [summarised(t[i]) for i in range(n)] + [summarised(t[i]) for i in range(t.size(0) - n, t.size(0))]
    else:
        rows = [summarised(row) for row in t]
    return _C.cat([row.unsqueeze(0) for row in rows])


def shown(parts, n, summarise):
    """Return the first and last ``n`` entries of a summarised dimension around dots, else all."""
    return parts if not summarise or len(parts) <= 2 * n else [*parts[:n], None, *parts[len(parts) - n :]]


def vector_text(values, indent, summarise, form):
    """Return a row of elements, broken at the line width."""
    n = Options.edgeitems
    dots = " ..." if n else "..."
    texts = [dots if v is None else form(v) for v in shown(values, n, summarise)]
    per_line = max(1, math.floor((Options.linewidth - indent) / (form.width + 2)))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + ("," + "\n" + " " * (indent + 1)).join(lines) + "]"


def nested_text(t, indent, summarise, form):
    """Return the nested brackets of a tensor."""
    if t.dim() == 0:
        return form(t.item())
    if t.dim() == 1:
        return vector_text(t.tolist(), indent, summarise, form)
    rows = shown(range(t.size(0)), Options.edgeitems, summarise)
    slices = ["..." if i is None else nested_text(t[i], indent + 1, summarise, form) for i in rows]
    return "[" + ("," + "\n" * (t.dim() - 1) + " " * (indent + 1)).join(slices) + "]"


def body(t, indent):
    """Return the elements of a tensor as text."""
    summarise = t.numel() > Options.threshold
    values = (summarised(t) if summarise else t).reshape(-1).tolist()
    form = ComplexFormatter(values) if t.is_complex() else Formatter(values, t.is_floating_point())
    return nested_text(t, indent, summarise, form)


def default_dtypes():
    """Return the dtypes that are not named in print."""
    default = _C.get_default_dtype()
    return (default, _C.complex128 if default == _C.float64 else _C.complex64, _C.int64, _C.bool)


def tensor_str(self, tensor_contents=None):
    """Return PyTorch's representation: elements, then size, dtype, device and gradient where they are not obvious."""
    from rushlight.nn.parameter import Parameter

    plain = type(self) in (_C.Tensor, Parameter)
    prefix = "tensor(" if plain else f"{type(self).__name__}("
    with _C.DisableTorchFunctionSubclass():
        text = contents(self, len(prefix)) if tensor_contents is None else tensor_contents
        text = add_suffixes(prefix + text, suffixes(self), len(prefix))
    return text if plain or not isinstance(self, Parameter) else f"Parameter({text})"


def contents(self, indent):
    """Return the elements, or what stands for them."""
    if self.is_meta:
        return "..."
    return "[]" if self.numel() == 0 else body(self.detach(), indent)


def suffixes(self):
    """Return what is told about a tensor after its elements."""
    told = [] if self.device.type == "cpu" else [f"device='{self.device}'"]
    bare = self.is_meta or self.numel() == 0
    if self.is_meta or (self.dim() != 1 if bare else not Options.edgeitems):
        told.append(f"size={tuple(self.shape)}")
    if self.dtype not in ((_C.get_default_dtype(),) if bare else default_dtypes()):
        told.append(f"dtype={self.dtype}")
    if self.grad_fn is not None:
        told.append(f"grad_fn=<{self.grad_fn.name()}>")
    elif self.requires_grad:
        told.append("requires_grad=True")
    return told


def add_suffixes(text, suffixes, indent):
    """Append the suffixes, on a new line where the last one is full."""
    parts = [text]
    last = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if last + len(suffix) + 2 > Options.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            last = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            last += len(suffix) + 2
    return "".join(parts) + ")"
