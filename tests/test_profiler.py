"""Recordings of operator calls: figures, tables and traces."""

import json

import pytest

import rushlight as rl
from rushlight import nn
from rushlight.profiler import profile, record_function, schedule


@pytest.fixture(scope="module")
def recording():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    with profile(record_shapes=True, profile_memory=True, acc_events=True) as p:
        with record_function("inference"):
            model(rl.randn(5, 4))
    return p


def test_columns_that_tutorials_sort_by(recording):
    averages = recording.key_averages()
    for column in ("cpu_time_total", "self_cpu_time_total", "self_cuda_time_total", "self_cpu_memory_usage", "count"):
        table = averages.table(sort_by=column, row_limit=2)
        assert len(table.splitlines()) == 7 and "Self CPU Mem" in table
    assert averages.table(sort_by="cpu_time_total").splitlines()[3].split()[0] == "inference"
    with pytest.raises(AttributeError):
        averages.table(sort_by="nothing")


def test_shapes_have_a_column(recording):
    table = recording.key_averages(group_by_input_shape=True).table()
    assert "Input Shapes" in table and "[[5, 8]]" in table


def test_named_spans_hold_the_figures_of_their_calls(recording):
    span = next(event for event in recording.events() if event.name == "inference")
    assert span.cpu_memory_usage == sum(child.cpu_memory_usage for child in span.cpu_children)
    assert span.self_cpu_memory_usage == 0 and span.cpu_children[0].cpu_parent is span
    assert span.time_range.elapsed_us() == span.cpu_time_total and span.device_time_total == 0
    assert span.cpu_time_total_str.endswith("s") and recording.total_average().key == "Total"


def test_metadata_is_in_the_trace(recording, tmp_path):
    recording.add_metadata("model", "small")
    recording.add_metadata_json("shape", "[5, 4]")
    recording.export_chrome_trace(str(tmp_path / "trace.json"))
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert trace["model"] == "small" and trace["shape"] == [5, 4] and trace["traceEvents"]


def test_schedules_without_a_recorded_step_are_refused():
    with pytest.raises(AssertionError):
        schedule(wait=-1, warmup=1, active=1)
    with pytest.raises(AssertionError):
        schedule(wait=1, warmup=1, active=0)


def test_the_first_version_prints_its_table():
    with rl.autograd.profiler.profile() as p:
        rl.ones(2) * 2
    assert "Self CPU time total" in str(p)
