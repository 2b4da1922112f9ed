"""How a batch is made: natively into one array, or image by image where Python has to be called."""

import contextlib
import os
import random
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from rushlight import _C
from rushlight.image._errors import ImageError
from rushlight.image.folder import stack, transformed


@dataclass(slots=True)
class Item:
    """A sample to be loaded: its name in messages, where its bytes are, its number for random draws, and its label."""

    name: str
    source: object
    number: int
    label: object = None


class Slots:
    """Arrays for batches, used again as soon as nobody else holds them or a view of them."""

    def __init__(self, shape, dtype, keep):
        self._shape, self._dtype, self._keep = shape, dtype, keep
        self._arrays = deque()

    def take(self, count):
        """An array `[count, ...]` that nobody holds; its values are arbitrary."""
        free = next(
            (i for i in range(len(self._arrays)) if self._holders(i) <= _UNHELD and len(self._arrays[i]) >= count), None
        )
        if free is None:
            self._arrays.append(np.empty((count, *self._shape), self._dtype))
            if len(self._arrays) > self._keep:
                self._arrays.popleft()
            free = len(self._arrays) - 1
        array = self._arrays[free]
        return array if len(array) == count else array[:count]

    def _holders(self, i):
        return sys.getrefcount(self._arrays[i])


def _unheld_count():
    slots = Slots((1,), np.uint8, 1)
    slots._arrays.append(np.empty(1))
    return slots._holders(0)


_UNHELD = _unheld_count()


class NativeBatches:
    """Batches whose images all have one size: decoded, cropped, mirrored and normalised by native threads."""

    def __init__(self, workers, recipe, cut, keep):
        (self._recipe, self._dtype), self._cut = recipe, cut
        self._slots = Slots(self._recipe.fixed_shape, self._recipe.dtype, keep)
        self._workers, self._pool, self._process = workers, None, None

    def start(self, items, key):
        """Begin to load; `finish` ends it."""
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = _C.image.Pool(self._workers), os.getpid()
        array = self._slots.take(len(items))
        numbers = [item.number for item in items] if self._cut is not None else []
        sources = [item.source for item in items]
        return array, self._pool.submit(sources, self._recipe, array, self._cut, key, numbers)

    def finish(self, items, key, started):
        """The array of a batch, and `(index, exception)` of images that could not be loaded: their slots are zero."""
        array, batch = started
        faults = batch.wait()
        return (array if self._dtype is None else array.astype(self._dtype)), faults

    def cancel(self, started):
        """Nothing to do: the native batch stops when it is dropped."""

    def close(self):
        if self._pool is not None and self._process == os.getpid():
            self._pool.close()
        self._pool = None


class PythonBatches:
    """Batches of images that Python transforms. Random parameters depend on neither workers nor batches.

    Transforms of this package run in the threads that decode, each image with a generator of its own. All others run
    where the loader is iterated: before each image the generators of Rushlight, PyTorch, NumPy and Python are seeded by
    its number, and afterwards put back. Both ways draw the same numbers.
    """

    def __init__(self, workers, open_image, transform):
        threaded = draws_own(transform)
        self._make = made_by(open_image, transform) if threaded else lambda source, key: open_image(source)
        self._transform = None if threaded else transform
        self._workers, self._pool, self._process = workers, None, None

    def start(self, items, key):
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = ThreadPoolExecutor(self._workers, "rushlight-load"), os.getpid()
        return [self._pool.submit(self._make, item.source, (*key, item.number)) for item in items]

    def finish(self, items, key, started):
        images, faults = [], []
        for index, (item, future) in enumerate(zip(items, started, strict=True)):
            try:
                images.append(self._finish_one(future.result(), (*key, item.number)))
            except ImageError as error:
                images.append(None)
                faults.append((index, error))
        loaded = [image for image in images if image is not None]
        if not loaded:
            return np.empty((0,)), faults
        blank = loaded[0] * 0 if faults else None
        return stack([blank if image is None else image for image in images]), faults

    def _finish_one(self, image, key):
        if self._transform is None:
            return image
        with seeded(key):
            return transformed(self._transform, image)

    def cancel(self, started):
        for future in started:
            future.cancel()

    def close(self):
        if self._pool is not None:
            self._pool.shutdown(wait=self._process == os.getpid(), cancel_futures=True)
        self._pool = None


def draws_own(transform):
    """Whether a transform and all it is made of are this package's, and call no function of the user's."""
    kind = type(transform)
    if not kind.__module__.startswith("rushlight.image.transforms.") or kind.__name__ == "Lambda":
        return False
    return all(map(draws_own, getattr(transform, "transforms", ())))


def made_by(open_image, transform):
    """The function of a source and a key that opens an image and transforms it with the key's random numbers."""
    from rushlight.image.transforms._draw import drawing_from

    def make(source, key):
        image = open_image(source)
        with drawing_from(seed_of(key)):
            return transformed(transform, image)

    return make


def seed_of(key):
    from rushlight.image._sample_stream import draw

    return draw(1 << 63, *key)


@contextlib.contextmanager
def seeded(key):
    """Seeds all global generators by a key, and puts them back."""
    from rushlight import default_generator

    seed = seed_of(key)
    torch = sys.modules.get("torch")
    torch_generator = getattr(torch, "default_generator", None)
    generators = (
        [default_generator] if torch_generator in (None, default_generator) else [default_generator, torch_generator]
    )
    states = [generator.get_state() for generator in generators]
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        for generator in generators:
            generator.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed & 0xFFFFFFFF)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        random.setstate(python_state)
        np.random.set_state(numpy_state)
