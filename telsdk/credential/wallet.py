"""What contract wallets (ERC-1271) say of a signature: asked seldom, remembered briefly.

Each question goes to the chain, and the request that caused it waits. So a stranger who makes up delegations must not
be able to cause many questions, not even by naming many numbers; and a chain that does not answer is left alone for a
while. Nor may the stranger's questions be counted as the owner's:

- an account without code is not asked at all, and that it has none is remembered;
- questions are counted by the place that they come from;
- what only the owner can make has a reserve of its own, which no stranger can spend: a signature by a key whose
  signatures the wallet took before, and what comes from a place from where the wallet's owner came before.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, TypeVar

from telsdk.clock import Wall
from telsdk.credential.bounded import keep
from telsdk.credential.errors import TooManyWalletQuestions, WalletUnreachable
from telsdk.directory import Directory, NoContract
from telsdk.errors import TelError

RECHECK: Final = 600  # seconds: a wallet may take a right back without an event that we could see
GRACE: Final = 3600  # seconds that an old yes is still good for while the chain does not answer
REFUSAL_KEPT: Final = 60  # seconds; also of what is remembered of an account without code
QUESTIONS: Final = (
    10  # new ones from one place for one account; or by one known key or place of the owner's ...
)
QUESTIONS_OF_ASKER: Final = 30  # new ones from one place for all accounts ...
QUESTIONS_OF_ALL: Final = 120  # new ones from everywhere for all accounts, the owners' reserves aside ...
BUSY: Final = 60  # once so many of them are spent, one place has ...
QUESTIONS_WHEN_BUSY: Final = 3  # ... no more than these: it takes many places to spend the rest
QUESTIONS_OF_OWNER: Final = 3  # and besides, from one key or place that an owner is known by ...
KNOWN: Final = (
    8  # ... of which so many are remembered for an account: else a wallet that says yes to all has ever more
)
QUESTIONS_OF_OWNERS: Final = 600  # ... but for all accounts no more than these ...
LOOKUPS_OF_ASKER: Final = 60  # accounts of which is asked whether they have code, from one place ...
LOOKUPS_OF_ALL: Final = 600  # ... and from everywhere ...
PER: Final = 60  # ... in so many seconds
AWAY: Final = 15  # seconds that a chain which did not answer is left alone

_Key = TypeVar("_Key")
_Question = tuple[str, bytes, bytes]
_NO_DIGEST: Final = b""
"""In a question: whether the account has code at all."""


@dataclass(slots=True)
class _KnownBy:
    """By which places and keys the owner of an account is known, and how often was asked for the sake of each."""

    asked: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)
    all: tuple[float, int] = (0.0, 0)
    """For the sake of any: a wallet that says yes to all makes new ones known, which have asked nothing yet."""


class WalletToAsk(Exception):
    """The chain has to be asked first, which takes time. Call `ask` in a thread, `settle` with its result, judge again.

    This is not a TelError: code that refuses a request for those must not refuse it for this.
    """

    def __init__(
        self,
        answers: WalletAnswers,
        question: _Question,
        now: Wall,
        asker: str = "",
        signer: str | None = None,
    ) -> None:
        super().__init__(f"what {question[0]} says of a signature is not known yet")
        self.question = question
        self.answers = answers
        self._now = now
        self._asker = asker
        self._signer = signer

    def ask(self) -> bool | TelError:
        """Ask the chain, and return the contract's answer or the error. This waits for the network, changes nothing."""
        return self.answers.ask(self.question)

    def settle(self, said: bool | TelError) -> None:
        """Remember the result of `ask`. Call it on the thread that judges."""
        self.answers.settle(self.question, said, self._now, self._asker, self._signer)


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
        self._failed: OrderedDict[_Question, tuple[float, str, bool]] = OrderedDict()
        """Not again until, why, and whether the chain could not be reached at all."""
        self._codeless: OrderedDict[str, float] = OrderedDict()  # accounts without code -> believed until
        self._contracts: OrderedDict[str, None] = OrderedDict()  # accounts with code
        # Since when and how often was asked: by place and account, by place, of everybody.
        self._asked: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._asked_from: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._all: tuple[float, int] = (0.0, 0)
        self._looked_from: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._looked: tuple[float, int] = (0.0, 0)
        self._owners: OrderedDict[str, _KnownBy] = OrderedDict()
        self._of_owners: tuple[float, int] = (0.0, 0)
        self._away: tuple[float, str, bool] = (0.0, "", True)

    def accepts(
        self,
        account: str,
        digest: bytes,
        signature: bytes,
        now: Wall,
        asker: str = "",
        signer: str | None = None,
    ) -> bool:
        """Return whether the contract at `account` stands by `signature`; False when there is none.

        Args:
            asker: the place that it comes from: an address, or all places together whose address may be forged.
            signer: the account whose key made the signature, where it is one key's.

        Raises:
            WalletToAsk: the chain has to be asked first.
            WalletUnreachable: the chain could not be asked, now or less than `AWAY` seconds ago.
            TooManyWalletQuestions: `QUESTIONS` new ones for this account from there within `PER` seconds, or
                `QUESTIONS_OF_ASKER` for all, or `QUESTIONS_OF_ALL` from everywhere; and all that is the owner's own
                reserve as well.
        """
        question = (account, digest, signature)
        if self._accepted.get(question, 0) > now:
            return True
        if self._refused.get(question, 0) > now or self.has_no_code(account, now):
            return False
        if account not in self._contracts and question not in self._accepted:
            question = (account, _NO_DIGEST, b"")
        until, reason, unreachable = max(self._away, self._failed.get(question, (0.0, "", False)))
        if now < until:
            if unreachable and question in self._accepted and now < self._accepted[question] + GRACE:
                return True  # a session that was good stays so for a while when the chain does not answer
            raise WalletUnreachable(f"cannot ask the chain whether {account} signed: {reason}")
        if question[1] == _NO_DIGEST:
            self._count_lookup(asker, now)
        elif question not in self._accepted:
            self._count(account, asker, signer, now)
        if self._deferred:
            raise WalletToAsk(self, question, now, asker, signer)
        self.settle(question, self.ask(question), now, asker, signer)
        return self.accepts(account, digest, signature, now, asker, signer)

    def has_no_code(self, account: str, now: Wall) -> bool:
        """Return whether `account` was found to have no code a moment ago: it is a key's, or not deployed yet."""
        return self._codeless.get(account, 0) > now

    def ask(self, question: _Question) -> bool | TelError:
        """Ask the chain, and return its answer or the error. This waits for the network, changes nothing."""
        try:
            if question[1] == _NO_DIGEST:
                return self._directory.is_contract(question[0])
            return self._directory.is_valid_signature(*question)
        except TelError as error:
            return error

    def settle(
        self,
        question: _Question,
        said: bool | TelError,
        now: Wall,
        asker: str = "",
        signer: str | None = None,
    ) -> None:
        """Remember the result of `ask`."""
        account = question[0]
        if isinstance(said, NoContract):  # it has lost its code since, as by another delegation (EIP-7702)
            said, question = False, (account, _NO_DIGEST, b"")
            self._contracts.pop(account, None)
        if isinstance(said, TelError):
            # Only where nobody answers is the chain at fault; any other error is about this one question, must not
            # silence the rest, and gives no grace: else a wallet could go on by making its own call fail.
            unreachable = isinstance(said, ConnectionError)
            failed = (now + AWAY, str(said), unreachable)
            if unreachable:
                self._away = failed
            keep(self._failed, question, failed, self._size)
            return
        if question[1] == _NO_DIGEST:
            if said:
                keep(self._contracts, account, None, self._size)
            else:
                keep(self._codeless, account, now + REFUSAL_KEPT, self._size)
            return
        self._accepted.pop(question, None)
        if said:
            keep(self._accepted, question, now + RECHECK, self._size)
            known = self._owners.get(account) or _KnownBy()
            for own in (asker, signer):
                if own is not None and own not in known.asked:
                    keep(known.asked, own, (now, 0), KNOWN)
            keep(self._owners, account, known, self._size)
        else:
            keep(self._refused, question, now + REFUSAL_KEPT, self._size)

    def _count(self, account: str, asker: str, signer: str | None, now: Wall) -> None:
        """Count a question for the first of these that is not used up: place and account, the owner's key or place."""
        if self._is_granted(account, asker, now) or any(
            own is not None and self._has_reserve(account, own, now) for own in (signer, asker)
        ):
            return
        raise TooManyWalletQuestions(
            f"too many new delegations for {account}, or for contract wallets at all: try again in {PER} seconds"
        )

    def _is_granted(self, account: str, asker: str, now: Wall) -> bool:
        # What is refused to one place takes nothing from the others.
        if self._counted_in(self._asked, (asker, account), now) > QUESTIONS:
            return False
        from_there = self._counted_in(self._asked_from, asker, now)
        of_all = _counted(self._all, now)
        most = QUESTIONS_OF_ASKER if of_all[1] <= BUSY else QUESTIONS_WHEN_BUSY
        if from_there > most or of_all[1] > QUESTIONS_OF_ALL:
            return False
        self._all = of_all
        return True

    def _has_reserve(self, account: str, own: str, now: Wall) -> bool:
        """Return whether a key or place of an owner's has a question left in its reserve, and take it from there."""
        known = self._owners.get(account)
        if known is None or own not in known.asked:
            return False
        counted, for_it = _counted(known.asked[own], now), _counted(known.all, now)
        of_all = _counted(self._of_owners, now)
        if (
            counted[1] > QUESTIONS_OF_OWNER
            or for_it[1] > KNOWN * QUESTIONS_OF_OWNER
            or of_all[1] > QUESTIONS_OF_OWNERS
        ):
            return False
        known.asked[own], known.all, self._of_owners = counted, for_it, of_all
        return True

    def _count_lookup(self, asker: str, now: Wall) -> None:
        from_there = self._counted_in(self._looked_from, asker, now)
        of_all = _counted(self._looked, now)
        if from_there > LOOKUPS_OF_ASKER or of_all[1] > LOOKUPS_OF_ALL:
            raise TooManyWalletQuestions(
                f"too many new delegations for too many numbers at once: try again in {PER} seconds"
            )
        self._looked = of_all

    def _counted_in(self, table: OrderedDict[_Key, tuple[float, int]], key: _Key, now: Wall) -> int:
        """Count one more of `key`, and return how many there were within `PER` seconds."""
        counted = _counted(table.pop(key, (now, 0)), now)
        keep(table, key, counted, self._size)
        return counted[1]


def _counted(so_far: tuple[float, int], now: Wall) -> tuple[float, int]:
    since, times = so_far
    return (now, 1) if now - since >= PER else (since, times + 1)
