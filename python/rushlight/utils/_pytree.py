"""Nested containers of leaves: flattening, rebuilding and mapping over them.

A tree is a leaf, or a container of trees. Lists, tuples, named tuples, dictionaries, ordered and default dictionaries
and deques are containers; ``register_pytree_node`` adds types.
"""

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rushlight.utils._pytree_keys import GetAttrKey, MappingKey, SequenceKey

__all__ = [  # fmt: skip
    "GetAttrKey",
    "MappingKey",
    "PyTree",
    "SequenceKey",
    "TreeSpec",
    "keystr",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
    "treespec_pprint",
]

PyTree = Any
Context = Any
Leaf = Callable[[Any], bool]


class NodeDef(NamedTuple):
    """How one type of container is taken apart and rebuilt."""

    type: type
    flatten_fn: Callable[[Any], tuple[list, Context]]
    unflatten_fn: Callable[[Iterable, Context], Any]
    flatten_with_keys_fn: Callable[[Any], tuple[list, Context]] | None


SUPPORTED_NODES: dict[type, NodeDef] = {}


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[list, Context]],
    unflatten_fn: Callable[[Iterable, Context], Any],
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable | None = None,
    from_dumpable_context: Callable | None = None,
    flatten_with_keys_fn: Callable[[Any], tuple[list, Context]] | None = None,
) -> None:
    """Make ``cls`` a container: ``flatten_fn(x)`` returns children and context, ``unflatten_fn`` puts them together.

    Raises ``ValueError`` for a type that is registered already.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)


_register_pytree_node = register_pytree_node


def _is_namedtuple(cls: type) -> bool:
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


class StructSequence:
    """Stands for the types of results that the C API makes of named fields, such as those of ``max(dim)``."""


def _node_type(tree: Any) -> Any:
    cls = type(tree)
    if cls in SUPPORTED_NODES or not isinstance(tree, tuple):
        return cls
    return namedtuple if _is_namedtuple(cls) else StructSequence if hasattr(cls, "n_sequence_fields") else cls


def _sequence_keys(x: Any) -> list:
    return [(SequenceKey(i), v) for i, v in enumerate(x)]


def _mapping_keys(x: Any) -> list:
    return [(MappingKey(k), v) for k, v in x.items()]


def _register_standard() -> None:
    def sequence(cls: type) -> None:
        register_pytree_node(
            cls,
            lambda x: (list(x), None),
            lambda v, _: cls(v),
            flatten_with_keys_fn=lambda x: (_sequence_keys(x), None),
        )

    def mapping(cls: type, context: Callable, rebuild: Callable) -> None:
        register_pytree_node(
            cls,
            lambda x: (list(x.values()), context(x)),
            rebuild,
            flatten_with_keys_fn=lambda x: (_mapping_keys(x), context(x)),
        )

    sequence(list)
    sequence(tuple)
    mapping(dict, list, lambda v, keys: dict(zip(keys, v, strict=True)))
    mapping(OrderedDict, list, lambda v, keys: OrderedDict(zip(keys, v, strict=True)))
    mapping(
        defaultdict,
        lambda x: [x.default_factory, list(x)],
        lambda v, context: defaultdict(context[0], zip(context[1], v, strict=True)),
    )
    register_pytree_node(
        deque,
        lambda x: (list(x), x.maxlen),
        lambda v, maxlen: deque(v, maxlen=maxlen),
        flatten_with_keys_fn=lambda x: (_sequence_keys(x), x.maxlen),
    )
    register_pytree_node(
        namedtuple,  # type: ignore[arg-type]
        lambda x: (list(x), type(x)),
        lambda v, cls: cls(*v),
        flatten_with_keys_fn=lambda x: ([(GetAttrKey(n), v) for n, v in zip(x._fields, x, strict=True)], type(x)),
    )
    register_pytree_node(
        StructSequence,
        lambda x: (list(x), type(x)),
        lambda v, cls: cls(v),
        flatten_with_keys_fn=lambda x: (_sequence_keys(x), type(x)),
    )


_register_standard()

# Classes that behave as dictionaries, such as the outputs of model libraries, register these for themselves.
_dict_flatten, _dict_unflatten, _dict_flatten_with_keys = SUPPORTED_NODES[dict][1:]
_list_flatten, _list_unflatten, _list_flatten_with_keys = SUPPORTED_NODES[list][1:]
_tuple_flatten, _tuple_unflatten, _tuple_flatten_with_keys = SUPPORTED_NODES[tuple][1:]


@dataclass
class TreeSpec:
    """The structure of a tree: type of the container, what rebuilds it, and the structures of its children."""

    type: Any
    context: Context
    children_specs: list["TreeSpec"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.num_nodes = 1 + sum(c.num_nodes for c in self.children_specs)
        self.num_leaves = 1 if self.type is None else sum(c.num_leaves for c in self.children_specs)
        self.num_children = len(self.children_specs)

    def is_leaf(self) -> bool:
        """Return whether this is a single leaf."""
        return self.type is None

    def children(self) -> list["TreeSpec"]:
        """Return the structures of the children."""
        return list(self.children_specs)

    def unflatten(self, leaves: Iterable) -> PyTree:
        """Return the tree of this structure with ``leaves``."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._build(iter(leaves))

    def _build(self, leaves: Any) -> PyTree:
        if self.is_leaf():
            return next(leaves)
        children = [c._build(leaves) for c in self.children_specs]
        return SUPPORTED_NODES[self.type].unflatten_fn(children, self.context)

    def flatten_up_to(self, tree: PyTree) -> list:
        """Return the subtrees of ``tree`` at the leaves of this structure; raise ``ValueError`` where they differ."""
        if self.is_leaf():
            return [tree]
        if _node_type(tree) != self.type:
            raise ValueError(f"Type mismatch; expected {self.type!r}, but got {_node_type(tree)!r}.")
        children, context = SUPPORTED_NODES[self.type].flatten_fn(tree)
        if len(children) != self.num_children or context != self.context:
            raise ValueError(f"Node arity or context mismatch for {self.type!r}; expected {self}, got {context!r}.")
        return [
            leaf
            for spec, child in zip(self.children_specs, children, strict=True)
            for leaf in spec.flatten_up_to(child)
        ]

    def __str__(self) -> str:
        return self._shown(0)

    def __repr__(self) -> str:
        return self._shown(0)

    def _shown(self, indent: int) -> str:
        """Each child but the first stands in a line of its own."""
        name = getattr(self.type, "__name__", str(self.type))
        children = [child._shown(indent + 2) for child in self.children_specs]
        return f"TreeSpec({name}, {self.context}, [{(',' + chr(10) + ' ' * (indent + 2)).join(children)}])"


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, [])

    def _shown(self, indent: int) -> str:
        return "*"


_LEAF = LeafSpec()


def _is_leaf(tree: Any, is_leaf: Leaf | None) -> bool:
    return (is_leaf is not None and is_leaf(tree)) or _node_type(tree) not in SUPPORTED_NODES


_get_node_type, tree_is_leaf = _node_type, _is_leaf


def tree_flatten(tree: PyTree, is_leaf: Leaf | None = None) -> tuple[list, TreeSpec]:
    """Return the leaves of ``tree`` in order, and its structure; what ``is_leaf`` accepts is not opened.

    >>> tree_flatten({"a": [1, 2], "b": 3})[0]
    [1, 2, 3]
    """
    leaves: list = []
    return leaves, _flatten_into(leaves, tree, is_leaf)


def _flatten_into(leaves: list, node: Any, is_leaf: Leaf | None) -> TreeSpec:
    """Append the leaves and return the structure. Not a closure: one that calls itself would keep the leaves alive."""
    if _is_leaf(node, is_leaf):
        leaves.append(node)
        return _LEAF
    children, context = SUPPORTED_NODES[_node_type(node)].flatten_fn(node)
    return TreeSpec(_node_type(node), context, [_flatten_into(leaves, c, is_leaf) for c in children])


def tree_unflatten(leaves: Iterable, treespec: TreeSpec) -> PyTree:
    """Return the tree of structure ``treespec`` with ``leaves``."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            f"tree_unflatten(leaves, treespec): Expected `treespec` to be instance of TreeSpec but got item of type "
            f"{type(treespec)}."
        )
    return treespec.unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: Leaf | None = None) -> Iterable:
    """Iterate over the leaves of ``tree``."""
    yield from tree_flatten(tree, is_leaf)[0]


def tree_leaves(tree: PyTree, is_leaf: Leaf | None = None) -> list:
    """Return the leaves of ``tree``."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Leaf | None = None) -> TreeSpec:
    """Return the structure of ``tree``."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Leaf | None = None) -> PyTree:
    """Return ``tree`` with ``func(leaf, *leaves of rests)`` in place of each leaf."""
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(map(func, leaves, *(spec.flatten_up_to(r) for r in rests)))


def tree_map_(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Leaf | None = None) -> PyTree:
    """Call ``func`` on each leaf for its effect; return ``tree``."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def _matches(types: Any) -> Callable[[Any], bool]:
    return (lambda x: isinstance(x, types)) if isinstance(types, type | tuple) or hasattr(types, "__args__") else types


def map_only(types: Any) -> Callable:
    """Return a decorator that lets a function pass leaves of other types through."""
    matches = _matches(types)
    return lambda func: lambda x: func(x) if matches(x) else x


def tree_map_only(types: Any, func: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> PyTree:
    """``tree_map`` over leaves of ``types`` (a type, a tuple of types or a predicate); others stay."""
    return tree_map(map_only(types)(func), tree, is_leaf=is_leaf)


def tree_map_only_(types: Any, func: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> PyTree:
    """``tree_map_`` over leaves of ``types``."""
    return tree_map_(map_only(types)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> bool:
    """Return whether ``pred`` holds for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> bool:
    """Return whether ``pred`` holds for some leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(types: Any, pred: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> bool:
    """Return whether ``pred`` holds for all leaves of ``types``."""
    return all(pred(x) for x in tree_iter(tree, is_leaf) if _matches(types)(x))


def tree_any_only(types: Any, pred: Callable, tree: PyTree, is_leaf: Leaf | None = None) -> bool:
    """Return whether ``pred`` holds for some leaf of ``types``."""
    return any(pred(x) for x in tree_iter(tree, is_leaf) if _matches(types)(x))


def tree_flatten_with_path(tree: PyTree, is_leaf: Leaf | None = None) -> tuple[list, TreeSpec]:
    """Return ``(path, leaf)`` pairs and the structure; a path is a tuple of keys."""
    return list(_walk_with_path((), tree, is_leaf)), tree_structure(tree, is_leaf)


def tree_leaves_with_path(tree: PyTree, is_leaf: Leaf | None = None) -> list:
    """Return ``(path, leaf)`` pairs."""
    return list(_walk_with_path((), tree, is_leaf))


def tree_map_with_path(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Leaf | None = None) -> PyTree:
    """``tree_map`` with ``func(path, leaf, *rest)``."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    rest = [spec.flatten_up_to(r) for r in rests]
    return spec.unflatten(func(path, leaf, *others) for (path, leaf), *others in zip(pairs, *rest, strict=True))


def _walk_with_path(path: tuple, tree: PyTree, is_leaf: Leaf | None) -> Iterable:
    if _is_leaf(tree, is_leaf):
        yield path, tree
        return
    node = SUPPORTED_NODES[_node_type(tree)]
    if node.flatten_with_keys_fn is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {node.type}. Give one to register_pytree_node."
        )
    for key, child in node.flatten_with_keys_fn(tree)[0]:
        yield from _walk_with_path((*path, key), child, is_leaf)


def keystr(path: tuple) -> str:
    """Return a path as it is written in Python."""
    return "".join(map(str, path))


def key_get(obj: Any, kp: tuple) -> Any:
    """Return what stands in a tree at a path."""
    for key in kp:
        obj = key.get(obj)
    return obj


def treespec_pprint(treespec: TreeSpec) -> str:
    """Return the structure with ``*`` for leaves."""
    return repr(treespec.unflatten(["*"] * treespec.num_leaves)).replace("'*'", "*")


def _broadcast_to_and_flatten(tree: PyTree, treespec: TreeSpec, is_leaf: Leaf | None = None) -> list | None:
    """Return one leaf of ``tree`` for each leaf of ``treespec``, of which ``tree`` is a prefix; ``None`` if it is not."""
    if _is_leaf(tree, is_leaf):
        return [tree] * treespec.num_leaves
    if treespec.is_leaf() or _node_type(tree) != treespec.type:
        return None
    children, context = SUPPORTED_NODES[treespec.type].flatten_fn(tree)
    if len(children) != treespec.num_children or context != treespec.context:
        return None
    flat: list = []
    for child, spec in zip(children, treespec.children_specs, strict=True):
        leaves = _broadcast_to_and_flatten(child, spec, is_leaf)
        if leaves is None:
            return None
        flat += leaves
    return flat
