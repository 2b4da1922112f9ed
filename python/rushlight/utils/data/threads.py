"""Workers as threads: no copies and no start-up cost, for datasets that release the GIL."""

import queue
import threading

from .worker import enter_thread, serve


class ThreadWorkers:
    """The same face as `ProcessWorkers`, over threads of this process."""

    pids = ()

    def __init__(self, tasks):
        self.closed = False
        self._answers = queue.SimpleQueue()
        self._requests = [queue.SimpleQueue() for _ in tasks]
        self._stopping = threading.Event()
        self._threads = []
        for task, requests in zip(tasks, self._requests, strict=True):
            thread = threading.Thread(target=self._run, args=(task, requests), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _run(self, task, requests):
        enter_thread(task)
        where = f"in DataLoader worker thread {task.worker_id}"
        serve(task, where, lambda: self._next_request(requests), self._answers.put)

    def _next_request(self, requests):
        request = requests.get()
        return None if self._stopping.is_set() else request

    def send(self, worker_id, request):
        self._requests[worker_id].put(request)

    def finish(self, worker_id):
        """Let a worker go that has nothing more to do."""
        self._requests[worker_id].put(None)

    def receive(self, timeout):
        """The next answer of any worker; raises `queue.Empty` after `timeout` seconds."""
        return self._answers.get(timeout=timeout)

    def close(self, grace=None):
        """End all workers, each after its current batch. Safe to call again.

        A thread cannot be killed: with `grace=0` the caller does not wait for it.
        """
        self.closed = True
        self._stopping.set()
        for worker_id in range(len(self._requests)):
            self.finish(worker_id)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(grace)
