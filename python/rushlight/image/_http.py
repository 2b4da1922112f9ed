"""HTTP downloads with bounds on everything: time, bytes, redirects, attempts."""

import http.client
import random
import socket
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from rushlight.image._errors import ImageError, ImageNotFoundError

_CHUNK = 1 << 18
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_PRIVATE = ("Authorization", "Cookie", "Proxy-authorization")
_LONGEST_PAUSE = 5.0


class Transient(ImageError):
    """A fault that another attempt may not meet."""


def fetch(url, *, timeout, retries, max_bytes, max_redirects, headers=None):
    """The body of a URL. An attempt may take `timeout` seconds, from connecting to the last byte."""

    def attempt():
        with (
            Deadline(timeout, url) as deadline,
            open_response(url, deadline, timeout, max_redirects, headers) as response,
        ):
            return read_body(response, url, max_bytes)

    return with_retries(attempt, retries)


def with_retries(attempt, retries):
    """What `attempt()` returns; `Transient` faults are tried again after a pause that doubles."""
    for count in range(retries + 1):
        try:
            return attempt()
        except Transient as error:
            if count == retries:
                raise ImageError(error.file, None, _reason(error, count + 1)) from None
            time.sleep(min(0.1 * 2**count * random.uniform(1, 1.5), _LONGEST_PAUSE))


def _reason(error, attempts):
    return error.reason if attempts == 1 else f"{error.reason} (after {attempts} attempts)"


class Deadline:
    """Shuts down the connections of an attempt when its time is over, whatever they are doing."""

    def __init__(self, seconds, url):
        self._url, self._seconds = url, seconds
        self._sockets, self._over = [], False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection):
        self._sockets.append(connection)

    def _end(self):
        self._over = True
        for connection in self._sockets:
            try:
                # Not `SSLSocket.shutdown`, which takes the state away from under the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, kind, error, _):
        self._timer.cancel()
        # Without an error as well: a body of unknown length ends where its connection does.
        if self._over and (kind is None or issubclass(kind, (OSError, http.client.HTTPException, ValueError))):
            raise Transient(self._url, None, f"no answer within {self._seconds} s") from None


def open_response(url, deadline, timeout, max_redirects, headers=None):
    """The response of a server, redirects followed; HTTP errors and connection faults become `ImageError`s."""
    request = urllib.request.Request(url, headers={"User-Agent": "rushlight", **(headers or {})})
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Connections(deadline),
        _Redirects(url, max_redirects),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    try:
        return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise _status_error(url, error.code, error.reason) from None
    except urllib.error.URLError as error:
        raise _connection_error(url, error.reason) from None
    except (http.client.HTTPException, OSError) as error:
        if isinstance(error, ImageError):
            raise
        raise _connection_error(url, error) from None


def _status_error(url, code, reason):
    if code in (404, 410):
        return ImageNotFoundError(url, None, f"HTTP {code} {reason}")
    return (Transient if code in _RETRIED else ImageError)(url, None, f"HTTP {code} {reason}")


def _connection_error(url, reason):
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ImageError(url, None, f"the server's certificate is not valid: {reason}")
    if isinstance(reason, TimeoutError):
        return Transient(url, None, "no answer in time")
    return Transient(url, None, f"the connection failed: {reason or type(reason).__name__}")


def read_body(response, url, max_bytes):
    """The whole body; a `Transient` fault if it is shorter than announced."""
    announced = response.length
    if announced is not None and announced > max_bytes:
        raise ImageError(url, None, f"{announced} bytes are more than max_bytes={max_bytes}")
    body = bytearray()
    while chunk := read_chunk(response, url, _CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise ImageError(url, None, f"the body is larger than max_bytes={max_bytes}")
    if announced is not None and len(body) < announced:
        raise Transient(url, None, f"the body ends after {len(body)} of {announced} bytes")
    return bytes(body)


def read_chunk(response, url, size):
    """Up to `size` bytes, as they arrive."""
    try:
        return response.read1(size)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise _connection_error(url, error) from None


class _Connections(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Connections that a deadline watches."""

    def __init__(self, deadline):
        urllib.request.HTTPHandler.__init__(self)
        urllib.request.HTTPSHandler.__init__(self)
        self._deadline = deadline

    def _watched(self, kind):
        deadline = self._deadline

        class Watched(kind):
            def connect(self):
                super().connect()
                deadline.watch(self.sock)

        return Watched

    def http_open(self, request):
        return self.do_open(self._watched(http.client.HTTPConnection), request)

    def https_open(self, request):
        return self.do_open(self._watched(http.client.HTTPSConnection), request, context=self._context)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to other HTTP addresses, never from encrypted to plain; secrets stay with their host."""

    def __init__(self, url, limit):
        self._url, self._left, self._limit = url, limit, limit

    def redirect_request(self, request, fp, code, message, headers, location):
        fp.close()
        self._left -= 1
        if self._left < 0:
            raise ImageError(self._url, None, f"more than max_redirects={self._limit} redirects")
        before, after = urllib.parse.urlsplit(request.full_url), urllib.parse.urlsplit(location)
        if after.scheme not in ("http", "https") or (before.scheme, after.scheme) == ("https", "http"):
            raise ImageError(self._url, None, f"the redirect to {location!r} is refused")
        following = super().redirect_request(request, fp, code, message, headers, location)
        if before.netloc != after.netloc:
            for name in _PRIVATE:
                following.headers.pop(name, None)
        return following

    # urllib refuses other schemes and loops with errors of its own: all of that is decided above.
    max_repeats = max_redirections = 1 << 30

    def http_error_302(self, request, fp, code, message, headers):
        location = headers.get("location") or headers.get("uri")
        if location is None:
            return None
        location = urllib.parse.urljoin(request.full_url, location.replace(" ", "%20"))
        following = self.redirect_request(request, fp, code, message, headers, location)
        return self.parent.open(following, timeout=request.timeout)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
