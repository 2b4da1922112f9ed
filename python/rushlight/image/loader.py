"""The loader: batches of images decoded ahead on native threads, in an order that can be resumed at any sample."""

import time
from collections import deque

import numpy as np

from rushlight.image._batches import Item, NativeBatches, PythonBatches
from rushlight.image._calls import thread_count, wrapper
from rushlight.image._errors import ImageError
from rushlight.image._fuse import fuse
from rushlight.image._sample_stream import permutation
from rushlight.image.folder import ImageDataset, collate_labels, default_loader, native_recipe
from rushlight.image.tar import IMAGES, INTEGERS, Failure, TarDataset, decode_field, pick

__all__ = ["ImageLoader"]

VERSION = 1


def is_native(dataset):
    """Whether the loader knows where a data set's images are."""
    if isinstance(dataset, ImageDataset):
        return dataset.loader is default_loader and type(dataset).__getitem__ is ImageDataset.__getitem__
    return isinstance(dataset, TarDataset) and type(dataset).__iter__ is TarDataset.__iter__


class ImageLoader:
    """Iterate over batches `(images [N, 3, H, W], labels)`, or images alone where there are no labels.

    Threads of the native core decode the next batches while the current one is used, each image straight
    into its place. What the data set's options and transform ask for is one native pass where the sizes
    are fixed: Resize, CenterCrop, RandomResizedCrop, RandomHorizontalFlip, conversions, Normalize. Other
    transforms of this package run in the loader's threads, those of others, and functions of one's own, where
    the loader is iterated, with images decoded ahead.

    Args:
        dataset: `ImageFolder`, `ImageDataset`, `TarDataset`, or paths.
        batch_size: images in a batch.
        shuffle: whether each epoch has another order, a function of `(seed, epoch)`.
        workers: threads; by default one for each core.
        prefetch: batches made ahead.
        seed: decides the order and, with epoch and index alone, each image's random parameters.
        drop_last: whether a last batch that is not full is left out.
        errors: what becomes of images that cannot be read: `"raise"`, `"skip"` (the batch is smaller) or
            `"substitute"` (zeros, with the image's label); the last two are listed in `failures`.
        rank, world_size: the share of this process; a `TarDataset` has its own.
        options: with paths, those of `ImageDataset` (`labels`, `transform`, `size`, `crop`, `normalize`, `device`, ...).

    `state_dict()` and `load_state_dict()` continue with the next sample, whatever the number of workers
    and the batch size; without them each iteration begins at the start of its epoch. `rate` is images per second since the epoch began, `waited` the seconds of
    them that the consumer had to wait.

    >>> loader = ImageLoader(paths, 64, labels=labels, size=224, crop="center")  # doctest: +SKIP
    >>> for images, labels in loader:  # doctest: +SKIP
    ...     print(images.shape)
    """

    OPTIONS = frozenset(("workers", "prefetch", "seed", "errors", "rank", "world_size"))

    def __init__(
        self,
        dataset,
        batch_size=32,
        shuffle=False,
        workers=None,
        prefetch=2,
        seed=0,
        drop_last=False,
        errors="raise",
        *,
        rank=0,
        world_size=1,
        **options,
    ):
        if not isinstance(dataset, (ImageDataset, TarDataset)):
            dataset = ImageDataset(dataset, **{"device": None, **options})
        elif options:
            raise TypeError(f"{sorted(options)[0]} is an option of the data set, not of its loader")
        if not is_native(dataset):
            raise TypeError(f"{type(dataset).__name__} reads its images itself: use rushlight.utils.data.DataLoader")
        _check(batch_size, workers, prefetch, errors, rank, world_size)
        stream = isinstance(dataset, TarDataset)
        if stream and shuffle:
            raise ValueError("shuffle option: a TarDataset has its own order; give it shuffle=True or shuffle_buffer=N")
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.shuffle, self.seed, self.prefetch, self.errors = shuffle, seed, prefetch, errors
        self.rank, self.world_size = rank, world_size
        self.workers = thread_count(workers or None)
        self.failures = []
        self.epoch, self._position, self._pending = 0, None, None
        self._images, self._started, self.waited = 0, None, 0.0
        self._plan = _StreamPlan(self) if stream else _MapPlan(self)
        self._batches, self._wrap = _engine(dataset, self.workers, prefetch)

    def __len__(self):
        if isinstance(self.dataset, TarDataset):
            raise TypeError("a TarDataset has no length: its samples are counted by reading them")
        count = len(range(self.rank, len(self.dataset), self.world_size))
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    @property
    def rate(self):
        """Images per second since the epoch began."""
        return self._images / (time.perf_counter() - self._started) if self._images else 0.0

    def set_epoch(self, epoch):
        """Begin the next iteration at the start of an epoch."""
        self.epoch, self._position, self._pending = epoch, None, None

    def state_dict(self):
        """Where the iteration stands: after the batch given last."""
        return {
            "version": VERSION,
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self._position,
            "dataset": self._plan.identity(),
        }

    def load_state_dict(self, state):
        """Let the next iteration begin where `state_dict()` was called."""
        for name, value in {"version": VERSION, "seed": self.seed, "dataset": self._plan.identity()}.items():
            if state[name] != value:
                raise ValueError(
                    f"load_state_dict: the state has {name}={state[name]!r}, but this loader has {value!r}"
                )
        self.set_epoch(state["epoch"])
        self._position = self._pending = state["position"]

    def __iter__(self):
        self._images, self._started, self.waited = 0, time.perf_counter(), 0.0
        key = (self.seed & (2**63 - 1), self.epoch)
        self._position, self._pending = self._pending, None
        ahead = deque()
        try:
            for items, position in self._plan.chunks():
                ahead.append((items, position, self._batches.start(items, key)))
                if len(ahead) > self.prefetch:
                    yield from self._next(ahead, key)
            while ahead:
                yield from self._next(ahead, key)
            self.set_epoch(self.epoch + 1)
        finally:
            for _, _, started in ahead:
                self._batches.cancel(started)

    def _next(self, ahead, key):
        """The oldest batch that was begun, unless none of its images can be read."""
        items, position, started = ahead[0]
        begun = time.perf_counter()
        images, faults = self._batches.finish(items, key, started)
        self.waited += time.perf_counter() - begun
        ahead.popleft()
        del started
        images, items = self._without_faults(images, items, faults)
        self._position = position
        self._images += len(items)
        if items:
            yield self._assemble(images, items)

    def _without_faults(self, images, items, faults):
        if not faults:
            return images, items
        faults = [(index, _named(error, items[index].name)) for index, error in faults]
        for index, error in faults:
            if self.errors == "raise" or not isinstance(error, ImageError):
                raise error
            self.failures.append(Failure(items[index].name, error))
        if self.errors == "substitute" and len(images) == len(items):
            return images, items
        lost = {index for index, _ in faults}
        kept = [index for index in range(len(items)) if index not in lost]
        return (images[kept] if kept else images), [items[index] for index in kept]

    def _assemble(self, images, items):
        images = self._wrap(images)
        labels = [item.label for item in items]
        return images if labels[0] is None else (images, collate_labels(labels, images))

    def fault(self, name, error):
        """Note what cannot be read, or raise it."""
        if self.errors == "raise":
            raise error
        self.failures.append(Failure(name, error))

    def close(self):
        """End the threads; a further iteration starts new ones."""
        self._batches.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _MapPlan:
    """The samples of a data set with a length, in the order of an epoch."""

    def __init__(self, loader):
        self._loader = loader

    def identity(self):
        loader = self._loader
        return {
            "length": len(loader.dataset),
            "shuffle": bool(loader.shuffle),
            "share": [loader.rank, loader.world_size],
        }

    def _order(self):
        loader = self._loader
        count = len(loader.dataset)
        order = permutation(count, loader.seed, loader.epoch) if loader.shuffle else np.arange(count)
        return order[loader.rank :: loader.world_size]

    def chunks(self):
        """Batches, and the number of samples given when they are."""
        loader, order = self._loader, self._order()
        for start in range(loader._position or 0, len(order), loader.batch_size):
            chosen = order[start : start + loader.batch_size].tolist()
            if loader.drop_last and len(chosen) < loader.batch_size:
                return
            yield [self._item(index) for index in chosen], start + len(chosen)

    def _item(self, index):
        dataset = self._loader.dataset
        path = dataset.paths[index]
        return Item(path, path, index, None if dataset.labels is None else dataset.label(index))


class _StreamPlan:
    """The samples of shards."""

    def __init__(self, loader):
        self._loader = loader

    def identity(self):
        dataset = self._loader.dataset
        return {"shards": len(dataset.shards), "shuffle": bool(dataset.shuffle), "seed": dataset.seed}

    def chunks(self):
        """Batches, and the state of the stream after them."""
        loader = self._loader
        loader.dataset.set_epoch(loader.epoch)
        loader.dataset._pending = loader._position
        stream = loader.dataset.open_stream(loader.fault)
        items = []
        try:
            for raw in stream:
                item = self._item(raw)
                if item is not None:
                    items.append(item)
                if len(items) == loader.batch_size:
                    yield items, stream.state()
                    items = []
            if items and not loader.drop_last:
                yield items, stream.state()
        finally:
            stream.close()

    def _item(self, raw):
        dataset = self._loader.dataset
        name = f"{raw.url}/{raw.key}"
        try:
            dataset.check(raw)
            image, label = self._fields(raw, name)
            label = None if label is None else decode_field(label, raw.fields[label].read(), name, {})
        except OSError as error:
            return self._loader.fault(name, error)
        member = raw.fields[image]
        source = member.data if member.archive is None else (member.archive, member.contents, member.size)
        return Item(f"{raw.url}/{member.name}", source, raw.shard << 40 | raw.start, label)

    def _fields(self, raw, name):
        """The extensions of the image and of the label."""
        keys = self._loader.dataset.keys
        if keys is None:
            image = next((e for e in raw.fields if e.rsplit(".", 1)[-1] in IMAGES), None)
            label = next((e for e in raw.fields if e in INTEGERS), None)
        else:
            image, *labels = [pick(raw.fields, names) for names in keys]
            label = labels[0] if labels else None
            if None in labels:
                raise ImageError(name, "TAR", f"the sample has no {';'.join(keys[1])}, only {list(raw.fields)}")
        if image is None:
            raise ImageError(name, "TAR", f"the sample has no image, only {list(raw.fields)}")
        return image, label


_SHAPING = frozenset(("size", "algorithm", "crop", "normalize", "dtype", "layout"))
"""Options of `load` that a transform's steps would come after."""


def _engine(dataset, workers, prefetch):
    """How batches are made, and what becomes of their arrays."""
    device, framework = getattr(dataset, "device", None), dataset.options.get("framework")
    if isinstance(dataset, TarDataset):
        device = dataset.options.get("device")
    options = {name: value for name, value in dataset.options.items() if value is not None}
    chain = fuse(dataset.transform) if dataset.transform is not None and not options.keys() & _SHAPING else None
    if chain is not None and "normalize" in chain.options and options.get("mode", "RGB") != "RGB":
        chain = None
    if chain is not None and chain.tensors:
        device, framework = device or "cpu", framework or chain.framework
    keep = prefetch + 3
    if dataset.transform is None or chain is not None:
        recipe = native_recipe({"layout": "CHW", **options, **({} if chain is None else chain.load_options())})
        wrap = wrapper(device, framework)
        if recipe[0].fixed_shape is not None:
            return NativeBatches(workers, recipe, chain and chain.random(), keep), wrap
        return PythonBatches(workers, _opener(recipe), None), wrap
    recipe = native_recipe(dataset.options)
    return PythonBatches(workers, _opener(recipe), dataset.transform), lambda images: images


def _opener(recipe):
    from rushlight import _C

    native, dtype = recipe

    def open_image(source):
        if isinstance(source, tuple):
            archive, contents, size = source
            source = archive.read(contents, size)
        array = _C.image.load(source, native)
        return array if dtype is None else array.astype(dtype)

    return open_image


def _named(error, name):
    """An error about bytes, with their name."""
    if isinstance(error, ImageError) and error.file is None:
        return ImageError(name, error.format, error.reason)
    return error


def _check(batch_size, workers, prefetch, errors, rank, world_size):
    if batch_size < 1:
        raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers should be a positive integer value, but got workers={workers}")
    if prefetch < 0:
        raise ValueError(f"prefetch should be non-negative, but got prefetch={prefetch}")
    if errors not in ("raise", "skip", "substitute"):
        raise ValueError(f'errors option should be "raise", "skip" or "substitute", but got {errors!r}')
    if not 0 <= rank < world_size:
        raise ValueError(f"expected 0 <= rank < world_size, but got rank={rank} and world_size={world_size}")
