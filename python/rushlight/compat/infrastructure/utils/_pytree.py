"""Nested containers as trees: leaves in order, and a description from which the nest is rebuilt."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

PyTree = Any
Context = Any


@dataclass(frozen=True)
class NodeDef:
    """How a container is taken apart into (children, context) and put together again."""

    type: type
    flatten_fn: Callable[[Any], tuple[list, Context]]
    unflatten_fn: Callable[[Iterable, Context], Any]
    flatten_with_keys_fn: Callable[[Any], tuple[list, Context]] | None = None


@dataclass(frozen=True)
class SequenceKey:
    """A step of a path: an element by position."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, parent: Any) -> Any:
        return parent[self.idx]


@dataclass(frozen=True)
class MappingKey:
    """A step of a path: a value by key."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, parent: Any) -> Any:
        return parent[self.key]


@dataclass(frozen=True)
class GetAttrKey:
    """A step of a path: an attribute by name."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, parent: Any) -> Any:
        return getattr(parent, self.name)


KeyPath = tuple[SequenceKey | MappingKey | GetAttrKey, ...]


@dataclass(frozen=True)
class TreeSpec:
    """The shape of a nest: a container type with its context and children's shapes; a leaf has type None."""

    type: Any
    context: Context = None
    children_specs: list[TreeSpec] = field(default_factory=list)

    @property
    def num_leaves(self) -> int:
        return 1 if self.is_leaf() else sum(child.num_leaves for child in self.children_specs)

    @property
    def num_children(self) -> int:
        return len(self.children_specs)

    def is_leaf(self) -> bool:
        return self.type is None

    def unflatten(self, leaves: Iterable) -> PyTree:
        return tree_unflatten(leaves, self)


LeafSpec = TreeSpec
SUPPORTED_NODES: dict[Any, NodeDef] = {}


def register_pytree_node(
    cls: Any,
    flatten_fn: Callable,
    unflatten_fn: Callable,
    *,
    flatten_with_keys_fn: Callable | None = None,
    **serialization: Any,
) -> None:
    """Make ``cls`` a container: ``flatten_fn(x) -> (children, context)``, ``unflatten_fn(children, context) -> x``.

    ``flatten_with_keys_fn(x) -> ([(key, child), ...], context)`` names the children in paths.
    Raises ValueError when it already is one.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)


_register_pytree_node = register_pytree_node


def _register_sequence(
    cls: Any, context: Callable, unflatten: Callable, key: Callable = lambda x, at: SequenceKey(at)
) -> None:
    register_pytree_node(
        cls,
        lambda x: (list(x), context(x)),
        unflatten,
        flatten_with_keys_fn=lambda x: ([(key(x, at), child) for at, child in enumerate(x)], context(x)),
    )


def _register_mapping(cls: type, context: Callable, unflatten: Callable) -> None:
    register_pytree_node(
        cls,
        lambda x: (list(x.values()), context(x)),
        unflatten,
        flatten_with_keys_fn=lambda x: ([(MappingKey(key), child) for key, child in x.items()], context(x)),
    )


_register_sequence(list, lambda x: None, lambda children, _: list(children))
_register_sequence(tuple, lambda x: None, lambda children, _: tuple(children))
_register_sequence(deque, lambda x: x.maxlen, lambda children, maxlen: deque(children, maxlen))
_register_sequence(namedtuple, type, lambda children, cls: cls(*children), lambda x, at: GetAttrKey(x._fields[at]))
_register_mapping(dict, list, lambda children, keys: dict(zip(keys, children, strict=True)))
_register_mapping(OrderedDict, list, lambda children, keys: OrderedDict(zip(keys, children, strict=True)))
_register_mapping(
    defaultdict,
    lambda x: (x.default_factory, list(x)),
    lambda children, context: defaultdict(context[0], zip(context[1], children, strict=True)),
)


def is_namedtuple(obj: Any) -> bool:
    """Return whether ``obj`` is a named tuple, or such a class."""
    cls = obj if isinstance(obj, type) else type(obj)
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def _get_node_type(tree: PyTree) -> Any:
    return namedtuple if is_namedtuple(tree) and not isinstance(tree, type) else type(tree)


def _node(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None) -> NodeDef | None:
    return None if is_leaf is not None and is_leaf(tree) else SUPPORTED_NODES.get(_get_node_type(tree))


def tree_is_leaf(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> bool:
    """Return whether ``tree`` is no container."""
    return _node(tree, is_leaf) is None


def tree_flatten(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> tuple[list, TreeSpec]:
    """Return the leaves in order and the shape of the nest.

    >>> leaves, shape = tree_flatten({"a": [1, 2], "b": (3,)})
    >>> leaves, tree_unflatten([10, 20, 30], shape)
    ([1, 2, 3], {'a': [10, 20], 'b': (30,)})
    """
    node = _node(tree, is_leaf)
    if node is None:
        return [tree], TreeSpec(None)
    children, context = node.flatten_fn(tree)
    parts = [tree_flatten(child, is_leaf) for child in children]
    return [leaf for leaves, _ in parts for leaf in leaves], TreeSpec(node.type, context, [spec for _, spec in parts])


def tree_unflatten(leaves: Iterable, treespec: TreeSpec) -> PyTree:
    """Put ``leaves`` into a nest of shape ``treespec``; raises ValueError when their number does not fit."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} "
            f"but the spec refers to a pytree that holds {treespec.num_leaves} items"
        )
    return _build(iter(leaves), treespec)


def _build(leaves: Any, spec: TreeSpec) -> PyTree:
    if spec.is_leaf():
        return next(leaves)
    children = [_build(leaves, child) for child in spec.children_specs]
    return SUPPORTED_NODES[spec.type].unflatten_fn(children, spec.context)


def tree_leaves(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> list:
    """Return the leaves in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> TreeSpec:
    """Return the shape of the nest."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> PyTree:
    """Apply ``func`` to corresponding leaves of nests of one shape; return a nest of its results."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_flatten(rest, is_leaf) for rest in rests]
    if any(other != spec for _, other in others):
        raise ValueError("tree_map: the nests do not have the same shape")
    return tree_unflatten(map(func, leaves, *(rest for rest, _ in others)), spec)


def tree_map_(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> PyTree:
    """Apply ``func`` to corresponding leaves for its effect; return ``tree``."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(kind: Any, func: Callable, tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> PyTree:
    """Apply ``func`` to the leaves of type ``kind`` (a type, a tuple of types, or a predicate); keep the others."""
    wanted = kind if callable(kind) and not isinstance(kind, type) else lambda leaf: isinstance(leaf, kind)
    return tree_map(lambda leaf: func(leaf) if wanted(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> bool:
    """Return whether ``pred`` holds for every leaf."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> bool:
    """Return whether ``pred`` holds for some leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_leaves_with_path(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> list[tuple[KeyPath, Any]]:
    """Return (path, leaf) of every leaf in order; raises ValueError at a container that does not name its children."""
    node = _node(tree, is_leaf)
    if node is None:
        return [((), tree)]
    if node.flatten_with_keys_fn is None:
        raise ValueError(f"tree_leaves_with_path: {node.type} was registered without flatten_with_keys_fn")
    children, _ = node.flatten_with_keys_fn(tree)
    return [((key, *path), leaf) for key, child in children for path, leaf in tree_leaves_with_path(child, is_leaf)]


def tree_flatten_with_path(
    tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None
) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """Return (path, leaf) of every leaf and the shape of the nest."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(
    func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Callable[[PyTree], bool] | None = None
) -> PyTree:
    """`tree_map` with the path as the first argument of ``func``."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    paths, leaves = [path for path, _ in pairs], [leaf for _, leaf in pairs]
    return tree_unflatten(map(func, paths, leaves, *(tree_leaves(rest, is_leaf) for rest in rests)), spec)


def keystr(kp: KeyPath) -> str:
    """Write a path as it would follow a variable's name.

    >>> keystr((MappingKey("a"), SequenceKey(0)))
    "['a'][0]"
    """
    return "".join(map(str, kp))


def key_get(obj: Any, kp: KeyPath) -> Any:
    """Follow a path from ``obj``."""
    for key in kp:
        obj = key.get(obj)
    return obj
