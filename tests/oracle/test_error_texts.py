"""What programs print of an error: PyTorch's exception, and its text within ours."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

PROGRAMS = """
a = ones(2, requires_grad=True); b = a.clone(); o = (b**2).sum(); b.add_(1); o.backward()
a = ones(2, requires_grad=True); b = a.exp(); b[0] = 1; b.sum().backward()
a = ones(2, requires_grad=True); w = ones(2); o = (a * w).sum(); w.mul_(2); o.backward()
a = ones(2, 3, requires_grad=True, dtype=t.float64); o = a.sigmoid(); o.mul_(2); o.sum().backward()
a = ones(3, requires_grad=True); i = t.tensor([0, 1]); b = a[i]; i[0] = 2; b.sum().backward()
x = ones(2, requires_grad=True); t.autograd.grad(x.sum(), ones(2, requires_grad=True))
x = ones(2, requires_grad=True); x.grad = ones(3)
x = ones(2, requires_grad=True); x.grad = 'a'
ones(2).long().requires_grad_()
t.tensor(1.0)[0]
ones(1)[0][0]
ones(0).argmax()
ones(2) + 'a'
ones(2) > 'a'
None + ones(2)
ones(2) + None
ones(2) @ None
'{:.2f}'.format(ones(2))
t.tensor([1, 'a'])
t.tensor(1, dtype=t.int8).fill_(300)
ones(2).long().std()
ones(2).long().norm()
t.ones(2, dtype=t.complex64).nansum()
t.broadcast_shapes((2,), (3,))
t.einsum('ij,jk', ones(2, 3), ones(2, 3))
t.nn.MaxPool2d(3)(ones(1, 1, 2, 2))
t.nn.utils.rnn.pack_padded_sequence(ones(2, 3, 1), [1, 2], batch_first=True)
ones(2, 3).expand(3, 3)
k = t.inference_mode()(ones)(2); k.add_(1)
t.linalg.inv(t.zeros(2, 2))
t.nn.functional.cross_entropy(ones(3, 4), ones(3, 1).long())
t.nn.functional.nll_loss(ones(2, 3, 4), ones(2, 3).long())
t.bmm(ones(2, 2, 3), ones(3, 3, 2))
""".strip().splitlines()


def raised(lib, program):
    *statements, last = program.split("; ")
    names = {"t": lib, "ones": lib.ones}
    with pytest.raises(Exception) as found:
        for statement in statements:
            exec(statement, names)
        exec(last, names)
    return found.value


@pytest.mark.parametrize("program", PROGRAMS)
def test_texts(program):
    ours, theirs = raised(rl, program), raised(torch, program)
    kinds = [next(k.__name__ for k in type(e).__mro__ if k.__module__ in ("builtins",)) for e in (ours, theirs)]
    assert kinds[0] == kinds[1] and type(ours).__name__ == type(theirs).__name__
    if not isinstance(theirs, NotImplementedError):
        assert str(theirs).strip().rstrip(".") in str(ours).replace("rushlight.Tensor", "Tensor")


def test_a_tensor_that_requires_grad_is_an_array_where_nothing_is_recorded():
    for lib in (rl, torch):
        x = lib.ones(2, requires_grad=True)
        with lib.no_grad():
            assert x.numpy().tolist() == [1, 1]
        with pytest.raises(RuntimeError, match="requires grad"):
            x.numpy()


@pytest.mark.parametrize("pair", ["float32 complex128", "float64 complex64", "int64 complex128", "float64 complex128"])
def test_a_complex_number_without_dimensions_keeps_the_precision_of_the_other_operand(pair):
    left, right = pair.split()
    kinds = [
        lib.result_type(lib.ones(1, dtype=getattr(lib, left)), lib.tensor(1, dtype=getattr(lib, right)))
        for lib in (rl, torch)
    ]
    assert str(kinds[0]) == str(kinds[1])


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("df", [4.0, [4.0, 5.0]])
def test_wishart_draws(shape, df):
    drawn = []
    for lib in (rl, torch):
        lib.manual_seed(3)
        drawn.append(lib.distributions.Wishart(lib.tensor(df), lib.eye(3)).sample(shape).flatten().tolist())
    assert drawn[0] == pytest.approx(drawn[1], rel=1e-4, abs=1e-5)


def test_structures_are_shown_alike():
    from torch.utils import _pytree as theirs

    from rushlight.utils import _pytree as ours

    tree = {"a": [1, 2, {"b": 3, "c": (4, 5)}], "z": []}
    assert str(ours.tree_structure(tree)) == str(theirs.tree_structure(tree))
