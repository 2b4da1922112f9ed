"""Images in tar archives: one archive as an iterator, shards as a data set. Nothing is ever extracted."""

import json
from dataclasses import dataclass

from rushlight.image._errors import ImageError
from rushlight.image._sample_stream import SampleStream, process_share, worker_share
from rushlight.image._shards import expand_shards, read_members
from rushlight.image._torch import introduce
from rushlight.image.folder import transformed
from rushlight.utils.data import IterableDataset

__all__ = ["Failure", "TarDataset", "load_tar"]

IMAGES = frozenset("jpg jpeg jfif png webp avif gif bmp tif tiff qoi ppm pgm pbm pnm pam img image".split())
INTEGERS = frozenset("cls cls2 class count index inx id".split())
TEXTS = frozenset("txt text transcript".split())
JSON = frozenset("json jsn".split())


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample or a shard that was passed over, and why."""

    file: str
    error: Exception


def load_tar(path, transform=None, *, errors="raise", report=None, **options):
    """Iterate over the images of an archive: `(name, array)` in the archive's order.

    Args:
        path: a file, a URL, `pipe:COMMAND` or a file object; gzip, bzip2 and xz are decompressed.
        transform: called with each array.
        errors: `"skip"` passes over images that cannot be decoded, `"raise"` raises `ImageError`.
        report: a list to which the errors of images passed over are appended; by default there is an `ImageWarning`.
        options: as `rushlight.image.load` takes them (`size`, `crop`, `normalize`, ...).

    >>> for name, array in load_tar("images.tar", size=224, crop="center"):  # doctest: +SKIP
    ...     print(name, array.shape)
    """
    _check_errors(errors)
    url = expand_shards(path)[0]
    return _iterate(url, transform, errors, report, options)


def _iterate(url, transform, errors, report, options):
    from rushlight.image._calls import tell

    for member in read_members(url):
        if not is_image(member.name):
            continue
        try:
            array = decode_image(member.read(), f"{url}/{member.name}", options)
        except OSError as error:
            if errors == "raise":
                raise
            tell([error], report)
            continue
        yield member.name, array if transform is None else transformed(transform, array)


def is_image(name):
    """Whether a member's name, or an extension, is that of an image."""
    return name.rsplit(".", 1)[-1].lower() in IMAGES


def decode_image(data, name, options):
    """An image's array; what is wrong with it names the member."""
    from rushlight.image import load_bytes

    try:
        return load_bytes(data, **options)
    except ImageError as error:
        raise ImageError(name, error.format, error.reason) from None


def decode_field(extension, data, name, options):
    """A member's value: images as arrays, `cls` as an integer, `txt` as text, `json` as objects, others as bytes."""
    last = extension.rsplit(".", 1)[-1]
    if last in IMAGES:
        return decode_image(data, name, options)
    try:
        if last in INTEGERS:
            return int(data)
        if last in TEXTS:
            return data.decode("utf-8")
        return json.loads(data) if last in JSON else data
    except ValueError as error:
        raise ImageError(name, "TAR", f"the member cannot be read as .{last}: {error}") from None


class TarDataset(IterableDataset):
    """Samples of tar shards, named as WebDataset names them.

    A sample is a dict: `"__key__"`, `"__url__"` and a value for each extension, decoded by it;
    with `keys`, a tuple. Works in a plain loop, under `rushlight.utils.data.DataLoader`, under
    PyTorch's, and, fastest, in `rushlight.image.ImageLoader`.

    Args:
        shards: a path or URL, with braces for several (`"train-{000..099}.tar"`), or a list.
        transform: called with each image's array.
        keys: what to give of a sample, in order: `("jpg;png", "cls")` gives `(image, label)`.
        shuffle: whether each epoch has another order of the shards.
        shuffle_buffer: how many samples to choose the next one from.
        seed: decides all orders, together with the epoch.
        rank, world_size: the share of this process; from `torch.distributed` or `RANK` and `WORLD_SIZE`.
        split: how readers (processes times workers) share: `"shard"`, `"sample"` (sizes equal
            within one), or `"auto"`, by shards if their number is a multiple of the readers'.
        errors: `"skip"` passes over samples and shards that cannot be read; `failures` lists them.
        options: as `rushlight.image.load` takes them (`size`, `crop`, `normalize`, ...).

    `state_dict()` and `load_state_dict()` continue with the next sample. On archives that lie
    plain on disk this takes no reading of what came before; streams are read up to the place.
    The epoch advances at the end of each iteration; where workers start anew for each epoch,
    call `set_epoch`.

    >>> data = TarDataset("train-{000..099}.tar", shuffle=True, size=224, crop="center")  # doctest: +SKIP
    >>> sample = next(iter(data))  # doctest: +SKIP
    """

    def __init__(
        self,
        shards,
        transform=None,
        *,
        keys=None,
        shuffle=False,
        shuffle_buffer=0,
        seed=0,
        rank=None,
        world_size=None,
        split="auto",
        errors="raise",
        **options,
    ):
        _check_errors(errors)
        if split not in ("auto", "shard", "sample"):
            raise ValueError(f'split option should be "auto", "shard" or "sample", but got {split!r}')
        if (rank is None) != (world_size is None) or (rank is not None and not 0 <= rank < world_size):
            raise ValueError(f"rank and world_size should be 0 <= rank < world_size, but got {rank} and {world_size}")
        self.shards = expand_shards(shards)
        self.transform, self.options = transform, options
        self.keys = None if keys is None else [key.split(";") for key in keys]
        self.shuffle, self.shuffle_buffer, self.seed = shuffle, shuffle_buffer, seed
        self.rank, self.world_size, self.split = rank, world_size, split
        self.errors, self.failures = errors, []
        self.epoch = 0
        self._stream = self._pending = None
        introduce(TarDataset)

    def set_epoch(self, epoch):
        """Choose the order of the next iteration."""
        self.epoch, self._pending, self._stream = epoch, None, None

    def _reader(self):
        rank, size = process_share() if self.rank is None else (self.rank, self.world_size)
        worker, workers = worker_share()
        return rank * workers + worker, size * workers

    def open_stream(self, on_fault=None):
        """The raw samples of this reader's share of the epoch, from where a loaded state stands."""
        reader = self._reader()
        by_sample = self.split == "sample" or (self.split == "auto" and len(self.shards) % reader[1] != 0)
        state, self._pending = self._pending, None
        self._stream = SampleStream(
            self.shards,
            shuffle=self.shuffle,
            buffer_size=self.shuffle_buffer,
            seed=self.seed,
            epoch=self.epoch,
            reader=reader,
            by_sample=by_sample,
            on_fault=on_fault or self.report,
            state=state,
        )
        return self._stream

    def __iter__(self):
        stream = self.open_stream()
        try:
            for raw in stream:
                try:
                    sample = self.decode(raw)
                except OSError as error:
                    self.report(f"{raw.url}/{raw.key}", error)
                    continue
                yield sample
            if self._stream is stream:
                self.set_epoch(self.epoch + 1)
        finally:
            stream.close()

    def report(self, file, error):
        """Note what cannot be read, or raise it."""
        if self.errors == "raise":
            raise error
        self.failures.append(Failure(file, error))

    def decode(self, raw):
        """The sample that a `RawSample` holds."""
        self.check(raw)
        wanted = None if self.keys is None else [pick(raw.fields, names) for names in self.keys]
        values = {name: self._field(raw, name) for name in (raw.fields if wanted is None else wanted) if name}
        if wanted is None:
            return {"__key__": raw.key, "__url__": raw.url, **values}
        missing = [";".join(names) for names, found in zip(self.keys, wanted, strict=True) if found is None]
        if missing:
            raise ImageError(f"{raw.url}/{raw.key}", "TAR", f"the sample has no {missing[0]}, only {list(raw.fields)}")
        return tuple(values[name] for name in wanted)

    def check(self, raw):
        if raw.fault:
            raise ImageError(f"{raw.url}/{raw.key}", "TAR", raw.fault)

    def _field(self, raw, name):
        member = raw.fields[name]
        value = decode_field(name, member.read(), f"{raw.url}/{member.name}", self.options)
        return transformed(self.transform, value) if self.transform is not None and is_image(name) else value

    def state_dict(self):
        """Where the iteration stands: after the sample given last."""
        state = self._pending if self._stream is None else self._stream.state()
        return {"epoch": self.epoch, "seed": self.seed, "shards": len(self.shards), "stream": state}

    def load_state_dict(self, state):
        """Let the next iteration begin where `state_dict()` was called."""
        for name, value in {"seed": self.seed, "shards": len(self.shards)}.items():
            if state[name] != value:
                raise ValueError(f"load_state_dict: the state has {name}={state[name]}, but this dataset has {value}")
        self.set_epoch(state["epoch"])
        self._pending = state["stream"]

    def __getstate__(self):
        return self.__dict__ | {"_stream": None, "_pending": self.state_dict()["stream"]}

    def __setstate__(self, state):
        self.__dict__.update(state)
        introduce(TarDataset)


def pick(fields, names):
    """The first of `names` that a sample has."""
    return next((name for name in names if name in fields), None)


def _check_errors(errors):
    if errors not in ("raise", "skip"):
        raise ValueError(f'errors option should be "raise" or "skip", but got {errors!r}')
