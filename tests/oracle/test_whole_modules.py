"""Files of whole modules, as ``torch.save(model)`` writes them, are read by the other side."""

import io
import pickle
import subprocess
import sys
import warnings

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402
from rushlight._places import torch_module  # noqa: E402

OBJECTS = """
t.nn.Sequential(t.nn.Conv2d(1, 1, 1), t.nn.BatchNorm2d(1), t.nn.ReLU(), t.nn.Dropout(), t.nn.Flatten())
t.nn.MultiheadAttention(4, 2)
t.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
t.nn.LSTM(2, 3, 2, bidirectional=True)
t.nn.GRU(2, 3, bias=False)
t.nn.GRUCell(2, 3)
t.nn.ParameterList([t.ones(1)])
t.nn.ParameterDict({"a": t.ones(1)})
t.nn.DataParallel(t.nn.Linear(1, 1))
t.optim.swa_utils.AveragedModel(t.nn.Linear(1, 1))
t.optim.Adam([t.nn.Parameter(t.ones(1))])
t.optim.Muon([t.nn.Parameter(t.ones(1, 1))]).state_dict()
t.distributions.LogNormal(t.zeros(1), t.ones(1))
t.distributions.Beta(t.ones(1), t.ones(1))
t.utils.data.TensorDataset(t.ones(2)).tensors
t.ones(2).max(0)
t.nn.utils.rnn.pack_sequence([t.ones(2)])
[t.tanh, t.nn.functional.relu]
""".strip().splitlines()


def text(value):
    return repr(value).replace("rushlight", "torch")


@pytest.mark.parametrize("expression", OBJECTS)
def test_files_go_both_ways(expression):
    warnings.simplefilter("ignore")
    for lib, other in ((rl, torch), (torch, rl)):
        file = io.BytesIO()
        lib.save(eval(expression, {"t": lib}), file)
        file.seek(0)
        loaded = other.load(file, weights_only=False)
        same = eval(expression, {"t": other})
        assert loaded == same if isinstance(same, list) else text(loaded) == text(same)


def test_a_recurrent_module_computes_after_the_passage():
    file = io.BytesIO()
    module = rl.nn.LSTM(2, 3)
    rl.save(module, file)
    file.seek(0)
    expected = module(rl.ones(4, 1, 2))[0].flatten().tolist()
    theirs = torch.load(file, weights_only=False)(torch.ones(4, 1, 2))[0]
    assert theirs.flatten().tolist() == pytest.approx(expected, abs=1e-6)


READ = """
import pickle, sys, torch
for value in pickle.load(open(sys.argv[1], "rb")):
    print(value)
"""


def test_plain_pickles_of_pytorch_are_read(tmp_path):
    values = [
        torch.arange(6.0).view(2, 3).t(),
        torch.nn.Linear(2, 1),
        torch.nn.LSTM(1, 1).state_dict(),
        torch.tanh.__name__,
    ]
    file, program = tmp_path / "values", tmp_path / "program.py"
    program.write_text(READ)
    file.write_bytes(pickle.dumps(values))
    lines = printed("-m", "rushlight.cli", "run", str(program), str(file))
    assert lines == set("\n".join(map(str, values)).splitlines())


PLACES = """
import torch, torch.nn.utils.rnn, torch.optim.lr_scheduler, torch.optim.swa_utils, torch.distributions.transforms
modules = [torch, torch.nn, torch.optim, torch.utils.data, torch.distributions, torch.optim.lr_scheduler, torch.nn.utils.rnn]
for module in modules + [torch.distributions.transforms, torch.optim.swa_utils, torch.storage]:
    for name in sorted(dir(module)):
        item = getattr(module, name, None)
        if isinstance(item, type) and not name.startswith("_") and item.__module__.startswith("torch"):
            print(name, item)
"""


def printed(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines())


def test_classes_have_the_names_that_pytorch_gives_them(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PLACES)
    theirs, ours = printed(str(program)), printed("-m", "rushlight.cli", "run", str(program))
    known = {line.split()[0] for line in theirs}
    assert len(ours & theirs) > 300
    assert {line for line in ours - theirs if line.split()[0] in known} == set()


def test_places_of_what_is_not_here():
    assert torch_module("collections", "OrderedDict") == "collections"
