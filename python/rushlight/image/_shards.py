"""Shards: the names of archives, and the samples inside one.

A sample is the members in a row whose names differ only after the first dot of their base name,
as WebDataset has it: `train/0001.jpg`, `train/0001.cls`.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import zlib
from dataclasses import dataclass, field

from rushlight import _C
from rushlight.image._errors import ImageError

MAX_MEMBER = 1 << 31
_META = re.compile(r"__[^/]*__($|/)")
_NAME = re.compile(r"((?:.*/|)[^.]+)[.]([^/]*)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def expand_shards(shards):
    """The names of the shards: of a path, a pattern with braces, or several of them.

    >>> expand_shards("train-{008..010}.tar")
    ['train-008.tar', 'train-009.tar', 'train-010.tar']
    """
    if isinstance(shards, str):
        return [name for pattern in shards.split("::") for name in _expand_braces(pattern)]
    if isinstance(shards, os.PathLike):
        return [os.fspath(shards)]
    if hasattr(shards, "read"):
        return [shards]
    return [name for member in shards for name in expand_shards(member)]


def _expand_braces(pattern):
    """Bash's braces: `{a,b}`, `{01..12}`, `{0..8..2}`, `{a..e}`, nested."""
    opening, closing, commas = _first_braces(pattern)
    if opening is None:
        return [pattern]
    before, inside, after = pattern[:opening], pattern[opening + 1 : closing], pattern[closing + 1 :]
    if commas:
        cuts = [opening, *commas, closing]
        parts = [p for a, b in zip(cuts, cuts[1:]) for p in _expand_braces(pattern[a + 1 : b])]
    else:
        parts = _expand_range(inside) or ["{" + p + "}" for p in _expand_braces(inside)]
    return [before + part + rest for part in parts for rest in _expand_braces(after)]


def _first_braces(pattern):
    """The places of the first pair of braces and of the commas directly inside it."""
    depth, opening, commas = 0, None, []
    for i, letter in enumerate(pattern):
        if letter == "{":
            opening = i if depth == 0 else opening
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
            if depth == 0:
                return opening, i, commas
        elif letter == "," and depth == 1:
            commas.append(i)
    return None, None, []


def _expand_range(text):
    match = re.fullmatch(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?", text)
    if not match or match[1].lstrip("-").isdigit() != match[2].lstrip("-").isdigit():
        return None
    numeric = match[1].lstrip("-").isdigit()
    first, last = (int(x) if numeric else ord(x) for x in (match[1], match[2]))
    step = abs(int(match[3] or 1)) or 1
    values = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    padded = numeric and any(len(x.lstrip("-")) > 1 and x.lstrip("-")[0] == "0" for x in (match[1], match[2]))
    width = max(len(match[1]), len(match[2])) if padded else 0
    return [format(value, f"0{width}d") if numeric else chr(value) for value in values]


@dataclass(slots=True)
class Member:
    """A file of an archive: at a place of a file on disk (`archive`), or read already (`data`)."""

    name: str
    size: int
    start: int
    contents: int
    archive: object = None
    data: bytes | None = None

    def read(self):
        return self.archive.read(self.contents, self.size) if self.data is None else self.data


@dataclass(slots=True)
class RawSample:
    """Members that belong together, not yet decoded; `shard` and `start` say where they are."""

    key: str
    url: str
    shard: int
    start: int
    fields: dict = field(default_factory=dict)
    fault: str | None = None

    def add(self, extension, member):
        if extension in self.fields:
            self.fault = f"the member {member.name!r} appears twice"
        self.fields[extension] = member


def split_name(name):
    """A member's key and extension, split at the first dot of its base name; `(None, None)` without one.

    >>> split_name("train/0001.seg.png")
    ('train/0001', 'seg.png')
    """
    match = _NAME.fullmatch(name)
    return (match[1], match[2].lower()) if match else (None, None)


def read_samples(url, shard, start=0):
    """The raw samples of an archive from the byte `start` of one of its headers on."""
    current = None
    for member in read_members(url, start):
        key, extension = split_name(member.name)
        if key is None or _META.match(member.name):
            continue
        if current is None or key != current.key:
            if current is not None:
                yield current, member.start
            current = RawSample(key, str(url), shard, member.start)
        current.add(extension, member)
    if current is not None:
        yield current, None


def read_members(url, start=0):
    """The regular files of an archive, on disk, compressed, behind a URL, a pipe or a file object."""
    path = local_path(url)
    if path is not None and _is_plain(path):
        archive = _C.image.TarFile(path, start)
        while (row := archive.next()) is not None:
            yield Member(*row, archive=archive)
        return
    with _open_stream(url, path) as stream:
        archive = _C.image.TarStream(_Checked(stream, str(url)), str(url), start)
        while (row := archive.next()) is not None:
            yield Member(*row, data=archive.read(MAX_MEMBER))


def local_path(url):
    """The path of a shard on disk, or `None` if it is elsewhere."""
    if hasattr(url, "read") or url.startswith("pipe:"):
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        return url
    if scheme[1] == "file":
        from rushlight.image.url import path_of_file_url

        return path_of_file_url(url)
    return None


def _is_plain(path):
    if not os.path.isfile(path):
        return not os.path.exists(path)
    with open(path, "rb") as file:
        return not file.read(5).startswith(tuple(_DECOMPRESSORS))


def _open_stream(url, path):
    if hasattr(url, "read"):
        return _decompressed(url)
    if path is not None:
        return _decompressed(open(path, "rb"))
    if url.startswith("pipe:"):
        return _Pipe(url)
    from rushlight.image.url import open_url

    return _decompressed(open_url(url))


def _decompressed(stream):
    if not hasattr(stream, "peek"):
        stream = io.BufferedReader(_Raw(stream))
    start = stream.peek(5)[:5]
    opener = next((o for magic, o in _DECOMPRESSORS.items() if start.startswith(magic)), None)
    return _Closing(opener(stream), stream) if opener else stream


class _Raw(io.RawIOBase):
    """A file object that has no more than `read`, for `io.BufferedReader`."""

    def __init__(self, stream):
        self._stream = stream

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        getattr(self._stream, "close", lambda: None)()
        super().close()


class _Closing:
    """A decompressor that closes what it reads from."""

    def __init__(self, stream, source):
        self._stream, self._source = stream, source
        self.read = stream.read

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self._source.close()


class _Pipe:
    """The output of a shell command, `pipe:COMMAND`; an error if the command fails."""

    def __init__(self, url):
        self._url = url
        self._process = subprocess.Popen(url.removeprefix("pipe:"), shell=True, stdout=subprocess.PIPE)
        self._stream = _decompressed(self._process.stdout)

    def read(self, size):
        data = self._stream.read(size)
        if not data and self._process.wait():
            raise ImageError(self._url, "TAR", f"the command ended with status {self._process.returncode}")
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.stdout.close()
        self._process.wait()


class _Checked:
    """Reads a stream and turns what is wrong with its compression into an `ImageError`."""

    def __init__(self, stream, url):
        self._stream, self._url = stream, url

    def read(self, size):
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise ImageError(self._url, "TAR", f"the compressed data are broken: {error}") from None
