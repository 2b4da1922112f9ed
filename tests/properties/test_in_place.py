"""Changes in place, against the same operation on a copy: contiguous, transposed, strided, of every type."""

import pytest

import rushlight as rl

DTYPES = ("bool", "uint8", "int16", "int64", "float16", "bfloat16", "float32", "float64", "complex64")
LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.t(),
    "every second": lambda x: x[:, ::2],
    "one column": lambda x: x[:, 1],
}


def filled(dtype):
    """Return 70 by 20 numbers of a type, more than one chunk of a kernel."""
    numbers = (rl.arange(1400) % 11).reshape(70, 20)
    return numbers.to(getattr(rl, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_copies_and_fills(dtype, layout):
    view = LAYOUTS[layout]
    for write, expected in {
        "copy_": (lambda x: x.copy_(rl.ones(x.shape) * 3, non_blocking=True), 3),
        "one number": (lambda x: x.copy_(rl.tensor(2)), 2),
        "fill_": (lambda x: x.fill_(4), 4),
        "zero_": (lambda x: x.zero_(), 0),
    }.values():
        whole = filled(dtype)
        rest = whole.clone()
        target = view(whole)
        assert write(target) is target
        assert (target == rl.tensor(expected).to(whole.dtype)).all()
        view(rest).copy_(target)
        assert rl.equal(rest, whole), "only the view is written"


@pytest.mark.parametrize("dtype", ("float16", "bfloat16", "float32", "float64"))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_operators_of_three_operands(dtype, layout):
    view = LAYOUTS[layout]
    other = view(filled(dtype).flip(0))
    for name, args in {
        "lerp": (other, 0.25),
        "addcmul": (other, other),
        "addcdiv": (other, other + 1),
        "clamp": (2, 5),
    }.items():
        x = view(filled(dtype))
        expected = getattr(x.clone(), name)(*args)
        assert rl.equal(getattr(x, f"{name}_")(*args), expected)
        out = rl.empty_like(expected)
        assert rl.equal(getattr(rl, name)(view(filled(dtype)), *args, out=out), expected)


def test_the_operand_may_be_any_of_three():
    a, b = filled("float32"), filled("float32").flip(1)
    expected = rl.lerp(a, b, 0.75)
    for i in (0, 1):
        operands = [a.clone(), b.clone()]
        assert rl.equal(rl.lerp(*operands, 0.75, out=operands[i]), expected)


def test_lists_of_tensors_are_changed_where_they_stand():
    tensors = [filled("float32"), rl.ones(3)]
    places = [x.data_ptr() for x in tensors]
    rl._foreach_add_(tensors, 1.0)
    rl._foreach_mul_(tensors, [2.0, 3.0])
    rl._foreach_addcmul_(tensors, tensors, tensors, 0.5)
    rl._foreach_clamp_min_(tensors, 5.0)
    assert [x.data_ptr() for x in tensors] == places
    assert tensors[1].tolist() == [24.0] * 3 and tensors[0].min() == 5


def test_a_number_of_the_tensor_itself_may_be_assigned():
    x = rl.arange(9.0).reshape(3, 3)
    x[0] = x[1, 1]
    x[1:2] = x[2]
    assert x.tolist() == [[4, 4, 4], [6, 7, 8], [6, 7, 8]]
    with pytest.raises(RuntimeError, match="refer to a single memory"):
        x[0:2].copy_(x[1:3])
    x[x > 6] = -1
    assert x.tolist() == [[4, 4, 4], [6, -1, -1], [6, -1, -1]]
