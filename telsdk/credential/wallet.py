"""What contract wallets (ERC-1271) say of a signature: asked seldom, remembered briefly.

Each question goes to the chain, and the request that caused it waits. So a stranger who makes up delegations must not
be able to cause many questions, not even by naming many numbers; and a chain that does not answer is left alone for a
while. Nor may the stranger's questions be counted as the owner's: they are counted by the place that they come from,
and what is asked of accounts that may be no contracts at all takes nothing from those that are known to be. What turns
out to be no contract is not asked again for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from telsdk.clock import Wall
from telsdk.credential.bounded import keep
from telsdk.credential.errors import TooManyWalletQuestions, WalletUnreachable
from telsdk.directory import Directory, NoContract
from telsdk.errors import TelError

RECHECK: Final = 600  # seconds: a wallet may take a right back without an event that we could see
GRACE: Final = 3600  # seconds that an old yes is still good for while the chain does not answer
REFUSAL_KEPT: Final = (
    60  # seconds; also of what has no code: a wallet may be deployed where its address is known
)
QUESTIONS: Final = 10  # new ones from one place for one account ...
QUESTIONS_OF_ASKER: Final = 30  # new ones from one place for all accounts ...
QUESTIONS_OF_ALL: Final = 120  # new ones from everywhere for all accounts that are known to be contracts ...
QUESTIONS_OF_UNKNOWN: Final = 120  # new ones from everywhere for accounts that were never asked yet ...
RESERVE: Final = 40  # of each of those, for places from where a good signature has come before ...
PER: Final = 60  # ... in so many seconds
AWAY: Final = 15  # seconds that a chain which did not answer is left alone

_Question = tuple[str, bytes, bytes]
_Count = tuple[float, int]  # since when, and how often


class WalletToAsk(Exception):
    """The chain has to be asked first, which takes time. Call `ask` in a thread, `settle` with its result, judge again.

    This is not a TelError: code that refuses a request for those must not refuse it for this.
    """

    def __init__(self, answers: WalletAnswers, question: _Question, now: Wall, asker: str = "") -> None:
        super().__init__(f"what {question[0]} says of a signature is not known yet")
        self.question = question
        self.answers = answers
        self._now = now
        self._asker = asker

    def ask(self) -> bool | TelError:
        """Ask the chain, and return the contract's answer or the error. This waits for the network, changes nothing."""
        return self.answers.ask(self.question)

    def settle(self, said: bool | TelError) -> None:
        """Remember the result of `ask`. Call it on the thread that judges."""
        self.answers.settle(self.question, said, self._now, self._asker)


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
        # Since when and how often was asked, by where it came from, for an account and for all.
        self._asked: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        self._asked_from: OrderedDict[tuple[str, bool], _Count] = OrderedDict()
        self._all: dict[bool, _Count] = {True: (0.0, 0), False: (0.0, 0)}  # of known contracts, and of others
        self._contracts: OrderedDict[str, None] = OrderedDict()  # that have answered
        self._keys: OrderedDict[str, float] = OrderedDict()  # accounts without code -> good until
        self._good: OrderedDict[str, None] = OrderedDict()  # from where a signature came that is good
        self._away: tuple[float, str] = (0.0, "")

    def accepts(self, account: str, digest: bytes, signature: bytes, now: Wall, asker: str = "") -> bool:
        """Return whether the contract at `account` stands by `signature`.

        Args:
            asker: the place that it comes from: an address, or all places together whose address may be forged.

        Raises:
            WalletToAsk: the chain has to be asked first.
            WalletUnreachable: the chain could not be asked, now or less than `AWAY` seconds ago.
            TooManyWalletQuestions: `QUESTIONS` new ones for this account from there within `PER` seconds, or
                `QUESTIONS_OF_ASKER` for all, or `QUESTIONS_OF_ALL` from everywhere; to accounts that were never
                asked, `QUESTIONS_OF_UNKNOWN`.
        """
        if self._keys.get(account, 0) > now:
            return False
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
            self._count(account, asker, now)
        if self._deferred:
            raise WalletToAsk(self, question, now, asker)
        self.settle(question, self.ask(question), now, asker)
        return self.accepts(account, digest, signature, now, asker)

    def ask(self, question: _Question) -> bool | TelError:
        """Ask the chain, and return the contract's answer or the error. This waits for the network, changes nothing."""
        try:
            return self._directory.is_valid_signature(*question)
        except TelError as error:
            return error

    def settle(self, question: _Question, said: bool | TelError, now: Wall, asker: str = "") -> None:
        """Remember the result of `ask`."""
        if isinstance(said, NoContract):
            keep(self._keys, question[0], now + REFUSAL_KEPT, self._size)
            return
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
            keep(self._good, asker, None, self._size)
        else:
            keep(self._refused, question, now + REFUSAL_KEPT, self._size)
        keep(self._contracts, question[0], None, self._size)

    def _count(self, account: str, asker: str, now: Wall) -> None:
        # What is refused to one place takes nothing from the others.
        for_it = _counted(self._asked.pop((asker, account), (now, 0)), now)
        keep(self._asked, (asker, account), for_it, self._size)
        if for_it[1] > QUESTIONS:
            raise TooManyWalletQuestions(
                f"too many new delegations for {account} at once: try again in {PER} seconds"
            )
        known = account in self._contracts
        from_there = _counted(self._asked_from.pop((asker, known), (now, 0)), now)
        keep(self._asked_from, (asker, known), from_there, self._size)
        of_all = _counted(self._all[known], now)
        most = QUESTIONS_OF_ALL if known else QUESTIONS_OF_UNKNOWN
        if asker not in self._good:
            most -= RESERVE
        if from_there[1] > QUESTIONS_OF_ASKER or of_all[1] > most:
            raise TooManyWalletQuestions(
                f"too many new delegations for contract wallets at once: try again in {PER} seconds"
            )
        self._all[known] = of_all


def _counted(so_far: _Count, now: Wall) -> _Count:
    since, times = so_far
    return (now, 1) if now - since >= PER else (since, times + 1)
