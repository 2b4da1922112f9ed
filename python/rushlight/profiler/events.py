"""Recorded calls, their averages, tables and Chrome traces."""

import json
import os
from dataclasses import dataclass, field


class Figures:
    """What calls and averages of calls both tell; nothing ran on another device."""

    cuda_time = device_time = device_time_total = self_device_time_total = cuda_time_total = self_cuda_time_total = 0.0
    device_memory_usage = self_device_memory_usage = flops = 0
    is_async, is_remote, node_id, scope = False, False, -1, 0

    @property
    def stack(self):
        """No lines of the program are recorded."""
        return []

    @property
    def cpu_time_str(self):
        """Mean duration of a call, with its unit."""
        return time_text(self.cpu_time)

    @property
    def cpu_time_total_str(self):
        """Duration with everything called inside, with its unit."""
        return time_text(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self):
        """Duration without what was called inside, with its unit."""
        return time_text(self.self_cpu_time_total)


@dataclass(frozen=True)
class Interval:
    """A stretch of time in microseconds since the recording began."""

    start: float
    end: float

    def elapsed_us(self):
        """Return its length."""
        return self.end - self.start


@dataclass
class FunctionEvent(Figures):
    """One call; times in microseconds since the recording began, memory in bytes."""

    name: str
    start: float
    end: float
    input_shapes: list
    cpu_memory_usage: int
    children: list = field(default_factory=list, repr=False)
    cpu_parent: "FunctionEvent | None" = field(default=None, repr=False)

    count, thread = 1, 1

    @property
    def key(self):
        """The name."""
        return self.name

    @property
    def cpu_children(self):
        """The calls made directly inside of this one."""
        return self.children

    @property
    def time_range(self):
        """From when to when."""
        return Interval(self.start, self.end)

    @property
    def cpu_time(self):
        """Duration with everything called inside."""
        return self.cpu_time_total

    @property
    def self_cpu_memory_usage(self):
        """Memory taken without that of what was called inside."""
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.children)

    @property
    def cpu_time_total(self):
        """Duration with everything called inside."""
        return self.end - self.start

    @property
    def self_cpu_time_total(self):
        """Duration without what was called inside."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.children)


@dataclass
class Average(Figures):
    """All calls of one name."""

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    cpu_memory_usage: int = 0
    self_cpu_memory_usage: int = 0
    input_shapes: list = field(default_factory=list)

    def add(self, event):
        """Count one call."""
        self.count += 1
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.cpu_memory_usage += event.cpu_memory_usage
        self.self_cpu_memory_usage += event.self_cpu_memory_usage

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
            event.cpu_parent = open_events[-1]
            open_events[-1].children.append(event)
        open_events.append(event)
    for event in reversed(events):
        # Spans that the program names take no memory of their own.
        event.cpu_memory_usage = event.cpu_memory_usage or sum(child.cpu_memory_usage for child in event.children)
    return EventList(events)


class EventList(list):
    """Recorded events, or averages of them; ``shapes``: averages over calls with the same shapes of operands."""

    def __init__(self, entries=(), *, shapes=False):
        super().__init__(entries)
        self.shapes = shapes

    def __str__(self):
        return self.table()

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
        return EventList(averages.values(), shapes=group_by_input_shape)

    def total_average(self):
        """Return one entry for everything."""
        total = Average("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55,
        max_shapes_column_width=80, header=None, top_level_events_only=False, time_unit=None,
    ):  # fmt: skip
        """Return the entries as text, sorted by a column such as "cpu_time_total", or in their order."""
        entries = self.key_averages() if self and isinstance(self[0], FunctionEvent) else self
        if sort_by is not None:
            column = sort_by.replace("cuda", "cpu").replace("device", "cpu")
            entries = sorted(entries, key=lambda e: getattr(e, column), reverse=True)
        whole = sum(e.self_cpu_time_total for e in entries)
        entries = entries[:row_limit] if row_limit >= 0 else entries
        width = min(max([4, *(len(e.key) for e in entries)]), max_name_column_width)
        titles = [*TITLES, "Input Shapes"] if self.shapes else TITLES
        lines = [f"{'Name':>{width}}" + "".join(f"{title:>14}" for title in titles)]
        for e in entries:
            shapes = [str(e.input_shapes)[:max_shapes_column_width]] if self.shapes else []
            lines.append(
                f"{e.key[:width]:>{width}}"
                + "".join(f"{c:>14}" for c in cells(e, whole or 1.0))
                + "  ".join(["", *shapes])
            )
        rule = "-" * max(map(len, lines))
        text = "\n".join([rule, lines[0], rule, *lines[1:], rule, f"Self CPU time total: {time_text(whole)}", ""])
        return f"{header}\n{text}" if header else text

    def export_chrome_trace(self, path, metadata=None):
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
            json.dump({"schemaVersion": 1, **(metadata or {}), "traceEvents": trace}, file)
        os.replace(temporary, path)


TITLES = (
    "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "CPU Mem", "Self CPU Mem", "# of Calls",
)  # fmt: skip


def cells(entry, whole):
    """Return a line of the table, of ``whole`` microseconds."""
    return (
        f"{100 * entry.self_cpu_time_total / whole:.2f}%", entry.self_cpu_time_total_str,
        f"{100 * entry.cpu_time_total / whole:.2f}%", entry.cpu_time_total_str, entry.cpu_time_str,
        memory_text(entry.cpu_memory_usage), memory_text(entry.self_cpu_memory_usage), str(entry.count),
    )  # fmt: skip


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
