"""What goes between web3 and the chain, counted and, where a test wants it, cut."""

from __future__ import annotations

from collections import Counter
from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint, RPCError, RPCResponse

from telsdk.chain.development.embedded import EmbeddedChain, _Provider


class Cut(BaseException):
    """The process ends here: no handler of errors stops it."""


class Wire(_Provider):
    """A way to the chain besides `chain.w3`. `w3` goes by it."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain._tester, chain._backend)
        self.lock = chain._provider.lock
        self.w3 = Web3(self)
        self.seen: Counter[str] = Counter()  # requests by method
        self._method, self._left, self._behind = "", 0, False
        self._refused = ""

    def refuse_once(self, method: str) -> None:
        """Answers the next request of `method` with an error, as a node does that does not like it."""
        self._refused = method

    def cut(self, method: str, at: int, *, behind: bool) -> None:
        """Ends the process at the `at`-th request of `method` from now: before it, or when it is done."""
        self._method, self._left, self._behind = method, at, behind

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        if method == self._refused:
            self._refused = ""
            error: RPCError = {"code": -32000, "message": "not taken"}
            return {"jsonrpc": "2.0", "id": 0, "error": error}
        cut = False
        if method == self._method:
            self._left -= 1
            cut = self._left == 0
        if cut and not self._behind:
            raise Cut
        self.seen[method] += 1
        response = super().make_request(method, params)
        if cut:
            raise Cut
        return response
