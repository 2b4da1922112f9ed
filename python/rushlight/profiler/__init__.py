"""Where the time goes: operator calls with their durations, shapes and memory."""

from rushlight.profiler.events import EventList, FunctionEvent
from rushlight.profiler.profile import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    record_function,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "EventList",
    "FunctionEvent",
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


def kineto_available():
    """Return whether `profile` records schedules of steps: it always does."""
    return True
