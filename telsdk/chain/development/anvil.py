"""Drive anvil, or another node that takes its development calls over JSON-RPC."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from telsdk.chain.access import open_rpc, request
from telsdk.chain.development.devchain import dev_accounts, seconds


class AnvilChain:
    """A development node at the URL `rpc`, which was started with its default accounts.

    Raises:
        RpcUnreachable: nothing answers there.
    """

    def __init__(self, rpc: str = "http://127.0.0.1:8545", accounts: int = 10) -> None:
        self.w3: Web3 = open_rpc(rpc)
        self.accounts: tuple[LocalAccount, ...] = dev_accounts(accounts)

    def advance_time(self, by: float | timedelta) -> None:
        """Move the chain's clock on by so many seconds, and mine a block then."""
        self._request("evm_increaseTime", seconds(by))
        self._request("evm_mine")

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self._request("evm_mine")

    def snapshot(self) -> str:
        return str(self._request("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        self._request("evm_revert", snapshot)

    def automine(self, on: bool) -> None:
        """Set whether each transaction gets a block at once. When off, `mine` takes in those that wait."""
        self._request("evm_setAutomine", on)

    def _request(self, method: str, *params: Any) -> Any:
        return request(self.w3, RPCEndpoint(method), params)
