"""Read from and write to contracts: simulate, price, sign, send, wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, cast

from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage
from eth_typing import ChecksumAddress
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import BlockNotFound, TimeExhausted, TransactionNotFound
from web3.types import TxParams, TxReceipt

from telsdk.chain.access.rpc import mapped
from telsdk.chain.errors import (
    ContractRefused,
    NoAccount,
    NotDeployed,
    RpcError,
    RpcUnreachable,
    TransactionPending,
    TransactionUnpaid,
)
from telsdk.chain.interface import ChainEvent, EventDecoder, Function
from telsdk.chain.revert import Reverted
from telsdk.chain.units import ether

RECEIPT_TIMEOUT = 180.0  # seconds; some fifteen blocks of the Ethereum main chain
_RECEIPT_POLL = 0.2  # seconds

Block = int | str  # a height, or "latest"


class Account(Protocol):
    """The account that pays and signs: an eth-account LocalAccount, or a wallet that offers the same."""

    @property
    def address(self) -> ChecksumAddress: ...

    def sign_transaction(self, transaction_dict: Any, /) -> SignedTransaction: ...

    def sign_message(self, signable_message: SignableMessage, /) -> SignedMessage: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that is in a block."""

    tx: str  # its hash, 0x…
    block: int
    gas_used: int
    events: tuple[ChainEvent, ...] = ()
    contract: str | None = None  # address of the contract that it created

    def event(self, name: str) -> ChainEvent:
        """Return the first event called `name`.

        Raises:
            LookupError: the transaction caused none.
        """
        for event in self.events:
            if event.name == name:
                return event
        raise LookupError(f"transaction {self.tx} caused no {name} event")


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction as it is about to be sent."""

    tx: str  # its hash, 0x…
    nonce: int
    raw: str  # the whole transaction, 0x…


class Session:
    """One account, or none, at one RPC. May be used from several threads."""

    def __init__(self, w3: Web3, account: Account | None = None, decoder: EventDecoder | None = None) -> None:
        self.w3 = w3
        self.account = account
        self._decoder = decoder
        self._sending = threading.Lock()

    def call(
        self,
        address: str,
        function: Function,
        args: Iterable[Any],
        *,
        block: Block = "latest",
        value: int = 0,
        gas: int | None = None,
    ) -> Any:
        """Return what `function` answers as of `block`, called with `value` wei. This changes nothing.

        It may use at most `gas`, or as much as the RPC allows when that is None.

        Raises:
            ContractRefused: it reverts.
            NotDeployed: there is no contract at `address`.
            RpcError, RpcUnreachable: no answer came.
        """
        transaction: TxParams = {
            "to": cast(ChecksumAddress, address),
            "data": HexBytes(function.encode(args)),
        }
        if self.account is not None:
            transaction["from"] = self.account.address
        if value:
            transaction["value"] = value  # type: ignore[typeddict-item]
        if gas is not None:
            transaction["gas"] = gas
        with mapped():
            result = self.w3.eth.call(transaction, block)  # type: ignore[arg-type]
        if not result and function.output_types:
            raise NotDeployed(f"there is no contract at {address}: is this the right network?")
        return function.decode(bytes(result))

    def send(self, address: str, function: Function, args: Iterable[Any], *, value: int = 0) -> Receipt:
        """Call `function` with `value` wei in a transaction, and wait until that is in a block.

        It is simulated first, so that a call that the contract would refuse costs nothing.

        Raises:
            NoAccount: there is no account to sign it.
            ContractRefused: the contract refuses; the subclass says why.
            TransactionUnpaid: the account cannot pay for it.
            TransactionPending: it is in no block after RECEIPT_TIMEOUT seconds.
            RpcError, RpcUnreachable: the RPC fails.
        """
        args = tuple(args)
        self._afford(value)
        # On the pending block: what this account sent before, and waits there, may be what this call needs.
        self.call(address, function, args, value=value, block="pending")
        return self.transact({"to": address, "data": function.encode(args), "value": value})

    def transact(
        self, message: Mapping[str, Any], before_sending: Callable[[Signed], None] | None = None
    ) -> Receipt:
        """Send the transaction that does `message` (to, data, value), and wait for it. It raises what `send` raises.

        `before_sending` is called with what is about to be sent. When it raises, nothing is sent.
        """
        account = self.signer()
        transaction = {**message, "from": account.address}
        estimate = self._estimate(transaction)
        with mapped():
            transaction |= {"chainId": self.w3.eth.chain_id, **self._fees()}
        # A fifth more than the estimate: the state may change before the transaction gets into a block.
        transaction["gas"] = estimate * 6 // 5
        price = transaction.get("maxFeePerGas", transaction.get("gasPrice", 0))
        self._afford(transaction.get("value", 0) + transaction["gas"] * price)
        with self._sending:
            with mapped():
                transaction["nonce"] = self.w3.eth.get_transaction_count(account.address, "pending")
            signed = account.sign_transaction(transaction)
            if before_sending is not None:
                raw = Web3.to_hex(signed.raw_transaction)
                before_sending(Signed(Web3.to_hex(signed.hash), transaction["nonce"], raw))
            with mapped():
                tx = self.w3.eth.send_raw_transaction(signed.raw_transaction)
        return self._receipt(self._wait(tx), transaction)

    def result(self, signed: Signed) -> Receipt | None:
        """Return the receipt of a transaction that was `signed` earlier; None when it has none, or failed."""
        with mapped(TransactionNotFound):
            try:
                receipt = self.w3.eth.get_transaction_receipt(HexBytes(signed.tx))
            except TransactionNotFound:
                return None
        return self._success(receipt) if receipt["status"] == 1 else None

    def send_again(self, signed: Signed) -> Receipt | None:
        """Send a transaction that was `signed` earlier, in case the chain does not have it, and wait for it.

        Returns:
            The receipt; None when the chain no longer takes it, because its nonce is used, its fee is too low, or it
            failed.

        Raises:
            TransactionPending: it is in no block after RECEIPT_TIMEOUT seconds.
            RpcUnreachable: the RPC does not answer.
        """
        with mapped():
            used = self.w3.eth.get_transaction_count(self.signer().address, "latest") > signed.nonce
        if used:
            return self.result(signed)
        try:
            with mapped():
                self.w3.eth.send_raw_transaction(HexBytes(signed.raw))
        except RpcUnreachable:
            raise
        except (RpcError, ContractRefused):
            if not self._knows(signed.tx):
                return None
        receipt = self._wait(HexBytes(signed.tx))
        return self._success(receipt) if receipt["status"] == 1 else None

    def height(self) -> int:
        """Return the height of the newest block."""
        with mapped():
            return self.w3.eth.block_number

    def deadline(self, lifetime: timedelta) -> int:
        """Return when `lifetime` from now is over, by the chain's clock, in seconds since 1970."""
        return self.clock() + int(lifetime.total_seconds())

    def clock(self) -> int:
        """Return the time of the pending block, or else of the newest, in seconds since 1970."""
        with mapped(BlockNotFound):
            try:
                return self.w3.eth.get_block("pending")["timestamp"]
            except BlockNotFound:
                return self.w3.eth.get_block("latest")["timestamp"]

    def signer(self) -> Account:
        """Return the account.

        Raises:
            NoAccount: there is none.
        """
        if self.account is None:
            raise NoAccount("this needs an account to sign with: connect with account=, or give --account")
        return self.account

    def _afford(self, amount: int) -> None:
        address = self.signer().address
        with mapped():
            balance = self.w3.eth.get_balance(address)
        if balance < amount:
            raise TransactionUnpaid(
                f"{address} has {ether(balance)} ether and needs {ether(amount)}: send it some"
            )

    def _estimate(self, transaction: Mapping[str, Any]) -> int:
        """Return the gas that it takes after the transactions that wait already, or else after the newest block."""
        try:
            with mapped():
                return self.w3.eth.estimate_gas(cast(TxParams, transaction), "pending")
        except RpcUnreachable:
            raise
        except RpcError:
            # eth-tester, for one, estimates on the newest block only.
            with mapped():
                return self.w3.eth.estimate_gas(cast(TxParams, transaction))

    def _fees(self) -> dict[str, int]:
        """Return EIP-1559 fees that suffice until the base fee has doubled, or a gas price on an older chain."""
        base = self.w3.eth.get_block("latest").get("baseFeePerGas")
        if base is None:
            return {"gasPrice": self.w3.eth.gas_price}
        tip = self.w3.eth.max_priority_fee
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * base + tip}

    def _wait(self, tx: HexBytes) -> TxReceipt:
        try:
            with mapped(TimeExhausted):
                return self.w3.eth.wait_for_transaction_receipt(tx, RECEIPT_TIMEOUT, _RECEIPT_POLL)
        except TimeExhausted as error:
            raise TransactionPending(
                f"transaction {Web3.to_hex(tx)} is in no block after {RECEIPT_TIMEOUT:.0f} s: "
                "it may still be; look it up before sending another"
            ) from error

    def _knows(self, tx: str) -> bool:
        with mapped(TransactionNotFound):
            try:
                self.w3.eth.get_transaction(HexBytes(tx))
            except TransactionNotFound:
                return False
        return True

    def _receipt(self, receipt: TxReceipt, transaction: dict[str, Any]) -> Receipt:
        if receipt["status"] != 1:
            self._explain_failure(Web3.to_hex(receipt["transactionHash"]), receipt, transaction)
        return self._success(receipt)

    def _success(self, receipt: TxReceipt) -> Receipt:
        events = (self._decoder.decode(log) for log in receipt["logs"]) if self._decoder else ()
        return Receipt(
            Web3.to_hex(receipt["transactionHash"]),
            receipt["blockNumber"],
            receipt["gasUsed"],
            tuple(event for event in events if event is not None),
            receipt.get("contractAddress"),
        )

    def _explain_failure(self, tx: str, receipt: TxReceipt, transaction: dict[str, Any]) -> None:
        """Raise the reason why a transaction that passed the simulation failed in its block: somebody was quicker."""
        message = {
            key: transaction[key] for key in ("from", "to", "data", "value", "gas") if key in transaction
        }
        with mapped():
            self.w3.eth.call(cast(TxParams, message), receipt["blockNumber"])
        raise Reverted(f"transaction {tx} failed in block {receipt['blockNumber']}, having cost its gas")
