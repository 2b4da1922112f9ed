"""Measurements print what PyTorch prints for the same times."""

import re

import pytest

torch = pytest.importorskip("torch")

import torch.utils.benchmark as theirs  # noqa: E402

import rushlight as rl  # noqa: E402
import rushlight.utils.benchmark as ours  # noqa: E402

TIMES = {
    "one": [3e-3],
    "steady": [1.0e-4, 1.01e-4, 1.02e-4, 1.03e-4, 1.01e-4],
    "fluctuating": [1.0e-4, 1.1e-4, 1.2e-4, 1.3e-4, 1.15e-4],
    "gross": [1.0, 2.0, 3.0, 4.0, 9.0],
}
TASKS = {
    "bare": {"stmt": "f(x)", "setup": "pass"},
    "labelled": {"stmt": "f(x)", "setup": "x = 3", "label": "call", "sub_label": "f", "description": "n=1"},
    "block": {"stmt": "y = x\nf(y)", "setup": "x = 3\ny = 4", "sub_label": "two lines", "num_threads": 2},
}


def measured(library, times, task, number=10):
    return library.Measurement(number, list(times), library.TaskSpec(**task))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("times", TIMES)
def test_measurement_is_pytorchs(times, task):
    a, b = (measured(library, TIMES[times], TASKS[task]) for library in (ours, theirs))
    assert re.sub("<.*>", "", repr(a)) == re.sub("<.*>", "", repr(b))
    for name in (
        "median",
        "mean",
        "iqr",
        "significant_figures",
        "has_warnings",
        "title",
        "as_row_name",
        "times",
        "stmt",
    ):
        assert getattr(a, name) == pytest.approx(getattr(b, name)), name


def compared(library, change):
    results = []
    for threads, env, name, description, scale in [
        (1, None, "f", "n=1", 1.0),
        (1, None, "g", "n=1", 1.05),
        (1, None, "f", "n=2", 2.5),
        (2, None, "f", "n=1", 0.7),
        (2, None, "g", "n=2", 6.0),
    ]:
        task = {"stmt": "f(x)", "setup": "pass", "label": "call", "sub_label": name, "description": description}
        for times in ("steady", "fluctuating"):
            values = [t * scale for t in TIMES[times]]
            results.append(measured(library, values, {**task, "num_threads": threads, "env": env}))
    table = library.Compare(results)
    change(table)
    return str(table)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: None,
        lambda table: table.trim_significant_figures(),
        lambda table: table.colorize(),
        lambda table: table.colorize(rowwise=True),
    ],
)
def test_comparison_is_pytorchs(change):
    assert compared(ours, change) == compared(theirs, change)


@pytest.mark.parametrize("t", [2e-9, 3.5e-6, 0.02, 1.0, 70.0, 9.99e-4])
def test_units_are_pytorchs(t):
    assert ours.select_unit(t) == theirs.select_unit(t)
    assert ours.unit_to_english(ours.select_unit(t)[0]) == theirs.unit_to_english(theirs.select_unit(t)[0])


def test_timer_measures():
    threads = rl.get_num_threads()
    timer = ours.Timer("\n    y = torch.mm(x, x)", setup="x = torch.ones(n, n)", globals={"n": 4}, num_threads=2)
    seen = []
    blocked = timer.blocked_autorange(callback=lambda number, seconds: seen.append(seconds), min_run_time=0.02)
    assert blocked.stmt == "y = torch.mm(x, x)"
    assert blocked.raw_times == seen
    assert sum(seen) >= 0.02
    assert 0 < timer.timeit(10).median < 1
    assert timer.adaptive_autorange(max_run_time=0.1).number_per_run >= 1
    assert rl.get_num_threads() == threads


def test_timer_runs_are_counted():
    calls = []
    assert ours.Timer("calls.append(1)", globals={"calls": calls}).timeit(200).number_per_run == 200
    assert len(calls) == 202


@pytest.mark.parametrize("arguments", [{"stmt": len}, {"language": "rust"}, {"global_setup": "#include <x>"}])
def test_bad_arguments_are_pytorchs(arguments):
    with pytest.raises(ValueError) as expected:
        theirs.Timer(**arguments)
    with pytest.raises(ValueError, match=re.escape(str(expected.value))):
        ours.Timer(**arguments)


def test_unsupported_measurements_name_the_cure():
    with pytest.raises(NotImplementedError, match="time Python statements"):
        ours.Timer("x", language="c++")
    with pytest.raises(NotImplementedError, match="blocked_autorange"):
        ours.Timer().collect_callgrind()
