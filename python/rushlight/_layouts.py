"""Layouts of tensors: all are strided here, so questions about others have one answer and conversions are refused."""

__all__ = ["METHODS"]


def dense_dim(self):
    """Return the number of dimensions: all of them are dense."""
    return self.dim()


def sparse_dim(self):
    """Return 0: no dimension is sparse."""
    return 0


def to_dense(self, dtype=None, *, masked_grad=None):
    """Return this tensor, which is dense, with another dtype if one is given."""
    return self if dtype is None else self.to(dtype)


def dim_order(self, *, ambiguity_check=False):
    """Return the dimensions from the one with the largest stride to the one with the smallest.

    >>> import rushlight
    >>> rushlight.ones(2, 3).t().dim_order()
    (1, 0)
    """
    strides = self.stride()
    if ambiguity_check and any(strides.count(s) > 1 or n == 1 for s, n in zip(strides, self.shape)):
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
        )
    return tuple(sorted(range(self.dim()), key=lambda d: -strides[d]))


PARTS = {
    "values": "sparse tensor",
    "indices": "sparse coordinate tensor",
    "crow_indices": "sparse row compressed tensor",
    "col_indices": "sparse row compressed tensor",
    "ccol_indices": "sparse column compressed tensor",
    "row_indices": "sparse column compressed tensor",
    "_values": "sparse tensor",
    "_indices": "sparse coordinate tensor",
    "_nnz": "sparse tensor",
}
CONVERSIONS = (
    "to_sparse to_sparse_coo to_sparse_csr to_sparse_csc to_sparse_bsr to_sparse_bsc to_mkldnn sparse_mask".split()
)


def part(name, layout):
    """Return the method that asks for a part only a sparse tensor has."""

    def ask(self):
        raise RuntimeError(
            f"{name} expected {layout} layout but got Strided: the tensor of shape {tuple(self.shape)} is dense"
        )

    ask.__name__ = ask.__qualname__ = name
    return ask


def conversion(name):
    """Return the method that asks for another layout."""

    def refuse(self, *args, **kwargs):
        raise NotImplementedError(
            f"{name}(): Rushlight has dense tensors only, got one of shape {tuple(self.shape)} and {self.dtype}: "
            "keep it dense, or keep its nonzero() indices and values"
        )

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


METHODS = [dense_dim, sparse_dim, to_dense, dim_order]
METHODS += [part(name, layout) for name, layout in PARTS.items()] + [conversion(name) for name in CONVERSIONS]
