"""What contract wallets (ERC-1271) say of a signature: asked seldom, remembered briefly.

Asking goes to the chain, and who asks waits for it. So a stranger who makes up delegations must not be able to
cause many questions, by naming many numbers neither, and a chain that is silent is not asked again at once.
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
QUESTIONS_OF_ALL: Final = 120  # new ones for all accounts ...
PER: Final = 60  # ... in so many seconds
AWAY: Final = 15  # seconds that a chain which did not answer is left alone

_Question = tuple[str, bytes, bytes]


class WalletAnswers:
    """Remembers what wallets said."""

    def __init__(self, directory: Directory, size: int) -> None:
        self._directory = directory
        self._size = size
        self._accepted: OrderedDict[_Question, float] = OrderedDict()  # -> good until
        self._refused: OrderedDict[_Question, float] = OrderedDict()
        self._asked: OrderedDict[str, tuple[float, int]] = OrderedDict()  # account -> since when, how often
        self._all: tuple[float, int] = (0.0, 0)  # the same of all accounts
        self._away_until = 0.0

    def accepts(self, account: str, digest: bytes, signature: bytes, now: float) -> bool:
        """Whether the contract at `account` stands by `signature`.

        Raises:
            WalletUnreachable: the chain could not be asked, now or less than `AWAY` seconds ago.
            TooManyWalletQuestions: `QUESTIONS` new ones for this account within `PER` seconds, or
                `QUESTIONS_OF_ALL` for all.
        """
        question = (account, digest, signature)
        if self._accepted.get(question, 0) > now:
            return True
        if self._refused.get(question, 0) > now:
            return False
        if question not in self._accepted:
            self._count(account, now)
        try:
            accepted = self._ask(question, now)
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

    def _ask(self, question: _Question, now: float) -> bool:
        if now < self._away_until:
            raise WalletUnreachable(
                f"cannot ask the chain whether {question[0]} signed: it did not answer a moment ago"
            )
        try:
            return self._directory.is_valid_signature(*question)
        except TelError as error:
            if isinstance(error, ConnectionError):  # else it is this one account that makes trouble
                self._away_until = now + AWAY
            raise WalletUnreachable(f"cannot ask the chain whether {question[0]} signed: {error}") from error

    def _count(self, account: str, now: float) -> None:
        asked = _counted(self._asked.pop(account, (now, 0)), now)
        keep(self._asked, account, asked, self._size)
        # What is refused for one account takes nothing from the others.
        if asked[1] > QUESTIONS:
            raise TooManyWalletQuestions(
                f"too many new delegations for {account} at once: try again in {PER} seconds"
            )
        self._all = _counted(self._all, now)
        if self._all[1] > QUESTIONS_OF_ALL:
            raise TooManyWalletQuestions(
                f"too many new delegations for contract wallets at once: try again in {PER} seconds"
            )


def _counted(so_far: tuple[float, int], now: float) -> tuple[float, int]:
    since, times = so_far
    return (now, 1) if now - since >= PER else (since, times + 1)
