"""What servers over HTTP have in common that tests run: a handler without words, and a thread that ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PostHandler(BaseHTTPRequestHandler):
    """Takes POST, and writes nothing to the terminal."""

    def do_POST(self) -> None:
        self.post(self.rfile.read(int(self.headers["Content-Length"])))

    def post(self, question: bytes) -> None:
        """Answers a request."""
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        """Says nothing: a test has its own words."""


@contextmanager
def running(handler: type[PostHandler]) -> Iterator[int]:
    """Serves on loopback from a thread, until the context is left. Yields the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False  # clients keep their connections open
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
