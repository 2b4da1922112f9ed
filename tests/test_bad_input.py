"""Hostile and extreme input: an error or a defined result, never an abort."""

import numpy as np
import pytest

import rushlight as rl


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize("name", ["exp", "sum", "prod", "any", "all", "clone", "t", "cumsum", "sort", "flip", "relu"])
def test_empty_tensors(shape, name):
    x = rl.empty(shape)
    arguments = {"cumsum": [0], "sort": [], "flip": [0]}.get(name, [])
    if name == "t" and len(shape) > 2:
        return
    result = getattr(x, name)(*arguments)
    result = result[0] if isinstance(result, tuple) else result
    assert result.numel() == (1 if name in ("sum", "prod", "any", "all") else 0)


def test_reductions_of_nothing():
    empty = rl.empty(0)
    assert empty.sum().item() == 0 and empty.prod().item() == 1 and empty.mean().isnan()
    for name in ("max", "min", "argmax", "amax", "median"):
        try:
            result = getattr(empty, name)()
        except (RuntimeError, IndexError):
            continue
        assert name == "median" and result.isnan()


def test_products_with_a_zero_dimension():
    assert (rl.ones(2, 0) @ rl.ones(0, 3)).tolist() == [[0] * 3] * 2
    assert (rl.ones(0, 2) @ rl.ones(2, 3)).shape == (0, 3)
    assert rl.bmm(rl.ones(2, 3, 0), rl.ones(2, 0, 4)).abs().sum() == 0


def test_gradients_through_empty_tensors():
    x = rl.ones(0, 3, requires_grad=True)
    (x @ rl.ones(3, 2)).sum().backward()
    assert x.grad.shape == (0, 3)


def test_zero_dimensional_tensors():
    x = rl.tensor(2.0)
    assert x.shape == () and x.sum().item() == 2 and (x + x).item() == 4
    assert x.reshape(1).tolist() == [2] and x[None].shape == (1,) and x[...].item() == 2
    assert x.max().item() == 2 and x.sum(dim=0).item() == 2 and x.unsqueeze(0).shape == (1,)
    with pytest.raises(IndexError):
        x[0]


def test_non_finite_gradients_flow():
    x = rl.tensor([0.0, 1.0], requires_grad=True)
    x.log().sum().backward()
    assert x.grad.tolist() == [float("inf"), 1]
    x = rl.tensor([float("nan"), 1.0], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad[0].isnan() and x.grad[1] == 2


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_integers_wrap_around(bits):
    dtype = getattr(rl, f"int{bits}")
    top = rl.iinfo(dtype).max
    assert (rl.tensor([top], dtype=dtype) + 1).item() == rl.iinfo(dtype).min
    assert (-rl.tensor([rl.iinfo(dtype).min], dtype=dtype)).item() == rl.iinfo(dtype).min
    assert rl.tensor([rl.iinfo(dtype).min], dtype=dtype).abs().item() == rl.iinfo(dtype).min


@pytest.mark.parametrize("call", ["floor_divide", "remainder", "fmod"])
def test_integer_division_by_zero(call):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        getattr(rl, call)(rl.tensor([1]), rl.tensor([0]))


def test_smallest_integer_by_minus_one():
    x = rl.tensor([rl.iinfo(rl.int64).min])
    for call in (rl.floor_divide, rl.remainder, rl.fmod):
        assert call(x, rl.tensor([-1])).dtype == rl.int64


def test_float_division_by_zero():
    assert (rl.tensor([1.0, -1.0, 0.0]) / 0).tolist()[:2] == [float("inf"), float("-inf")]


def test_shifts_beyond_the_width():
    x = rl.tensor([1, -1])
    assert (x << 64).tolist() == [0, 0] and (x >> 64).tolist() == [0, -1]


def test_negative_strides_from_numpy():
    with pytest.raises(ValueError, match="negative"):
        rl.from_numpy(np.arange(4)[::-1])


@pytest.mark.filterwarnings("ignore")
def test_read_only_arrays():
    array = np.arange(3.0)
    array.flags.writeable = False
    assert rl.from_numpy(array).sum().item() == 3
    assert rl.tensor(array).add_(1).tolist() == [1, 2, 3] and array.tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", ["U3", "O", "datetime64[s]", "V4"])
def test_arrays_of_other_types(dtype):
    with pytest.raises(TypeError):
        rl.from_numpy(np.zeros(2, dtype=dtype))


def test_foreign_byte_order():
    with pytest.raises((ValueError, TypeError)):
        rl.from_numpy(np.zeros(2, dtype=">f4"))


HUGE = [(1 << 62,), (1 << 40, 1 << 40), (1 << 31, 1 << 31), (1 << 50,)]


@pytest.mark.parametrize("shape", HUGE, ids=str)
@pytest.mark.parametrize("make", ["empty", "zeros", "ones", "rand"])
def test_huge_sizes(make, shape):
    with pytest.raises((MemoryError, RuntimeError)):
        getattr(rl, make)(*shape)


def test_huge_results():
    x = rl.ones(1).expand(1 << 45)
    with pytest.raises((MemoryError, RuntimeError)):
        x + 1
    with pytest.raises((MemoryError, RuntimeError)):
        rl.arange(1 << 50)
    with pytest.raises((MemoryError, RuntimeError)):
        rl.ones(1).repeat(1 << 50)
    with pytest.raises(MemoryError, match="unbind: cannot make"):
        iter(rl.empty(1 << 40, 0))


def test_memory_is_usable_after_a_failed_allocation():
    with pytest.raises((MemoryError, RuntimeError)):
        rl.empty(1 << 50)
    assert rl.ones(1000).sum().item() == 1000


@pytest.mark.parametrize("index", [2**63 - 1, -(2**63), 2**31])
def test_extreme_indices(index):
    with pytest.raises(IndexError):
        rl.ones(3)[index]


def test_numbers_that_no_integer_holds():
    with pytest.raises((OverflowError, RuntimeError, ValueError, TypeError)):
        rl.tensor([2**70])
    with pytest.raises((IndexError, OverflowError, TypeError, RuntimeError)):
        rl.ones(3)[2**70]
    with pytest.raises((RuntimeError, OverflowError, TypeError)):
        rl.ones(3).reshape(2**70)


def test_slices_clip():
    x = rl.arange(5)
    assert x[-100:100].tolist() == [0, 1, 2, 3, 4] and x[4:2].numel() == 0 and x[2**62 :].numel() == 0
    with pytest.raises(ValueError, match="step"):
        x[::-1]
    with pytest.raises(ValueError):
        x[::0]


def test_as_strided_stays_inside():
    x = rl.arange(4.0)
    for arguments in [((5,), (1,)), ((2,), (4,)), ((2,), (1,), 3), ((2,), (-1,)), ((1 << 40,), (1 << 40,))]:
        with pytest.raises((RuntimeError, OverflowError, ValueError)):
            x.as_strided(*arguments)


def test_writing_into_expanded_memory():
    with pytest.raises(RuntimeError, match="single memory location"):
        rl.zeros(1).expand(3).add_(rl.arange(3.0))


def test_overlapping_operands():
    x = rl.arange(6.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        x[1:].add_(x[:-1])


def test_deep_nesting():
    nested = 1.0
    for _ in range(200):
        nested = [nested]
    with pytest.raises((ValueError, RuntimeError, RecursionError)):
        rl.tensor(nested)


def test_a_list_that_contains_itself():
    loop = []
    loop.append(loop)
    with pytest.raises((ValueError, RuntimeError, RecursionError)):
        rl.tensor(loop)


def test_sixty_five_dimensions():
    try:
        x = rl.ones([1] * 65)
    except RuntimeError:
        return
    assert x.ndim == 65 and (x + x).item() == 2


class Liar:
    """Claims a length and breaks its word."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        raise ValueError("no")


def test_sequences_that_break_their_word():
    with pytest.raises((ValueError, TypeError)):
        rl.tensor(Liar())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02", b"hello world", b"PK\x05\x06" + b"\0" * 18])
def test_broken_files(tmp_path, content):
    path = tmp_path / "broken.pt"
    path.write_bytes(content)
    with pytest.raises(Exception) as caught:
        rl.load(path)
    assert not isinstance(caught.value, (SystemError, AssertionError, SystemExit))


def test_a_divisor_that_becomes_zero_in_the_common_dtype_is_refused():
    for name in ("fmod", "remainder", "floor_divide"):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            getattr(rl.tensor([7], dtype=rl.uint8), name)(256)


def test_integers_are_asked_for_where_a_tensor_would_be_walked():
    huge = rl.empty((2**31, 2**20), device="meta")
    for call in (
        lambda: rl.movedim(rl.ones(2, 2), huge, 0),
        lambda: rl.fft.fftn(rl.ones(2), huge),
        lambda: rl.ones(2).split(huge),
        lambda: rl.logsumexp(rl.ones(2), huge),
        lambda: rl.empty_strided(huge, (1,)),
        lambda: rl.linalg.matrix_power(rl.eye(2), rl.tensor(2)),
    ):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(RuntimeError, match="too many"):
        rl.ones(2).tensor_split(2**62)
    with pytest.raises(ValueError, match="degree"):
        rl.special.legendre_polynomial_p(rl.ones(1), 2**62)


@pytest.mark.parametrize("parameter", [float("nan"), float("inf"), -float("inf"), -5.0])
def test_gamma_numbers_end_for_every_parameter(parameter):
    assert rl._standard_gamma(rl.tensor([parameter])).shape == (1,)


def test_choices_too_many_to_store():
    with pytest.raises(MemoryError):
        rl.combinations(rl.arange(10**6), 3)
    assert rl.combinations(rl.arange(60), 58).shape == (1770, 58)
