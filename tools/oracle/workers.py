"""Comparisons in processes of their own, so that a crash or a hang is a result as well."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait

from tools.oracle.samples import Outcome


class Worker:
    """A process that compares one name after another."""

    def __init__(self, compare: Callable[[str], Outcome]):
        self.compare = compare
        self.name = None
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.compare), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, name: str) -> None:
        self.name, self.since = name, time.monotonic()
        self.pipe.send(name)

    def take(self) -> Outcome:
        """Return the outcome, or what the death of the process means."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            return self.lost(f"the process ended with status {self.process.exitcode}")

    def lost(self, why: str) -> Outcome:
        outcome = Outcome(self.name)
        outcome.note("process", "-", "", why)
        self.process.kill()
        self.start()
        return outcome


def serve(pipe, compare: Callable[[str], Outcome]) -> None:
    """Answer names with outcomes until the other side closes."""
    import torch

    import rushlight as rl

    torch.set_num_threads(1)
    rl.set_num_threads(1)
    while True:
        try:
            name = pipe.recv()
        except EOFError:
            return
        pipe.send(compare(name))


def compare_all(names: list[str], compare: Callable[[str], Outcome], patience: float = 90.0) -> Iterator[Outcome]:
    """Yield the outcome of every name, in the order they finish."""
    queue = list(reversed(names))
    workers = [Worker(compare) for _ in range(min(os.cpu_count() or 1, 2, len(names)))]
    for worker in workers:
        if queue:
            worker.give(queue.pop())
    while busy := [w for w in workers if w.name]:
        ready = wait([w.pipe for w in busy], timeout=5)
        for worker in busy:
            late = time.monotonic() - worker.since > patience
            if worker.pipe not in ready and not late:
                continue
            yield worker.take() if worker.pipe in ready else worker.lost(f"no answer within {patience:.0f} s")
            worker.name = None
            if queue:
                worker.give(queue.pop())
