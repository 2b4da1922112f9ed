"""``torch.fx`` without graph capture: `wrap` marks nothing, symbolic tracing is refused."""

from __future__ import annotations

from collections.abc import Callable

from rushlight.compat.absent import absent, absent_type

_REASON = "Rushlight runs programs eagerly and captures no graphs"

symbolic_trace = absent("torch.fx.symbolic_trace", _REASON)
Graph = absent_type("torch.fx.Graph", _REASON)
GraphModule = absent_type("torch.fx.GraphModule", _REASON)
Interpreter = absent_type("torch.fx.Interpreter", _REASON)
Node = absent_type("torch.fx.Node", _REASON)
Proxy = absent_type("torch.fx.Proxy", _REASON)
Tracer = absent_type("torch.fx.Tracer", _REASON)
Transformer = absent_type("torch.fx.Transformer", _REASON)
map_arg = absent("torch.fx.map_arg", _REASON)


def wrap(fn_or_name: str | Callable) -> str | Callable:
    """Declare a function as a leaf of captured graphs: returns it; raises RuntimeError for anything else."""
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError(f"torch.fx.wrap: expected a function or its name, got {type(fn_or_name).__name__}")
    return fn_or_name
