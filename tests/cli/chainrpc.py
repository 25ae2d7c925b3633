"""The embedded chain over HTTP: what an RPC would answer, so that commands come to it as they do to any chain."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

from telsdk.chain.development.embedded import EmbeddedChain


class ChainRpc:
    """A JSON-RPC on loopback.

    Attributes:
        url: where it is.
        block_time: seconds by which each transaction moves the chain's clock on; on real chains time passes.
    """

    def __init__(self, chain: EmbeddedChain, url: str) -> None:
        self.url = url
        self.block_time = 0
        self._chain = chain
        w3 = Web3(chain.w3.provider, middleware=[])
        self._answer = chain.w3.provider.request_func(w3, w3.middleware_onion)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The response to one JSON-RPC request."""
        response = self._answer(RPCEndpoint(request["method"]), request["params"])
        if request["method"] == "eth_sendRawTransaction" and self.block_time:
            self._chain.advance_time(self.block_time)
        outcome = (
            {"error": response["error"]} if "error" in response else {"result": _plain(response["result"])}
        )
        return {"jsonrpc": "2.0", "id": request["id"], **outcome}


@contextmanager
def served(chain: EmbeddedChain) -> Iterator[ChainRpc]:
    """Serves `chain` from a thread, until the context is left."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgement

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(rpc.answer(request)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False  # clients keep their connections open
        rpc = ChainRpc(chain, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield rpc
        finally:
            server.shutdown()
            thread.join()


def _plain(value: Any) -> Any:
    """As JSON-RPC writes it: numbers and bytes in hexadecimal."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value]
