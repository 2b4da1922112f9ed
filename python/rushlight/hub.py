"""Weights from a URL, kept in a folder and checked against the hash in their name; models from a repository's folder."""

import contextlib
import hashlib
import importlib.util
import os
import re
import sys
import urllib.error
import urllib.request
import zipfile
from urllib.parse import urlparse

from rushlight import serialization

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

# `resnet18-bf5a0074.pth`: the digits are the beginning of the file's SHA-256.
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
CHUNK = 1 << 20

_directory = None


def get_dir():
    """The folder for downloads: `set_dir`'s, `$TORCH_HOME/hub`, or `~/.cache/torch/hub`."""
    return _directory if _directory is not None else os.path.join(_get_torch_home(), "hub")


def _get_torch_home():
    """`$TORCH_HOME`, or the folder ``torch`` of the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return os.path.expanduser(os.environ.get("TORCH_HOME", os.path.join(cache, "torch")))


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
    name = file_name or os.path.basename(urlparse(url).path)
    if not name:
        raise ValueError(f"load_state_dict_from_url: {url!r} names no file; pass file_name=")
    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        found = HASH_REGEX.search(name) if check_hash else None
        print(f'Downloading: "{url}" to {path}')
        download_url_to_file(url, path, found and found.group(1), progress)
    return _load(path, map_location, weights_only)


def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    """Write the contents of `url` to `dst`, which appears only when complete and right.

    `hash_prefix` is the beginning of the SHA-256 that the contents must have.
    """
    digest = hashlib.sha256()
    try:
        with _open(url) as source, serialization.atomic_writer(dst) as file:
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
        return serialization.load(path, map_location=map_location, weights_only=weights_only)
    with zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        if len(files) != 1:
            return serialization.load(path, map_location=map_location, weights_only=weights_only)
        with archive.open(files[0]) as member:
            return serialization.load(member, map_location=map_location, weights_only=weights_only)


def load(
    repo_or_dir,
    model,
    *args,
    source="github",
    trust_repo="check",
    force_reload=False,
    verbose=True,
    skip_validation=False,
    **kwargs,
):
    """Call the function `model` of the file `hubconf.py` in a repository, and return its result.

    With `source="local"`, `repo_or_dir` is the repository's folder. A name `owner/repository[:branch]` is looked
    for among the repositories in `get_dir()`; RuntimeError tells where to put one that is not there.
    """
    if source.lower() not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    folder = repo_or_dir if source.lower() == "local" else _kept_repository(repo_or_dir, force_reload)
    with _entries(folder) as entries:
        return _entry(entries, model)(*args, **kwargs)


def list(github, force_reload=False, skip_validation=False, trust_repo="check", verbose=True):
    """Return the names of the functions in a repository's `hubconf.py`; the repository as for `load`."""
    with _entries(_kept_repository(github, force_reload)) as entries:
        return [name for name in dir(entries) if callable(getattr(entries, name)) and not name.startswith("_")]


def help(github, model, force_reload=False, skip_validation=False, trust_repo="check"):
    """Return the docstring of a function in a repository's `hubconf.py`; the repository as for `load`."""
    with _entries(_kept_repository(github, force_reload)) as entries:
        return _entry(entries, model).__doc__


def _kept_repository(github, force_reload):
    """The folder of `owner/repository[:branch]` in `get_dir()`."""
    name, _, branch = github.partition(":")
    stem = os.path.join(get_dir(), name.replace("/", "_"))
    kept = [f"{stem}_{b.replace('/', '_')}" for b in ([branch] if branch else ["main", "master"])]
    found = [folder for folder in kept if os.path.isdir(folder)]
    if force_reload or not found:
        raise RuntimeError(
            f"hub: programs are not downloaded, and {kept[0]} {'would be replaced' if found else 'is not there'}. "
            f"Clone https://github.com/{name} into that folder, or pass its own folder to load(source='local')"
        )
    return found[0]


@contextlib.contextmanager
def _entries(folder):
    """The module `hubconf.py` of a folder, which can be imported from within the block."""
    sys.path.insert(0, os.fspath(folder))
    try:
        spec = importlib.util.spec_from_file_location("hubconf", os.path.join(folder, "hubconf.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(os.fspath(folder))


def _entry(entries, model):
    if not isinstance(model, str):
        raise ValueError("Invalid input: model should be a string of function name")
    needed = getattr(entries, "dependencies", None) or ()
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")
    function = getattr(entries, model, None)
    if not callable(function):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return function
