"""A JSON-RPC server in front of a real node: it loses, delays and spoils what a test tells it to, and nothing else."""

from __future__ import annotations

import json
import socket
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests

from tests.httpserver import PostHandler, running

Answer = tuple[int, bytes]  # HTTP status, body


class Question:
    """One request, and the way to the node."""

    def __init__(self, node: str, body: bytes) -> None:
        self._node = node
        self._body = body
        asked = json.loads(body)
        self.method: str = asked["method"]
        self.params: list[Any] = asked["params"]

    def forward(self) -> Answer:
        """Let the node do it."""
        answer = requests.post(
            self._node, self._body, headers={"Content-Type": "application/json"}, timeout=20
        )
        return answer.status_code, answer.content


Fault = Callable[[Question], Answer | None]  # None: the connection is closed


def told(**answer: object) -> Answer:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, **answer}).encode()


def error(code: int, message: str) -> Answer:
    return told(error={"code": code, "message": message})


def instead(answer: Answer | None) -> Fault:
    """The node does not hear of it."""
    return lambda _: answer


def behind(answer: Answer | None) -> Fault:
    """The node does it, and something else is told."""

    def fault(question: Question) -> Answer | None:
        question.forward()
        return answer

    return fault


def first(act: Callable[[Question], object]) -> Fault:
    """Something happens just before the node is asked."""

    def fault(question: Question) -> Answer:
        act(question)
        return question.forward()

    return fault


class LossyRpc:
    """What the server does to requests.

    Attributes:
        url: where it is.
        seen: how often each method was asked for.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: Counter[str] = Counter()
        self._once: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: list[tuple[Callable[[Question], bool], Fault]] = []

    def at(self, method: str, *faults: Fault) -> None:
        """Do this to the next requests for `method`, one each."""
        self._once[method].extend(faults)

    def always(self, which: Callable[[Question], bool], fault: Fault) -> None:
        """Do this to each of `which`."""
        self._always.append((which, fault))

    def answer(self, question: Question) -> Answer | None:
        self.seen[question.method] += 1
        with suppress(IndexError):
            return self._once[question.method].popleft()(question)
        for which, fault in self._always:
            if which(question):
                return fault(question)
        return question.forward()

    @property
    def is_spent(self) -> bool:
        """Whether all that was to be done once is done."""
        return not any(self._once.values())


@contextmanager
def lossy(node: str) -> Iterator[LossyRpc]:
    """A server in front of the one at the URL `node`."""

    class Handler(PostHandler):
        def post(self, question: bytes) -> None:
            answer = rpc.answer(Question(node, question))
            if answer is None:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer[0])
            self.end_headers()
            self.wfile.write(answer[1])

    with running(Handler) as port:
        rpc = LossyRpc(f"http://127.0.0.1:{port}")
        yield rpc
