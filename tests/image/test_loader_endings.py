"""How a loader ends: closed, interrupted, forked, failing; nothing is left behind."""

import concurrent.futures
import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from archives import pixels
from numbered import loader, numbered_images, numbers

from rushlight.image import ImageError, ImageLoader

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs the /proc of Linux")


@pytest.fixture
def paths(tmp_path):
    return numbered_images(tmp_path)


def threads():
    return len(os.listdir("/proc/self/task"))


@needs_proc
def test_nothing_is_left_behind(paths):
    for size in ((4, 5), None):
        list(loader(paths, size=size))
        before = threads(), len(os.listdir("/proc/self/fd")), threading.active_count()
        for _ in range(10):
            made = loader(paths, size=size, workers=3)
            batches = iter(made)
            next(batches)
            batches.close()
            made.close()
            del made, batches
        gc.collect()
        assert (threads(), len(os.listdir("/proc/self/fd")), threading.active_count()) <= before


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@needs_proc
def test_memory_stays_flat(paths):
    made = loader(paths, 10, size=(120, 160))
    for _ in range(5):
        list(made)
    before = memory()
    for _ in range(40):
        for _batch in made:
            pass
    assert memory() - before < 8 << 20


@needs_proc
def test_an_interrupt_ends_the_epoch_and_the_process(tmp_path):
    program = textwrap.dedent("""
        import sys, signal, os, threading, time
        from rushlight.image import ImageLoader
        signal.signal(signal.SIGINT, signal.default_int_handler)
        made = ImageLoader([sys.argv[1]] * 200_000, 64, size=(400, 400), prefetch=4)
        print("ready", flush=True)
        try:
            for batch in made:
                pass
        except KeyboardInterrupt:
            state = made.state_dict()
            made.load_state_dict(state)
            next(iter(made))
            print("interrupted", len(os.listdir("/proc/self/task")) < 50, flush=True)
    """)
    path = tmp_path / "a.ppm"
    path.write_bytes(pixels(1, 300, 300))
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    threading.Event().wait(0.5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert output == "interrupted True\n" and process.returncode == 0


@pytest.mark.parametrize("size", [(400, 500), None])
def test_a_closed_loader_gives_no_unfinished_batch(paths, size):
    made = loader(paths, 10, size=size, workers=1, prefetch=4)
    batches = iter(made)
    next(batches)
    made.close()
    with contextlib.suppress(RuntimeError, concurrent.futures.CancelledError):
        for images, labels in batches:
            assert [int(image[0, 0, 0]) for image in images] == labels.tolist()
    made.set_epoch(0)
    assert numbers(made) == list(range(50))


def test_a_loader_goes_on_after_an_error(paths):
    for number in (3, 4, 20):
        paths[number].write_bytes(b"no image")
    made = loader(paths)
    for _ in range(3):
        with pytest.raises(ImageError):
            list(made)
    made.errors = "skip"
    assert len(numbers(made)) == 47


@needs_proc
def test_memory_stays_flat_over_failures(tmp_path):
    kinds = [b"", b"P6 9 9 255\nx", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n" + bytes(50), b"P6 60000 60000 255\n"]
    for number, data in enumerate(kinds):
        (tmp_path / str(number)).write_bytes(data)
    files = [tmp_path / str(number % len(kinds)) for number in range(5000)]
    made = ImageLoader(files, 64, size=(32, 32), errors="skip")
    list(made)
    made.failures.clear()
    before = memory()
    list(made)
    assert len(made.failures) == 5000
    made.failures.clear()
    assert memory() - before < 8 << 20


@needs_proc
def test_a_forked_child_may_leave_in_the_middle(paths):
    batches = iter(loader(paths, size=(300, 300)))
    next(batches)
    child = os.fork()
    if child == 0:
        del batches
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(batches)) == 6


@needs_proc
def test_a_forked_child_has_threads_of_its_own(paths):
    made = loader(paths)
    expected = numbers(made)
    made.set_epoch(0)
    child = os.fork()
    if child == 0:
        os._exit(0 if numbers(made) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert numbers(made) == expected
