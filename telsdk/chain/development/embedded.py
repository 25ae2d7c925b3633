"""A whole chain inside this process, for the demo and for tests: eth-tester over py-evm.

``pip install telprotocol[demo]`` installs it. It answers with errors as a node does over JSON-RPC, so nothing above it
needs to know which of the two it talks to.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from eth.exceptions import PyEVMError, Revert
from eth.vm.spoof import SpoofTransaction
from eth_account.signers.local import LocalAccount
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import BlockNotFound, TransactionFailed, ValidationError
from eth_utils.exceptions import ValidationError as EvmValidationError
from hexbytes import HexBytes
from web3 import EthereumTesterProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

from telsdk.chain.development.devchain import HD_PATH, MNEMONIC, dev_accounts, seconds

_FREE = {"max_fee_per_gas": 0, "max_priority_fee_per_gas": 0}


class EmbeddedChain:
    """A chain of one process. When a send returns, its transaction is in a block of its own.

    It may be used from several threads: it takes one request at a time.
    """

    def __init__(self, accounts: int = 10) -> None:
        self._backend = _Backend.from_mnemonic(MNEMONIC, num_accounts=accounts, hd_path=HD_PATH)
        self._tester = EthereumTester(self._backend)
        self._provider = _Provider(self._tester, self._backend)
        self.w3 = Web3(self._provider)
        self.accounts: tuple[LocalAccount, ...] = dev_accounts(accounts)

    def advance_time(self, by: float | timedelta) -> None:
        """Move the chain's clock on by so many seconds, and mine a block then."""
        with self._provider.lock:
            now = self._tester.get_block_by_number("latest")["timestamp"]
            self._backend.move_clock(now + seconds(by))
            self._tester.mine_blocks(1)

    def mine(self, blocks: int = 1) -> None:
        with self._provider.lock:
            self._backend.catch_up()
            self._tester.mine_blocks(blocks)

    def snapshot(self) -> str:
        with self._provider.lock:
            return str(self._tester.take_snapshot())

    def revert(self, snapshot: str) -> None:
        with self._provider.lock:
            self._tester.revert_to_snapshot(int(snapshot))

    def automine(self, on: bool) -> None:
        """Set whether each transaction gets a block at once. When off, `mine` takes in those that wait."""
        with self._provider.lock:
            if on and not self._tester.auto_mine_transactions:
                self._tester.enable_auto_mine_transactions()
            elif not on:
                self._tester.disable_auto_mine_transactions()


class _Reverted(Exception):
    """A contract reverted. The only argument is what it gave back."""


class _Backend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """A back end that calls and estimates as nodes do: at no cost to the caller, and a revert keeps its data."""

    def call(self, transaction: dict[str, Any], block_number: int | str = "latest") -> bytes:
        computation, _ = self._try({"gas": self._max_available_gas(), **transaction}, block_number)
        if computation.is_error:
            raise _failure(computation.error)
        return bytes(computation.output)

    def estimate_gas(self, transaction: dict[str, Any], block_number: int | str = "latest") -> int:
        """Return what one run takes and a 32nd more, which EIP-150 holds back, if a second run succeeds with that."""
        computation, intrinsic = self._try({**transaction, "gas": self._max_available_gas()}, block_number)
        if computation.is_error:
            raise _failure(computation.error)
        estimate = (intrinsic + computation.get_gas_used()) * 33 // 32
        with suppress(EvmValidationError):
            if not self._try({**transaction, "gas": estimate}, block_number)[0].is_error:
                return int(estimate)
        # eth-tester's own search takes some fifteen runs, and does not know the pending block.
        block_number = "latest" if block_number == "pending" else block_number
        return int(super().estimate_gas({**_FREE, **transaction}, block_number))

    def _try(self, transaction: dict[str, Any], block_number: int | str) -> tuple[Any, int]:
        """Run `transaction` and undo it. Return the computation, and the intrinsic gas that is paid before it."""
        unsigned = self._get_normalized_and_unsigned_evm_transaction({**_FREE, **transaction}, block_number)
        header = self._header(block_number).copy(base_fee_per_gas=0)
        state = self.chain.get_vm(at_header=header).state
        snapshot = state.snapshot()
        computation = state.apply_transaction(SpoofTransaction(unsigned, from_=transaction["from"]))
        state.revert(snapshot)
        return computation, unsigned.intrinsic_gas

    def catch_up(self) -> None:
        """Set the pending block's time to now. py-evm fixes it when the block before is mined."""
        self.move_clock(int(time.time()))

    def move_clock(self, timestamp: int) -> None:
        pending = self.chain.header
        if timestamp > pending.timestamp and not self.chain.get_block().transactions:
            self.chain.header = pending.copy(timestamp=timestamp)

    def _header(self, block_number: int | str) -> Any:
        if block_number == "pending":
            return self.chain.get_block().header
        if isinstance(block_number, int):
            return self.chain.get_canonical_block_header_by_number(block_number)
        if block_number == "earliest":
            return self.chain.get_canonical_block_header_by_number(0)
        return self.chain.get_canonical_head()


def _failure(error: BaseException) -> _Reverted | TransactionFailed:
    if isinstance(error, Revert):
        return _Reverted(bytes(error.args[0]) if error.args else b"")
    return TransactionFailed(str(error))


class _Provider(EthereumTesterProvider):
    """A provider that takes one request at a time, and turns eth-tester's exceptions into JSON-RPC errors."""

    def __init__(self, tester: EthereumTester, backend: _Backend) -> None:
        super().__init__(tester)
        self.lock = threading.RLock()
        self._backend = backend
        self._tester = tester

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        with self.lock:
            self._backend.catch_up()
            try:
                if method == "eth_getLogs":
                    params = self._by_number(params)
                return super().make_request(method, params)
            except _Reverted as error:
                return _rpc_error(3, "execution reverted", "0x" + error.args[0].hex())
            except (
                TransactionFailed,
                BlockNotFound,
                ValidationError,
                EvmValidationError,
                PyEVMError,
            ) as error:
                return _rpc_error(-32000, str(error))

    def _by_number(self, params: Any) -> Any:
        """Ask for the logs of a block by its number where it is named by its hash, which eth-tester does not know."""
        query = dict(params[0])
        digest = query.pop("blockHash", query.pop("block_hash", None))
        if digest is None:
            return params
        number = self._tester.get_block_by_hash(Web3.to_hex(HexBytes(digest)))["number"]
        if self._tester.get_block_by_number(number)["hash"] != Web3.to_hex(HexBytes(digest)):
            raise BlockNotFound(f"block {digest} is not in the chain")
        return [{**query, "from_block": number, "to_block": number}]


def _rpc_error(code: int, message: str, data: str | None = None) -> RPCResponse:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": 0, "error": error}  # type: ignore[typeddict-item]
