"""A JSON-RPC server over HTTP, on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.httpserver import PostHandler, running


@contextmanager
def serving(answer: Callable[[dict[str, Any]], dict[str, Any]], status: int = 200) -> Iterator[str]:
    """Answers each request from a thread, until the context is left. Yields the server's URL."""

    class Handler(PostHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgement

        def post(self, question: bytes) -> None:
            body = json.dumps(answer(json.loads(question))).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with running(Handler) as port:
        yield f"http://127.0.0.1:{port}"
