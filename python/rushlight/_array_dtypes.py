"""The kinds of dtypes in the words of the array API standard, and what this library can do."""

import builtins

import rushlight as rl

KINDS = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8", "uint16", "uint32", "uint64"],
    "real floating": ["float16", "bfloat16", "float32", "float64"],
    "complex floating": ["complex64", "complex128"],
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]


def isdtype(dtype, kind):
    """Return whether ``dtype`` is, or is of the kind, ``kind``; of one of them if it is a tuple."""
    if isinstance(kind, tuple):
        return builtins.any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, rl.dtype):
        return dtype == kind
    if kind not in KINDS:
        raise ValueError(f"isdtype: kind must be a dtype, a tuple or one of {', '.join(KINDS)}, got {kind!r}")
    return dtype.name in KINDS[kind]


def can_cast(from_, to, /):
    """Return whether promotion can turn one dtype into another."""
    return rl.promote_types(getattr(from_, "dtype", from_), to) == to


def result_type(*arrays_and_dtypes):
    """Return the dtype that promotion gives."""
    operands = [rl.empty((1,), dtype=a) if isinstance(a, rl.dtype) else a for a in arrays_and_dtypes]
    result = operands[0]
    for operand in operands[1:]:
        result = rl.empty((1,), dtype=rl.result_type(result, operand))
    return result.dtype if isinstance(result, rl.Tensor) else rl.result_type(result, result)


class Info:
    """What this library can do, in the words of the standard."""

    def capabilities(self):
        """Boolean indexing works, shapes may depend on data, at most 64 dimensions."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        """The device of new arrays."""
        return rl.get_default_device()

    def devices(self):
        """All devices."""
        return [rl.device("cpu"), rl.device("meta")]

    def default_dtypes(self, *, device=None):
        """The dtypes of new arrays by kind of number."""
        real = rl.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": real.to_complex(),
            "integral": rl.int64,
            "indexing": rl.int64,
        }

    def dtypes(self, *, device=None, kind=None):
        """All dtypes, or those of some kinds, by name."""
        names = KINDS["bool"] + KINDS["numeric"]
        standard = [n for n in names if n not in ("float16", "bfloat16")]
        return {n: getattr(rl, n) for n in standard if kind is None or isdtype(getattr(rl, n), kind)}
