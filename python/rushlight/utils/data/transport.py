"""Batches between processes: a pickle through the pipe, large buffers through shared memory.

The buffers of one batch are written to one anonymous file, whose descriptor follows the
message. It has no name that could be left behind, and the kernel frees it with its last user,
also when a process is killed. The receiver maps it instead of copying.
"""

import io
import mmap
import os
import pickle
import sys
import weakref
from multiprocessing.reduction import ForkingPickler, recv_handle, send_handle

import rushlight.multiprocessing  # noqa: F401  registers how tensors are pickled
from rushlight.multiprocessing.sharing import anonymous_file
from rushlight.serialization.storage import TypedStorage

# Smaller buffers travel inside the pickle: below this a copy is cheaper than a mapping.
SMALLEST_SHARED = 1 << 16
ALIGNMENT = 64

# Every mapping holds a descriptor. A program that keeps more batches than this gets copies.
MOST_MAPPINGS = 128

SHARING = sys.platform != "win32"

_live = weakref.WeakSet()


class BatchPickler(ForkingPickler):
    """Keeps large buffers aside instead of writing them into the pickle."""

    def __init__(self, file, keep_aside):
        super().__init__(file, 5, True, keep_aside)
        # In place of the copying reduction that other messages use.
        self.dispatch_table[TypedStorage] = lambda storage: storage.__reduce_ex__(5)


def pack(message):
    """The pickle of a message, and its large buffers."""
    file, buffers = io.BytesIO(), []

    def keep_aside(buffer):
        # True keeps a buffer inside the pickle.
        raw = buffer.raw()
        if not SHARING or raw.nbytes < SMALLEST_SHARED:
            return True
        buffers.append(raw)
        return False

    BatchPickler(file, keep_aside).dump(message)
    return file.getbuffer(), buffers


def send(pipe, packed):
    """Send what `pack` returned."""
    message, buffers = packed
    pipe.send_bytes(pickle.dumps([buffer.nbytes for buffer in buffers]))
    pipe.send_bytes(message)
    if buffers:
        descriptor = _write(buffers)
        try:
            send_handle(pipe, descriptor, os.getppid())
        finally:
            os.close(descriptor)


def receive(pipe):
    """The next message of a pipe."""
    sizes = pickle.loads(pipe.recv_bytes())
    message = pipe.recv_bytes()
    return pickle.loads(message, buffers=_read(recv_handle(pipe), sizes) if sizes else ())


def _write(buffers):
    offsets, total = _offsets([buffer.nbytes for buffer in buffers])
    descriptor = anonymous_file(total)
    try:
        for offset, buffer in zip(offsets, buffers, strict=True):
            while buffer:
                written = os.pwrite(descriptor, buffer, offset)
                buffer, offset = buffer[written:], offset + written
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _read(descriptor, sizes):
    offsets, total = _offsets(sizes)
    try:
        memory = mmap.mmap(descriptor, total)
    finally:
        os.close(descriptor)
    if len(_live) < MOST_MAPPINGS:
        _live.add(memory)
        return _slices(memory, offsets, sizes)
    copies = [bytearray(part) for part in _slices(memory, offsets, sizes)]
    memory.close()
    return copies


def _slices(memory, offsets, sizes):
    view = memoryview(memory)
    return [view[offset : offset + size] for offset, size in zip(offsets, sizes, strict=True)]


def _offsets(sizes):
    offsets, end = [], 0
    for size in sizes:
        offsets.append(end)
        end += size + -size % ALIGNMENT
    return offsets, end
