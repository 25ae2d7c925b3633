"""Kubo's two block commands over HTTP, by a daemon that can be told to lie."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from telsdk.backup.cid import cid_of, digest_of


class Daemon(ThreadingHTTPServer):
    """Keeps blocks; `answer` replaces what it says to the next questions."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.blocks: dict[str, bytes] = {}
        self.lie_block: bytes | None = None
        self.lie_key: str | None = None
        self.status = 200

    @property
    def multiaddress(self) -> str:
        return f"/ip4/127.0.0.1/tcp/{self.server_address[1]}"


@contextmanager
def running() -> Iterator[Daemon]:
    daemon = Daemon()
    thread = threading.Thread(target=daemon.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield daemon
    finally:
        daemon.shutdown()
        thread.join()
        daemon.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Daemon
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        body = self._body()
        if self.server.status != 200:
            return self._answer(self.server.status, b"<html>no</html>", "text/html")
        if address.path.endswith("/block/put"):
            return self._put(body, query)
        return self._get(query["arg"][0])

    def _put(self, body: bytes, query: dict[str, list[str]]) -> None:
        if query.get("cid-codec") != ["raw"] or query.get("mhtype") != ["sha2-256"]:
            return self._answer(500, json.dumps({"Message": "not a raw block", "Code": 0}).encode())
        head, _, rest = body.partition(b"\r\n\r\n")
        data = rest[: rest.rindex(b"\r\n" + head.partition(b"\r\n")[0])]
        key = self.server.lie_key or cid_of(digest_of(data))
        self.server.blocks[key] = data
        return self._answer(200, json.dumps({"Key": key, "Size": len(data)}).encode())

    def _get(self, key: str) -> None:
        data = self.server.blocks.get(key) if self.server.lie_block is None else self.server.lie_block
        if data is None:
            message = {"Message": "block was not found locally (offline)", "Code": 0, "Type": "error"}
            return self._answer(500, json.dumps(message).encode())
        return self._answer(200, data, "text/plain")

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Say nothing."""
