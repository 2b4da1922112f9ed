"""Nested containers as trees: leaves in order, and a description from which the nest is rebuilt."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
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


def register_pytree_node(cls: type, flatten_fn: Callable, unflatten_fn: Callable, **options: Any) -> None:
    """Make ``cls`` a container: ``flatten_fn(x) -> (children, context)``, ``unflatten_fn(children, context) -> x``.

    Raises ValueError when it already is one.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


def _values(mapping: dict) -> tuple[list, list]:
    return list(mapping.values()), list(mapping)


def _default_values(mapping: defaultdict) -> tuple[list, tuple]:
    return list(mapping.values()), (mapping.default_factory, list(mapping))


register_pytree_node(list, lambda x: (x, None), lambda children, _: list(children))
register_pytree_node(tuple, lambda x: (list(x), None), lambda children, _: tuple(children))
register_pytree_node(dict, _values, lambda children, keys: dict(zip(keys, children, strict=True)))
register_pytree_node(OrderedDict, _values, lambda children, keys: OrderedDict(zip(keys, children, strict=True)))
register_pytree_node(
    defaultdict, _default_values, lambda children, own: defaultdict(own[0], zip(own[1], children, strict=True))
)
register_pytree_node(deque, lambda x: (list(x), x.maxlen), lambda children, maxlen: deque(children, maxlen))
_namedtuple = NodeDef(tuple, lambda x: (list(x), type(x)), lambda children, cls: cls(*children))


def _node(tree: PyTree) -> NodeDef | None:
    kind = type(tree)
    if kind not in SUPPORTED_NODES and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _namedtuple
    return SUPPORTED_NODES.get(kind)


def tree_flatten(tree: PyTree, is_leaf: Callable[[PyTree], bool] | None = None) -> tuple[list, TreeSpec]:
    """Return the leaves in order and the shape of the nest.

    >>> leaves, shape = tree_flatten({"a": [1, 2], "b": (3,)})
    >>> leaves, tree_unflatten([10, 20, 30], shape)
    ([1, 2, 3], {'a': [10, 20], 'b': (30,)})
    """
    node = None if is_leaf is not None and is_leaf(tree) else _node(tree)
    if node is None:
        return [tree], TreeSpec(None)
    children, context = node.flatten_fn(tree)
    parts = [tree_flatten(child, is_leaf) for child in children]
    kind = _namedtuple if node is _namedtuple else type(tree)
    return [leaf for leaves, _ in parts for leaf in leaves], TreeSpec(kind, context, [spec for _, spec in parts])


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
    node = spec.type if isinstance(spec.type, NodeDef) else SUPPORTED_NODES[spec.type]
    return node.unflatten_fn([_build(leaves, child) for child in spec.children_specs], spec.context)


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
