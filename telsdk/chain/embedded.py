"""A whole chain inside this process, for the demo and for tests: eth-tester over py-evm.

It is installed by ``pip install telprotocol[demo]``. It answers errors as a node does over JSON-RPC, so that
nothing above it needs to know which of the two it is talking to.
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
from web3 import EthereumTesterProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

from telsdk.chain.devchain import HD_PATH, MNEMONIC, dev_accounts, seconds

_FREE = {"max_fee_per_gas": 0, "max_priority_fee_per_gas": 0}


class EmbeddedChain:
    """A chain of one process. Every transaction is in a block of its own when the send returns.

    It may be used from several threads: requests are taken one at a time.
    """

    def __init__(self, accounts: int = 10) -> None:
        self._backend = _Backend.from_mnemonic(MNEMONIC, num_accounts=accounts, hd_path=HD_PATH)
        self._tester = EthereumTester(self._backend)
        self._provider = _Provider(self._tester, self._backend)
        self.w3 = Web3(self._provider)
        self.accounts: tuple[LocalAccount, ...] = dev_accounts(accounts)

    def advance_time(self, by: float | timedelta) -> None:
        """Moves the chain's clock on by so many seconds, and mines a block there."""
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
        """Whether each transaction gets a block at once; when off, `mine` takes the waiting ones in."""
        with self._provider.lock:
            if on and not self._tester.auto_mine_transactions:
                self._tester.enable_auto_mine_transactions()
            elif not on:
                self._tester.disable_auto_mine_transactions()


class _Reverted(Exception):
    """A contract reverted; the only argument is what it gave back."""


class _Backend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """Calls and estimates as nodes do them: they cost the caller nothing, and a revert keeps its data."""

    def call(self, transaction: dict[str, Any], block_number: int | str = "latest") -> bytes:
        computation, _ = self._try({"gas": self._max_available_gas(), **transaction}, block_number)
        if computation.is_error:
            raise _failure(computation.error)
        return bytes(computation.output)

    def estimate_gas(self, transaction: dict[str, Any], block_number: int | str = "latest") -> int:
        """What one run takes and a 32nd for what EIP-150 holds back, if a second run gets by on that."""
        computation, intrinsic = self._try({**transaction, "gas": self._max_available_gas()}, block_number)
        if computation.is_error:
            raise _failure(computation.error)
        estimate = (intrinsic + computation.get_gas_used()) * 33 // 32
        with suppress(EvmValidationError):
            if not self._try({**transaction, "gas": estimate}, block_number)[0].is_error:
                return int(estimate)
        # eth-tester searches some fifteen times, and not on the pending block.
        block_number = "latest" if block_number == "pending" else block_number
        return int(super().estimate_gas({**_FREE, **transaction}, block_number))

    def _try(self, transaction: dict[str, Any], block_number: int | str) -> tuple[Any, int]:
        """Runs `transaction` and forgets it. Gives the computation and the gas that comes before it."""
        unsigned = self._get_normalized_and_unsigned_evm_transaction({**_FREE, **transaction}, block_number)
        header = self._header(block_number).copy(base_fee_per_gas=0)
        state = self.chain.get_vm(at_header=header).state
        snapshot = state.snapshot()
        computation = state.apply_transaction(SpoofTransaction(unsigned, from_=transaction["from"]))
        state.revert(snapshot)
        return computation, unsigned.intrinsic_gas

    def catch_up(self) -> None:
        """Lets the block in the making be of now. py-evm fixes its time when the block before it is mined."""
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
    """Takes one request at a time, and turns eth-tester's exceptions into JSON-RPC errors."""

    def __init__(self, tester: EthereumTester, backend: _Backend) -> None:
        super().__init__(tester)
        self.lock = threading.RLock()
        self._backend = backend

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        with self.lock:
            self._backend.catch_up()
            try:
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


def _rpc_error(code: int, message: str, data: str | None = None) -> RPCResponse:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": 0, "error": error}  # type: ignore[typeddict-item]
