"""Opens what a caller passes as a file: a path, or an object that reads or writes."""

import io
import os
import shutil
from contextlib import contextmanager

__all__ = ["atomic_writer", "is_path", "open_reader", "open_writer"]


def is_path(file):
    return isinstance(file, (str, os.PathLike))


@contextmanager
def atomic_writer(path):
    """A new file that takes the place of `path` only when the block ends without an error.

    It is written beside `path`, whose old contents stay whole until the rename. A path that is
    not a regular file (a pipe, `/dev/null`) is written directly.
    """
    path = os.path.realpath(os.fspath(path))
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            yield file
        return
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with _create(temporary, path) as file:
            yield file
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _create(temporary, path):
    try:
        return open(temporary, "xb")
    except FileNotFoundError:
        folder = os.path.dirname(path)
        raise RuntimeError(f"Parent directory {folder} does not exist.") from None


@contextmanager
def open_writer(file):
    """`file` to write bytes to: a path, replaced atomically, or an object with `write`."""
    if is_path(file):
        with atomic_writer(file) as opened:
            yield opened
    elif hasattr(file, "write"):
        yield file
        if hasattr(file, "flush"):
            file.flush()
    else:
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")


@contextmanager
def open_reader(file):
    """`file` to read bytes from: a path, or a seekable object with `read`."""
    if is_path(file):
        with open(file, "rb") as opened:
            yield opened
        return
    try:
        file.seek(file.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        ) from None
    yield file
