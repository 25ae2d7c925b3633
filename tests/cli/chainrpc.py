"""The embedded chain over HTTP: what an RPC would answer, so that commands come to it as they do to any chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

from telsdk.chain.development.embedded import EmbeddedChain
from tests.jsonrpc import serving


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
    with serving(lambda request: rpc.answer(request)) as url:
        rpc = ChainRpc(chain, url)
        yield rpc


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
