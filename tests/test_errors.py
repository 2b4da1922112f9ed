"""Errors are of PyTorch's types and say the operation, the operands, the rule and the cure."""

import pytest

import rushlight as rl
import rushlight.nn.functional as F

x = rl.ones(2, 3)

# statement, type of error, what its text must contain
CASES = [
    ("rl.ones(8, 784) @ rl.ones(10, 784)", RuntimeError, ["8", "784", "10", "must", "Did you mean"]),
    ("rl.mm(rl.ones(3), rl.ones(3, 3))", RuntimeError, ["mm", "2"]),
    ("rl.bmm(rl.ones(2, 3, 4), rl.ones(3, 4, 5))", RuntimeError, ["bmm", "[2, 3, 4]", "[3, 4, 5]"]),
    ("rl.ones(2) + rl.ones(3)", RuntimeError, ["add", "2", "3", "dimension 0"]),
    ("rl.ones(2, 3).view(4, 2)", RuntimeError, ["view", "[4, 2]", "6"]),
    ("rl.ones(2, 3).t().view(6)", RuntimeError, ["view", "reshape"]),
    ("rl.ones(2, 3).sum(dim=2)", IndexError, ["[-2, 1]", "2"]),
    ("rl.ones(2, 3).transpose(0, 5)", IndexError, ["[-2, 1]", "5"]),
    ("rl.ones(2)[3]", IndexError, ["3", "size 2"]),
    ("rl.ones(2)[0, 0]", IndexError, ["too many indices"]),
    ("rl.ones(2)[rl.tensor([5])]", IndexError, ["5", "size 2"]),
    ("rl.ones(2)['a']", (IndexError, TypeError), ["str"]),
    ("rl.cat([rl.ones(2, 3), rl.ones(2, 4)])", RuntimeError, ["cat", "3", "4"]),
    ("rl.cat([])", (RuntimeError, ValueError), ["cat", "empty"]),
    ("rl.stack([rl.ones(2), rl.ones(3)])", RuntimeError, ["[2]", "[3]"]),
    ("rl.ones(2, 3).expand(4, 3)", RuntimeError, ["expand", "4", "2"]),
    ("rl.ones(2, 3).expand(3)", RuntimeError, ["expand"]),
    ("rl.ones(2, 3).squeeze(4)", IndexError, ["[-2, 1]"]),
    ("rl.ones(2, 3).permute(0, 0)", RuntimeError, ["permute"]),
    ("rl.ones(2, 3).narrow(1, 2, 5)", (RuntimeError, IndexError), ["narrow", "5"]),
    ("rl.tensor([1, 2]).mean()", RuntimeError, ["mean", "dtype"]),
    ("rl.tensor([True]) - rl.tensor([True])", RuntimeError, ["bool"]),
    ("-rl.tensor([True])", RuntimeError, ["bool"]),
    ("rl.tensor([1.0]) & rl.tensor([1.0])", RuntimeError, ["bitwise_and", "Float"]),
    ("rl.tensor([1]).add_(1.5)", RuntimeError, ["can't be cast", "Float", "Long"]),
    ("rl.tensor([1, 2]).item()", RuntimeError, ["2 elements"]),
    ("bool(rl.ones(2))", RuntimeError, ["ambiguous"]),
    ("len(rl.tensor(1))", TypeError, ["0-d"]),
    ("list(rl.tensor(1))", TypeError, ["0-d"]),
    ("int(rl.ones(2))", (RuntimeError, TypeError, ValueError), ["2 elements"]),
    ("rl.ones(2, requires_grad=True).numpy()", RuntimeError, ["detach"]),
    ("rl.ones(2).backward()", RuntimeError, ["does not require grad"]),
    ("rl.ones(2, requires_grad=True).mul(2).backward()", RuntimeError, ["scalar"]),
    ("rl.ones(2, requires_grad=True).add_(1)", RuntimeError, ["leaf", "in-place"]),
    ("rl.ones(2, dtype=rl.int64, requires_grad=True)", RuntimeError, ["floating point"]),
    ("rl.tensor([[1, 2], [3]])", ValueError, ["length"]),
    ("rl.tensor('text')", (TypeError, ValueError), ["str"]),
    ("rl.zeros(-1)", RuntimeError, ["negative"]),
    ("rl.arange(0, 5, 0)", RuntimeError, ["zero"]),
    ("rl.ones(2, device='cuda')", (RuntimeError, AssertionError, NotImplementedError), ["cuda"]),
    ("rl.ones(2).no_such_method()", AttributeError, ["no_such_method"]),
    ("rl.no_such_function()", AttributeError, ["no_such_function"]),
    ("rl.ones(2).add()", TypeError, ["add", "other"]),
    ("rl.ones(2).add(1, 2, 3, 4)", TypeError, ["add"]),
    ("rl.ones(2).add(1, wrong=2)", TypeError, ["wrong"]),
    ("rl.ones(2).add('a')", TypeError, ["other", "str"]),
    ("F.linear(rl.ones(2, 3), rl.ones(4, 5))", RuntimeError, ["[2, 3]", "[4, 5]"]),
    ("F.conv2d(rl.ones(1, 3, 8, 8), rl.ones(4, 2, 3, 3))", RuntimeError, ["conv", "3", "2"]),
    ("F.cross_entropy(rl.ones(2, 3), rl.tensor([0, 7]))", (IndexError, RuntimeError), ["7"]),
    ("F.cross_entropy(rl.ones(2, 3), rl.tensor([0]))", (ValueError, RuntimeError), ["2", "1"]),
    ("F.embedding(rl.tensor([9]), rl.ones(3, 2))", (IndexError, RuntimeError), ["9"]),
    ("F.max_pool2d(rl.ones(1, 1, 2, 2), 5)", RuntimeError, ["pool"]),
    ("rl.linalg.inv(rl.ones(2, 3))", RuntimeError, ["square"]),
    ("rl.linalg.inv(rl.zeros(2, 2))", RuntimeError, ["singular"]),
    ("rl.linalg.cholesky(-rl.eye(2))", RuntimeError, ["positive"]),
    ("rl.nn.Linear(3, 2)(rl.ones(1, 4))", RuntimeError, ["4", "3"]),
    ("rl.nn.Linear(3, 2).load_state_dict({})", RuntimeError, ["Missing key", "weight"]),
    ("rl.optim.SGD([], lr=0.1)", ValueError, ["empty"]),
    ("rl.optim.SGD([rl.ones(1, requires_grad=True)], lr=-1)", ValueError, ["learning rate"]),
    ("rl.load('/no/such/file.pt')", FileNotFoundError, ["/no/such/file.pt"]),
    ("rl.randint(5, 5, (2,))", RuntimeError, ["from", "to"]),
    ("rl.multinomial(rl.tensor([0.0, 0.0]), 1)", RuntimeError, ["sum"]),
    ("rl.ones(2).scatter(0, rl.tensor([5]), 1.0)", (RuntimeError, IndexError), ["5"]),
    ("rl.ones(2, 2).gather(0, rl.tensor([0]))", (RuntimeError, IndexError), ["gather"]),
    ("rl.einsum('ij,jk', rl.ones(2, 3), rl.ones(4, 5))", RuntimeError, ["einsum"]),
    ("rl.ones(3).unfold(0, 5, 1)", RuntimeError, ["5", "3"]),
    ("rl.ones(2, 3).diagonal(0, 1, 1)", RuntimeError, ["diagonal"]),
    ("rl.ones(2).topk(3)", RuntimeError, ["range"]),
    ("rl.func.grad(lambda v: v)(rl.ones(2))", RuntimeError, ["scalar"]),
]


@pytest.mark.parametrize(("statement", "kind", "words"), CASES, ids=[c[0] for c in CASES])
def test_error(statement, kind, words):
    with pytest.raises(kind) as caught:
        eval(statement, {"rl": rl, "F": F})
    text = str(caught.value)
    absent = [w for w in words if w.lower() not in text.lower()]
    assert not absent, f"{text!r} does not say {absent}"


def test_the_example_of_the_manual():
    with pytest.raises(RuntimeError) as caught:
        rl.ones(8, 784) @ rl.ones(10, 784)
    assert str(caught.value).endswith(
        "shapes [8, 784] and [10, 784] do not match: last dimension of the first (784) must equal the "
        "second-to-last of the second (10). Did you mean b.T?"
    )


def test_an_absent_derivative_names_the_operator():
    y = rl.igamma(rl.ones(2, requires_grad=True), rl.ones(2)).sum()
    with pytest.raises(NotImplementedError, match="igamma"):
        y.backward()


def test_a_changed_saved_tensor_names_both_operators():
    w = rl.ones(2, requires_grad=True)
    y = w.exp()
    z = y.sum()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (z + y.sum()).backward()


@pytest.mark.parametrize("name", ["mm", "argmax", "sort", "linalg.norm", "neg"])
def test_results_of_one_dtype_are_not_converted_for_out(name):
    call = rl.linalg.norm if name == "linalg.norm" else getattr(rl, name)
    operands = [rl.ones(2, 2)] * (2 if name == "mm" else 1)
    results = call(*operands)
    parts = list(results) if isinstance(results, tuple) else [results]
    wider = [rl.empty(part.shape, dtype=rl.float64) for part in parts]
    with pytest.raises(RuntimeError, match="dtype"):
        call(*operands, out=tuple(wider) if len(wider) > 1 else wider[0])


@pytest.mark.parametrize("call", [rl.exp, rl.sort, rl.linalg.inv, lambda x, out: rl.add(x, 1, out=out)])
def test_out_on_another_device_is_refused(call):
    x = rl.eye(2)
    nowhere = rl.empty(2, 2, device="meta")
    with pytest.raises(RuntimeError, match="same device"):
        call(x, out=(nowhere, nowhere) if call is rl.sort else nowhere)


def test_out_may_not_overlap_operands_in_part():
    x = rl.arange(4.0)
    for call in (lambda: rl.add(x[1:], 1, out=x[:-1]), lambda: rl.exp(x[1:], out=x[:-1])):
        with pytest.raises(RuntimeError, match="single memory location"):
            call()
    assert rl.add(x, 1, out=x) is x and x.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "make", [rl.empty, rl.zeros, rl.rand, rl.arange, lambda n, **given: rl.zeros_like(rl.ones(n), **given)]
)
def test_layouts_of_sparse_tensors_are_refused(make):
    with pytest.raises(RuntimeError, match="only strided tensors"):
        make(2, layout=rl.sparse_coo)
    assert make(2, layout=rl.strided).layout is rl.strided


@pytest.mark.parametrize(("hook", "changed"), [(lambda g: rl.ones(3), "size"), (lambda g: g.double(), "type")])
def test_hooks_keep_the_kind_of_a_gradient(hook, changed):
    x = rl.ones(2, requires_grad=True)
    x.register_hook(hook)
    with pytest.raises(RuntimeError, match=f"has changed the {changed} of value"):
        x.sum().backward()


def test_truth_values_have_no_sign():
    for call in (lambda x: +x, rl.positive):
        with pytest.raises(NotImplementedError, match=r"`\+` operator, on a bool tensor"):
            call(rl.tensor(True))


def test_the_constructor_of_plain_tensors_takes_no_dtype():
    with pytest.raises(TypeError, match="unexpected keyword dtype"):
        rl.Tensor(2, dtype=rl.int32)
