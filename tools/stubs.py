"""Write ``python/rushlight/_C.pyi``, the typed signatures of the engine's operators, from the engine's own schemas.

``python -m tools.stubs`` writes the file; ``--check`` exits with 1 if it is not what the engine says.
"""

import builtins
import keyword
import re
import sys
from pathlib import Path
from types import BuiltinFunctionType, MethodDescriptorType

from rushlight import _C

STUB = Path("python/rushlight/_C.pyi")

HEAD = '''"""The engine. Written by ``python -m tools.stubs`` from the operator table; do not edit."""

from collections.abc import Sequence
from typing import Any

Number = builtins.bool | builtins.int | builtins.float | builtins.complex

def __getattr__(name: str) -> Any: ...
'''.replace("from collections", "import builtins\nfrom collections")

TYPES = {
    "Tensor": "Tensor",
    "Tensor[]": "Sequence[Tensor]",
    "Tensor?[]": "Sequence[Tensor | None]",
    "Operand": "Tensor | Number",
    "Scalar": "Number",
    "int": "builtins.int",
    "float": "builtins.float",
    "bool": "builtins.bool",
    "str": "builtins.str",
    "dtype": "dtype",
    "device": "device | builtins.str",
    "memory_format": "memory_format",
    "int[]": "Sequence[builtins.int]",
    "int[...]": "builtins.int | Sequence[builtins.int]",
    "float[]": "Sequence[builtins.float]",
}

SCHEMA = re.compile(r"^(\w+)\((.*)\) -> (.*)$")


def python_type(name: str) -> str:
    """Return the Python annotation of a schema's type."""
    bare = name.removesuffix("?")
    annotation = "builtins.int | Sequence[builtins.int]" if re.fullmatch(r"int\[\d+\]", bare) else TYPES[bare]
    return f"{annotation} | None" if name.endswith("?") else annotation


def result_type(text: str) -> str:
    """Return the Python annotation of a schema's result."""
    if text.startswith("("):
        return f"tuple[{', '.join(['Tensor'] * text.count('Tensor'))}]"
    return "tuple[Tensor, ...]" if text == "Tensor[]" else text


def pieces(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    return [p.strip() for p in re.split(r",\s*(?![^(\[]*[)\]])", text) if p.strip()]


def parameter(piece: str) -> str:
    """Return one parameter of a schema as Python writes it."""
    if piece == "*":
        return "*"
    kind, _, rest = piece.partition(" ")
    name, equals, _ = rest.partition("=")
    name = f"{name}_" if keyword.iskeyword(name) else name
    annotation = f"{name}: {python_type(kind)}"
    if kind.startswith("int[...]"):
        return f"*{name}: {python_type(kind)}"
    return f"{annotation} = ..." if equals else annotation


def signature(schema: str) -> tuple[list[str], str] | None:
    """Return the parameters and the result of a schema line, or None if the line is no schema."""
    match = SCHEMA.match(schema)
    if match is None:
        return None
    parameters = [parameter(p) for p in pieces(match[2])]
    if any(p.startswith("*") and len(p) > 1 for p in parameters):
        parameters = [p for p in parameters if p != "*"]
    return parameters, result_type(match[3])


def functions(owner: object, method: builtins.bool) -> list[str]:
    """Return a stub line for every callable of ``owner`` whose documentation opens with a schema."""
    lines = []
    for name, value in sorted(vars(owner).items()):
        native = isinstance(value, (BuiltinFunctionType, MethodDescriptorType))
        found = signature((value.__doc__ or "").split("\n")[0]) if native else None
        if found is None or keyword.iskeyword(name):
            continue
        parameters, result = found
        if method and parameters and "Tensor" in parameters[0]:
            parameters[0] = "self"
        elif method:
            continue
        lines.append(f"def {name}({', '.join(parameters)}) -> {result}: ...")
    return lines


def text() -> str:
    """Return the whole stub file."""
    simple = ("dtype", "device", "layout", "memory_format", "Size", "UntypedStorage", "Node")
    classes = [f"class {name}:\n    def __getattr__(self, name: builtins.str) -> Any: ...\n" for name in simple]
    methods = ["    " + line for line in functions(_C.Tensor, method=True)]
    tensor = ["class Tensor:", "    def __getattr__(self, name: builtins.str) -> Any: ...", *methods]
    values = [n for n in sorted(vars(_C)) if type(getattr(_C, n)) is _C.dtype]
    constants = [f"{name}: dtype" for name in values]
    return "\n".join([HEAD, *classes, *constants, "", *tensor, "", *functions(_C, method=False), ""])


def main() -> int:
    """Write or check the file."""
    if "--check" not in sys.argv:
        STUB.write_text(text())
        print(f"wrote {STUB}")
        return 0
    current = STUB.exists() and STUB.read_text() == text()
    print("stubs: up to date" if current else f"{STUB} differs from the engine: run python -m tools.stubs")
    return not current


if __name__ == "__main__":
    sys.exit(main())
