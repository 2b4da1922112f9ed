"""Random garbage for every public function: an error or a result, never a panic, a crash or a hang.

Each namespace runs in one child process under limits of time and memory; the calls follow from a fixed seed.
"""

import subprocess
import sys

import pytest

CHILD = """
import inspect, os, random, resource, signal, sys, warnings
import rushlight as rl

def hang(*_):
    raise SystemError("no answer for ten seconds")

TENSORS = [
    lambda: rl.empty(0), lambda: rl.tensor(1.5), lambda: rl.empty(2, 0, 3), lambda: rl.rand(3, 3),
    lambda: rl.rand(1, 2, 5, 5), lambda: rl.arange(4), lambda: rl.tensor([[1, -1], [2**62, 0]]),
    lambda: rl.tensor([True, False]), lambda: rl.rand(3, 3, dtype=rl.complex64), lambda: rl.rand(3).half(),
    lambda: rl.rand(6)[::2], lambda: rl.rand(1, 3).expand(4, 3), lambda: rl.tensor([float("nan"), float("inf")]),
    lambda: rl.rand(3, 3, requires_grad=True), lambda: rl.rand(2, 3, device="meta"),
    lambda: rl.zeros(3, 3).as_strided((3, 3), (1, 1)), lambda: rl.tensor([2**63 - 1]),
    lambda: rl.empty((2, 2**50), device="meta"),
]
NUMBERS = [0, 1, -1, 2, 3, 7, 2**31, 2**62, 2**63 - 1, -(2**63), 10**30, 1.5, float("nan"), float("inf"), -1e300, True]
OTHERS = [None, "", "mean", 1j, rl.float32, rl.device("meta"), ..., slice(None), object()]
KEYWORDS = "dim out dtype keepdim size stride padding dilation groups p n s weight bias reduction eps axis mode".split()

def value(draw):
    kind = draw.random()
    if kind < 0.45:
        return draw.choice(TENSORS)()
    if kind < 0.9:
        return draw.choice(NUMBERS if kind < 0.75 else OTHERS)
    return [draw.choice((lambda: draw.choice(NUMBERS), draw.choice(TENSORS)))() for _ in range(draw.randrange(4))]

def attempt(function, first, draw):
    given = [first()] + [value(draw) for _ in range(draw.randrange(5))]
    named = {draw.choice(KEYWORDS): value(draw) for _ in range(draw.choice([0, 0, 1]))}
    try:
        result = function(*given, **named)
        if isinstance(result, rl.Tensor) and result.requires_grad and not result.is_meta and result.numel() < 1000:
            result.sum().abs().backward()
    except SystemError:
        raise
    except Exception:
        pass

namespace = eval("rl" + sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
signal.signal(signal.SIGALRM, hang)
warnings.simplefilter("ignore")
NOT_CALLED = {"attach", "compile", "cuda", "load", "save", "seed", "set_default_device", "set_default_dtype", "vmap",
              "set_default_tensor_type", "set_num_interop_threads", "set_num_threads", "from_file", "share_memory_"}
for name in sorted(dir(namespace)):
    function = getattr(namespace, name, None)
    if name.startswith("_") or name in NOT_CALLED or not callable(function) or inspect.isclass(function):
        continue
    for trial in range(4):
        draw = random.Random(f"{name} {trial}")
        print(name, trial, file=sys.stderr)
        signal.alarm(10)
        attempt(function, draw.choice(TENSORS), draw)
        signal.alarm(0)
print("finished", flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("namespace", ["", ".Tensor", ".nn.functional", ".linalg", ".fft", ".special"])
def test_garbage_never_brings_the_process_down(namespace, tmp_path):
    child = [sys.executable, "-c", CHILD, namespace]
    done = subprocess.run(child, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.stdout.endswith("finished\n") and "panicked" not in done.stderr, done.stderr[-1000:]
