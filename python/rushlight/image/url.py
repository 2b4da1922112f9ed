"""Images behind URLs: HTTP(S), `file://`, and what fsspec can open when it is installed."""

import io
import os
import stat
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from rushlight.image import _http
from rushlight.image._errors import ImageError, ImageNotFoundError

__all__ = ["load_url", "load_urls", "open_url"]

TIMEOUT, RETRIES, MAX_BYTES, MAX_REDIRECTS = 30.0, 2, 256 << 20, 5


def load_url(
    url,
    size=None,
    algorithm=None,
    crop=None,
    normalize=None,
    device=None,
    *,
    timeout=TIMEOUT,
    retries=RETRIES,
    max_bytes=MAX_BYTES,
    max_redirects=MAX_REDIRECTS,
    headers=None,
    **options,
):
    """Load the image behind a URL; the other arguments are those of `rushlight.image.load`.

    Args:
        timeout: seconds that one attempt may take, from connecting to the last byte.
        retries: further attempts after refused connections, timeouts, cut bodies, HTTP 408, 425, 429 and 5xx.
        max_bytes: largest body.
        max_redirects: redirects followed, only to HTTP addresses and never from HTTPS to HTTP.
        headers: of the request.

    >>> array = load_url("https://example.org/a.jpg", size=224)  # doctest: +SKIP
    """
    from rushlight.image import load_bytes

    data = read_url(url, timeout, retries, max_bytes, max_redirects, headers)
    try:
        return load_bytes(data, size, algorithm, crop, normalize, device, **options)
    except ImageError as error:
        raise ImageError(url, error.format, error.reason) from None


def load_urls(
    urls,
    size=None,
    algorithm=None,
    crop=None,
    normalize=None,
    workers=None,
    device=None,
    *,
    timeout=TIMEOUT,
    retries=RETRIES,
    max_bytes=MAX_BYTES,
    max_redirects=MAX_REDIRECTS,
    headers=None,
    errors="raise",
    report=None,
    **options,
):
    """Load the images behind many URLs, `workers` downloads at a time, in the order of the URLs.

    The arguments are those of `load_url`; the result, `errors` and `report` are those of
    `rushlight.image.load_batch`.

    >>> arrays = load_urls(["https://example.org/a.jpg", "https://example.org/b.jpg"], size=(224, 224))  # doctest: +SKIP
    """
    from rushlight.image import load_batch_bytes
    from rushlight.image._calls import tell

    urls = list(urls)
    limits = {"timeout": timeout, "retries": retries, "max_bytes": max_bytes, "max_redirects": max_redirects}
    bodies = _fetch_all(urls, workers, **limits, headers=headers)
    lost = next((body for body in bodies if isinstance(body, ImageError)), None)
    if lost is not None and errors == "raise":
        raise lost
    # What did not arrive is no image either: it takes its place among the errors of decoding.
    data = [b"" if isinstance(body, ImageError) else body for body in bodies]
    tolerated = "skip" if errors == "raise" else errors
    found = []
    images = load_batch_bytes(
        data, size, algorithm, crop, normalize, device=device, errors=tolerated, report=found, **options
    )
    faults = [_fault(error, bodies[error.index], urls[error.index]) for error in found]
    if faults and errors == "raise":
        raise faults[0]
    if faults:
        tell(faults, report)
    return images


def _fault(error, body, url):
    """What was wrong with an image, in terms of its URL."""
    fault = body if isinstance(body, ImageError) else ImageError(url, error.format, error.reason)
    fault.index = error.index
    return fault


def read_url(url, timeout=TIMEOUT, retries=RETRIES, max_bytes=MAX_BYTES, max_redirects=MAX_REDIRECTS, headers=None):
    """The bytes behind a URL."""
    if not isinstance(url, str):
        raise TypeError(f"a URL is a str, got {type(url).__name__}: use rushlight.image.load for paths")
    scheme = urllib.parse.urlsplit(url).scheme.lower()
    if scheme in ("http", "https"):
        return _http.fetch(
            url, timeout=timeout, retries=retries, max_bytes=max_bytes, max_redirects=max_redirects, headers=headers
        )
    try:
        with _open_regular(url) if scheme == "file" else _open_fsspec(url) as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise ImageNotFoundError(url, None, "there is no such file") from None
    except ImageError:
        raise
    except OSError as error:
        raise ImageError(url, None, str(error)) from None
    if len(data) > max_bytes:
        raise ImageError(url, None, f"the file is larger than max_bytes={max_bytes}")
    return data


def _open_regular(url):
    """The file of a `file://` URL: reading anything but a regular one might never end."""
    path = path_of_file_url(url)
    if "\0" in path:
        raise ImageError(url, None, "a path has no NUL byte")
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        raise ImageError(url, None, "it is a directory" if stat.S_ISDIR(mode) else "it is not a regular file")
    return open(path, "rb")


def path_of_file_url(url):
    """The path that a `file://` URL means.

    >>> path_of_file_url("file:///tmp/a%20b.jpg")
    '/tmp/a b.jpg'
    """
    parts = urllib.parse.urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise ValueError(f"{url}: a file URL names this machine: file:///path, not file://{parts.netloc}/path")
    return urllib.request.url2pathname(parts.path)


def _open_fsspec(url):
    if not urllib.parse.urlsplit(url).scheme:
        raise ValueError(f"{url!r} is no URL: use rushlight.image.load for paths")
    try:
        import fsspec
    except ImportError:
        raise ImportError(f"{url}: this needs fsspec; install it with pip install fsspec") from None
    return fsspec.open(url, "rb").open()


def open_url(url, *, timeout=TIMEOUT, retries=RETRIES, max_redirects=MAX_REDIRECTS, headers=None):
    """A URL as a file to read on; `timeout` is for each wait.

    After a broken connection reading goes on where it ended, if the server knows ranges.
    """
    scheme = urllib.parse.urlsplit(url).scheme.lower()
    if scheme == "file":
        return open(path_of_file_url(url), "rb")
    if scheme in ("http", "https"):
        return io.BufferedReader(_HttpFile(url, timeout, retries, max_redirects, headers or {}), 1 << 16)
    return _open_fsspec(url)


class _HttpFile(io.RawIOBase):
    """A body as it arrives, over as many connections as it takes."""

    def __init__(self, url, timeout, retries, max_redirects, headers):
        self._url, self._timeout, self._retries = url, timeout, retries
        self._max_redirects, self._headers = max_redirects, headers
        self._position, self._end = 0, None
        self._response = _http.with_retries(self._connect, retries)

    def _connect(self):
        headers = self._headers | ({"Range": f"bytes={self._position}-"} if self._position else {})
        with _http.Deadline(self._timeout, self._url) as deadline:
            response = _http.open_response(self._url, deadline, self._timeout, self._max_redirects, headers)
        if self._position and response.status != 206:
            response.close()
            raise ImageError(self._url, None, f"the connection broke at byte {self._position}, and there are no ranges")
        if self._end is None and response.length is not None:
            self._end = response.length
        return response

    def readable(self):
        return True

    def readinto(self, buffer):
        data = _http.with_retries(lambda: self._read(len(buffer)), self._retries)
        buffer[: len(data)] = data
        return len(data)

    def _read(self, size):
        if self._response is None:
            self._response = self._connect()
        try:
            data = _http.read_chunk(self._response, self._url, size)
            if not data and self._end is not None and self._position < self._end:
                raise _http.Transient(self._url, None, f"the body ends after {self._position} of {self._end} bytes")
        except _http.Transient:
            self._response.close()
            self._response = None
            raise
        self._position += len(data)
        return data

    def close(self):
        if self._response is not None:
            self._response.close()
        super().close()


def default_workers(count):
    """Downloads wait more than they compute: several for each core."""
    return max(1, min(count, 8 * (os.cpu_count() or 1), 64))


def _fetch_all(urls, workers=None, **limits):
    """For each URL its bytes or the `ImageError` that came instead, in order."""

    def attempt(url):
        try:
            return read_url(url, **limits)
        except ImageError as error:
            return error

    urls = list(urls)
    with ThreadPoolExecutor(workers or default_workers(len(urls))) as pool:
        return list(pool.map(attempt, urls))
