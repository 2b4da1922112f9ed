"""A web server on loopback whose answers are wrong in a chosen way."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIXELS = b"P6 3 2 255\n" + bytes(range(18))


class FaultyServer:
    """`with FaultyServer() as server: server.url("/image")`; `server.requests` are the paths asked for."""

    def __enter__(self):
        self.requests, self.headers = [], []
        self.bodies = {"/image": PIXELS}
        self._stop = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.requests.append(self.path)
                owner.headers.append(dict(self.headers))
                owner.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def answer(self, handler):
        name = handler.path.split("?")[0].strip("/").replace("-", "_").split("/")
        getattr(self, name[0], self._body)(handler, *name[1:])

    def _send(self, handler, body=b"", status=200, length=None, **headers):
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            pass

    def _body(self, handler, *_):
        body = self.bodies.get(handler.path)
        self._send(handler, body or b"", 200 if body is not None else 404)

    def stalled(self, handler):
        self._stop.wait(20)

    def stalled_body(self, handler):
        self._send(handler, PIXELS[:10], length=len(PIXELS))
        handler.wfile.flush()
        self._stop.wait(20)

    def dripping(self, handler):
        """One byte each twentieth of a second: no single wait is long."""
        self._send(handler, b"", length=1000)
        for _ in range(1000):
            if self._stop.wait(0.05):
                return
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    def dripping_head(self, handler):
        for byte in b"HTTP/1.0 200 OK\r\nX: " + b"y" * 1000:
            if self._stop.wait(0.05):
                return
            try:
                handler.wfile.write(bytes([byte]))
            except OSError:
                return

    def slow(self, handler):
        time.sleep(0.2)
        self._send(handler, PIXELS)

    def cut(self, handler):
        self._send(handler, PIXELS[:15], length=len(PIXELS))

    def cut_once(self, handler):
        self._send(handler, PIXELS[:15] if len(self.requests) == 1 else PIXELS, length=len(PIXELS))

    def length_too_small(self, handler):
        self._send(handler, PIXELS, length=15)

    def unknown_length(self, handler, count="18"):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(PIXELS.ljust(int(count), b"x"))

    def flaky(self, handler, failures):
        status = 500 if len(self.requests) <= int(failures) else 200
        self._send(handler, PIXELS, status)

    def loop(self, handler):
        self._send(handler, status=302, Location="/loop")

    def to_image(self, handler):
        self._send(handler, status=301, Location="/image")

    def to_file(self, handler):
        self._send(handler, status=302, Location="file:///etc/passwd")

    def to_ftp(self, handler):
        self._send(handler, status=302, Location="ftp://127.0.0.1/x")

    def to_other_host(self, handler):
        self._send(handler, status=302, Location=self.url("/image").replace("127.0.0.1", "localhost"))

    def garbage(self, handler):
        self._send(handler, b"<html>sign in</html>")

    def no_http(self, handler):
        handler.wfile.write(b"\x00\x01\x02 nothing like HTTP\r\n\r\n")

    def ranges(self, handler):
        """A body that breaks off every 1000 bytes and can be asked for from any byte on."""
        whole = self.bodies["/ranges"]
        first = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self._send(handler, whole[first : first + 1000], 206 if first else 200, length=len(whole) - first)
