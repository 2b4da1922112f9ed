"""Recording a stretch of a program."""

import enum
import functools
import json
import os

from rushlight import _C
from rushlight.profiler.events import nested


class ProfilerActivity(enum.Enum):
    """What may be recorded; only the CPU computes here."""

    CPU = 0
    XPU = 1
    CUDA = 2


def supported_activities():
    """Return the activities that can be recorded: those of the CPU."""
    return {ProfilerActivity.CPU}


class ProfilerAction(enum.Enum):
    """What a schedule asks for at a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def schedule(*, wait, warmup, active, repeat=0, skip_first=0, skip_first_wait=0):
    """Return the schedule that waits, warms up and records in cycles of ``wait + warmup + active`` steps."""
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError("Invalid profiler schedule arguments")

    def action(step):
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        length = wait + warmup + active
        if repeat and step >= length * repeat:
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if place == length - 1 else ProfilerAction.RECORD

    return action


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False):
    """Return a handler that writes each recording as a Chrome trace into a folder."""

    def handler(recording):
        os.makedirs(dir_name, exist_ok=True)
        name = worker_name or f"{os.uname().nodename}_{os.getpid()}"
        recording.export_chrome_trace(os.path.join(dir_name, f"{name}.{recording.step_num}.pt.trace.json"))

    return handler


class profile:
    """Records operator calls of this thread.

    >>> import rushlight as rl
    >>> with profile() as recording:
    ...     _ = rl.ones(3).add(1)
    >>> [event.name for event in recording.events()]
    ['add']
    """

    def __init__(
        self, *, activities=None, schedule=None, on_trace_ready=None, record_shapes=False, profile_memory=False,
        with_stack=False, with_flops=False, with_modules=False, experimental_config=None,
        execution_trace_observer=None, acc_events=False, use_cuda=None, custom_trace_id_callback=None,
    ):  # fmt: skip
        self.schedule, self.on_trace_ready = schedule, on_trace_ready
        self.step_num = 0
        self.recorded = nested([])
        self.running = False
        self.metadata = {}

    @property
    def profiler(self):
        """Itself: it keeps what it records."""
        return self

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def start(self):
        """Begin, as the schedule says for step 0."""
        self.step_num = 0
        self._follow(self._action())

    def stop(self):
        """End and keep what was recorded."""
        if self.running:
            self._end(report=self.schedule is None or self._action() != ProfilerAction.NONE)

    def step(self):
        """Tell the schedule that the next step begins."""
        saves = self._action() == ProfilerAction.RECORD_AND_SAVE
        self.step_num += 1
        if self.running and self.schedule is not None and saves:
            self._end(report=True)
        self._follow(self._action())

    def _action(self):
        return ProfilerAction.RECORD if self.schedule is None else self.schedule(self.step_num)

    def _follow(self, action):
        if action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE) and not self.running:
            _C._profiler_start()
            self.running = True

    def _end(self, report):
        self.recorded = nested(_C._profiler_stop())
        self.running = False
        if report and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def events(self):
        """Return the recorded calls."""
        return self.recorded

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0):
        """Return one entry an operator."""
        return self.recorded.key_averages(group_by_input_shape)

    def total_average(self):
        """Return one entry for everything."""
        return self.recorded.total_average()

    def table(self, **how):
        """Return the averages as text."""
        return self.key_averages().table(**how)

    @property
    def self_cpu_time_total(self):
        """Time of all calls, each counted once, in microseconds."""
        return self.recorded.self_cpu_time_total

    def add_metadata(self, key, value):
        """Give the Chrome trace an entry of its own."""
        self.metadata[key] = value

    def add_metadata_json(self, key, value):
        """Give the Chrome trace an entry that is JSON text."""
        self.metadata[key] = json.loads(value)

    preset_metadata_json = add_metadata_json

    def export_chrome_trace(self, path):
        """Write the recording for chrome://tracing."""
        self.recorded.export_chrome_trace(path, self.metadata)


class record_function:
    """Names a stretch of the program in the recording; also a decorator."""

    def __init__(self, name, args=None):
        self.name = name

    def __enter__(self):
        self.span = _C._ProfilerSpan(self.name)
        return self

    def __exit__(self, *exc):
        self.span.end()

    def __call__(self, function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            with record_function(self.name):
                return function(*args, **kwargs)

        return wrapper
