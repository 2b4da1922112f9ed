"""Workers as processes, each joined to the caller by one pipe.

The caller waits on all pipes at once. A pipe that ends says at once that its worker died, and
a worker killed in the middle of a message can only spoil its own pipe. A worker reads its
requests in a thread, so that the caller never blocks on a full pipe while the worker blocks
on the other one.
"""

import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import warnings
from multiprocessing import connection

from . import transport
from .exception import ExceptionWrapper
from .worker import enter_process, serve

# How long a worker may take to finish its current batch when the iterator is closed.
SHUTDOWN_SECONDS = 5.0


class ProcessWorkers:
    """Starts the workers of one iterator; `send` and `receive` talk to them, `close` ends them."""

    def __init__(self, tasks, context=None):
        context = context or multiprocessing
        self.closed = False
        self._owner = os.getpid()
        self._open, self._processes, self._pipes = {}, [], []
        try:
            for task in tasks:
                self._start(context, task)
        except BaseException:
            self.close()
            raise

    def _start(self, context, task):
        ours, theirs = context.Pipe()
        process = context.Process(target=_main, args=(task, theirs, ours), daemon=True)
        try:
            process.start()
        except (TypeError, AttributeError, pickle.PicklingError):
            ours.close()
            warnings.warn(
                "A DataLoader worker could not be started because the dataset, collate_fn or "
                "worker_init_fn cannot be pickled, which the start methods 'spawn' and "
                "'forkserver' need. Define them at module level, or use "
                "multiprocessing_context='fork' or worker='thread'.",
                stacklevel=2,
            )
            raise
        finally:
            theirs.close()
        self._open[ours] = process
        self._pipes.append(ours)
        self._processes.append(process)

    @property
    def pids(self):
        return [process.pid for process in self._processes]

    def send(self, worker_id, request):
        try:
            self._pipes[worker_id].send(request)
        except (BrokenPipeError, ConnectionResetError):
            self._raise_dead([self._pipes[worker_id]])

    def finish(self, worker_id):
        """Let a worker go that has nothing more to do."""
        self._open.pop(self._pipes[worker_id], None)
        try:
            self._pipes[worker_id].send(None)
        except OSError:
            pass  # already gone

    def receive(self, timeout):
        """The next answer of any worker; raises `queue.Empty` after `timeout` seconds."""
        for pipe in connection.wait(list(self._open), timeout):
            try:
                return transport.receive(pipe)
            except (EOFError, ConnectionResetError):
                self._raise_dead([pipe])
        raise queue.Empty

    def _raise_dead(self, pipes):
        dead = [self._open.get(pipe) or self._processes[self._pipes.index(pipe)] for pipe in pipes]
        for process in dead:
            process.join(SHUTDOWN_SECONDS)
        pids = ", ".join(str(process.pid) for process in dead)
        reasons = ", ".join(_reason(process.exitcode) for process in dead)
        self.close()
        raise RuntimeError(
            f"DataLoader worker (pid(s) {pids}) exited unexpectedly ({reasons}). "
            "Rerunning with num_workers=0 may give a better error trace."
        ) from None

    def close(self, grace=SHUTDOWN_SECONDS):
        """End all workers: ask, wait `grace` seconds, then kill. Safe to call again."""
        if self._owner != os.getpid():
            return
        self.closed = True
        for worker_id in range(len(self._pipes)):
            if not self._pipes[worker_id].closed:
                self.finish(worker_id)
        for pipe in self._pipes:
            pipe.close()
        deadline = time.monotonic() + grace
        for process in self._processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
        self._open.clear()


def _reason(exitcode):
    if exitcode is None:
        return "still running, but its pipe is closed"
    if exitcode < 0:
        return f"killed by {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"


def _main(task, pipe, callers_end):
    # A forked worker inherits the caller's end too; while it is open here, the end of the
    # caller could not be seen. A spawned one receives a copy, closed just the same.
    callers_end.close()
    requests = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(pipe, requests), daemon=True).start()
    where = f"in DataLoader worker process {task.worker_id}"
    try:
        enter_process(task)
        serve(task, where, requests.get, lambda answer: _send(pipe, where, answer))
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass  # the caller was interrupted as well, or is gone


def _read_requests(pipe, requests):
    caller = multiprocessing.parent_process()
    try:
        while True:
            ready = connection.wait([pipe, caller.sentinel])
            if pipe not in ready:
                break
            requests.put(pipe.recv())
    except (EOFError, OSError):
        pass
    requests.put(None)


def _send(pipe, where, answer):
    try:
        packed = transport.pack(answer)
    except Exception:
        packed = transport.pack((answer[0], ExceptionWrapper(where=where)))
    transport.send(pipe, packed)
