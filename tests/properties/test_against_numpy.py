"""Views, broadcasting, indexing, reductions and promotion agree with NumPy on anything hypothesis thinks of."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import rushlight as rl

settings.register_profile("quick", max_examples=60, deadline=None)
settings.load_profile("quick")

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
FILLED = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def numbers(shape) -> np.ndarray:
    """Return distinct numbers in a shape."""
    return np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)


def same(ours, theirs) -> None:
    theirs = np.asarray(theirs)
    assert tuple(ours.shape) == theirs.shape
    np.testing.assert_array_equal(ours.numpy(), theirs)


@st.composite
def view_chains(draw):
    """An array and the same chain of views of it and of a tensor over its memory."""
    array = numbers(draw(FILLED))
    tensor = rl.from_numpy(array)
    for _ in range(draw(st.integers(1, 4))):
        array, tensor = draw(st.sampled_from(VIEWS))(draw, array, tensor)
    return array, tensor


def transposed(draw, array, tensor):
    if array.ndim < 2:
        return array, tensor
    a, b = (draw(st.integers(-array.ndim, array.ndim - 1)) for _ in range(2))
    return np.swapaxes(array, a, b), tensor.transpose(a, b)


def permuted(draw, array, tensor):
    order = draw(st.permutations(range(array.ndim)))
    return array.transpose(order), tensor.permute(*order) if order else tensor


def sliced(draw, array, tensor):
    index = tuple(slice(*(draw(st.integers(0, 3)), None, draw(st.integers(1, 3)))) for _ in range(array.ndim))
    return array[index], tensor[index]


def expanded(draw, array, tensor):
    count = draw(st.integers(1, 3))
    return np.broadcast_to(array, (count, *array.shape)), tensor.expand(count, *tensor.shape)


def unsqueezed(draw, array, tensor):
    at = draw(st.integers(0, array.ndim))
    return np.expand_dims(array, at), tensor.unsqueeze(at)


def diagonal(draw, array, tensor):
    if array.ndim < 2:
        return array, tensor
    offset = draw(st.integers(-2, 2))
    if not -array.shape[0] <= offset <= array.shape[1]:
        return array, tensor
    return np.diagonal(array, offset), tensor.diagonal(offset)


VIEWS = [transposed, permuted, sliced, expanded, unsqueezed, diagonal]


@given(view_chains())
def test_views_are_numpys(pair):
    array, tensor = pair
    same(tensor, array)
    if array.size:
        assert tensor.data_ptr() == array.__array_interface__["data"][0]


@given(view_chains(), st.sampled_from(["sum", "amax", "exp", "cumsum", "clone", "reshape"]))
def test_operators_read_any_view(pair, name):
    array, tensor = pair
    if not array.size:
        return
    axis = array.ndim - 1
    made = {
        "sum": lambda: (tensor.sum(axis), array.sum(axis)),
        "amax": lambda: (tensor.amax(axis), array.max(axis)),
        "exp": lambda: ((tensor / 100).exp().round(decimals=9), np.exp(array / 100).round(9)),
        "cumsum": lambda: (tensor.cumsum(axis), array.cumsum(axis)),
        "clone": lambda: (tensor.clone() + 0, array),
        "reshape": lambda: (tensor.reshape(-1), array.reshape(-1)),
    }
    same(*made[name]())


@given(view_chains())
def test_writing_through_a_view(pair):
    array, tensor = pair
    if 0 in array.strides or not array.flags.writeable or not array.size:
        return
    tensor.mul_(2).add_(1)
    assert (array % 2 == 1).all()


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4))
def test_broadcasting_is_numpys(shapes):
    a, b = (numbers(s) for s in shapes.input_shapes)
    same(rl.tensor(a) + rl.tensor(b), a + b)
    same(rl.where(rl.tensor(a) > 1, rl.tensor(a), rl.tensor(b)), np.where(a > 1, a, b))


@given(SHAPES, SHAPES)
def test_shapes_that_do_not_broadcast(first, second):
    try:
        expected = np.broadcast_shapes(first, second)
    except ValueError:
        expected = None
    try:
        assert tuple((rl.zeros(first) + rl.zeros(second)).shape) == expected
    except RuntimeError:
        assert expected is None


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=1, max_dims=3, max_side=3))
def test_gradients_of_broadcasting_are_sums(shapes):
    a, b = (rl.tensor(numbers(s), requires_grad=True) for s in shapes.input_shapes)
    (a * b).sum().backward()
    for x, other in ((a, b), (b, a)):
        full = other.detach().expand(shapes.result_shape)
        same(x.grad, full.sum_to_size(x.shape).numpy() if x.shape != full.shape else full.numpy())


@st.composite
def indexed(draw):
    """A shape and a basic index of it: numbers, slices, None, Ellipsis."""
    shape = draw(FILLED)
    index = draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    parts = index if isinstance(index, tuple) else (index,)
    backwards = any(isinstance(p, slice) and p.step is not None and p.step < 0 for p in parts)
    return shape, None if backwards else index


@given(indexed())
def test_basic_indexing_is_numpys(case):
    shape, index = case
    if index is not None:
        same(rl.tensor(numbers(shape))[index], numbers(shape)[index])


@given(indexed())
def test_basic_assignment_is_numpys(case):
    shape, index = case
    if index is None:
        return
    array, tensor = numbers(shape), rl.tensor(numbers(shape))
    array[index] = -1
    tensor[index] = -1
    same(tensor, array)


@st.composite
def fancy(draw):
    """A shape and an index that mixes integer arrays with slices, or with numbers.

    Not all three: a number counts as an array for NumPy's rule of separated arrays, and for PyTorch's it does not.
    """
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    common = draw(hnp.array_shapes(min_dims=1, max_dims=2, max_side=3))
    other = draw(st.sampled_from(["slice", "number"]))
    kinds = [draw(st.sampled_from(["array", other])) for _ in shape]
    parts = [part(draw, kind, side, common) for kind, side in zip(kinds, shape, strict=True)]
    return shape, tuple(parts)


def part(draw, kind, side, common):
    if kind == "array":
        return draw(hnp.arrays(np.int64, common, elements=st.integers(-side, side - 1)))
    if kind == "slice":
        return slice(draw(st.integers(0, side)), None, draw(st.integers(1, 2)))
    return draw(st.integers(-side, side - 1))


@given(fancy())
def test_advanced_indexing_is_numpys(case):
    shape, index = case
    ours = tuple(rl.tensor(p) if isinstance(p, np.ndarray) else p for p in index)
    same(rl.tensor(numbers(shape))[ours], numbers(shape)[index])


@given(fancy())
def test_advanced_assignment_is_numpys(case):
    shape, index = case
    ours = tuple(rl.tensor(p) if isinstance(p, np.ndarray) else p for p in index)
    array, tensor = numbers(shape), rl.tensor(numbers(shape))
    array[index] = -1
    tensor[ours] = -1
    same(tensor, array)


@given(hnp.arrays(np.bool_, FILLED))
def test_masks(mask):
    array, tensor = numbers(mask.shape), rl.tensor(numbers(mask.shape))
    same(tensor[rl.tensor(mask)], array[mask])
    array[mask] = -1
    tensor[rl.tensor(mask)] = -1
    same(tensor, array)


@given(fancy())
def test_accumulating_assignment(case):
    shape, index = case
    if not any(isinstance(p, np.ndarray) for p in index) or not all(isinstance(p, np.ndarray) for p in index):
        return
    array, tensor = numbers(shape), rl.tensor(numbers(shape))
    np.add.at(array, index, 1.0)
    same(tensor.index_put(tuple(rl.tensor(p) for p in index), rl.tensor(1.0, dtype=rl.float64), accumulate=True), array)


@given(FILLED, st.data())
def test_reductions_over_any_dimensions(shape, data):
    dims = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    keep = data.draw(st.booleans())
    array, tensor = numbers(shape), rl.tensor(numbers(shape))
    for ours, theirs in (("sum", "sum"), ("mean", "mean"), ("amax", "max"), ("amin", "min")):
        got = getattr(tensor, ours)(dims, keepdim=keep)
        np.testing.assert_allclose(got.numpy(), getattr(array, theirs)(axis=tuple(dims), keepdims=keep))


INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]


@given(st.sampled_from(INTEGERS), st.sampled_from(INTEGERS), st.sampled_from(["add", "sub", "mul"]), st.data())
def test_integer_arithmetic_is_numpys(first, second, name, data):
    a, b = (data.draw(hnp.arrays(d, 4)) for d in (first, second))
    with np.errstate(over="ignore"):
        expected = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[name](a, b)
    got = getattr(rl, name)(rl.tensor(a), rl.tensor(b))
    assert str(got.dtype) == f"torch.{expected.dtype}"
    same(got, expected)


@given(st.sampled_from(INTEGERS), st.data())
def test_integer_division_is_numpys(dtype, data):
    a, b = data.draw(hnp.arrays(dtype, 4)), data.draw(hnp.arrays(dtype, 4))
    low = np.iinfo(dtype).min
    b = np.where((b == 0) | ((b == -1 if low else False) & (a == low)), np.array(1, dtype), b).astype(dtype)
    same(rl.floor_divide(rl.tensor(a), rl.tensor(b)), a // b)
    same(rl.remainder(rl.tensor(a), rl.tensor(b)), a % b)


@given(hnp.arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32)))
def test_round_trip_through_numpy_and_lists(array):
    np.testing.assert_array_equal(rl.from_numpy(array).numpy(), array)
    np.testing.assert_array_equal(np.asarray(rl.tensor(array)), array)
    assert len(rl.tensor(array).tolist()) == len(array)


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(allow_nan=False)))
def test_sorting(array):
    values, indices = rl.tensor(array).sort(stable=True)
    same(values, np.sort(array))
    same(indices, np.argsort(array, kind="stable"))
