"""Which nonce a transaction gets: one book for each account and chain, shared by all clients in this process.

An RPC may not know of what was sent a moment ago: it is behind another that was asked before, or does not tell of the
pending block at all. So what this process has sent, and not yet seen in a block, counts besides what the RPC says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

AccountKey = tuple[int, bytes, str]  # chain id, hash of its first block, account
IsKnown = Callable[[str], bool]


@dataclass
class _Sent:
    tx: str
    watched: bool = True  # whether somebody still waits for it


@dataclass
class NonceBook:
    """The nonces of one account on one chain.

    Attributes:
        lock: held from the choice of a nonce until its transaction is sent, so that they are sent in order.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    _waiting: dict[int, _Sent] = field(default_factory=dict)
    _last: tuple[int, str] | None = None  # the newest that was seen in a block

    def next(self, counted: int, *, is_known: IsKnown, is_in_a_block: IsKnown) -> int:
        """Return the lowest nonce that is free.

        Args:
            counted: how many transactions the account has sent by what the RPC says, those that wait included if it
                tells of them.
            is_known: says whether the RPC knows a transaction, by its hash.
            is_in_a_block: says whether the RPC has seen it in a block.
        """
        if self._last is not None and counted <= self._last[0]:
            # The count is of an RPC that is behind; or the chain was begun anew, or rolled back.
            if is_in_a_block(self._last[1]):
                counted = self._last[0] + 1
            else:
                self._last = None
        for nonce, sent in sorted(self._waiting.items()):
            if nonce < counted or not (sent.watched or is_known(sent.tx)):
                # What is forgotten, and nobody waits for, gives its nonce to the next: one of the two gets in.
                del self._waiting[nonce]
        while counted in self._waiting:
            counted += 1
        return counted

    def sent(self, nonce: int, tx: str) -> None:
        """Note that the transaction `tx` is about to be sent."""
        self._waiting[nonce] = _Sent(tx)

    def done(self, nonce: int, tx: str) -> None:
        """Note that `tx` is in a block."""
        self._forget(nonce, tx)
        if self._last is None or nonce >= self._last[0]:
            self._last = (nonce, tx)

    def void(self, nonce: int, tx: str) -> None:
        """Note that `tx` was not taken, and never will be."""
        self._forget(nonce, tx)

    def unwatch(self, nonce: int, tx: str) -> None:
        """Note that nobody waits for `tx` any more. Where it is known, its nonce stays taken."""
        with self.lock:
            sent = self._waiting.get(nonce)
            if sent is not None and sent.tx == tx:
                sent.watched = False

    def _forget(self, nonce: int, tx: str) -> None:
        with self.lock:
            sent = self._waiting.get(nonce)
            if sent is not None and sent.tx == tx:
                del self._waiting[nonce]


_books: dict[AccountKey, NonceBook] = {}
_opening = threading.Lock()


def book_of(key: AccountKey) -> NonceBook:
    """Return the one book of an account on a chain."""
    with _opening:
        return _books.setdefault(key, NonceBook())
