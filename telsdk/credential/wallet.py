"""What contract wallets (ERC-1271) say of a signature: asked seldom, remembered briefly.

Asking goes to the chain, so a stranger who makes up delegations must not be able to cause many questions.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from telsdk.credential.bounded import keep
from telsdk.credential.errors import TooManyWalletQuestions, WalletUnreachable
from telsdk.directory import Directory
from telsdk.errors import TelError

RECHECK: Final = 600  # seconds: a wallet may take a right back without any event that we could see
GRACE: Final = 3600  # seconds that an old yes is still good for while the chain does not answer
REFUSAL_KEPT: Final = 60  # seconds
QUESTIONS: Final = 10  # new ones for one account ...
PER: Final = 60  # ... in so many seconds

_Question = tuple[str, bytes, bytes]


class WalletAnswers:
    """Remembers what wallets said."""

    def __init__(self, directory: Directory, size: int) -> None:
        self._directory = directory
        self._size = size
        self._accepted: OrderedDict[_Question, float] = OrderedDict()  # -> good until
        self._refused: OrderedDict[_Question, float] = OrderedDict()
        self._asked: OrderedDict[str, tuple[float, int]] = OrderedDict()  # account -> since when, how often

    def accepts(self, account: str, digest: bytes, signature: bytes, now: float) -> bool:
        """Whether the contract at `account` stands by `signature`.

        Raises:
            WalletUnreachable: the chain could not be asked.
            TooManyWalletQuestions: `QUESTIONS` new ones for this account within `PER` seconds.
        """
        question = (account, digest, signature)
        if self._accepted.get(question, 0) > now:
            return True
        if self._refused.get(question, 0) > now:
            return False
        if question not in self._accepted:
            self._count(account, now)
        try:
            accepted = self._ask(question)
        except WalletUnreachable:
            if question in self._accepted and now < self._accepted[question] + GRACE:
                return True  # who is logged in stays so while the chain is away
            raise
        self._accepted.pop(question, None)
        if accepted:
            keep(self._accepted, question, now + RECHECK, self._size)
        else:
            keep(self._refused, question, now + REFUSAL_KEPT, self._size)
        return accepted

    def _ask(self, question: _Question) -> bool:
        try:
            return self._directory.is_valid_signature(*question)
        except TelError as error:
            raise WalletUnreachable(f"cannot ask the chain whether {question[0]} signed: {error}") from error

    def _count(self, account: str, now: float) -> None:
        since, times = self._asked.pop(account, (now, 0))
        if now - since >= PER:
            since, times = now, 0
        keep(self._asked, account, (since, times + 1), self._size)
        if times >= QUESTIONS:
            raise TooManyWalletQuestions(
                f"too many new delegations for {account} at once: try again in {PER} seconds"
            )
