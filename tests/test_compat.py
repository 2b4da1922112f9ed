"""``import torch`` under `rushlight.compat`: each program runs in its own process, where torch was never imported."""

import subprocess
import sys

import pytest

from rushlight.compat.version import FOLLOWED, TorchVersion


def run(program: str) -> str:
    """Run ``program`` after `install` and return what it printed."""
    start = "from rushlight import compat; compat.install()\n"
    done = subprocess.run([sys.executable, "-c", start + program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def error_of(statement: str) -> str:
    """Return type and text of the error that ``statement`` raises after ``import torch``."""
    return run(
        f"import torch\ntry:\n    {statement}\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )


def test_torch_is_rushlight():
    run("import torch, rushlight; assert torch is rushlight")
    run("import torch.nn.functional as F, rushlight.nn.functional as G; assert F is G")
    run("from torch.utils import data; import rushlight.utils.data; assert data is rushlight.utils.data")
    run("from torch import nn, optim; from torch.nn import Linear; import rushlight.nn; assert nn is rushlight.nn")


def test_modules_keep_their_own_spec():
    assert run("import torch.nn; print(torch.__spec__.name, torch.nn.__spec__.name)") == "rushlight rushlight.nn"


def test_every_way_to_an_infrastructure_module_gives_the_same_one():
    run(
        "import torch\na = torch.backends.cudnn\nimport torch.backends.cudnn as b\n"
        "from torch.backends import cudnn as c\nassert a is b is c"
    )
    run("import torch.cuda as a; from torch import cuda as b; import torch; assert a is b is torch.cuda")
    run("from torch.utils import _pytree as a; import torch.utils._pytree as b; assert a is b")


def test_the_import_system_and_metadata_answer_for_torch():
    run("from importlib.util import find_spec; assert find_spec('torch').name == 'torch'")
    run("from importlib.util import find_spec; import torch; assert find_spec('torch.nn') is not None")
    run("from importlib.util import find_spec; import torch; assert find_spec('torch.absent') is None")
    run("from importlib.metadata import version; import torch; assert version('torch') == torch.__version__")


def test_classes_and_functions_have_pytorch_s_names():
    printed = run(
        "import torch, torch.optim.lr_scheduler, torch.distributed.nn\n"
        "import torch.nn.functional as F\n"
        "print(type(torch.ones(1)), torch.nn.GRUCell, torch.Generator, type(torch.ones(2).max(0)))\n"
        "print(torch.optim.lr_scheduler.StepLR, F.relu.__module__, torch.cuda.Event, torch.typename(torch.nn.ReLU()))\n"
    )
    assert printed == (
        "<class 'torch.Tensor'> <class 'torch.nn.modules.rnn.GRUCell'> <class 'torch._C.Generator'> "
        "<class 'torch.return_types.max'>\n<class 'torch.optim.lr_scheduler.StepLR'> torch.nn.functional "
        "<class 'torch.cuda.Event'> torch.nn.modules.activation.ReLU"
    )


def test_names_are_given_back():
    run(
        "import rushlight as rl\nimport torch.nn\nassert rl.nn.Linear.__module__ == 'torch.nn.modules.linear'\n"
        "compat.uninstall()\nassert (rl.Tensor.__module__, rl.nn.Linear.__module__) == ('rushlight', 'rushlight.nn.modules.linear')\n"
        "import rushlight.optim\nassert rl.optim.Adam.__module__ == 'rushlight.optim.adam'"
    )


def test_annotations_of_classes_are_found():
    run(
        "import torch, typing\n"
        "class Model(torch.nn.Module):\n    weight: 'torch.Tensor | None'\n"
        "assert typing.get_type_hints(Model)['weight'] == torch.Tensor | None"
    )


def test_what_is_pickled_comes_back_under_the_same_names():
    run(
        "import pickle, torch, functools\nfrom torch import nn\n"
        "acts = [torch.tanh, nn.functional.gelu, functools.partial(torch.relu), len]\n"
        "kept = [torch.ones(2).max(0), torch.Size([1]), torch.float32, nn.LSTM(1, 1), nn.ParameterList([torch.ones(1)])]\n"
        "for value in acts + kept:\n    assert repr(pickle.loads(pickle.dumps(value))) == repr(value), value\n"
        "assert b'rushlight' not in pickle.dumps(kept + acts)"
    )


def test_installing_twice_and_uninstalling():
    run(
        "compat.install(); compat.uninstall(); import sys; assert not compat.installed() and 'torch' not in sys.modules"
    )
    run("import rushlight; compat.uninstall(); assert rushlight.__version__ != compat.FOLLOWED")


def test_spawned_processes_see_torch_too(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, subprocess, sys, torch\n"
        "def name(): print(torch._C.__name__, flush=True)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=name)\n"
        "    child.start(); child.join(); name()\n"
        "    subprocess.run([sys.executable, '-c', 'import torch; print(torch._C.__name__)'])\n"
    )
    command = [sys.executable, "-m", "rushlight.cli", "run", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["rushlight._C"] * 3, done.stderr
    assert not done.stderr


def test_pytorch_already_imported_is_refused():
    program = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "from rushlight import compat\ntry: compat.install()\nexcept RuntimeError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "already imported" in done.stdout


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("import torch.absent", "ModuleNotFoundError No module named 'torch.absent': Rushlight has no torch.absent"),
        (
            "import torch.nn.absent",
            "ModuleNotFoundError No module named 'torch.nn.absent': Rushlight has no torch.nn.absent",
        ),
        ("import torch.cli", "ModuleNotFoundError No module named 'torch.cli': Rushlight has no torch.cli"),
        ("torch.absent", "AttributeError module 'rushlight' has no attribute 'absent'"),
        ("from torch import absent", "ImportError cannot import name 'absent' from 'torch'"),
        ("torch.cuda.absent", "AttributeError module 'torch.cuda' has no attribute 'absent'"),
        ("torch.cuda.synchronize()", "AssertionError torch.cuda.synchronize: Rushlight computes on the CPU"),
        ("torch.cuda.Stream()", "RuntimeError torch.cuda.Stream: Rushlight computes on the CPU"),
        ("torch.cuda.set_rng_state_all([1])", "RuntimeError torch.cuda.set_rng_state_all: 1 states for 0 devices"),
        (
            "torch.distributed.init_process_group('gloo')",
            "RuntimeError torch.distributed.init_process_group: Rushlight runs",
        ),
        ("torch.jit.trace(1, 2)", "NotImplementedError torch.jit.trace: Rushlight runs programs eagerly"),
        ("torch.fx.symbolic_trace(1)", "NotImplementedError torch.fx.symbolic_trace: Rushlight runs programs eagerly"),
        ("torch.onnx.export(1)", "NotImplementedError torch.onnx.export: Rushlight cannot write ONNX"),
        ("torch.set_float32_matmul_precision('low')", "RuntimeError set_float32_matmul_precision: 'low' is not one of"),
        ("torch.compile(len, mode='a', options={})", "RuntimeError compile: either mode or options"),
    ],
)
def test_what_is_missing_says_so(statement: str, text: str):
    assert error_of(statement).startswith(text)


@pytest.mark.parametrize(
    "expression",
    [
        "not torch.cuda.is_available() and torch.cuda.device_count() == 0",
        "not torch.backends.mps.is_available() and not torch.xpu.is_available()",
        "not torch.accelerator.is_available() and torch.accelerator.device_count() == 0",
        "not torch.backends.cudnn.is_available() and not torch.backends.mkldnn.is_available()",
        "torch.cuda.manual_seed_all(1) is None and torch.cuda.empty_cache() is None",
        "torch.cuda.memory_allocated() == 0 and torch.cuda.get_rng_state_all() == []",
        "torch.compile(len) is len and torch.compile(mode='max-autotune')(len) is len",
        "torch.compiler.disable(len) is len and torch.compiler.disable()(len) is len",
        "not torch.compiler.is_compiling() and not torch.jit.is_scripting() and not torch.jit.is_tracing()",
        "torch.jit.script(len) is len and torch.jit.ignore(len) is len and torch.jit.ignore(drop=True)(len) is len",
        "torch.jit.unused(len) is len and torch.jit.annotate(int, 3) == 3 and torch.jit.isinstance([1], list)",
        "torch._dynamo.disable(len) is len and torch.fx.wrap('len') == 'len'",
        "not torch.distributed.is_available() and not torch.distributed.is_initialized()",
        "torch.version.cuda is None and torch.version.__version__ >= (2, 0)",
        "torch.get_float32_matmul_precision() == 'highest'",
        "torch.backends.cpu.get_cpu_capability().isupper()",
        "torch.overrides.is_tensor_like(torch.ones(1)) and not torch.overrides.has_torch_function((torch.ones(1),))",
        "issubclass(torch.cuda.amp.autocast, torch.amp.autocast)",
        "torch.cpu.is_available() and torch.cpu.device_count() == 1 and torch.cpu.current_device() == 'cpu'",
        "issubclass(torch.cpu.amp.autocast, torch.amp.autocast) and torch.cpu.amp.autocast().fast_dtype is torch.bfloat16",
        "torch.get_autocast_cpu_dtype() is torch.bfloat16 and torch.get_autocast_gpu_dtype() is torch.float16",
        "not torch.is_autocast_cpu_enabled() and torch.clear_autocast_cache() is None and not torch.is_distributed(0)",
        "not torch.is_anomaly_enabled() and torch.is_anomaly_check_nan_enabled() in (True, False)",
        "torch.get_device_module() is torch.cpu and torch.get_device_module('cuda') is torch.cuda",
        "torch.profiler.supported_activities() == {torch.profiler.ProfilerActivity.CPU}",
        "torch.ones(2).neg().prelu(torch.tensor([0.5])).tolist() == [-0.5, -0.5]",
        "torch.functional.norm is torch.norm and torch.nn.common_types._size_2_t",
    ],
)
def test_infrastructure_answers_truthfully(expression: str):
    run(f"import torch, torch._dynamo, torch.distributed, torch.fx, torch.overrides\nassert {expression}")


def test_function_modes_see_every_call_and_nest():
    run(
        "import torch\nfrom torch.overrides import TorchFunctionMode\n"
        "class Seen(TorchFunctionMode):\n"
        "    def __init__(self, calls): self.calls = calls\n"
        "    def __torch_function__(self, func, types, args=(), kwargs=None):\n"
        "        self.calls.append(func.__name__)\n"
        "        return func(*args, **(kwargs or {}))\n"
        "outer, inner = [], []\n"
        "with Seen(outer):\n"
        "    with Seen(inner):\n"
        "        x = torch.ones(3)\n"
        "        (x * 2).std()\n"
        "        x[0] = torch.einsum('i,i', x, x)\n"
        "        torch.nn.functional.softmax(x, 0), torch.randn(2), torch.arange(3), torch.zeros_like(x), x.add_(1)\n"
        "    x.exp()\n"
        "x.log()\n"
        "seen = 'ones mul std einsum __setitem__ softmax randn arange zeros_like add_'.split()\n"
        "assert inner == seen and outer == [*seen, 'exp'], (inner, outer)"
    )


def test_a_function_mode_may_answer_refuse_and_raise():
    run(
        "import torch\nfrom torch.overrides import TorchFunctionMode\n"
        "class Answer(TorchFunctionMode):\n"
        "    def __torch_function__(self, func, types, args=(), kwargs=None):\n"
        "        if func.__name__ == 'sin': return 'sine'\n"
        "        if func.__name__ == 'cos': raise ValueError('no cosine')\n"
        "        return NotImplemented\n"
        "x = torch.ones(2)\n"
        "with Answer():\n"
        "    assert x.sin() == 'sine'\n"
        "    for call, error in ((x.cos, ValueError), (x.tan, TypeError)):\n"
        "        try: call()\n"
        "        except error: pass\n"
        "        else: raise AssertionError\n"
        "    with torch._C.DisableTorchFunction(): x.tan()\n"
        "x.tan()"
    )


def test_functions_on_tensor_likes_are_offered_to_them():
    run(
        "import torch\nfrom torch.overrides import wrap_torch_function\n"
        "class Like:\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return func.__name__, types\n"
        "@wrap_torch_function(lambda x: (x,))\n"
        "def twice(x): return 2 * x\n"
        "assert twice(3) == 6 and twice(Like()) == ('twice', (Like,))"
    )


def test_futures_give_results_in_order():
    run(
        "import torch, threading\nfrom torch.futures import Future, collect_all, wait_all\n"
        "f, g, seen = Future(), Future(), []\n"
        "after = f.then(lambda done: done.value() + 1)\n"
        "f.add_done_callback(lambda done: seen.append(done.value()))\n"
        "threading.Timer(0.05, f.set_result, [3]).start()\n"
        "assert after.wait() == 4 and wait_all([f, after]) == [3, 4] and f.done() and not g.done()\n"
        "g.set_exception(ValueError('bad'))\n"
        "for call in (g.wait, lambda: wait_all([f, g])):\n"
        "    try: call()\n"
        "    except ValueError as e: assert str(e) == 'bad'\n"
        "    else: raise AssertionError\n"
        "assert collect_all([]).wait() == [] and seen == [3]\n"
        "assert torch.jit.wait(torch.jit.fork(max, 1, 2)) == 2"
    )


def test_future_is_set_once():
    error = error_of("f = torch.futures.Future(); f.set_result(1); f.set_result(2)")
    assert error.startswith("RuntimeError Attempting to mark a completed Future as complete again.")


def test_models_with_marks_of_quantization_run_in_floating_point():
    run(
        "import torch\nfrom torch.ao.quantization import DeQuantStub, QuantStub\nfrom torch.quantization import QuantWrapper\n"
        "x = torch.ones(2)\n"
        "assert DeQuantStub()(QuantStub()(x)) is x and QuantWrapper(torch.nn.ReLU())(x).equal(x)\n"
        "f = torch.nn.quantized.FloatFunctional()\n"
        "assert f.add(x, x).equal(f.mul_scalar(x, 2)) and f.cat([x, x]).shape == (4,) and f.matmul(x, x) == 2\n"
        "assert isinstance(f, torch.ao.nn.quantized.FloatFunctional)"
    )
    error = error_of("torch.quantization.quantize_dynamic(torch.nn.Linear(2, 2))")
    assert "quantize_dynamic: Rushlight has no quantized tensors. Keep the model in floating point" in error


def test_tensors_are_flattened_and_restored():
    run(
        "import torch\nfrom torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors\n"
        "given = [torch.ones(2, 2), torch.zeros(3)]\n"
        "flat = _flatten_dense_tensors(given)\n"
        "assert flat.tolist() == [1, 1, 1, 1, 0, 0, 0]\n"
        "assert all(a.equal(b) for a, b in zip(given, _unflatten_dense_tensors(flat, given), strict=True))"
    )


def test_first_version_of_the_profiler():
    run(
        "import torch\nfrom torch.autograd.profiler import profile, record_function\n"
        "with profile(use_cuda=False, record_shapes=True) as recording:\n"
        "    with record_function('step'): torch.ones(3) + 1\n"
        "assert {'step', 'add'} <= {event.name for event in recording.events()}"
    )


def test_switches_are_kept():
    run(
        "import torch.backends.cudnn as c\nc.benchmark = True\n"
        "with c.flags(benchmark=False): assert not c.benchmark\n"
        "assert c.benchmark"
    )
    run("import torch\ntorch.use_deterministic_algorithms(True); assert torch.are_deterministic_algorithms_enabled()")
    run("import torch\ntorch.backends.cuda.matmul.allow_tf32 = True; assert torch.backends.cuda.matmul.allow_tf32")


def test_trees():
    run(
        "from collections import OrderedDict, namedtuple\n"
        "from torch.utils._pytree import tree_flatten, tree_unflatten, tree_map, tree_map_only, tree_structure\n"
        "P = namedtuple('P', 'x y')\n"
        "tree = {'a': [1, (2, None)], 'b': OrderedDict(c=P(3, 'z'))}\n"
        "leaves, spec = tree_flatten(tree)\n"
        "assert leaves == [1, 2, None, 3, 'z'] and spec.num_leaves == 5\n"
        "assert tree_unflatten(leaves, spec) == tree and type(tree_unflatten(leaves, spec)['b']['c']) is P\n"
        "assert tree_map(lambda a, b: a + b, [1, (2,)], [10, (20,)]) == [11, (22,)]\n"
        "assert tree_map_only(int, lambda v: -v, tree)['a'] == [-1, (-2, None)]\n"
        "assert tree_structure([1, 2]) == tree_structure([3, 4]) != tree_structure((3, 4))\n"
        "from torch.utils._pytree import keystr, key_get, tree_flatten_with_path, tree_map_with_path\n"
        "paths = [path for path, _ in tree_flatten_with_path(tree)[0]]\n"
        "assert list(map(keystr, paths))[1:4] == [\"['a'][1][0]\", \"['a'][1][1]\", \"['b']['c'].x\"]\n"
        "assert [key_get(tree, path) for path in paths] == leaves\n"
        "assert tree_map_with_path(lambda path, leaf: len(path), tree)['b']['c'].x == 3"
    )


def test_einops_and_safetensors_run():
    pytest.importorskip("einops")
    assert (
        run("import torch, einops; print(tuple(einops.rearrange(torch.arange(6), '(a b) -> b a', a=2).shape))")
        == "(3, 2)"
    )
    pytest.importorskip("safetensors")
    program = (
        "import torch; from safetensors.torch import load, save; print(load(save({'a': torch.ones(2)}))['a'].tolist())"
    )
    assert run(program) == "[1.0, 1.0]"


def test_version_order():
    version = TorchVersion("2.15.0+rushlight.0.1.0")
    assert version > "2.9" and version >= (2, 15) and version > (2, 3, 1) and "2.0" < version < "3"
    assert version != "2.15.0" and version > "2.15.0" and version == "2.15.0+rushlight.0.1.0"
    assert (
        TorchVersion("2.1.0a0") < "2.1.0"
        and TorchVersion("2.1.0.dev1") < "2.1.0a0"
        and TorchVersion("2.1.post1") > "2.1"
    )
    assert TorchVersion("2.1.0rc2") > "2.1.0rc1" and TorchVersion("2.1") == "2.1.0"
    assert TorchVersion("parrot") == "parrot" and TorchVersion("parrot") < "zebra"
    assert hash(version) == hash(str(version)) and version.split("+")[0] == FOLLOWED


def test_custom_operators():
    run(
        "import torch\n"
        "@torch.library.custom_op('mine::triple', mutates_args=())\n"
        "def triple(x: torch.Tensor, by: float = 3.0) -> torch.Tensor:\n"
        "    return torch.from_numpy(x.detach().numpy() * by)\n"
        "x = torch.ones(2, requires_grad=True)\n"
        "try: triple(x).sum().backward()\n"
        "except NotImplementedError as error: assert str(error).startswith('mine::triple: no backward formula')\n"
        "else: raise AssertionError\n"
        "def setup(ctx, inputs, output): ctx.by = inputs[1]\n"
        "triple.register_autograd(lambda ctx, g: (g * ctx.by, None), setup_context=setup)\n"
        "torch.ops.mine.triple(x, by=4.0).sum().backward()\n"
        "assert x.grad.tolist() == [4.0, 4.0] and torch.ops.mine.triple.default is triple\n"
        "triple.register_fake(lambda x, by=3.0: torch.empty(x.shape, device='meta'))\n"
        "assert triple(torch.ones(2, device='meta')).device.type == 'meta'\n"
        "lib = torch.library.Library('yours', 'DEF'); lib.define('twice(Tensor x) -> Tensor')\n"
        "lib.impl('twice', lambda x: x + x); assert torch.ops.yours.twice(x).requires_grad\n"
        "assert not hasattr(torch.ops.yours, 'absent')"
    )


def test_switches_of_autocast():
    run(
        "import torch\n"
        "with torch.autocast('cpu'): assert torch.is_autocast_enabled('cpu') and not torch.is_autocast_enabled()\n"
        "torch.set_autocast_enabled('cpu', True); assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.bfloat16\n"
        "torch.set_autocast_dtype('cpu', torch.float16); assert torch.get_autocast_cpu_dtype() is torch.float16\n"
        "torch.set_autocast_cpu_enabled(False); assert not torch.is_autocast_enabled('cpu')\n"
        "with torch.autocast('cpu'): assert torch.mm(torch.ones(2, 2), torch.ones(2, 2)).dtype is torch.float16\n"
        "assert torch.is_autocast_cache_enabled()"
    )
