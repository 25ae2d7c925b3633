"""Numbers that promise verified answers, called by plain phones: this node judges the answers in the phones' place.

A phone cannot tell who answers. Where the number that it called promises on chain that whoever answers proves it, its
node passes on no 2xx, no early media and no later change of the media without a caller token of that number which signs
this very answer and its media key. A user client judges for itself, so its calls pass here unseen.

An answer that is refused is not acknowledged: the other end gives up by itself (RFC 3261 section 13.3.1.4). It is
somebody on the way who answers in the callee's place, or a client that is broken, since the node of such a number rings
none of its plain phones.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Final

from telsdk.address import user_of
from telsdk.clock import Monotonic, Wall
from telsdk.credential.wallet import WalletToAsk
from telsdk.directory import NOBODY, Directory, NumberFacts, locate
from telsdk.errors import TelError
from telsdk.node.admission import Admission
from telsdk.node.caller_id import Presentation
from telsdk.node.ways import presentation_in
from telsdk.number import Number
from telsdk.server.answers import warning
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.server import NoWayOn
from telsdk.sip.transaction import TransactionUser

log = logging.getLogger(__name__)

LATE: Final = 64.0
"""Seconds for which an INVITE is remembered after its final answer: twice what another 2xx may take (64*T1)."""

MAX_WAITS: Final = 8
"""Answers to one INVITE that may wait for a contract wallet: of some devices that ring, or of one more than once."""

AskWallet = Callable[[WalletToAsk, Callable[[Monotonic], None]], bool]
"""Has a contract wallet asked, and then calls back with the time; False where too much waits for that already."""

_OFFERS: Final = frozenset(
    {"INVITE", "UPDATE", "PRACK"}
)  # whose answers may bring media: RFC 3264, 3311, 3262
_TAKEN_OFF: Final = (
    "SIP/2.0/TCP invalid"  # stands for our own Via, which was taken off an answer that had to wait
)


class PhonesCannotAnswer(AuthError):
    """The number that was called promises verified answers, and only its plain phones are here."""

    status: ClassVar[int] = 480


class Unproven(AuthError):
    """Whoever answers for a number that promises verified answers proves nothing."""

    status: ClassVar[int] = 502  # RFC 3261 section 21.5.3: what came from downstream is invalid


class Expected:
    """A phone's INVITE to a number that promises verified answers, or an offer in a call to it.

    Attributes:
        number: which has to answer.
        dest: the URI that the answer's token is made for: the caller's, as the callee sees it.
        waits: how many answers may still wait for a contract wallet: somebody may send many, or the wallet be away.
        over: when it can be forgotten, in seconds since 1970; 0 while it is open.
    """

    __slots__ = ("dest", "key", "number", "over", "waits")

    def __init__(self, key: tuple[object, ...], number: Number, dest: str) -> None:
        self.key = key
        self.number = number
        self.dest = dest
        self.waits = MAX_WAITS
        self.over = 0.0


class Promises:
    """The promises to the phones of one node.

    Args:
        ask: has contract wallets asked; None: nobody can, and what only they could tell is not proven.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        directory: Directory,
        admission: Admission,
        ask: AskWallet | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._admission = admission
        self._ask = ask
        self._clock = clock
        self._expected: dict[tuple[object, ...], Expected] = {}
        self._over: deque[Expected] = deque()

    def expect(self, request: Request, source: Hop, callee: NumberFacts) -> Expected:
        """Note that the answers to an INVITE of a phone have to be the callee's own."""
        self._forget()
        expected = Expected((request.call_id, source), callee.number, str(request.from_.uri.aor))
        self._expected[expected.key] = expected
        return expected

    def ended(self, expected: object) -> None:
        """Note that an INVITE has its final answer. Others may still come."""
        assert isinstance(expected, Expected)
        expected.over = self._clock() + LATE
        self._over.append(expected)

    def passes(self, response: Response, request: Request, source: Hop, branch: TransactionUser) -> bool:
        """Judge an answer before it goes back to who sent `request` from `source`.

        An answer that is not proven is made a refusal, or loses its early media.

        Returns:
            False where it has to wait for a contract wallet: `branch` is given the same answer again then.
        """
        if response.status <= 100 or response.status >= 300:
            return True
        if self._expected and (expected := self._expected.get((response.call_id, source))) is not None:
            if response.cseq.method == "INVITE" and (response.status >= 200 or response.body):
                return self._judge(expected.number, (expected.dest,), response, branch, expected)
            return True
        if response.body and response.cseq.method in _OFFERS:
            offered = self._offered(response, request, source)
            if offered is not None:
                return self._judge(offered.number, (offered.dest,), response, branch, None)
        return True

    def check_within(self, request: Request, presented: Presentation) -> None:
        """Refuse what would change the media of a phone's call and does not come from who was called.

        Args:
            presented: as our Route says it; the addresses in `request` are still as they came.

        Raises:
            NoWayOn: so it is.
        """
        if not request.body or not presented.goes_to_caller(request):
            return
        number = self._promised(presented)
        if number is None:
            return
        try:
            self._admission.proven_from(
                number, request, request.method, (str(request.to.uri.aor),), self._now()
            )
        except WalletToAsk as wanted:
            self._ask_for(wanted, _nothing)
            raise NoWayOn(503, ("Retry-After", "1")) from None
        except TelError as error:
            raise NoWayOn(438, warning(error)) from None

    def _judge(
        self,
        number: Number,
        dest: tuple[str, ...],
        response: Response,
        branch: TransactionUser,
        expected: Expected | None,
    ) -> bool:
        act = f"{response.cseq.method} {response.status}"
        try:
            self._admission.proven_from(number, response, act, dest, self._now())
        except WalletToAsk as wanted:
            if expected is not None and self._wait(wanted, expected, response, branch):
                return False
            self._refuse(number, response, TelError("its contract wallet is to be asked first: call again"))
        except TelError as error:
            self._refuse(number, response, error)
        return True

    def _wait(
        self, wanted: WalletToAsk, expected: Expected, response: Response, branch: TransactionUser
    ) -> bool:
        def again(now: Monotonic) -> None:
            response.headers.insert("Via", _TAKEN_OFF)
            branch.answered(response, now)

        expected.waits -= 1
        return expected.waits >= 0 and self._ask_for(wanted, again)

    def _ask_for(self, wanted: WalletToAsk, again: Callable[[Monotonic], None]) -> bool:
        return self._ask is not None and self._ask(wanted, again)

    def _refuse(self, number: Number, response: Response, error: Exception) -> None:
        log.warning("an answer in place of %s is not passed on: %s", number, error)
        if response.status < 200:
            response.body = b""
            response.headers.remove("Content-Type")
            return
        why = f"{number} promises verified answers, and whoever answered proves nothing: {error}"
        response.turn_into(Unproven.status, warning(Unproven(why)))

    def _offered(self, response: Response, request: Request, source: Hop) -> Expected | None:
        """Return what is known of a request within a call; None where nothing has to be proven.

        It is remembered, because an answer may come again, and a request that has had its final answer has no fields
        any more.
        """
        key = (response.call_id, source, response.cseq.number)
        offered = self._expected.get(key)
        if offered is not None or "to" not in request.headers.shape.first or request.to_tag is None:
            return offered
        number = self._promised_in(request)
        if number is None:
            return None
        self._forget()
        offered = self._expected[key] = Expected(key, number, str(request.from_.uri.aor))
        self.ended(offered)
        return offered

    def _promised_in(self, request: Request) -> Number | None:
        """Return the number that has to prove an answer to a phone's `request` within a call; None for nobody."""
        if "route" not in request.headers.shape.first:
            return None
        presented = presentation_in(request.routes)
        if presented is None or presented.goes_to_caller(request):
            return None
        return self._promised(presented)

    def _promised(self, presented: Presentation) -> Number | None:
        """Return the number that a phone of ours called, if that promises verified answers now."""
        if not presented.dialled:
            return None
        try:
            facts = locate(self._directory, user_of(presented.dialled))
        except NOBODY:
            return None
        return facts.number if facts.answers_verified else None

    def _forget(self) -> None:
        now = self._clock()
        while self._over and self._over[0].over <= now:
            expected = self._over.popleft()
            if self._expected.get(expected.key) is expected:
                del self._expected[expected.key]

    def _now(self) -> Wall:
        return Wall(self._clock())


def _nothing(_now: Monotonic) -> None:
    """Do nothing: whoever asked comes again by themselves."""
