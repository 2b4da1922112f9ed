"""Construction, conversion and the protocols of Python: the same result, or the same exception, as PyTorch."""

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

CONSTRUCTION = """
t.tensor(3)
t.tensor(3.5)
t.tensor(True)
t.tensor(2j)
t.tensor([1, 2.5])
t.tensor([True, 2])
t.tensor([True, 2.5])
t.tensor([1, 2j])
t.tensor([[1, 2], [3, 4]])
t.tensor([[1.0], [2]])
t.tensor([])
t.tensor([[]])
t.tensor([[], []])
t.tensor((1, 2))
t.tensor(range(4))
t.tensor(np.float32(2))
t.tensor(np.float64(2))
t.tensor(np.int16(2))
t.tensor(np.bool_(True))
t.tensor([np.float32(1), np.float32(2)])
t.tensor([np.int32(1), 2.5])
t.tensor([np.float64(1), 2])
t.tensor([np.ones(2), np.zeros(2)])
t.tensor([np.ones(2, np.float32), np.zeros(2, np.float32)])
t.tensor([np.ones(2, np.int32)])
t.tensor(np.arange(3))
t.tensor(np.array(5, np.int8))
t.tensor(np.ones((2, 2), np.float16))
t.tensor([t.tensor(1), t.tensor(2)])
t.tensor([t.tensor(1.0), t.tensor(2.0)])
t.tensor([t.tensor(1.0), 2])
t.tensor([t.tensor([1, 2]), t.tensor([3, 4])])
t.tensor([t.tensor([1.0], dtype=t.float64)])
t.tensor([t.tensor(1, dtype=t.uint8), t.tensor(2, dtype=t.uint8)])
t.tensor([t.tensor(True), t.tensor(2.5, dtype=t.float64)])
t.tensor([1, 2], dtype=t.float16)
t.tensor([1.7, -2.9], dtype=t.int32)
t.tensor([0, 2, 0.5], dtype=t.bool)
t.tensor([1, 2], dtype=t.complex64)
t.tensor([1.0, float("nan"), float("inf")])
t.tensor(1e40)
t.tensor(2**40)
t.tensor(2**63 - 1)
t.tensor(2**63)
t.tensor(2**70)
t.tensor([2**64])
t.tensor(300, dtype=t.uint8)
t.tensor(-1, dtype=t.uint8)
t.tensor([128], dtype=t.int8)
t.tensor([1j], dtype=t.float32)
t.tensor(float("nan"), dtype=t.int64)
t.tensor([[1, 2], [3]])
t.tensor([[1, 2], 3])
t.tensor([1, [2, 3]])
t.tensor([[1], [[2]]])
t.tensor("abc")
t.tensor(["a"])
t.tensor([None])
t.tensor(None)
t.tensor({})
t.tensor({1: 2})
t.tensor({1, 2})
t.tensor(object())
t.tensor(b"ab")
t.tensor(bytearray(b"ab"))
t.tensor([1], dtype=float)
t.tensor([1], dtype=int)
t.tensor([1], dtype="float32")
t.tensor([1.0], requires_grad=True)
t.tensor([1], requires_grad=True)
t.tensor(t.Size([2, 3]))
t.tensor(np.array(["a"]))
t.tensor(np.array([1, None], dtype=object))
t.tensor(np.zeros(2, ">f4"))
t.tensor(np.arange(4)[::-1])
t.tensor(np.array([1], np.uint16))
t.Tensor()
t.Tensor(2, 0)
t.Tensor([1, 2])
t.Tensor([[1, 2], [3, 4]])
t.Tensor((2, 3))
t.Tensor(np.array([1, 2]))
t.Tensor(t.Size([0]))
t.Tensor(2.5)
t.Tensor("a")
t.FloatTensor([1, 2])
t.LongTensor([1, 2])
t.LongTensor([1.5])
t.ByteTensor([1, 2])
t.BoolTensor([True])
t.DoubleTensor(np.ones(2))
isinstance(t.ones(2), t.FloatTensor)
isinstance(t.ones(2), t.LongTensor)
t.as_tensor([1, 2])
t.as_tensor(np.ones(2))
t.as_tensor(np.ones(2), dtype=t.float32)
t.as_tensor(np.float32(3))
t.as_tensor(3)
t.as_tensor(t.ones(2), dtype=t.int64)
t.asarray([1, 2])
t.asarray(np.ones(2), dtype=t.float32)
t.asarray(3.0)
t.asarray(t.ones(2), copy=True)
t.asarray([1], copy=False)
t.asarray(b"abcd", dtype=t.uint8)
t.asarray(bytearray(b"abcd"), dtype=t.int16)
t.asarray(np.ones(2), requires_grad=True)
t.asarray(np.ones(2), dtype=t.float32, copy=False)
t.asarray(t.ones(2, requires_grad=True), requires_grad=False)
t.from_numpy(np.arange(3, dtype=np.int16))
t.from_numpy(np.ones((2, 3)).T)
t.from_numpy(np.arange(6)[::2])
t.from_numpy(np.arange(6)[::-1])
t.from_numpy([1, 2])
t.from_numpy(np.float64(2))
t.from_numpy(np.array("a"))
t.from_numpy(np.array([1], "datetime64[s]"))
t.from_numpy(np.zeros(3, ">i4"))
t.from_numpy(np.array(2.5))
t.from_numpy(np.empty((0, 3)))
t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int32)
t.frombuffer(bytearray(b"abcdefgh"), dtype=t.uint8, count=2, offset=3)
t.frombuffer(bytearray(b"abc"), dtype=t.int16)
t.frombuffer(bytearray(b"abcd"), dtype=t.int16, count=3)
t.frombuffer(bytearray(b"abcd"), dtype=t.int16, offset=4)
t.frombuffer(bytearray(b"abcd"), dtype=t.int16, offset=-1)
t.frombuffer(bytearray(b"abcd"), dtype=t.int16, count=0)
t.frombuffer(bytearray(), dtype=t.int16)
t.frombuffer([1], dtype=t.int16)
t.frombuffer(bytearray(b"abcd"), dtype=t.float32, requires_grad=True).requires_grad
t.frombuffer(bytearray(b"abcd"), dtype=t.int32, requires_grad=True)
"""

CONVERSION = """
bool(t.tensor(0))
bool(t.tensor([[2.5]]))
bool(t.tensor(0j))
bool(t.tensor([]))
bool(t.tensor([1, 2]))
int(t.tensor(3.7))
int(t.tensor([3]))
int(t.tensor([1, 2]))
int(t.tensor(2j))
int(t.tensor(float("nan")))
int(t.tensor(True))
float(t.tensor(3))
float(t.tensor([[2.5]]))
float(t.tensor([1, 2]))
float(t.tensor(1 + 0j))
float(t.tensor(1 + 2j))
complex(t.tensor(2))
complex(t.tensor(2 + 1j))
complex(t.tensor([1, 2]))
[5, 6, 7][t.tensor(1)]
[5, 6, 7][t.tensor([2])]
[5, 6][t.tensor(1.0)]
[5, 6][t.tensor(True)]
[5, 6][t.tensor([0, 1])]
list(range(t.tensor(3)))
t.tensor(3).__index__()
t.tensor(2.5).item()
t.tensor([2.5]).item()
t.ones(2).item()
t.empty(0).item()
t.ones(2, 2).tolist()
t.tensor(3).tolist()
t.empty(2, 0).tolist()
len(t.ones(3, 2))
len(t.tensor(1))
len(t.empty(0, 4))
list(t.tensor([1, 2]))
list(t.tensor(1))
[r.shape for r in t.ones(2, 3)]
list(reversed(t.arange(3)))
list(zip(t.arange(2), t.ones(2)))
1 in t.tensor([1, 2])
5 in t.tensor([1, 2])
t.tensor(1) in t.tensor([1, 2])
"a" in t.tensor([1, 2])
None in t.tensor([1, 2])
f"{t.tensor(1.23456):.2f}"
f"{t.tensor(5):>4d}"
f"{t.tensor([1.5])}"
f"{t.tensor([1.5]):.2f}"
f"{t.tensor(1.5)}"
f"{t.tensor(True)}"
f"{t.tensor(2):.1f}"
f"{t.tensor(1j)}"
"%.2f" % t.tensor(1.239)
"%d" % t.tensor(3)
"%s" % t.tensor([3])
"{:.1f}".format(t.tensor(0.55))
round(t.tensor(2.567), 1)
round(t.tensor(2.5))
abs(t.tensor(-2))
-t.tensor([True])
~t.tensor([1, 2])
~t.tensor([1.0])
+t.tensor([1])
divmod(t.tensor(7), 2)
pow(t.tensor(2), 3)
t.tensor([1, 2]) == None
t.tensor([1, 2]) != None
t.tensor([1, 2]) == "a"
t.tensor([1, 2]) == [1, 2]
t.tensor([1, 2]) < "a"
t.tensor([1, 2]) + "a"
t.tensor([1, 2]) + None
t.tensor([1, 2]) + [1, 2]
"a" + t.tensor([1])
[1, 2] + t.tensor([1, 2])
{t.tensor(1): 2}.get(t.tensor(1))
t.tensor([1, 2]) and 1
t.tensor([1, 2]) @ 3
t.ones(2) // 0
t.tensor([1, 2]) // 0
t.tensor([1, 2]) % 0
t.tensor(7) << 1
2 << t.tensor(3)
16 >> t.tensor(2)
3 - t.tensor([1, 2])
2 / t.tensor([1, 2])
7 // t.tensor([2, 3])
7 % t.tensor([2, 3])
2 ** t.tensor([1.0, 2.0])
True & t.tensor([True, False])
1 | t.tensor([2])
1.5 ^ t.tensor([2])
t.tensor([2]) & 1.5
t.tensor([1.0]) & t.tensor([1])
t.Size([2, 3]).numel()
t.Size([2, 3]) + (4,)
(4,) + t.Size([2, 3])
t.Size([2, 3])[1:]
t.Size([2, 3])[-1]
t.Size([2, 3]) * 2
t.Size((1, 2)) == (1, 2)
t.Size([1.5])
t.Size("a")
t.Size(t.tensor([1, 2]))
t.Size()
hash(t.Size([1, 2])) == hash((1, 2))
t.Size([2, 3]).count(3)
t.Size([2, 3]).index(3)
repr(t.Size([]))
str(t.Size([1]))
t.ones(2, 3).shape
t.ones(2, 3).size(-1)
t.ones(2, 3).size(2)
t.ones(2, 3).size(dim=1)
t.tensor(1).size(0)
t.ones(2, 3).stride(), t.ones(2, 3).stride(0)
t.ones(2).type()
t.ones(2).type("torch.LongTensor")
t.ones(2).type(t.int8)
t.ones(2).type(t.DoubleTensor)
t.ones(2).type("torch.Nothing")
t.ones(2, dtype=t.bfloat16).type()
t.ones(2).to("nowhere")
t.ones(2).to(t.int64, copy=True)
t.ones(2).to("cpu", t.float64)
t.ones(2).to(t.ones(1, dtype=t.int8))
t.ones(2).to(dtype=t.int8)
t.ones(2).to(device="cpu", dtype=t.int8, non_blocking=True)
t.ones(2).long()
t.tensor([1.9, -1.9]).int()
t.tensor([300.0]).byte()
t.ones(2).new_zeros(3)
t.ones(2).new_ones((2, 2), dtype=t.int64)
t.ones(2, dtype=t.int8).new_tensor([1, 2])
t.ones(2).new_full((2,), 7)
t.ones(2).new_empty((0, 2))
t.ones(2, dtype=t.int16).new([1, 2])
t.ones(2, dtype=t.float64).new(0, 3)
t.ones(2).new()
t.ones(2).new(t.Size([0]))
"""

STATE = """
t.ones(2).is_leaf, t.ones(2).requires_grad, t.ones(2).grad, t.ones(2).grad_fn
t.ones(2).is_cuda, t.ones(2).is_cpu, t.ones(2).is_sparse, t.ones(2).is_quantized, t.ones(2).is_meta, t.ones(2).is_mkldnn
t.ones(2).is_contiguous(), t.ones(2, 3).t().is_contiguous(), t.ones(1, 3, 2, 2).is_contiguous(memory_format=t.channels_last)
t.ones(2).is_pinned(), t.ones(2).is_shared(), t.ones(2).is_inference(), t.ones(2).is_conj(), t.ones(2).is_neg()
t.ones(2).layout, t.ones(2).device, t.ones(2).dtype, t.ones(2).ndim, t.ones(2).itemsize, t.ones(2).nbytes
t.ones(2, 3).T.shape, t.ones(2, 3).mT.shape, t.ones(2, 3, dtype=t.complex64).H.shape, t.ones(2, 3, 4).mH.shape
t.ones(2, 3, 4).T
t.ones(3).mT
t.ones(2).real, t.ones(2, dtype=t.complex64).imag
t.ones(2)._backward_hooks, t.ones(2)._version, t.ones(2)._base, t.ones(2)._is_view()
t.ones(2).storage_offset(), t.arange(4)[2:].storage_offset()
t.ones(2).untyped_storage().nbytes(), len(t.ones(2).untyped_storage()), t.arange(4)[2:].untyped_storage().size()
t.arange(3, dtype=t.uint8).untyped_storage().tolist()
t.ones(2).element_size(), t.ones(2).nelement(), t.ones(2).ndimension(), t.ones(2).dim(), t.ones(2).numel()
t.ones(2).get_device(), t.ones(2).output_nr, t.ones(2).retains_grad
t.ones(2).dense_dim(), t.ones(2, 2).to_dense(), t.ones(2, 3).dim_order(), t.ones(2, 3).t().dim_order()
t.ones(1, 2, 3, 4).contiguous(memory_format=t.channels_last).dim_order()
t.ones(2).share_memory_().is_shared() or True
t.ones(2).values()
t.ones(2).indices()
t.ones(2).resize_as_(t.ones(0)).shape, t.ones(4).resize_(2, 2)
t.ones(2).requires_grad_().resize_(3)
t.ones(2).set_(t.arange(3.0))
t.ones(2).grad.shape
t.arange(3).requires_grad_()
setattr(t.arange(3), "requires_grad", True)
setattr(t.ones(2, requires_grad=True), "grad", t.ones(3))
setattr(t.ones(2, requires_grad=True), "grad", t.ones(2, dtype=t.float64))
setattr(t.ones(2, requires_grad=True), "grad", "a")
setattr(t.ones(2, requires_grad=True), "grad", 3)
setattr(t.ones(2), "shape", (1,))
setattr(t.ones(2), "dtype", t.int64)
setattr(t.ones(2), "is_leaf", True)
setattr(t.ones(2), "data", 3)
setattr(t.ones(2), "data", None)
setattr(t.ones(2, requires_grad=True), "data", t.arange(2))
setattr(t.ones(2), "mine", 3)
t.ones(2).nothing
t.ones(2, requires_grad=True).numpy()
t.ones(2, device="meta").numpy()
t.ones(2, device="meta").item()
t.ones(2, device="meta").tolist()
bool(t.ones(1, device="meta"))
t.ones(2, requires_grad=True).numpy(force=True)
t.ones(2, requires_grad=True).data
t.ones(2, dtype=t.bfloat16).numpy()
t.ones(2).backward()
t.ones(2, requires_grad=True).backward()
(t.ones(2, requires_grad=True) * 1).retain_grad()
t.ones(2).retain_grad()
t.ones(2).register_hook(print)
t.ones(2, requires_grad=True).detach_().requires_grad
copy.deepcopy(t.ones(2, requires_grad=True) * 2)
copy.copy(t.arange(3))
copy.copy(t.ones(2, requires_grad=True))
copy.deepcopy(t.ones(2, requires_grad=True))
copy.deepcopy(t.nn.Parameter(t.ones(2)))
copy.deepcopy(t.arange(6).view(2, 3).t()).stride()
copy.copy(t.nn.Parameter(t.ones(2)))
t.set_default_dtype(t.int64)
t.is_tensor(t.ones(1)), t.is_tensor(1), t.is_storage(t.ones(1).untyped_storage())
t.is_floating_point(t.ones(1)), t.is_complex(t.ones(1)), t.is_nonzero(t.ones(1)), t.numel(t.ones(2, 3))
t.is_nonzero(t.ones(2))
t.typename(t.ones(1)), t.typename(1), t.typename(t.arange(2))
t.can_cast(t.float64, t.int32), t.promote_types(t.int8, t.uint8), t.result_type(t.ones(1), 2j)
t.finfo(t.float32), t.iinfo(t.int8), t.finfo(t.bfloat16).eps, t.finfo(t.float16).max, t.finfo(t.float64).tiny
t.finfo(t.int64)
t.iinfo(t.float32)
t.finfo("float32")
t.float32.is_floating_point, t.complex64.is_complex, t.int8.itemsize, t.uint8.is_signed, t.float64.to_complex(), t.complex128.to_real()
t._check(True)
t._check(False, lambda: "no")
t._check_value(False)
t._check_index(False, lambda: "no")
t._check_type(False, lambda: "no")
t._assert(True, "a")
t._assert(False, "a")
"""

WITH_NUMPY = """
np.float32(2) * t.arange(3)
np.float64(2) * t.ones(3)
np.int64(2) - t.arange(3)
t.ones(3) * np.float64(2)
t.arange(3) * np.int8(2)
t.arange(3) ** np.float32(2)
np.add(t.ones(2), t.ones(2))
np.sin(t.zeros(2))
np.isnan(t.zeros(2))
np.maximum(t.ones(2), 3)
np.asarray(t.arange(3))
np.asarray(t.arange(3), dtype=float)
np.array(t.ones(2, 2))
np.array([t.tensor(1), t.tensor(2)])
np.array([t.ones(2), t.zeros(2)])
np.stack([t.ones(2), t.zeros(2)])
np.concatenate([t.ones(2), np.zeros(2)])
np.ones(3)[t.tensor([0, 2])]
np.ones(3)[t.tensor(1)]
np.ones(t.tensor(2))
np.zeros((t.tensor(2), 3)).shape
np.allclose(t.ones(2), np.ones(2))
np.array_equal(t.ones(2), t.ones(2))
np.testing.assert_allclose(t.ones(2), np.ones(2))
np.asarray(t.ones(2, requires_grad=True))
np.asarray(t.ones(2, dtype=t.bfloat16))
np.ones(2) == t.ones(2)
t.ones(2) == np.ones(2)
t.ones(2) == np.float64(1)
t.arange(6)[np.array([1, 2])]
t.arange(6)[np.array([True, False] * 3)]
t.arange(6)[np.int64(2)]
t.zeros(3).numpy().dtype
t.ones(2, 2, dtype=t.float64) @ np.ones((2, 2))
t.ones(2) + np.ones(2)
t.zeros(int(np.int64(3)))
t.zeros(np.int64(3))
t.zeros((np.int32(2), 2))
t.ones(2, 3).sum(np.int64(1))
t.ones(2, 3).view(np.int64(6))
t.full((2,), np.float32(3))
sorted([t.tensor(2), t.tensor(1)])
sum([t.tensor(1), t.tensor(2)])
max(t.tensor([1, 3]))
min(t.tensor(2), t.tensor(1))
any(t.tensor([0, 1]))
[*t.arange(2)]
dict(a=t.ones(1))["a"]
"""


def outcome(text, lib):
    """What an expression gives: its kind and a comparable form."""
    try:
        value = eval(text, {"t": lib, "np": np, "copy": copy, "pickle": pickle})
    except Exception as error:
        return "raises", type(error).__name__, str(error)
    return "gives", type(value).__name__, repr(value)


def lines(text):
    return text.strip().splitlines()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", lines(CONSTRUCTION) + lines(CONVERSION) + lines(STATE) + lines(WITH_NUMPY))
def test_same_outcome(text):
    ours, theirs = outcome(text, rl), outcome(text, torch)
    assert ours[:2] == theirs[:2], f"{ours}\n{theirs}"
    if theirs[0] == "gives":
        assert ours[2] == theirs[2]


ARRAYS_ON_THE_LEFT = """
np.ones(3) * rl.ones(3)
np.arange(3) + rl.arange(3)
np.ones(3) - rl.ones(3)
np.ones((2, 2)) @ rl.ones(2, 2, dtype=rl.float64)
np.ones(2) < rl.ones(2)
np.arange(1, 4) ** rl.arange(3)
"""


@pytest.mark.parametrize("text", lines(ARRAYS_ON_THE_LEFT))
def test_arrays_on_the_left_of_an_operator_are_operands(text):
    result = eval(text)
    assert isinstance(result, rl.Tensor)
    np.testing.assert_array_equal(
        result.numpy(),
        eval(text.replace("rl.", "np.").replace("float64", "float64").replace("ones(2, 2, ", "ones((2, 2), ")),
    )
