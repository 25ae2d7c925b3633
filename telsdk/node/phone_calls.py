"""Calls with a plain phone at one end or both: whom the phone is told that it speaks with, and by whose word.

A call between user clients costs this nothing but to see that no phone has part in it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.directory import Directory, NumberFacts
from telsdk.errors import TelError
from telsdk.freshness import freshness
from telsdk.node import caller_id
from telsdk.node.admission import Admission, NotTheCaller
from telsdk.node.caller_id import Presentation
from telsdk.node.edges import sending_edge
from telsdk.node.logins import BoundLogin, LoginKind, Logins
from telsdk.node.settings import UnverifiedCallers
from telsdk.node.shares import Held
from telsdk.number import Number
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.server import Context, Target

TOKEN_METHODS = frozenset({"INVITE", "MESSAGE"})
"""Requests that user clients sign (RFC 8224)."""


_OF_ANYBODY: Final = frozenset({"INVITE", "ACK", "MESSAGE", "OPTIONS"})
"""Requests that a phone shows a person, or that do nothing. Others command the phone: REFER lets it call somebody (RFC
3515), NOTIFY start anew or take other settings, SUBSCRIBE tell whom it speaks with. It cannot judge who sends them."""


class NotForPhones(AuthError):
    """A request outside of a call would command a phone, and does not come from its own number."""

    status: ClassVar[int] = 403


class Parties:
    """Who a request is for and from, among the users of this node, and what a phone of the callee's is told; in
    `Context.app`.

    Attributes:
        callee, caller: the users; the caller empty where it is from elsewhere.
        from_phone: whether a phone of ours sends it.
        shown: the From that a phone gets, without tag; empty until a phone is to get it.
        claims: the fields that are taken out for it.
        line: that From as a header line.
        expected: the answer that a phone of ours has to get, where the callee promises that; see
            `telsdk.node.promises`.
        held: in whose shares it counts while it is open; None for an ACK.
    """

    __slots__ = ("callee", "caller", "claims", "expected", "from_phone", "held", "line", "shown")

    def __init__(self, callee: NumberFacts, caller: BoundLogin | None, held: Held | None = None) -> None:
        self.held = held
        self.callee = str(callee.number)
        self.caller = "" if caller is None else str(caller.number)
        self.from_phone = caller is not None and caller.kind is LoginKind.PHONE
        self.shown = ""
        self.claims = caller_id.UNPROVEN_CLAIMS
        self.line = ""
        self.expected: object | None = None

    def presentation(self, request: Request, target: Target) -> str:
        """Return what a Record-Route says of who is told what; empty where no phone has part in the dialog.

        Args:
            request: as it came.
        """
        if target.request is None:
            return ""
        headers = target.request.headers
        to_phone = bool(self.line) and headers.raw[headers.shape.first["from"]] == self.line
        if not to_phone and not self.from_phone:
            return ""
        shown = self.shown if to_phone else ""
        return Presentation.begin(request, shown, self.from_phone, aor(self.callee)).write()


def _may_command(method: str, login: BoundLogin | None, callee: NumberFacts) -> bool:
    """Return whether a request that commands a phone is from its own number, or a user of ours asks to watch it."""
    return login is not None and (method == "SUBSCRIBE" or login.number == callee.number)


class PhoneCalls:
    """The caller ID of one node's phones.

    Args:
        unverified: what a phone is told of a caller who is not proven.
        stale_after: how old the copy of the chain may be that proves them, in seconds, as `telsdk.freshness` takes it.
    """

    def __init__(
        self,
        directory: Directory,
        admission: Admission,
        logins: Logins,
        unverified: UnverifiedCallers,
        stale_after: float | None = None,
    ) -> None:
        self._directory = directory
        self._admission = admission
        self._logins = logins
        self._unverified = unverified
        self._stale_after = stale_after

    def is_phone(self, hop: Hop, number: Number) -> bool:
        """Return whether `number` is bound over `hop` by a phone: by anything else than a UC's session token."""
        login = self._logins.over(hop).get(number)
        return login is None or login.kind is LoginKind.PHONE

    def present(
        self, ctx: Context, request: Request, callee: NumberFacts, login: BoundLogin | None, wall: Wall
    ) -> None:
        """Make `request`, a copy of the one in `ctx`, ready for a phone of `callee`.

        Args:
            login: of whoever sends it; None where it is from elsewhere.

        Raises:
            NotForPhones: it would command the phone, and is not from the phone's own number.
            NotTheCaller: it is proven who sends it, and From says somebody else.
            WalletToAsk: that is not known yet.
        """
        method = request.method
        if method not in _OF_ANYBODY and not _may_command(method, login, callee):
            raise NotForPhones(f"{method} outside of a call reaches a phone from its own number alone")
        parties = ctx.app
        assert isinstance(parties, Parties)
        if not parties.shown:
            self._judge(parties, ctx, callee, login, wall)
        caller_id.present(request, parties.shown, parties.claims)
        parties.line = request.headers.raw[request.headers.shape.first["from"]]

    def _judge(
        self, parties: Parties, ctx: Context, callee: NumberFacts, login: BoundLogin | None, wall: Wall
    ) -> None:
        said = ctx.request.from_.uri
        number = self._proven(ctx.request, ctx.source, callee, login, wall)
        facts = None if number is None else self._directory.number(number)
        if facts is not None and freshness(self._directory, self._stale_after, wall).stale:
            facts = None  # a phone cannot show "as of": what may be over is not vouched for
        if facts is not None:
            parties.shown = caller_id.ANONYMOUS if caller_id.is_anonymous(said) else caller_id.proven(facts)
            parties.claims = caller_id.CLAIMS
        elif self._unverified is UnverifiedCallers.MARKED and not caller_id.is_anonymous(said):
            parties.shown = caller_id.marked(said)
        else:
            parties.shown = caller_id.ANONYMOUS

    def _proven(
        self, request: Request, source: Hop, callee: NumberFacts, login: BoundLogin | None, wall: Wall
    ) -> Number | None:
        """Return who sends a request, by what it was let in by here, or else by a caller token for `callee`."""
        if login is not None and (login.kind is LoginKind.PHONE or request.method in TOKEN_METHODS):
            return login.number
        if request.method not in TOKEN_METHODS or "identity" not in request.headers.shape.first:
            return None
        try:
            return self._admission.proven_to(callee, request, source, wall)
        except NotTheCaller:
            raise
        except TelError:
            return None  # a token that proves nothing is none

    def answer(self, response: Response, request: Request, source: Hop) -> None:
        """Make an answer ready for who asked. A phone shows the To of an answer, and what stands beside, as a From.

        Args:
            request: what is answered, as it came; without its fields once it has had a final answer.
            source: where it came from.
        """
        headers, asked = response.headers, request.headers.shape.first.get("to")
        claims = headers.shape.meets(caller_id.CLAIMS)
        other = asked is not None and not headers.raw[headers.shape.first["to"]].startswith(
            request.headers.raw[asked]
        )
        if (claims or other) and self._comes_from_phone(request, source):
            caller_id.strip(response)
            if other:
                caller_id.answer_to(response, request)

    def _comes_from_phone(self, request: Request, source: Hop) -> bool:
        has_phone = self._logins.has_phone
        return has_phone(source) or (
            "via" in request.headers.shape.first and has_phone(sending_edge(request, source))
        )
