"""What contract wallets (ERC-1271) say of a signature: asked seldom, remembered briefly.

Each question goes to the chain, and the request that caused it waits. So a stranger who makes up delegations must not
be able to cause many questions, not even by naming many numbers; and a chain that does not answer is left alone for a
while.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from telsdk.clock import Wall
from telsdk.credential.bounded import keep
from telsdk.credential.errors import TooManyWalletQuestions, WalletUnreachable
from telsdk.directory import Directory
from telsdk.errors import TelError

RECHECK: Final = 600  # seconds: a wallet may take a right back without an event that we could see
GRACE: Final = 3600  # seconds that an old yes is still good for while the chain does not answer
REFUSAL_KEPT: Final = 60  # seconds
QUESTIONS: Final = 10  # new ones for one account ...
QUESTIONS_OF_ALL: Final = 120  # new ones for all accounts ...
PER: Final = 60  # ... in so many seconds
AWAY: Final = 15  # seconds that a chain which did not answer is left alone

_Question = tuple[str, bytes, bytes]


class WalletToAsk(Exception):
    """The chain has to be asked first, which takes time. Call `ask` in a thread, `settle` with its result, judge again.

    This is not a TelError: code that refuses a request for those must not refuse it for this.
    """

    def __init__(self, answers: WalletAnswers, question: _Question, now: Wall) -> None:
        super().__init__(f"what {question[0]} says of a signature is not known yet")
        self.question = question
        self.answers = answers
        self._now = now

    def ask(self) -> bool | TelError:
        """Ask the chain, and return the contract's answer or the error. This waits for the network, changes nothing."""
        return self.answers.ask(self.question)

    def settle(self, said: bool | TelError) -> None:
        """Remember the result of `ask`. Call it on the thread that judges."""
        self.answers.settle(self.question, said, self._now)


class WalletAnswers:
    """What wallets said, remembered for a while.

    Args:
        deferred: whether `accepts` raises `WalletToAsk` rather than wait for the chain.
    """

    def __init__(self, directory: Directory, size: int, *, deferred: bool = False) -> None:
        self._directory = directory
        self._size = size
        self._deferred = deferred
        self._accepted: OrderedDict[_Question, float] = OrderedDict()  # -> good until
        self._refused: OrderedDict[_Question, float] = OrderedDict()
        self._failed: OrderedDict[_Question, tuple[float, str]] = OrderedDict()  # -> not again until, and why
        self._asked: OrderedDict[str, tuple[float, int]] = OrderedDict()  # account -> since when, how often
        self._all: tuple[float, int] = (0.0, 0)  # the same of all accounts
        self._away: tuple[float, str] = (0.0, "")

    def accepts(self, account: str, digest: bytes, signature: bytes, now: Wall) -> bool:
        """Return whether the contract at `account` stands by `signature`.

        Raises:
            WalletToAsk: the chain has to be asked first.
            WalletUnreachable: the chain could not be asked, now or less than `AWAY` seconds ago.
            TooManyWalletQuestions: `QUESTIONS` new ones for this account within `PER` seconds, or
                `QUESTIONS_OF_ALL` for all.
        """
        question = (account, digest, signature)
        if self._accepted.get(question, 0) > now:
            return True
        if self._refused.get(question, 0) > now:
            return False
        until, reason = max(self._away, self._failed.get(question, (0.0, "")))
        if now < until:
            if question in self._accepted and now < self._accepted[question] + GRACE:
                return True  # a session that was good stays so for a while when the chain does not answer
            raise WalletUnreachable(f"cannot ask the chain whether {account} signed: {reason}")
        if question not in self._accepted:
            self._count(account, now)
        if self._deferred:
            raise WalletToAsk(self, question, now)
        self.settle(question, self.ask(question), now)
        return self.accepts(account, digest, signature, now)

    def ask(self, question: _Question) -> bool | TelError:
        """Ask the chain, and return the contract's answer or the error. This waits for the network, changes nothing."""
        try:
            return self._directory.is_valid_signature(*question)
        except TelError as error:
            return error

    def settle(self, question: _Question, said: bool | TelError, now: Wall) -> None:
        """Remember the result of `ask`."""
        if isinstance(said, TelError):
            failed = (now + AWAY, str(said))
            # Any other error is about this one account, and must not silence the rest.
            if isinstance(said, ConnectionError):
                self._away = failed
            keep(self._failed, question, failed, self._size)
            return
        self._accepted.pop(question, None)
        if said:
            keep(self._accepted, question, now + RECHECK, self._size)
        else:
            keep(self._refused, question, now + REFUSAL_KEPT, self._size)

    def _count(self, account: str, now: Wall) -> None:
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


def _counted(so_far: tuple[float, int], now: Wall) -> tuple[float, int]:
    since, times = so_far
    return (now, 1) if now - since >= PER else (since, times + 1)
