"""Differentiation: accumulation, hooks, saved tensors, depth, threads, processes, interruption."""

import _thread
import gc
import os
import signal
import threading
import time

import pytest

import rushlight as rl


def leaf(*values):
    return rl.tensor(list(values), requires_grad=True)


def test_shared_input_sums_gradients():
    x = leaf(2.0)
    (x * x + x).sum().backward()
    assert x.grad.tolist() == [5]


def test_gradients_of_one_memory_become_gradients_of_two_leaves():
    a, b = rl.zeros(2, 3, requires_grad=True), rl.zeros(3, 2, requires_grad=True)
    (a.t() + b).backward(rl.ones(3, 2))
    a.grad.zero_()
    assert b.grad.tolist() == rl.ones(3, 2).tolist()


def test_the_gradient_of_a_transposed_weight_lies_as_the_weight():
    x, w, bias = rl.ones(2, 3), rl.ones(5, 3, requires_grad=True), rl.zeros(5, requires_grad=True)
    for product in (x @ w.t(), rl.addmm(bias, x, w.t()), rl.nn.functional.linear(x, w, bias)):
        (transposed,) = rl.autograd.grad(product.sum(), w, retain_graph=True)
        assert transposed.stride() == (3, 1) and transposed.tolist() == [[2.0] * 3] * 5
        w.grad = None
        product.sum().backward()
        assert w.grad.stride() == (3, 1) and not w.grad._is_view()


def test_gradients_lie_as_their_leaves():
    x = rl.ones(3, 2).t().requires_grad_()
    for create_graph in (False, True):
        x.grad = None
        (x * rl.ones(2, 3)).sum().backward(create_graph=create_graph)
        assert x.grad.stride() == (1, 2)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x.select(0, 0).mul_(2)


def test_gradients_of_several_results():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = rl.autograd.grad([x * y, y * y], [x, y], [rl.ones(1), rl.ones(1)])
    assert (gx.tolist(), gy.tolist()) == ([3], [8])


def test_graph_is_freed_unless_retained():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8]
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_unused_input():
    x, y = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match="allow_unused"):
        rl.autograd.grad(x.sum(), y)
    assert rl.autograd.grad(x.sum(), y, allow_unused=True) == (None,)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_any_order(order):
    x = rl.tensor(1.5, requires_grad=True, dtype=rl.float64)
    y = x**6
    factor = 1
    for k in range(order):
        (y,) = rl.autograd.grad(y, x, create_graph=True)
        factor *= 6 - k
    assert y.item() == pytest.approx(factor * 1.5 ** (6 - order))


def test_no_grad_and_its_kin():
    x = leaf(1.0)
    with rl.no_grad():
        assert not (x * 2).requires_grad
        with rl.enable_grad():
            assert (x * 2).requires_grad
    with rl.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    with rl.inference_mode():
        inferred = x * 2
    assert inferred.is_inference() and not inferred.requires_grad


def test_detach_shares_memory_and_stops():
    x = leaf(1.0, 2.0)
    y = x.detach()
    y[0] = 5
    assert x.tolist() == [5, 2] and not y.requires_grad


def test_tensor_hooks_change_gradients_in_order():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()) or g * 2)
    handle = x.register_hook(lambda g: seen.append(g.item()) or g + 1)
    (x * 3).sum().backward()
    assert seen == [3, 6] and x.grad.tolist() == [7]
    handle.remove()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [13]


def test_post_accumulate_hook():
    x, seen = leaf(1.0), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.item()))
    (x * 3).sum().backward()
    assert seen == [3]


def test_retained_gradient_of_a_result():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3]


def test_saved_tensor_hooks():
    packed = []
    pack = lambda t: packed.append(t.shape) or t.detach().numpy().copy()  # noqa: E731
    x = leaf(2.0, 3.0)
    with rl.autograd.graph.saved_tensors_hooks(pack, rl.from_numpy):
        y = (x.detach().requires_grad_() * 1).exp().sum()
        y.backward()
    assert packed


class Cube(rl.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


def test_custom_function_and_its_second_derivative():
    x = leaf(2.0)
    (first,) = rl.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = rl.autograd.grad(first.sum(), x)
    assert (first.tolist(), second.tolist()) == ([12], [12])


def test_checkpoint_gives_the_same_gradients():
    x = leaf(0.5, 1.5)
    body = lambda t: (t.sin() * t).exp()  # noqa: E731
    (direct,) = rl.autograd.grad(body(x).sum(), x)
    (again,) = rl.autograd.grad(rl.utils.checkpoint.checkpoint(body, x, use_reentrant=False).sum(), x)
    assert rl.equal(direct, again)


def test_anomaly_mode_names_the_operator():
    x = rl.tensor([-1.0], requires_grad=True)
    with pytest.warns(UserWarning), pytest.raises(RuntimeError, match="(?i)sqrt.*nan"):
        with rl.autograd.detect_anomaly():
            x.sqrt().sum().backward()


def test_deep_chains_do_not_overflow_the_stack():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.sum().backward()
    assert x.grad.tolist() == [1]
    del y


def test_a_deep_chain_is_freed_without_backward():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y
    gc.collect()


def test_threads_differentiate_in_parallel():
    weight = leaf(*[1.0] * 64)
    results = {}

    def work(k):
        x = rl.full((64,), float(k), requires_grad=True)
        for _ in range(50):
            x.grad = None
            (x * x * weight.detach()).sum().backward()
        results[k] = x.grad[0].item()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert results == {k: 2.0 * k for k in range(8)}


def test_threads_accumulate_into_one_leaf():
    x = rl.zeros(1000, requires_grad=True)
    threads = [threading.Thread(target=lambda: [x.sum().backward() for _ in range(20)]) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert x.grad.tolist() == [80] * 1000


def test_grad_mode_belongs_to_the_thread():
    seen = []
    with rl.no_grad():
        thread = threading.Thread(target=lambda: seen.append(rl.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_after_use():
    a = rl.rand(300, 300, requires_grad=True)
    (a @ a).sum().backward()
    child = os.fork()
    if child == 0:
        try:
            a.grad = None
            (a @ a).sum().backward()
            os._exit(0 if a.grad is not None else 1)
        except BaseException:
            os._exit(2)
    deadline = time.monotonic() + 30
    done, status = os.waitpid(child, os.WNOHANG)
    while not done and time.monotonic() < deadline:
        time.sleep(0.05)
        done, status = os.waitpid(child, os.WNOHANG)
    if not done:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert done and status == 0


def test_interruption_during_long_work():
    # A process started in the background ignores interruptions.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, _thread.interrupt_main).start()
    x = rl.rand(400, 400)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(100_000):
            x = (x @ x) / 400
    signal.signal(signal.SIGINT, before)
    assert x.shape == (400, 400)


def test_an_error_in_a_hook_leaves_the_engine_usable():
    x = leaf(1.0)

    def fail(grad):
        raise ValueError("from the hook")

    handle = x.register_hook(fail)
    with pytest.raises(ValueError, match="from the hook"):
        (x * 2).sum().backward()
    handle.remove()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2]


def test_backward_inside_a_hook():
    x, inner = leaf(1.0), leaf(3.0)

    def differentiate(grad):
        with rl.enable_grad():
            (inner * inner).sum().backward()

    x.register_hook(differentiate)
    (x * 2).sum().backward()
    assert inner.grad.tolist() == [6]
