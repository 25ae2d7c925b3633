"""A peer in the place of a wallet, which answers JSON-RPC with what the test says: an answer, or anything else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.httpserver import PostHandler, running

Reply = Callable[[dict[str, Any]], bytes | Iterator[bytes] | None]


@contextmanager
def answering(reply: Reply) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A peer that says what it likes, and what it was asked.

    `reply` gives the body of the answer, or its parts one after the other; or None: nothing until the test ends.
    """
    asked: list[dict[str, Any]] = []
    over = threading.Event()

    class Handler(PostHandler):
        def post(self, question: bytes) -> None:
            request = json.loads(question)
            asked.append(request)
            body = reply(request)
            if body is None:
                over.wait(30)
                return
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # whoever asked may have gone
                for part in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(part)

    with running(Handler) as port:
        try:
            yield f"http://127.0.0.1:{port}", asked
        finally:
            over.set()


def error(code: int, message: str = "") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}).encode()


def result(value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()
