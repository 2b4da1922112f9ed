"""The recorded graph: its nodes, hooks on them, and what happens to the tensors they save."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import rushlight as rl
from rushlight import _C
from rushlight.autograd import passes

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]

Node = _C.Node


class GradientEdge(NamedTuple):
    """Where a gradient flows: into ``node``, as its input number ``output_nr``."""

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def get_gradient_edge(tensor: "rl.Tensor") -> GradientEdge:
    """Return the edge that the gradient of ``tensor`` flows along; it stands for the tensor in ``autograd.grad``."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(node_of(tensor), tensor.output_nr)


def increment_version(tensor: Any) -> None:
    """Tell the graph that the data of a tensor, or of several, was changed behind its back."""
    for t in (tensor,) if isinstance(tensor, rl.Tensor) else tensor:
        _C._increment_version(t)


class _Disabled(threading.local):
    """Why this thread may not use saved-tensor hooks now, the innermost reason last."""

    def __init__(self) -> None:
        self.messages: list[str] = []


_disabled = _Disabled()


class saved_tensors_hooks:
    """In this block, ``pack_hook(tensor)`` decides what a node saves, ``unpack_hook`` makes the tensor of it again.

    >>> x = rl.ones(2, requires_grad=True)
    >>> with rl.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda v: rl.tensor(v)):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 2.])
    """

    def __init__(self, pack_hook: Callable[["rl.Tensor"], Any], unpack_hook: Callable[[Any], "rl.Tensor"]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if _disabled.messages:
            raise RuntimeError(_disabled.messages[-1])
        _C._push_saved_tensors_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc: Any) -> None:
        _C._pop_saved_tensors_hooks()


class save_on_cpu(saved_tensors_hooks):
    """In this block, saved tensors are kept on the CPU and return to their device for the backward pass."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: "rl.Tensor") -> tuple:
            return tensor.device, tensor.cpu()

        def unpack(packed: tuple) -> "rl.Tensor":
            device, tensor = packed
            return tensor.to(device)

        super().__init__(pack, unpack)


def allow_mutation_on_saved_tensors() -> Any:
    """In this block, tensors saved for the backward pass may be changed in place: what is saved is a copy.

    The backward pass must run in the block, too.

    >>> x = rl.ones(2, requires_grad=True)
    >>> with rl.autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x.clone()
    ...     z = (y * y).sum()
    ...     y = y.zero_()
    ...     z.backward()
    >>> x.grad
    tensor([2., 2.])
    """
    from ._mutation import allow_mutation

    return allow_mutation()


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """In this block, using saved-tensor hooks raises ``RuntimeError(error_message)``."""
    _disabled.messages.append(error_message)
    try:
        yield
    finally:
        _disabled.messages.pop()


class _Handles:
    """Removes several hooks at once."""

    def __init__(self, handles: list) -> None:
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> "_Handles":
        return self

    def __exit__(self, *exc: Any) -> None:
        self.remove()


def register_multi_grad_hook(
    tensors: Sequence["rl.Tensor"], fn: Callable, *, mode: Literal["all", "any"] = "all"
) -> _Handles:
    """Call ``fn`` once per backward pass: with all gradients when the last is there, or with the first (``"any"``).

    Tensors that the pass does not reach count as ``None``.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        return _register_any(tensors, fn)
    nodes = [node_of(t) for t in tensors]
    pending: dict[int, list] = {}  # by backward pass: gradients, and how many are still to come
    lock = threading.Lock()

    def hook_for(i: int) -> Callable:
        def hook(gradient: "rl.Tensor") -> None:
            run = passes.number()
            with lock:
                if run not in pending:
                    reached = passes.reached_nodes()
                    pending[run] = [[None] * len(nodes), sum(n in reached for n in nodes)]
                entry = pending[run]
                entry[0][i] = gradient
                entry[1] -= 1
            if entry[1] == 0:
                del pending[run]
                fn(entry[0])

        return hook

    return _Handles([t.register_hook(hook_for(i)) for i, t in enumerate(tensors)])


def _register_any(tensors: Sequence["rl.Tensor"], fn: Callable) -> _Handles:
    seen: set[int] = set()
    lock = threading.Lock()

    def hook(gradient: "rl.Tensor") -> None:
        run = passes.number()
        with lock:
            first = run not in seen
            seen.add(run)
        if first:
            fn(gradient)

    return _Handles([t.register_hook(hook) for t in tensors if t.requires_grad])


def node_of(tensor: Any) -> Node:
    """Return the node that the gradient of a tensor, or an edge, flows into."""
    if isinstance(tensor, GradientEdge):
        return tensor.node
    if tensor.grad_fn is not None:
        return tensor.grad_fn
    with rl.enable_grad():  # the node that accumulates into a leaf is the one before a view of it
        return tensor.view_as(tensor).grad_fn.next_functions[0][0]
