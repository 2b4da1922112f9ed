"""Recorded calls, their averages, tables and Chrome traces."""

import json
import os
from dataclasses import dataclass, field


@dataclass
class FunctionEvent:
    """One call; times in microseconds since the recording began, memory in bytes."""

    name: str
    start: float
    end: float
    input_shapes: list
    cpu_memory_usage: int
    children: list = field(default_factory=list, repr=False)

    @property
    def key(self):
        """The name."""
        return self.name

    @property
    def cpu_time_total(self):
        """Duration with everything called inside."""
        return self.end - self.start

    @property
    def self_cpu_time_total(self):
        """Duration without what was called inside."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.children)


@dataclass
class Average:
    """All calls of one name."""

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    cpu_memory_usage: int = 0
    input_shapes: list = field(default_factory=list)

    def add(self, event):
        """Count one call."""
        self.count += 1
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.cpu_memory_usage += event.cpu_memory_usage

    @property
    def cpu_time(self):
        """Mean duration of a call."""
        return self.cpu_time_total / max(self.count, 1)


def nested(records):
    """Return the events in order of their start, each knowing what was called inside."""
    events = [FunctionEvent(n, s / 1e3, e / 1e3, shapes, memory) for n, s, e, shapes, memory in records]
    events.sort(key=lambda event: (event.start, -event.end))
    open_events = []
    for event in events:
        while open_events and open_events[-1].end < event.end:
            open_events.pop()
        if open_events:
            open_events[-1].children.append(event)
        open_events.append(event)
    return EventList(events)


class EventList(list):
    """Recorded events, or averages of them."""

    @property
    def self_cpu_time_total(self):
        """Time of all events, each counted once, in microseconds."""
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(self, group_by_input_shape=False):
        """Return one entry a name (and shapes)."""
        averages = {}
        for event in self:
            key = (event.name, str(event.input_shapes)) if group_by_input_shape else event.name
            entry = averages.setdefault(key, Average(event.name, input_shapes=event.input_shapes))
            entry.add(event)
        return EventList(averages.values())

    def total_average(self):
        """Return one entry for everything."""
        total = Average("Total")
        for event in self:
            total.add(event)
        return total

    def table(self, sort_by=None, row_limit=100, max_name_column_width=55, header=None, **_):
        """Return the entries as text, sorted by a column such as "cpu_time_total"."""
        entries = self if not self or isinstance(self[0], Average) else self.key_averages()
        column = (sort_by or "self_cpu_time_total").replace("cuda", "cpu").replace("device", "cpu")
        entries = sorted(entries, key=lambda e: getattr(e, column), reverse=True)[:row_limit]
        whole = sum(e.self_cpu_time_total for e in entries) or 1.0
        width = min(max([4, *(len(e.key) for e in entries)]), max_name_column_width)
        titles = ("Self CPU %", "Self CPU", "CPU total", "CPU time avg", "CPU Mem", "# of Calls")
        lines = [f"{'Name':<{width}}" + "".join(f"{t:>14}" for t in titles)]
        for e in entries:
            cells = (
                f"{100 * e.self_cpu_time_total / whole:.2f}%", time_text(e.self_cpu_time_total), time_text(e.cpu_time_total),
                time_text(e.cpu_time), memory_text(e.cpu_memory_usage), str(e.count),
            )  # fmt: skip
            lines.append(f"{e.key[:width]:<{width}}" + "".join(f"{c:>14}" for c in cells))
        rule = "-" * len(lines[0])
        text = "\n".join([rule, lines[0], rule, *lines[1:], rule, f"Self CPU time total: {time_text(whole)}"])
        return f"{header}\n{text}" if header else text

    def export_chrome_trace(self, path):
        """Write the events for chrome://tracing and https://ui.perfetto.dev."""
        trace = [
            {
                "ph": "X", "cat": "cpu_op", "name": e.name, "pid": os.getpid(), "tid": 0, "ts": e.start,
                "dur": e.cpu_time_total, "args": {"Input Dims": e.input_shapes},
            }
            for e in self
        ]  # fmt: skip
        temporary = f"{path}.{os.getpid()}.tmp"
        with open(temporary, "w") as file:
            json.dump({"schemaVersion": 1, "traceEvents": trace}, file)
        os.replace(temporary, path)


def time_text(microseconds):
    """Return a duration with its unit."""
    for limit, unit, scale in ((1e3, "us", 1.0), (1e6, "ms", 1e3)):
        if abs(microseconds) < limit:
            return f"{microseconds / scale:.3f}{unit}"
    return f"{microseconds / 1e6:.3f}s"


def memory_text(count):
    """Return a number of bytes with its unit."""
    for unit in ("b", "Kb", "Mb"):
        if abs(count) < 1024:
            return f"{count:.2f} {unit}" if unit != "b" else f"{count} b"
        count /= 1024
    return f"{count:.2f} Gb"
