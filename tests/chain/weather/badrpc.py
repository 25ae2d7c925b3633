"""JSON-RPC servers on loopback, in front of the embedded chain, that misbehave as those on the Internet do.

Each class misbehaves in one way, and only while `bad` is set. `Weather` itself is honest.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from telsdk.chain.development.embedded import EmbeddedChain
from tests.cli.chainrpc import ChainRpc
from tests.httpserver import PostHandler, running

Json = Any


@dataclass(frozen=True)
class Reply:
    """What goes over HTTP."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False  # the body is sent again and again, for as long as somebody reads

    @classmethod
    def of(cls, answer: Json, status: int = 200) -> Reply:
        return cls(json.dumps(answer).encode(), status)


class Weather:
    """An honest RPC; what it was asked is counted by method."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self.bad = False
        self.fair = threading.Event()  # set when nobody shall wait any more
        self.asked: Counter[str] = Counter()
        self._honest = ChainRpc(chain, "")

    def reply(self, request: Json) -> Reply:
        self.asked[request["method"]] += 1
        if self.bad:
            return self.misbehave(request)
        return Reply.of(self._honest.answer(request))

    def misbehave(self, request: Json) -> Reply:
        answer = self._honest.answer(request)
        if "result" not in answer:
            return Reply.of(answer)
        return Reply.of({**answer, "result": self.altered(request, answer["result"])})

    def altered(self, request: Json, result: Json) -> Json:
        """What it answers in place of an honest `result`."""
        return result

    def ask(self, method: str, *params: Json) -> Json:
        """What an honest RPC answers to a question of this one's own."""
        return self._honest.answer({"id": 0, "method": method, "params": list(params)})["result"]

    def height(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)


@contextmanager
def served(weather: Weather) -> Iterator[str]:
    """Serves `weather` from a thread, until the context is left."""

    class Handler(PostHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def post(self, question: bytes) -> None:
            reply = weather.reply(json.loads(question))
            with suppress(ConnectionError):
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if not reply.endless:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
                while reply.endless and not weather.fair.wait(0.02 if len(reply.body) == 1 else 0):
                    self.wfile.write(reply.body)
                    self.wfile.flush()
            self.close_connection = self.close_connection or reply.endless

    with running(Handler) as port:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            weather.fair.set()


# Logs


class NullLogs(Weather):
    """It answers null where it should answer a list."""

    def altered(self, request: Json, result: Json) -> Json:
        return None if request["method"] == "eth_getLogs" else result


class DoubledLogs(Weather):
    """It tells each log twice."""

    def altered(self, request: Json, result: Json) -> Json:
        return result + result if request["method"] == "eth_getLogs" else result


class ReversedLogs(Weather):
    """It tells the last log first."""

    def altered(self, request: Json, result: Json) -> Json:
        return result[::-1] if request["method"] == "eth_getLogs" else result


class RemovedLogs(Weather):
    """Before each log it tells one of a block that was reorganised away, marked as removed."""

    def altered(self, request: Json, result: Json) -> Json:
        if request["method"] != "eth_getLogs":
            return result
        return [
            told
            for log in result
            for told in ({**log, "removed": True, "blockHash": "0x" + "ee" * 32}, {**log, "removed": False})
        ]


class OtherBlocksLogs(Weather):
    """It tells logs as of a block that is not in the chain."""

    def altered(self, request: Json, result: Json) -> Json:
        if request["method"] != "eth_getLogs":
            return result
        return [{**log, "blockHash": "0x" + "ee" * 32} for log in result]


class ContradictingLogs(Weather):
    """It tells two things of one place in a block."""

    def altered(self, request: Json, result: Json) -> Json:
        if request["method"] != "eth_getLogs":
            return result
        return [*result, *({**log, "data": "0x" + "11" * ((len(log["data"]) - 2) // 2)} for log in result)]


class LateLogs(Weather):
    """It has no logs of the newest two blocks yet, however it is asked."""

    def altered(self, request: Json, result: Json) -> Json:
        if request["method"] != "eth_getLogs":
            return result
        newest = self.height()
        return [log for log in result if int(log["blockNumber"], 16) <= newest - 2]


class LateRanges(LateLogs):
    """It has no logs of the newest two blocks where it is asked by height."""

    def altered(self, request: Json, result: Json) -> Json:
        by_hash = request["method"] == "eth_getLogs" and "blockHash" in request["params"][0]
        return result if by_hash else super().altered(request, result)


class InventedLogs(Weather):
    """It tells the newest block's logs that an older block had, whose bloom filter knows better."""

    def altered(self, request: Json, result: Json) -> Json:
        if request["method"] != "eth_getLogs":
            return result
        newest, query = self.ask("eth_getBlockByNumber", "latest", False), request["params"][0]
        if newest["hash"] != query.get("blockHash") and int(query.get("toBlock", "0x0"), 16) < self.height():
            return result
        invented = {"blockNumber": newest["number"], "blockHash": newest["hash"]}
        old = self.ask("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
        sale = enumerate(old[-3:], 99)  # Transfer, EpochAdvanced, MetadataUpdate
        return [*result, *({**log, **invented, "logIndex": hex(place)} for place, log in sale)]


class NoBlooms(Weather):
    """The bloom filter of each block is empty, as on chains that do not fill it."""

    def altered(self, request: Json, result: Json) -> Json:
        is_block = request["method"].startswith("eth_getBlockBy") and result
        return {**result, "logsBloom": "0x" + "00" * 256} if is_block else result


# Blocks


class NullBlock(Weather):
    """It has no block."""

    def altered(self, request: Json, result: Json) -> Json:
        return None if request["method"].startswith("eth_getBlockBy") else result


class UnknownTags(Weather):
    """It knows no block but those that are there: none is pending, safe or final."""

    def misbehave(self, request: Json) -> Reply:
        if {"pending", "safe", "finalized"} & {str(one) for one in request["params"]}:
            return error(request, -32602, "unknown block tag")
        return super().misbehave(request)


class TwoBackends(Weather):
    """Every other request is answered by a backend that is two blocks behind."""

    behind = 2
    turn = 0

    def misbehave(self, request: Json) -> Reply:
        self.turn += 1
        if self.turn % 2:
            return super().misbehave(request)
        return self._by_the_slow_one(request)

    def _by_the_slow_one(self, request: Json) -> Reply:
        height, (method, params) = self.height() - self.behind, (request["method"], request["params"])
        if method == "eth_getBlockByNumber" and params[0] == "latest":
            return super().misbehave({**request, "params": [hex(height), *params[1:]]})
        answer = self._honest.answer(request)
        result: Json = answer.get("result")
        if method.startswith("eth_getBlockBy") and result and int(result["number"], 16) > height:
            answer = {**answer, "result": None}
        elif method == "eth_getLogs" and "blockHash" in params[0]:
            block = self.ask("eth_getBlockByHash", params[0]["blockHash"], False)
            if int(block["number"], 16) > height:
                return error(request, -32000, "unknown block")
        elif method == "eth_getLogs":
            answer = {**answer, "result": [log for log in result if int(log["blockNumber"], 16) <= height]}
        return Reply.of(answer)


class StoodStill(TwoBackends):
    """Its newest block is one of some time ago."""

    def misbehave(self, request: Json) -> Reply:
        return self._by_the_slow_one(request)


class AnotherChain(Weather):
    """It serves another chain all at once, on which none of the contracts is."""

    chain_id = "0x5"

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain)
        self.known: dict[str, str] = {}  # our hashes by theirs

    def altered(self, request: Json, result: Json) -> Json:
        match request["method"]:
            case "eth_chainId":
                return self.chain_id
            case "eth_getLogs":
                return []
            case "eth_getCode":
                return "0x"
            case "eth_getBlockByHash" | "eth_getBlockByNumber" if result:
                other = {key: self._other(result[key]) for key in ("hash", "parentHash")}
                return {**result, **other, "logsBloom": "0x" + "00" * 256}
        return result

    def misbehave(self, request: Json) -> Reply:
        params = [self.known.get(one, one) if isinstance(one, str) else one for one in request["params"]]
        return super().misbehave({**request, "params": params})

    def _other(self, digest: str) -> str:
        """The hash of the block that is there in place of one of ours."""
        other = "0x" + "5" * 32 + digest[34:]
        self.known[other] = digest
        return other


class ChainBegunAnew(AnotherChain):
    """It serves another chain of the same id, as a development chain does that was started again."""

    def altered(self, request: Json, result: Json) -> Json:
        return result if request["method"] == "eth_chainId" else super().altered(request, result)


# HTTP


class Refusing(Weather):
    """It refuses everything by an HTTP status, with or without Retry-After."""

    def __init__(self, chain: EmbeddedChain, status: int, retry_after: str | None = None) -> None:
        super().__init__(chain)
        self._reply = Reply(b"no", status, {} if retry_after is None else {"Retry-After": retry_after})

    def misbehave(self, request: Json) -> Reply:
        return self._reply


class RateLimited(Weather):
    """It says by a JSON-RPC error that it was asked too much."""

    def misbehave(self, request: Json) -> Reply:
        return error(request, -32005, "project ID request rate exceeded")


class Narrow(Weather):
    """It tells the logs of so many blocks at once and no more, and refuses more as some provider does."""

    def __init__(self, chain: EmbeddedChain, most: int, status: int, code: int | None, words: str) -> None:
        super().__init__(chain)
        self._most, self._status, self._code, self._words = most, status, code, words
        self.refused = 0

    def misbehave(self, request: Json) -> Reply:
        query = request["params"][0] if request["method"] == "eth_getLogs" else {}
        if "fromBlock" in query:
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
            if last - first + 1 > self._most:
                self.refused += 1
                until = first + self._most - 1
                words = self._words.format(
                    low=first, high=until, hexlow=hex(first), hexhigh=hex(until), most=self._most
                )
                if self._code is None:
                    return Reply(words.encode(), self._status)
                return error(request, self._code, words, self._status)
        return super().misbehave(request)


class Silent(Weather):
    """It takes a request and does not answer until the weather is fair."""

    def misbehave(self, request: Json) -> Reply:
        self.fair.wait()
        return super().misbehave(request)


class Garbage(Weather):
    """It answers everything with the same octets."""

    def __init__(self, chain: EmbeddedChain, body: bytes, endless: bool = False) -> None:
        super().__init__(chain)
        self._reply = Reply(body, endless=endless)

    def misbehave(self, request: Json) -> Reply:
        return self._reply


class GarbageResult(Weather):
    """It answers each method in JSON-RPC, with a result of another type."""

    def __init__(self, chain: EmbeddedChain, result: Json, method: str) -> None:
        super().__init__(chain)
        self._result, self._method = result, method

    def altered(self, request: Json, result: Json) -> Json:
        return self._result if request["method"].startswith(self._method) else result


def error(request: Json, code: int, message: str, status: int = 200) -> Reply:
    """A JSON-RPC error."""
    answer = {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}
    return Reply.of(answer, status)


def http_date(timestamp: float) -> str:
    """A moment as HTTP writes it (RFC 9110 section 5.6.7)."""
    return formatdate(timestamp, usegmt=True)
