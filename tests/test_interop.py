"""Memory shared with NumPy, with buffers and through DLPack; copies, pickles and the array API."""

import copy
import gc
import io
import pickle
import weakref

import numpy as np
import pytest

import rushlight as rl
from rushlight import _array_api as xp

DTYPES = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()


def sample(dtype):
    return rl.arange(6).reshape(2, 3).to(getattr(rl, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_and_back_share_memory(dtype):
    x = sample(dtype)
    for array in (x.numpy(), np.asarray(x), np.asarray(memoryview(x)), np.from_dlpack(x)):
        assert array.dtype == np.dtype(dtype) and array.shape == (2, 3)
        assert array.__array_interface__["data"][0] == x.data_ptr()
        assert rl.from_numpy(array).data_ptr() == x.data_ptr()


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
@pytest.mark.parametrize("version", [None, (0, 8), (1, 0), (2, 0)])
def test_dlpack_round_trip(dtype, version):
    x = sample(dtype)
    y = rl.utils.dlpack.from_dlpack(x.t().__dlpack__(max_version=version))
    assert y.dtype == x.dtype and y.stride() == (1, 3) and y.data_ptr() == x.data_ptr()
    assert rl.equal(y, x.t())


def test_memory_lives_as_long_as_its_last_user():
    array = np.arange(1000.0)
    watch = weakref.ref(array)
    x = rl.from_dlpack(array)
    y = rl.from_numpy(array)[10:]
    del array
    gc.collect()
    assert x[5] == 5 and y[0] == 10 and watch() is not None
    del x, y
    gc.collect()
    assert watch() is None


def test_a_capsule_is_taken_once_and_freed_if_not_taken():
    capsule = rl.ones(3).__dlpack__()
    assert rl.equal(rl.from_dlpack(capsule), rl.ones(3))
    with pytest.raises(RuntimeError, match="consumed only once"):
        rl.from_dlpack(capsule)
    rl.ones(3).__dlpack__(max_version=(1, 0))
    with pytest.raises(RuntimeError, match="invalid capsule"):
        rl.from_dlpack(3)


def test_dlpack_copies_when_asked():
    x = rl.ones(3)
    rl.from_dlpack(x, copy=True)[0] = 5
    np.from_dlpack(x, copy=True)[0] = 5
    assert x[0] == 1


def test_read_only_memory_stays_read_only():
    array = np.arange(3.0)
    array.flags.writeable = False
    for x in (rl.from_numpy(array), rl.from_dlpack(array), rl.frombuffer(b"abcd", dtype=rl.uint8)):
        assert memoryview(x).readonly and not np.asarray(x).flags.writeable
        with pytest.raises(RuntimeError, match="read-only"):
            x[0] = 1
        with pytest.raises(BufferError, match="read-only"):
            x.__dlpack__()
        x.__dlpack__(max_version=(1, 0))


def test_gradients_do_not_leave_unnoticed():
    x = rl.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(x)
    for leave in (memoryview, bytes, rl.from_dlpack, np.from_dlpack):
        with pytest.raises((BufferError, TypeError, RuntimeError)):
            leave(x)
    with pytest.raises(BufferError, match="use tensor.detach"):
        x.__dlpack__()


def test_refusals_of_dlpack():
    x = rl.ones(2)
    assert x.__dlpack_device__() == (1, 0)
    with pytest.raises(TypeError, match="stream must be"):
        x.__dlpack__(stream="a")
    with pytest.raises(AssertionError, match="stream should be None"):
        x.__dlpack__(stream=3)
    with pytest.raises(BufferError, match="device"):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="versioned"):
        x.__dlpack__(read_only=True)
    with pytest.raises(ValueError, match="meta"):
        rl.empty(2, device="meta").__dlpack_device__()
    with pytest.raises(BufferError):
        rl.from_dlpack(np.arange(3)[::-1])


def test_buffers():
    x = rl.arange(6, dtype=rl.int32).reshape(2, 3)
    view = memoryview(x)
    assert (view.format, view.shape, view.strides, view.nbytes) == ("i", (2, 3), (12, 4), 24)
    view[1, 2] = 9
    assert x[1, 2] == 9
    assert bytes(rl.tensor([1, 2], dtype=rl.uint8)) == b"\1\2"
    assert memoryview(x.t()).tolist() == [[0, 3], [1, 4], [2, 9]]
    assert bytearray(x.t()) == bytearray(x.t().contiguous())
    with pytest.raises(BufferError, match="bfloat16"):
        memoryview(rl.ones(2, dtype=rl.bfloat16))
    with pytest.raises(BufferError, match="no data"):
        memoryview(rl.ones(2, device="meta"))


def test_a_view_outlives_changes_of_its_tensor():
    x = rl.ones(100)
    view = memoryview(x)
    x.set_(rl.zeros(3))
    x.resize_(10_000)
    del x
    gc.collect()
    assert view[99] == 1.0


def test_a_subclass_becomes_an_array_in_its_own_way():
    class Doubled(rl.Tensor):
        def __array__(self, dtype=None, copy=None):
            return 2 * rl.Tensor.__array__(self)

    assert np.asarray(rl.ones(2).as_subclass(Doubled)).tolist() == [2.0, 2.0]


def test_deep_copies_share_what_their_originals_share():
    x = rl.arange(4.0)
    a, b = copy.deepcopy([x, x[1:]])
    a[1] = 7
    assert b[0] == 7 and x[1] == 1


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(protocol):
    leaf = rl.ones(2, requires_grad=True)
    leaf.note = "kept"
    parameter = rl.nn.Parameter(rl.zeros(2))
    back = pickle.loads(
        pickle.dumps(
            [leaf, parameter, sample("int16").t(), rl.ones(2, dtype=rl.bfloat16), rl.empty(3, device="meta")], protocol
        )
    )
    assert back[0].requires_grad and back[0].note == "kept"
    assert type(back[1]) is rl.nn.Parameter
    assert back[2].stride() == (1, 3) and rl.equal(back[2], sample("int16").t())
    assert back[3].dtype == rl.bfloat16 and back[4].is_meta


def test_storages():
    storage = rl.arange(3, dtype=rl.int16).untyped_storage()
    assert storage.tolist() == [0, 0, 1, 0, 2, 0] and storage[2] == 1 and len(storage) == 6
    twin = storage.clone()
    twin[2] = 9
    assert storage[2] == 1 and twin.tolist()[2] == 9
    assert pickle.loads(pickle.dumps(storage)).tolist() == storage.tolist()
    assert rl.arange(3.0).storage().tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(NotImplementedError, match="6 bytes"):
        storage.resize_(8)


X = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
STANDARD = """
xp.sum(x, axis=0)
xp.sum(x)
xp.prod(x, axis=1, keepdims=True)
xp.prod(x)
xp.max(x, axis=1)
xp.min(x)
xp.mean(x, axis=(0, 1))
xp.std(x)
xp.var(x, axis=0, correction=1)
xp.any(x > 4, axis=0)
xp.all(x > 0)
xp.argmax(x, axis=1)
xp.argmin(x)
xp.sort(x, axis=0)
xp.sort(x, descending=True)
xp.argsort(x)
xp.cumulative_sum(x, axis=1)
xp.cumulative_sum(x, axis=1, include_initial=True)
xp.concat([x, x], axis=None)
xp.concat([x, x], axis=1)
xp.stack([x, x], axis=-1)
xp.expand_dims(x, axis=1)
xp.squeeze(xp.expand_dims(x, axis=1), axis=1)
xp.flip(x)
xp.flip(x, axis=0)
xp.roll(x, 1, axis=1)
xp.permute_dims(x, (1, 0))
xp.matrix_transpose(x)
xp.repeat(x, 2, axis=1)
xp.tile(x, (2, 1))
xp.take(x, xp.asarray([2, 0]), axis=1)
xp.take_along_axis(x, xp.argsort(x), axis=-1)
xp.clip(x, 2.0, 3.0)
xp.vecdot(x, x)
xp.tensordot(x, x, axes=((0, 1), (0, 1)))
xp.meshgrid(x[0], x[1])[0]
xp.nonzero(x > 1)[1]
xp.count_nonzero(x > 1, axis=1)
xp.diff(x, axis=0)
xp.unique_values(x)
xp.unique_all(x).indices
xp.unique_counts(x).counts
xp.unique_inverse(x).inverse_indices
xp.eye(3, 4, k=1)
xp.linspace(0.0, 1.0, 5, endpoint=False)
xp.full(3, 2.5)
xp.astype(x, xp.int32)
xp.multiply(x, x)
xp.bitwise_invert(xp.asarray([1, 2]))
xp.equal(x, x)
xp.conj(x)
xp.where(x > 1, x, xp.zeros_like(x))
xp.searchsorted(xp.asarray([1.0, 2.0]), xp.asarray([1.5]))
xp.broadcast_arrays(x, x[0])[1]
xp.unstack(x)[1]
xp.triu(x, k=1)
xp.reshape(x, (3, 2))
"""


@pytest.mark.parametrize("text", STANDARD.strip().splitlines())
def test_array_api_agrees_with_numpy(text):
    ours = eval(text, {"xp": rl.tensor(X).__array_namespace__(), "x": rl.tensor(X)})
    if not hasattr(np, text[3 : text.index("(")]) or "descending" in text:
        pytest.skip("this NumPy lacks the function")
    theirs = eval(text, {"xp": np, "x": X})
    np.testing.assert_allclose(ours.numpy(), theirs)


def test_questions_of_the_array_api():
    assert xp.isdtype(rl.float32, "real floating") and not xp.isdtype(rl.int8, ("bool", "unsigned integer"))
    assert xp.can_cast(rl.int8, rl.int16) and not xp.can_cast(rl.float64, rl.float32)
    assert xp.result_type(rl.int8, rl.uint8) == rl.int16
    assert set(xp.__array_namespace_info__().dtypes(kind="bool")) == {"bool"}
    with pytest.raises(ValueError, match="kind"):
        xp.isdtype(rl.int8, "numbers")
    with pytest.raises(AttributeError, match="standard has no"):
        assert xp.relu


def test_storages_of_one_dtype_are_read_written_and_made():
    x = rl.arange(4.0)
    storage = x.storage()
    storage[1] = 9
    assert (
        x.tolist() == [0, 9, 2, 3]
        and storage.type() == "torch.FloatStorage"
        and storage.long().tolist() == [0, 9, 2, 3]
    )
    assert (
        storage.clone().fill_(1).tolist() == [1] * 4 and isinstance(storage, rl.FloatStorage) and rl.is_storage(storage)
    )
    assert not isinstance(storage, rl.LongStorage) and rl.FloatStorage(3).size() == 3
    assert rl.FloatTensor(rl.FloatStorage([1, 2])).tolist() == [1, 2]
    out = x.new(storage._new_shared(6)).resize_(2, 3)
    assert rl.stack([rl.ones(3), rl.zeros(3)], 0, out=out).tolist() == [[1] * 3, [0] * 3]


def test_memory_of_another_dtype_is_not_taken_over():
    with pytest.raises(RuntimeError, match="of type Int to a tensor of type Float"):
        rl.ones(2).set_(rl.ones(2, dtype=rl.int32))


def test_attributes_and_layouts_are_saved():
    x = rl.ones(2)
    x.tag = "kept"
    buffer = io.BytesIO()
    rl.save([x, rl.strided], buffer)
    buffer.seek(0)
    loaded, layout = rl.load(buffer)
    assert loaded.tag == "kept" and layout is rl.strided
