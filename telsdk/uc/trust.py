"""Who is at the other end: the caller token of a request or response, judged against the chain by the UC itself.

A node's word counts for nothing here. What is shown to a person (number, name, role) comes from the chain, never from
a display name that the message claims.
"""

from __future__ import annotations

import enum
from collections.abc import Container
from dataclasses import dataclass, replace

from telsdk.address import aor, user_of
from telsdk.credential.verify import Authority, Verifier
from telsdk.directory import Directory, locate
from telsdk.errors import Refused, TelError
from telsdk.name import Name
from telsdk.net.pins import pin_of_key
from telsdk.net.route import PIN_PARAM, pin_text
from telsdk.number import Number
from telsdk.sip.auth import SingleUse, TokenError, caller_token
from telsdk.sip.errors import AuthError
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.session import SessionDescription

IDENTITY = "Identity"


class Trust(enum.Enum):
    """How far a party is to be believed."""

    VERIFIED = "verified"
    """Owner or light credential, session key, this call and its media key: all proven against the chain."""

    UNVERIFIED = "unverified"
    """No token, as with a plain SIP phone. Who it is cannot be known."""

    REFUSED = "refused"
    """A token that is wrong. Somebody pretends."""


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a call or message, as far as it could be proven."""

    trust: Trust
    number: Number | None = None
    name: Name | None = None  # the number's primary name on chain
    role: str | None = None  # "deep" or "light"
    device: str | None = None
    media_bound: bool = False  # the token signs the key of the media that was offered
    pin: bytes | None = None  # of the session key: who must answer at its Contact
    status: int = 200  # what a refusal is answered with
    reason: str = ""

    def __str__(self) -> str:
        who = self.name or self.number or "somebody"
        if self.trust is Trust.VERIFIED:
            media = ", media key bound" if self.media_bound else ""
            return f"{who} ({self.number}), verified: {self.role} login{media}"
        return f"{who}, {self.trust.value}: {self.reason}"


class Judge:
    """Verifies those who speak to the holder of one number.

    Each of its answers may raise `telsdk.credential.wallet.WalletToAsk`: then a contract wallet has to be asked first.
    """

    def __init__(self, directory: Directory, number: Number) -> None:
        self._directory = directory
        self._number = number
        self._verifier = Verifier(directory, deferred=True)
        self._used = SingleUse()

    def request(self, request: Request, now: float) -> Party:
        """Who sent `request` to us; `now` in seconds since 1970."""
        return self._judge(request, _act(request), self._own_addresses(), now)

    def response(self, response: Response, expected: Number, now: float) -> Party:
        """Who answered our request: it has to be the holder of the number that was called."""
        party = self._judge(response, _act(response), self._own_addresses(), now)
        if party.trust is Trust.VERIFIED and party.number != expected:
            return Party(
                Trust.REFUSED,
                status=438,
                reason=f"{party.number} answered a call that was made to {expected}",
            )
        return party

    def within(self, message: Message, peer: Party | None, now: float) -> Party:
        """Who sent this offer, or this answer to one, in a running call: it has to be `peer`, where he was proven.

        A peer who never proved himself, as a plain phone, need not do so later; a wrong token is refused all the same.
        """
        party = self._judge(message, _act(message), self._own_addresses(), now)
        if peer is None or peer.trust is not Trust.VERIFIED:
            return party
        if party.trust is Trust.UNVERIFIED:
            return replace(party, trust=Trust.REFUSED)
        if party.trust is Trust.VERIFIED and (party.number, party.pin) != (peer.number, peer.pin):
            return Party(
                Trust.REFUSED,
                status=438,
                reason=f"the call is with {peer.number}, and {party.number} by another key wants to change it",
            )
        return party

    def _take(self, caller: caller_token.ProvenCaller, now: float) -> None:
        """Uses the token of a request up: whoever saw the request pass cannot let it happen again.

        Raises:
            IdentityUsed: it was used, or so many came at once that this cannot be known.
        """
        try:
            self._used.take(caller.authority.number, caller.id, now, caller.iat + caller_token.MAX_AGE)
        except TokenError as error:
            raise caller_token.IdentityUsed(f"the caller token is played again: {error.reason}") from error

    def _own_addresses(self) -> frozenset[str]:
        facts = self._directory.number(self._number)
        names = {str(facts.name)} if facts and facts.name else set()
        return frozenset(aor(user) for user in {str(self._number), *names})

    def _judge(self, message: Message, act: str, ours: Container[str], now: float) -> Party:
        tokens = message.headers.all(IDENTITY)
        if not tokens:
            return Party(Trust.UNVERIFIED, status=428, reason="no caller token")
        if len(tokens) > 1:
            return Party(Trust.REFUSED, status=438, reason="more than one caller token")
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
                authorise=self._verifier.authority,
                number_of=lambda user: locate(self._directory, user).number,
            )
            if isinstance(message, Request):
                self._take(caller, now)
            facts = locate(self._directory, user_of(caller.orig))
            _check_contact(message, pin_of_key(caller.authority.key))
        except AuthError as error:
            return Party(Trust.REFUSED, status=error.status, reason=error.reason)
        except TelError as error:
            return Party(Trust.REFUSED, status=438, reason=str(error))
        authority = caller.authority
        assert isinstance(authority, Authority)
        return Party(
            Trust.VERIFIED,
            number=facts.number,
            name=facts.name,
            role=authority.role,
            device=authority.delegation.device,
            media_bound=caller.media_bound,
            pin=pin_of_key(authority.key),
        )


def signed_content(message: Message) -> bytes | None:
    """What a token in `message` has to sign besides: the text of a MESSAGE, where a REFER leads; None: nothing."""
    if isinstance(message, Request) and message.method == "MESSAGE":
        return message.body
    if isinstance(message, Request) and message.method == "REFER":
        return ",".join(message.headers.all("Refer-To")).encode()
    return None


def _act(message: Message) -> str:
    """What a token in `message` has to be made for."""
    return f"{message.cseq.method} {message.status}" if isinstance(message, Response) else message.cseq.method


def _check_contact(message: Message, pin: bytes) -> None:
    """Refuses a Contact where somebody else than the caller would answer.

    Raises:
        Refused: its pin is not the session key's.
    """
    for contact in message.contacts:
        named = contact.uri.param(PIN_PARAM)
        if named is not None and named != pin_text(pin):
            raise Refused("the Contact is not the caller's own: its key is another than the one that signed")


def fingerprints(message: Message) -> tuple[tuple[str, str], ...]:
    """The DTLS fingerprints in a message's SDP; none when it has no SDP.

    Raises:
        SipParseError: the SDP is malformed.
    """
    if message.content_type != "application/sdp":
        return ()
    return fingerprints_in(message.body)


def fingerprints_in(sdp: bytes) -> tuple[tuple[str, str], ...]:
    """The DTLS fingerprints of a session description: algorithm and digest of each.

    Raises:
        SipParseError: it is malformed.
    """
    return tuple(SessionDescription.parse(sdp).fingerprints)
