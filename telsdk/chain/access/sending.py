"""Send a signed transaction, and find out what became of it, whatever the RPC answers or does not.

A transaction's hash is known as soon as it is signed, and everything is asked by that hash. An answer that is lost, an
error that says "already known" or "nonce too low", a 429 or 502 while its block is awaited: none of these says that the
transaction failed, so none is told as that. The same signed bytes may be sent as often as one likes, since a chain
takes them once. The same intent is never signed under a second nonce.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound
from web3.types import TxData, TxReceipt

from telsdk.chain.access.rpc import mapped
from telsdk.chain.errors import (
    AnswerError,
    ChainError,
    ContractRefused,
    RpcError,
    RpcUnreachable,
    TransactionDropped,
    TransactionPending,
    TransactionRejected,
    TransactionReplaced,
    TransactionUncertain,
)

_TAKEN = re.compile(r"already.?(known|imported|exists|in)|known.?transaction|duplicate", re.IGNORECASE)
_NONCE_USED = re.compile(r"nonce.{0,40}(low|old|used|small)|old.?nonce|invalid nonce", re.IGNORECASE)
_MAY_PASS = re.compile(
    r"rate|too many|limit exceeded|time.?out|timed out|busy|overload|capacity|try again|unavailable|internal",
    re.IGNORECASE,
)
_LOOK_UP = "look it up before sending another"


@dataclass(frozen=True, slots=True)
class SendSettings:
    """How patient a program is with a transaction. All in seconds."""

    patience: float = 180.0
    """For how long its block is awaited; some fifteen blocks of the Ethereum main chain."""

    poll: float = 0.2
    """Between two looks for its receipt, while the RPC answers."""

    slowest: float = 5.0
    """Between two looks at most, while the RPC does not: the pause doubles from `poll` on."""

    doubt: float = 3.0
    """After how long without a receipt the RPC is asked whether it still knows the transaction."""

    certain: float = 30.0
    """For how long its nonce has to be seen as used, and no receipt, before it counts as replaced: the RPC that counts
    and the one that looks for receipts may be two, of which one is behind."""


DEFAULTS = SendSettings()


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction as it is about to be sent."""

    tx: str  # its hash, 0x…
    nonce: int
    raw: str  # the whole transaction, 0x…


class Sender:
    """Sends the transactions of the account at `address` by `w3`."""

    def __init__(self, w3: Web3, address: str, settings: SendSettings = DEFAULTS) -> None:
        self._w3 = w3
        self._address = address
        self._settings = settings

    def offer(self, signed: Signed) -> bool:
        """Send `signed` once. Return whether the RPC said that it took it; if not, it may have all the same.

        Raises:
            TransactionRejected: it says that it does not take it, and does not know it.
            ContractRefused: it says so because a contract refuses.
        """
        try:
            refusal = self._send(signed)
            if refusal is None or _TAKEN.search(str(refusal)) or self.is_known(signed.tx):
                return True
        except RpcError:
            return False  # no answer to the one question or the other
        if isinstance(refusal, ContractRefused):
            refusal.tx = signed.tx
            raise refusal
        if _NONCE_USED.search(str(refusal)) or _MAY_PASS.search(str(refusal)):
            return False
        raise TransactionRejected(
            f"transaction {signed.tx} was not taken: {refusal}; nothing was paid, mend that and try again",
            signed.tx,
            signed.nonce,
        ) from refusal

    def follow(self, signed: Signed, *, taken: bool) -> TxReceipt:
        """Wait until `signed` is in a block, and return its receipt. The same bytes are sent again if they get lost.

        Args:
            taken: whether the RPC said that it took it.

        Raises:
            TransactionReplaced: another transaction has used its nonce.
            TransactionPending: it is in no block in time. It may still be.
        """
        watch = _Watch(self._settings, taken)
        while True:
            try:
                if (receipt := self.receipt(signed.tx)) is not None:
                    return receipt
                if watch.doubts():
                    self._look(signed, watch)
                watch.answered()
            except RpcError as error:
                watch.failed(error)
            if watch.replaced():
                raise TransactionReplaced(
                    f"transaction {signed.tx} can take no effect any more: {self._address} has used its nonce "
                    f"{signed.nonce} for another; look at what the account sent, and try again",
                    signed.tx,
                    signed.nonce,
                )
            watch.wait(signed)

    def receipt(self, tx: str) -> TxReceipt | None:
        """Return the receipt of the transaction `tx`; None while it is in no block.

        Raises:
            AnswerError: what came is no receipt of it.
            RpcError, RpcUnreachable: no answer came.
        """
        with mapped(TransactionNotFound):
            try:
                receipt = self._w3.eth.get_transaction_receipt(HexBytes(tx))
            except TransactionNotFound:
                return None
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                raise AnswerError(
                    f"the RPC's receipt of {tx} makes no sense ({type(error).__name__})"
                ) from error
        return _checked(tx, receipt)

    def is_known(self, tx: str) -> bool:
        """Return whether the RPC knows the transaction `tx`, in a block or not.

        Raises:
            RpcError, RpcUnreachable: no answer came.
        """
        return self._found(tx) is not None

    def is_in_a_block(self, tx: str) -> bool:
        """Return whether the transaction `tx` is in a block, by what the RPC knows.

        Raises:
            RpcError, RpcUnreachable: no answer came.
        """
        found = self._found(tx)
        return found is not None and found.get("blockNumber") is not None

    def _found(self, tx: str) -> TxData | None:
        with mapped(TransactionNotFound):
            try:
                return self._w3.eth.get_transaction(HexBytes(tx))
            except TransactionNotFound:
                return None

    def is_used(self, nonce: int) -> bool:
        """Return whether a transaction with `nonce` is in a block.

        Raises:
            RpcError, RpcUnreachable: no answer came.
        """
        with mapped():
            return (
                self._w3.eth.get_transaction_count(Web3.to_checksum_address(self._address), "latest") > nonce
            )

    def _look(self, signed: Signed, watch: _Watch) -> None:
        """Find out why there is no receipt, and send `signed` again where it is not known."""
        if self.is_used(signed.nonce):
            watch.used()
            return
        watch.known(self.is_known(signed.tx))
        if not watch.is_known:
            refusal = self._send(signed)
            if refusal is not None and not _TAKEN.search(str(refusal)):
                watch.failed(refusal)

    def _send(self, signed: Signed) -> RpcError | ContractRefused | None:
        """Send `signed`, and return the error that the RPC answered, if it did.

        Raises:
            RpcUnreachable: no answer came.
        """
        try:
            with mapped():
                self._w3.eth.send_raw_transaction(HexBytes(signed.raw))
        except RpcUnreachable:
            raise
        except (RpcError, ContractRefused) as error:
            return error
        return None


class _Watch:
    """What is known so far of a transaction that is waited for."""

    def __init__(self, settings: SendSettings, taken: bool) -> None:
        now = time.monotonic()
        self._settings = settings
        self._ends = now + settings.patience
        self._next_doubt = now + settings.doubt if taken else now
        self._used_since: float | None = None
        self._looks_used = 0
        self._pause = settings.poll
        self._trouble: ChainError | None = None
        self.is_known = taken

    def doubts(self) -> bool:
        """Return whether it is time to ask for more than the receipt."""
        return time.monotonic() >= self._next_doubt

    def known(self, known: bool) -> None:
        self.is_known, self._used_since, self._looks_used = known, None, 0
        self._next_doubt = time.monotonic() + self._settings.doubt
        self._trouble = None

    def used(self) -> None:
        """Note that the nonce is used. If it was by this transaction, its receipt is to come."""
        self._used_since = self._used_since or time.monotonic()
        self._looks_used += 1

    def replaced(self) -> bool:
        since = self._used_since
        return (
            since is not None and self._looks_used > 2 and time.monotonic() >= since + self._settings.certain
        )

    def answered(self) -> None:
        self._pause = self._settings.poll

    def failed(self, error: ChainError) -> None:
        self._trouble = error
        self._pause = min(self._pause * 2, self._settings.slowest)

    def wait(self, signed: Signed) -> None:
        """Let a while pass.

        Raises:
            TransactionPending: there was time enough.
        """
        if time.monotonic() >= self._ends:
            raise self._late(signed)
        time.sleep(self._pause)

    def _late(self, signed: Signed) -> TransactionPending:
        name = f"transaction {signed.tx}"
        if self._trouble is not None:
            return TransactionUncertain(
                f"{name} may be in a block or get into one, the RPC does not tell ({self._trouble}): {_LOOK_UP}",
                signed.tx,
                signed.nonce,
            )
        after = f"after {self._settings.patience:.0f} s"
        if not self.is_known:
            return TransactionDropped(
                f"{name} is in no block {after}, and the RPC has forgotten it: its fee may be too low; {_LOOK_UP}",
                signed.tx,
                signed.nonce,
            )
        return TransactionPending(
            f"{name} is in no block {after}: it may still be; {_LOOK_UP}", signed.tx, signed.nonce
        )


def _checked(tx: str, receipt: Any) -> TxReceipt | None:
    """Return `receipt` if it is that of `tx`, in a block; None when it is in none yet."""
    try:
        if receipt["blockNumber"] is None:
            return None
        of_it = Web3.to_hex(receipt["transactionHash"]) == tx and receipt["status"] in (0, 1)
        whole = isinstance(receipt["blockNumber"], int) and isinstance(receipt["gasUsed"], int)
        list(receipt["logs"])
    except (LookupError, TypeError, ValueError):
        of_it = whole = False
    if not (of_it and whole):
        raise AnswerError(f"the RPC's receipt of {tx} makes no sense")
    return receipt  # type: ignore[no-any-return]
