"""Weights from a URL, kept in a folder and checked against the hash in their name."""

import hashlib
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile

from rushlight.serialization import atomic_writer, load

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]

# `resnet18-bf5a0074.pth`: the digits are the beginning of the file's SHA-256.
HASH_IN_NAME = re.compile(r"-([a-f0-9]*)\.")
CHUNK = 1 << 20

_directory = None


def get_dir():
    """The folder for downloads: `set_dir`'s, `$TORCH_HOME/hub`, or `~/.cache/torch/hub`."""
    if _directory is not None:
        return _directory
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d):
    """Choose the folder for downloads."""
    global _directory
    _directory = os.path.expanduser(d)


def load_state_dict_from_url(
    url,
    model_dir=None,
    map_location=None,
    progress=True,
    check_hash=False,
    file_name=None,
    weights_only=True,
):
    """Download a checkpoint, unless it is there already, and `load` it.

    `https`, `http` and `file` addresses work. With `check_hash` the name must be
    `name-<sha256 prefix>.ext` and the contents must match. Raises `RuntimeError` when the
    address cannot be read or the hash differs. A zip archive that holds one checkpoint is
    opened in memory.
    """
    name = file_name or os.path.basename(urllib.parse.urlparse(url).path)
    if not name:
        raise ValueError(f"load_state_dict_from_url: {url!r} names no file; pass file_name=")
    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        found = HASH_IN_NAME.search(name) if check_hash else None
        print(f'Downloading: "{url}" to {path}')
        download_url_to_file(url, path, found and found.group(1), progress)
    return _load(path, map_location, weights_only)


def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    """Write the contents of `url` to `dst`, which appears only when complete and right.

    `hash_prefix` is the beginning of the SHA-256 that the contents must have.
    """
    digest = hashlib.sha256()
    try:
        with _open(url) as source, atomic_writer(dst) as file:
            _copy(source, file, digest, progress and sys.stderr.isatty())
            if hash_prefix and not digest.hexdigest().startswith(hash_prefix):
                raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        raise RuntimeError(f"cannot read {url}: {error.reason}. Without a network, put the file at {dst}.") from None


def _open(url):
    request = urllib.request.Request(url, headers={"User-Agent": "rushlight.hub"})
    return urllib.request.urlopen(request)


def _copy(source, file, digest, show):
    total, done = int(source.headers.get("Content-Length") or 0), 0
    while chunk := source.read(CHUNK):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if show:
            share = f" {100 * done // total:3d} %" if total else ""
            print(f"\r{done / 1e6:.1f} MB{share}", end="", file=sys.stderr)
    if show:
        print(file=sys.stderr)
    if total and done != total:
        raise RuntimeError(f"the connection ended after {done} of {total} bytes")


def _load(path, map_location, weights_only):
    if not zipfile.is_zipfile(path):
        return load(path, map_location=map_location, weights_only=weights_only)
    with zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        if len(files) != 1:
            return load(path, map_location=map_location, weights_only=weights_only)
        with archive.open(files[0]) as member:
            return load(member, map_location=map_location, weights_only=weights_only)
