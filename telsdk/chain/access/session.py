"""Read from and write to contracts: simulate, price, sign, send, wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, cast

from eth_account import Account as EthAccount
from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.types import TxParams, TxReceipt

from telsdk.chain import inputs
from telsdk.chain.access import sending
from telsdk.chain.access.nonces import NonceBook, book_of
from telsdk.chain.access.rpc import mapped, refuses, whole
from telsdk.chain.access.sending import Sender, SendSettings, Signed
from telsdk.chain.errors import (
    ContractRefused,
    NoAccount,
    NotDeployed,
    RpcError,
    TransactionRejected,
    TransactionReplaced,
    TransactionUnpaid,
)
from telsdk.chain.interface import ChainEvent, EventDecoder, Function
from telsdk.chain.revert import Reverted
from telsdk.chain.units import ether

Block = int | str  # a height, or "latest"


class Account(Protocol):
    """The account that pays and signs: an eth-account LocalAccount, or a wallet that offers the same.

    It gives the signed bytes, and telsdk sends them: so the hash is known before anything is sent. A wallet that only
    signs and sends by itself (``eth_sendTransaction``) cannot be one. Were its answer lost, nobody could tell which
    transaction is meant: the wallet chooses nonce and fees, and neither it nor the RPC can be asked for "the last one".
    """

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


class Session:
    """One account, or none, at one RPC. May be used from several threads.

    Sessions of one account in one process do not get in each other's way, whichever RPCs of the chain they are at.

    Attributes:
        settings: how patient it is with transactions.
    """

    def __init__(
        self,
        w3: Web3,
        account: Account | None = None,
        decoder: EventDecoder | None = None,
        settings: SendSettings | None = None,
    ) -> None:
        self.w3 = w3
        self.account = account
        self._decoder = decoder
        self.settings = settings or sending.DEFAULTS
        self._first: tuple[int, bytes] | None = None  # chain id, and hash of the first block

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
        inputs.block(block)
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
        with mapped(calling=True):
            # No CCIP read (ERC-3668): a contract of a stranger's would choose which servers this machine asks.
            result = self.w3.eth.call(transaction, block, ccip_read_enabled=False)  # type: ignore[arg-type]
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
            TransactionRejected: the RPC does not take it.
            TransactionReplaced: another transaction of the account was quicker.
            TransactionPending: it is in no block in time, or nobody tells.
            RpcError, RpcUnreachable: the RPC fails, before anything is signed.
        """
        args = function.checked(args)
        self._afford(value)
        self._simulate(address, function, args, value)
        return self.transact({"to": address, "data": function.encode(args), "value": value})

    def _simulate(self, address: str, function: Function, args: tuple[Any, ...], value: int) -> None:
        """Call `function` on the pending block: what this account sent before, and waits there, may be needed."""
        try:
            self.call(address, function, args, value=value, block="pending")
        except RpcError as error:
            if not refuses(error):
                raise
            self.call(address, function, args, value=value)

    def transact(
        self, message: Mapping[str, Any], before_sending: Callable[[Signed], None] | None = None
    ) -> Receipt:
        """Send the transaction that does `message` (to, data, value), and wait for it. It raises what `send` raises.

        `before_sending` is called with what is about to be sent. When it raises, nothing is sent.
        """
        account = self.signer()
        transaction = self._priced({**message, "from": account.address})
        book, sender = self._book(), self._sender()
        with book.lock:
            transaction["nonce"] = book.next(
                self._count(),
                is_known=sender.is_known,
                is_in_a_block=sender.is_in_a_block,
            )
            signed = self._sign(transaction)
            if before_sending is not None:
                before_sending(signed)
            book.sent(signed.nonce, signed.tx)
            with self._settling(book, signed):
                taken = sender.offer(signed)
        with self._settling(book, signed):
            receipt = sender.follow(signed, taken=taken)
            book.done(signed.nonce, signed.tx)
        return self._receipt(receipt, transaction)

    def result(self, signed: Signed) -> Receipt | None:
        """Return the receipt of a transaction that was `signed` earlier; None when it has none, or failed.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked.
        """
        receipt = self._sender().receipt(signed.tx)
        return self._success(receipt) if receipt is not None and receipt["status"] == 1 else None

    def send_again(self, signed: Signed) -> Receipt | None:
        """Send a transaction that was `signed` earlier, in case the chain does not have it, and wait for it.

        Returns:
            The receipt; None when the chain no longer takes it, because its nonce is used, its fee is too low, or it
            failed.

        Raises:
            TransactionPending: it is in no block in time.
            RpcUnreachable: the RPC does not answer.
        """
        sender, book = self._sender(), self._book()
        if sender.is_used(signed.nonce):
            return self.result(signed)
        book.sent(signed.nonce, signed.tx)
        try:
            with self._settling(book, signed):
                receipt = sender.follow(signed, taken=sender.offer(signed))
                book.done(signed.nonce, signed.tx)
        except (TransactionRejected, TransactionReplaced, ContractRefused):
            return None
        return self._success(receipt) if receipt["status"] == 1 else None

    def height(self) -> int:
        """Return the height of the newest block."""
        with mapped():
            return whole(self.w3.eth.block_number)

    def deadline(self, lifetime: timedelta) -> int:
        """Return when `lifetime` from now is over, by the chain's clock, in seconds since 1970."""
        return self.clock() + int(inputs.lifetime(lifetime).total_seconds())

    def clock(self) -> int:
        """Return the time of the pending block, or else of the newest, in seconds since 1970."""
        try:
            with mapped():
                return whole(self.w3.eth.get_block("pending")["timestamp"])
        except RpcError as error:
            if not refuses(error):
                raise
        with mapped():
            return whole(self.w3.eth.get_block("latest")["timestamp"])

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
            balance = whole(self.w3.eth.get_balance(address))
        if balance < amount:
            raise TransactionUnpaid(
                f"{address} has {ether(balance)} ether and needs {ether(amount)}: send it some"
            )

    def _estimate(self, transaction: Mapping[str, Any]) -> int:
        """Return the gas that it takes after the transactions that wait already, or else after the newest block."""
        try:
            with mapped():
                return whole(self.w3.eth.estimate_gas(cast(TxParams, transaction), "pending"))
        except RpcError as error:
            if not refuses(error):
                raise
        # eth-tester, for one, estimates on the newest block only.
        with mapped():
            return whole(self.w3.eth.estimate_gas(cast(TxParams, transaction)))

    def _priced(self, transaction: Mapping[str, Any]) -> dict[str, Any]:
        """Return `transaction` with chain, gas and fees, if the account can pay them."""
        estimate = self._estimate(transaction)
        with mapped():
            priced = {**transaction, "chainId": whole(self.w3.eth.chain_id), **self._fees()}
        # A fifth more than the estimate: the state may change before the transaction gets into a block.
        priced["gas"] = estimate * 6 // 5
        price = priced.get("maxFeePerGas", priced.get("gasPrice", 0))
        self._afford(priced.get("value", 0) + priced["gas"] * price)
        return priced

    def _count(self) -> int:
        """Return how many transactions the account has sent, with those that wait if the RPC tells of them."""
        address = self.signer().address
        try:
            with mapped():
                return whole(self.w3.eth.get_transaction_count(address, "pending"))
        except RpcError as error:
            if not refuses(error):
                raise
        with mapped():
            return whole(self.w3.eth.get_transaction_count(address, "latest"))

    def _sign(self, transaction: dict[str, Any]) -> Signed:
        """Let the account sign `transaction`.

        Raises:
            NoAccount: it signs as another, so that nobody knows what would become of it.
        """
        account = self.signer()
        signed = account.sign_transaction(transaction)
        raw = bytes(signed.raw_transaction)
        if _sender_of(raw) != account.address:
            raise NoAccount(f"what {account.address} signed is not its own transaction: nothing was sent")
        return Signed(Web3.to_hex(keccak(raw)), transaction["nonce"], Web3.to_hex(raw))

    def _sender(self) -> Sender:
        return Sender(self.w3, self.signer().address, self.settings)

    def _book(self) -> NonceBook:
        if self._first is None:
            with mapped():
                chain_id = whole(self.w3.eth.chain_id)
            try:
                with mapped():
                    digest = bytes(self.w3.eth.get_block(0)["hash"])
            except RpcError as error:
                if not refuses(error):
                    raise
                digest = b""
            self._first = chain_id, digest  # chains to develop on may have one id
        return book_of((*self._first, self.signer().address))

    @contextmanager
    def _settling(self, book: NonceBook, signed: Signed) -> Iterator[None]:
        """Note in `book` what becomes of `signed` when it is not waited for any longer."""
        try:
            yield
        except (TransactionRejected, TransactionReplaced, ContractRefused):
            book.void(signed.nonce, signed.tx)
            raise
        except BaseException:
            book.unwatch(signed.nonce, signed.tx)
            raise

    def _fees(self) -> dict[str, int]:
        """Return EIP-1559 fees that suffice until the base fee has doubled, or a gas price on an older chain."""
        told = self.w3.eth.get_block("latest").get("baseFeePerGas")
        if told is None:
            return {"gasPrice": whole(self.w3.eth.gas_price)}
        tip = whole(self.w3.eth.max_priority_fee)
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * whole(told) + tip}

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
        where = f"transaction {tx} failed in block {receipt['blockNumber']}, having cost its gas"
        try:
            with mapped(calling=True):
                self.w3.eth.call(cast(TxParams, message), receipt["blockNumber"], ccip_read_enabled=False)
        except ContractRefused as refusal:
            refusal.tx, refusal.args = tx, (f"{refusal} ({where})",)
            raise
        except RpcError as error:
            raise _failed(tx, f"{where}; the RPC does not say why: {error}") from error
        raise _failed(tx, where)


def _sender_of(raw: bytes) -> str | None:
    """Return whose transaction `raw` is; None when it is none."""
    try:
        return str(EthAccount.recover_transaction(raw))
    except (ValueError, TypeError, LookupError):
        return None


def _failed(tx: str, message: str) -> Reverted:
    failure = Reverted(message)
    failure.tx = tx
    return failure
