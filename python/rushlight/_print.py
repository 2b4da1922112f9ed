"""How tensors are printed: PyTorch's format."""

import math

from rushlight import _C

__all__ = ["get_printoptions", "set_printoptions", "tensor_str"]


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


class Formatter:
    """Finds the one format all elements of a tensor are printed in."""

    def __init__(self, values, floating):
        self.floating = floating
        self.integral = True
        self.scientific = False
        self.width = 1
        if not floating:
            self.width = max((len(str(v)) for v in values), default=1)
            return
        finite = [v for v in values if math.isfinite(v) and v != 0]
        if not finite:
            return
        self.integral = all(v == math.ceil(v) for v in finite)
        low, high = min(map(abs, finite)), max(map(abs, finite))
        self.scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        if Options.sci_mode is not None:
            self.scientific = Options.sci_mode
        self.width = max(len(self.text(v)) for v in finite)

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
        return _C.cat((t[:n], t[-n:])) if t.numel() > 2 * n else t
    if t.size(0) > 2 * n:
        rows = [summarised(t[i]) for i in range(n)] + [summarised(t[i]) for i in range(t.size(0) - n, t.size(0))]
    else:
        rows = [summarised(row) for row in t]
    return _C.cat([row.unsqueeze(0) for row in rows])


def vector_text(t, indent, summarise, form):
    """Return a row of elements, broken at the line width."""
    values = t.tolist()
    per_line = max(1, math.floor((Options.linewidth - indent) / (form.width + 2)))
    if summarise and len(values) > 2 * Options.edgeitems:
        n = Options.edgeitems
        texts = [form(v) for v in values[:n]] + [" ..."] + [form(v) for v in values[-n:]]
    else:
        texts = [form(v) for v in values]
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + ("," + "\n" + " " * (indent + 1)).join(lines) + "]"


def nested_text(t, indent, summarise, form):
    """Return the nested brackets of a tensor."""
    if t.dim() == 0:
        return form.text(t.item()) if isinstance(form, Formatter) else form(t.item()).strip()
    if t.dim() == 1:
        return vector_text(t, indent, summarise, form)
    n = Options.edgeitems
    if summarise and t.size(0) > 2 * n:
        slices = [nested_text(t[i], indent + 1, summarise, form) for i in range(n)]
        slices += ["..."]
        slices += [nested_text(t[i], indent + 1, summarise, form) for i in range(t.size(0) - n, t.size(0))]
    else:
        slices = [nested_text(row, indent + 1, summarise, form) for row in t]
    return "[" + ("," + "\n" * (t.dim() - 1) + " " * (indent + 1)).join(slices) + "]"


def body(t, indent):
    """Return the elements of a tensor as text."""
    summarise = t.numel() > Options.threshold
    shown = summarised(t) if summarise else t
    values = shown.reshape(-1).tolist()
    form = ComplexFormatter(values) if t.is_complex() else Formatter(values, t.is_floating_point())
    return nested_text(t, indent, summarise, form)


def default_dtypes():
    """Return the dtypes that are not named in print."""
    default = _C.get_default_dtype()
    return (default, default.to_complex(), _C.int64, _C.bool)


def tensor_str(self, tensor_contents=None):
    """Return PyTorch's representation: elements, then size, dtype, device and gradient where they are not obvious."""
    prefix = "tensor("
    indent = len(prefix)
    plain = self.detach()
    suffixes = []
    if self.device.type != "cpu":
        suffixes.append(f"device='{self.device}'")
    if self.is_meta:
        suffixes.append(f"size={tuple(self.shape)}")
        if self.dtype != _C.get_default_dtype():
            suffixes.append(f"dtype={self.dtype}")
        text = "..."
    elif self.numel() == 0:
        if self.dim() != 1:
            suffixes.append(f"size={tuple(self.shape)}")
        if self.dtype != _C.get_default_dtype():
            suffixes.append(f"dtype={self.dtype}")
        text = "[]"
    else:
        if self.dtype not in default_dtypes():
            suffixes.append(f"dtype={self.dtype}")
        text = body(plain, indent) if tensor_contents is None else tensor_contents
    if self.grad_fn is not None:
        suffixes.append(f"grad_fn=<{self.grad_fn.name()}>")
    elif self.requires_grad:
        suffixes.append("requires_grad=True")
    return add_suffixes(prefix + text, suffixes, indent)


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
