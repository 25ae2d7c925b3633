"""Find out who is at the other end: the UC itself judges the caller token of a message against the chain.

A node's word counts for nothing here. What a person is shown (number, name, role) comes from the chain, never from a
display name in the message.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import ClassVar

from telsdk.address import REALM, aor, user_of
from telsdk.clock import Wall
from telsdk.credential.verify import Authority, Verifier
from telsdk.directory import NOBODY, Directory, NumberFacts, locate
from telsdk.errors import Refused, TelError
from telsdk.freshness import freshness, utc
from telsdk.name import Name
from telsdk.net.buckets import place_of
from telsdk.net.pins import pin_of_key
from telsdk.net.route import PIN_PARAM, pin_text
from telsdk.number import Number
from telsdk.sip.auth import SingleUse, TokenError, caller_token
from telsdk.sip.errors import AuthError, SipParseError
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.session import SessionDescription
from telsdk.sip.ua import has_sdp
from telsdk.uc.holder import Holder, OwnerChange

IDENTITY = "Identity"


class Trust(enum.Enum):
    """How far a party is proven."""

    VERIFIED = "verified"
    """Owner or light credential, session key, this call and its media key: all proven against the chain."""

    VERIFIED_AS_OF = "verified as of"
    """The same, but against a copy of the chain that is stale: it held then, and may be over since."""

    UNVERIFIED = "unverified"
    """There is no token, as from a plain SIP phone. Who it is cannot be known."""

    REFUSED = "refused"
    """The token is wrong: somebody pretends to be somebody else."""

    @property
    def proven(self) -> bool:
        """Whether a token proved who it is, by the chain as we have it."""
        return self in (Trust.VERIFIED, Trust.VERIFIED_AS_OF)


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a call or message, as far as it could be proven."""

    trust: Trust
    number: Number | None = None
    name: Name | None = None  # the number's primary name on chain
    role: str | None = None  # "deep" or "light"
    device: str | None = None
    media_bound: bool = False  # the token signs the key of the offered media
    pin: bytes | None = None  # of the session key: it must answer at the party's Contact
    status: int = 200  # the status with which to refuse it
    reason: str = ""
    as_of: int | None = None  # the time of our newest block, in s since 1970, if that is long ago
    holder: Holder | None = None  # who holds the number, by the chain
    change: OwnerChange | None = None  # who held it at the last contact, if that was somebody else

    def __str__(self) -> str:
        who = self.name or self.number or "somebody"
        if self.trust.proven:
            media = ", media key bound" if self.media_bound else ""
            reason = f": {self.reason}" if self.reason else ""
            changed = f"; {self.change}" if self.change is not None else ""
            return f"{who} ({self.number}), {self.standing}: {self.role} login{media}{reason}{changed}"
        return f"{who}, {self.standing}: {self.reason}"

    @property
    def standing(self) -> str:
        """How far the party is proven, in words, with the time where that is as of an earlier time."""
        return self.trust.value if self.as_of is None else f"{self.trust.value} {utc(self.as_of)}"


class NotTheirFrom(AuthError):
    """A proven caller writes the address of somebody else into From."""

    status: ClassVar[int] = 403


class Judge:
    """The judge of the messages that come to the holder of one number.

    Each of its methods may raise `telsdk.credential.wallet.WalletToAsk`: then a contract wallet has to be asked first.

    Args:
        stale_after: how old the copy of the chain may be, in seconds, as `telsdk.freshness` takes it.
        own_node: returns the host of the node where the holder is registered: what it stamps into a Via is believed.
    """

    def __init__(
        self,
        directory: Directory,
        number: Number,
        *,
        stale_after: float | None = None,
        own_node: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._own_node = own_node
        self._directory = directory
        self._stale_after = stale_after
        self._number = number
        self._verifier = Verifier(directory, deferred=True)
        self._used = SingleUse()

    def request(self, request: Request, now: Wall) -> Party:
        """Return who sent `request` to us; `now` is in seconds since 1970."""
        return self._judge(request, _act(request), self._own_addresses(), now)

    def response(self, response: Response, expected: Number, now: Wall) -> Party:
        """Return who answered our request. Refuse anybody but the holder of the number that was called."""
        party = self._judge(response, _act(response), self._own_addresses(), now)
        if party.trust.proven and party.number != expected:
            return Party(
                Trust.REFUSED,
                status=438,
                reason=f"{party.number} answered a call that was made to {expected}",
            )
        return party

    def is_promised(self, number: Number) -> bool:
        """Return whether the owner of `number` promises on chain that whoever answers its calls proves it."""
        facts = self._directory.number(number)
        return facts is not None and facts.answers_verified

    def within(self, message: Message, peer: Party | None, now: Wall) -> Party:
        """Return who sent this offer, or answer to one, in a running call. Refuse anybody but `peer`, if it was proven.

        A peer that was not proven, such as a plain phone, need not prove itself later. A wrong token is still refused.
        """
        party = self._judge(message, _act(message), self._own_addresses(), now)
        if peer is None or not peer.trust.proven:
            return party
        if party.trust is Trust.UNVERIFIED:
            return replace(party, trust=Trust.REFUSED)
        if party.trust.proven and (party.number, party.pin) != (peer.number, peer.pin):
            return Party(
                Trust.REFUSED,
                status=438,
                reason=f"the call is with {peer.number}, and {party.number} by another key wants to change it",
            )
        return party

    def _take(self, caller: caller_token.ProvenCaller, now: Wall) -> None:
        """Use up the token of a request, so that nobody who saw the request can replay it.

        Raises:
            IdentityUsed: it was used before, or too many came at once to know.
        """
        try:
            self._used.take(caller.authority.number, caller.id, now, Wall(caller.iat + caller_token.MAX_AGE))
        except TokenError as error:
            raise caller_token.IdentityUsed(f"the caller token is played again: {error.reason}") from error

    def _check_from(self, request: Request, caller: NumberFacts) -> None:
        """Refuse a From that names somebody else than the proven caller: other programs on the way may show it.

        Raises:
            NotTheirFrom: it does.
        """
        uri = request.from_.uri
        user = uri.user or ""
        if uri.host == REALM:
            if user == str(caller.number):
                return
            try:
                if locate(self._directory, user).number == caller.number:
                    return
            except NOBODY:
                pass
        raise NotTheirFrom(f"From says {uri.aor}, and it is {caller.number} who calls")

    def _own_addresses(self) -> frozenset[str]:
        facts = self._directory.number(self._number)
        names = {str(facts.name)} if facts and facts.name else set()
        return frozenset(aor(user) for user in {str(self._number), *names})

    def _came_from(self, message: Message) -> str:
        """Return the place that a message comes from: what our own node stamped, if it came by that.

        Any other server, listed or not, could write there what it likes, and is that place itself. All that cannot be
        read, and all answers, are taken for one place.
        """
        if not isinstance(message, Request):
            return "answers"
        try:
            vias = message.vias
        except SipParseError:
            return "unreadable"
        first = vias[0].param("received") or vias[0].host
        if len(vias) > 1 and first == self._own_node():
            return place_of(vias[1].param("received") or vias[1].host)
        return place_of(first)

    def _judge(self, message: Message, act: str, ours: Container[str], now: Wall) -> Party:
        tokens = message.headers.all(IDENTITY)
        if not tokens:
            return Party(Trust.UNVERIFIED, status=428, reason="no caller token")
        if len(tokens) > 1:
            return Party(Trust.REFUSED, status=438, reason="more than one caller token")
        authorise = self._verifier.asked_by(self._came_from(message))
        try:
            caller = caller_token.verify(
                tokens[0],
                act=act,
                dest=ours,
                call_id=message.call_id,
                cseq=message.cseq.number,
                media=fingerprints(message),
                body=signed_content(message),
                now=now,
                authorise=authorise,
                number_of=lambda user: locate(self._directory, user).number,
            )
            # Call-ID and CSeq tie a response to our own request. A request has no such tie, so its token serves once.
            facts = locate(self._directory, user_of(caller.orig))
            if isinstance(message, Request):
                if message.to_tag is None:
                    self._check_from(message, facts)
                self._take(caller, now)
            _check_contact(message, pin_of_key(caller.authority.key))
        except AuthError as error:
            return Party(Trust.REFUSED, status=error.status, reason=error.reason)
        except TelError as error:
            return Party(Trust.REFUSED, status=438, reason=str(error))
        authority = caller.authority
        assert isinstance(authority, Authority)
        chain = freshness(self._directory, self._stale_after, now)
        return Party(
            Trust.VERIFIED_AS_OF if chain.stale else Trust.VERIFIED,
            as_of=chain.time if chain.stale else None,
            number=facts.number,
            name=facts.name,
            holder=Holder.of(facts),
            role=authority.role,
            device=authority.delegation.device,
            media_bound=caller.media_bound,
            pin=pin_of_key(authority.key),
        )


def signed_content(message: Message) -> bytes | None:
    """Return what the token in `message` has to sign besides: a MESSAGE's text, a REFER's target; None for nothing."""
    if isinstance(message, Request) and message.method == "MESSAGE":
        return message.body
    if isinstance(message, Request) and message.method == "REFER":
        return ",".join(message.headers.all("Refer-To")).encode()
    return None


def _act(message: Message) -> str:
    """Return the kind of message for which the token in `message` has to be made."""
    return f"{message.cseq.method} {message.status}" if isinstance(message, Response) else message.cseq.method


def _check_contact(message: Message, pin: bytes) -> None:
    """Refuse a Contact where somebody else than the caller would answer.

    Raises:
        Refused: its pin is not the session key's.
    """
    for contact in message.contacts:
        named = contact.uri.param(PIN_PARAM)
        if named is not None and named != pin_text(pin):
            raise Refused("the Contact is not the caller's own: its key is another than the one that signed")


def fingerprints(message: Message) -> tuple[tuple[str, str], ...]:
    """Return the DTLS fingerprints in a message's SDP; none when it has no SDP.

    Raises:
        SipParseError: the SDP is malformed.
    """
    sdp = sdp_of(message)
    return fingerprints_in(sdp) if sdp else ()


def sdp_of(message: Message) -> bytes:
    """Return a message's SDP, the very one whose fingerprints its token has to sign; empty when it has none."""
    return message.body if has_sdp(message) else b""


def fingerprints_in(sdp: bytes) -> tuple[tuple[str, str], ...]:
    """Return the DTLS fingerprints of a session description: algorithm and digest of each.

    Raises:
        SipParseError: it is malformed.
    """
    return tuple(SessionDescription.parse(sdp).fingerprints)
