"""Differentiation of changes in place: what is refused, what is recorded, and what views and saved tensors see."""

import weakref

import pytest

import rushlight as rl


def leaf(*values):
    return rl.tensor(list(values), requires_grad=True)


def test_in_place_on_a_leaf_is_refused():
    with pytest.raises(RuntimeError, match="leaf"):
        leaf(1.0).mul_(2)
    with pytest.raises(RuntimeError, match="view of a leaf"):
        leaf(1.0, 2.0)[0].mul_(2)


def test_in_place_on_a_result_is_recorded():
    x = leaf(2.0)
    y = x * 3
    y.mul_(y.detach().clone())
    y.sum().backward()
    assert x.grad.tolist() == [18]


def test_in_place_through_a_view_reaches_the_base():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    y[1:].mul_(10)
    y[0] = 7
    y.sum().backward()
    assert x.grad.tolist() == [0, 10, 10]


def test_an_expanded_view_sums_gradients_after_its_base_was_changed():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y.expand(3, 2)
    y.add_(1)
    (z * z).sum().backward()
    assert z.tolist() == [[2, 3]] * 3 and x.grad.tolist() == [12, 18]


def test_parts_made_together_may_not_be_changed_in_place():
    x = leaf(1.0, 2.0, 3.0) * 1
    for name, parts in {"Split": x.split(1), "SplitWithSizes": x.split([1, 2]), "Unbind": x.unbind()}.items():
        with pytest.raises(RuntimeError, match=f"Output 0 of {name} is a view and is being modified inplace"):
            parts[0].mul_(2)
    x.unsafe_split(1)[0].mul_(2)
    assert x.tolist() == [2, 2, 3]


def test_a_view_taken_before_sees_the_change():
    x = leaf(1.0, 2.0)
    y = x * 1
    view = y.view(2, 1)
    y.mul_(3)
    view.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_changed_operand_is_an_error():
    x = leaf(1.0)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_an_operand_that_shares_the_changed_memory_is_an_error():
    y = leaf(2.0) * 3
    y.mul_(y.detach())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_versions_count_changes_of_shared_memory():
    x = rl.zeros(4)
    before = x._version
    x[1:].add_(1)
    x.detach().mul_(2)
    assert x._version == before + 2


def test_saved_tensors_may_be_changed_where_that_is_allowed():
    x = rl.tensor([1.0, 2.0], requires_grad=True)
    with rl.autograd.graph.allow_mutation_on_saved_tensors() as context:
        y = x.exp()
        z = (y[:1] * y[:1]).sum() + (y * 2).sum()
        y.zero_()
        z.backward()
        kept = (x * x).sum()
        with pytest.raises(RuntimeError, match="cannot be nested"), rl.autograd.graph.allow_mutation_on_saved_tensors():
            pass
        assert len(context.cloned)
    assert rl.allclose(x.grad, 2 * x.exp() + rl.stack([2 * (2 * x[0]).exp(), rl.tensor(0.0)]))
    with pytest.raises(AssertionError, match="outside of the 'allow_mutation_on_saved_tensors' context"):
        kept.backward()


def test_swapped_tensors_stay_the_objects_they_are():
    x, y = rl.ones(2, requires_grad=True), rl.zeros(3)
    x.note = "kept"
    view = y[1:]
    rl.utils.swap_tensors(x, y)
    assert x.tolist() == [0, 0, 0] and y.tolist() == [1, 1] and y.requires_grad and y.note == "kept"
    assert not hasattr(x, "note") and view._base is x
    (y * 2).sum().backward()
    assert y.grad.tolist() == [2, 2] and x.grad is None
    layer, other = rl.nn.Linear(2, 2), rl.nn.Parameter(rl.ones(2, 2))
    weight = layer.weight
    rl.utils.swap_tensors(weight, other)
    assert layer.weight is weight and weight.tolist() == [[1, 1], [1, 1]]
    reference = weakref.ref(x)
    with pytest.raises(RuntimeError, match="weakref"):
        rl.utils.swap_tensors(x, y)
    assert reference() is x
    with pytest.raises(TypeError, match="as_subclass"):
        rl.utils.swap_tensors(rl.ones(1), weight)
