"""``with torch.device(...)``: the default device of a block."""

import threading

from rushlight import _C


class _Entered(threading.local):
    """The defaults to go back to, innermost last, of the blocks this thread is in."""

    def __init__(self):
        self.before = []


_entered = _Entered()


def enter(device):
    """Make ``device`` the thread's default until the matching `leave`; return it."""
    before = _C.get_default_device()
    _C._set_default_device(device)
    _entered.before.append(before)
    return device


def leave(device):
    """Go back to the default device from before the matching `enter`."""
    _C._set_default_device(_entered.before.pop())
