"""Who may offer, and what becomes of an offer: the one place where a dialog keeps that, as data.

An offer is a session description that wants an answer (RFC 3264). SIP carries the two in INVITE, its responses, ACK,
PRACK and UPDATE, and lets one offer be open at a time (RFC 3264 section 4). Whose it is, and in which message it went,
decides what may be sent now and what the description in the next message means:

    the offer went in     its answer comes in                          source
    INVITE                a reliable 1xx, or else the 2xx              RFC 3261 13.2.1, RFC 3262 5
    the reliable 1xx      its PRACK (the INVITE had no offer)          RFC 3262 5
    the 2xx               the ACK (neither had one before: late offer) RFC 3261 13.2.1
    PRACK, UPDATE         its own 2xx                                  RFC 3262 5, RFC 3311 5

RFC 6337 tells the same in one piece. The rules are three tables from (state, what is said) to (next state, ruling).
`OFFER` is the one above. Two small ones stand beside it, for any description or none: `INVITE`, because one INVITE is
in progress at a time (RFC 3261 section 14), and `UPDATE`, because nothing else of ours may change the session while an
UPDATE of ours without an offer is out. What is said is held against all three:

- What the peer says never raises: each table that knows it has a move for it in every state. Glare, where both offer at
  once, gets 491, and a second offer before the first is answered 500 with Retry-After (RFC 3261 14.2, RFC 3311 5.2);
  what is refused so changes nothing.
- What we say and a table has no move for is a mistake of the caller: `ProtocolStateError`, and nothing has changed.
- What a table does not know at all is no business of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Message, Request, Response

SDP: Final = "application/sdp"


def has_sdp(message: Message) -> bool:
    """Return whether the message carries a session description."""
    return bool(message.body) and message.content_type == SDP


class Open(StrEnum):
    """Whose offer is open, and in which message it went. Each name begins with who offers."""

    NOBODYS = "Nobodys"
    OURS_IN_INVITE = "OursInInvite"
    OURS_IN_1XX = "OursIn1xx"
    OURS_IN_2XX = "OursIn2xx"
    OURS_IN_UPDATE = "OursInUpdate"  # or in a PRACK
    OURS_TO_COME = "OursToCome"  # their INVITE has none
    THEIRS_IN_INVITE = "TheirsInInvite"
    THEIRS_IN_1XX = "TheirsIn1xx"
    THEIRS_IN_2XX = "TheirsIn2xx"
    THEIRS_IN_UPDATE = "TheirsInUpdate"  # or in a PRACK
    THEIRS_ANSWERED = "TheirsAnswered"  # in a reliable 1xx, of which we do not know yet that it arrived
    THEIRS_TO_COME = "TheirsToCome"  # our INVITE has none


class Turn(StrEnum):
    """Whose INVITE is in progress."""

    NOBODYS = "NobodysTurn"
    OURS = "OurTurn"
    THEIRS = "TheirTurn"
    UNACKNOWLEDGED = "Unacknowledged"  # theirs is answered, and the ACK to come


class Errand(StrEnum):
    """Whether an UPDATE of ours without an offer is in progress."""

    NONE = "NoErrand"
    OUT = "OnErrand"


class Said(StrEnum):
    """What one side says to the other. A 1xx is a reliable one: what another one carries counts for nothing."""

    OUR_INVITE_WITH = "our INVITE with SDP"
    OUR_INVITE_WITHOUT = "our INVITE"
    OUR_1XX_WITH = "our 1xx with SDP"
    OUR_2XX_WITH = "our 2xx with SDP"
    OUR_2XX_WITHOUT = "our 2xx"
    OUR_REFUSAL = "our refusal"  # of their INVITE
    OUR_ACK_WITH = "our ACK with SDP"
    OUR_ACK_WITHOUT = "our ACK"
    OUR_PRACK_WITH = "our PRACK with SDP"
    OUR_PRACK_WITHOUT = "our PRACK"
    OUR_UPDATE_WITH = "our UPDATE with SDP"
    OUR_UPDATE_WITHOUT = "our UPDATE"
    OUR_ANSWER = "our answer"  # the 2xx with SDP to their UPDATE or PRACK
    OUR_NO = "our no"  # any other final response to it
    THEIR_INVITE_WITH = "their INVITE with SDP"
    THEIR_INVITE_WITHOUT = "their INVITE"
    THEIR_1XX_WITH = "their 1xx with SDP"
    THEIR_2XX_WITH = "their 2xx with SDP"
    THEIR_2XX_WITHOUT = "their 2xx"
    THEIR_REFUSAL = "their refusal"  # of our INVITE; silence counts as one
    THEIR_ACK_WITH = "their ACK with SDP"
    THEIR_ACK_WITHOUT = "their ACK"
    THEIR_PRACK_WITH = "their PRACK with SDP"
    THEIR_PRACK_WITHOUT = "their PRACK"
    THEIR_UPDATE_WITH = "their UPDATE with SDP"
    THEIR_UPDATE_WITHOUT = "their UPDATE"
    THEIR_ANSWER = "their answer"  # the 2xx with SDP to the offer in our UPDATE or PRACK
    THEIR_NO = "their no"  # any other end of it; silence counts as one
    ERRAND_DONE = "the end of our UPDATE"  # of one without an offer, however it ended

    @property
    def ours(self) -> bool:
        """Whether it is we who say it."""
        return self.name.startswith("OUR_")


class Ruling(StrEnum):
    """What is to be done about it. What is ours is sent, unless it raises."""

    SEND = "send"
    ASK = "to the application"  # an offer to be answered, or an INVITE that wants one
    AGREED = "agreed"  # it is the answer
    VOID = "no agreement"  # the offer came to nothing
    PASS = "nothing new"  # whatever description it has counts for nothing
    GLARE = "491"
    LATER = "500 with Retry-After"


Stage = TypeVar("Stage", Open, Turn, Errand)
Rulings: TypeAlias = Mapping[tuple[Stage, Said], tuple[Stage, Ruling]]


def _stay(
    states: Iterable[Stage], ruling: Ruling, *what: Said
) -> dict[tuple[Stage, Said], tuple[Stage, Ruling]]:
    """Return the moves for what changes nothing in any of these states."""
    return {(state, said): (state, ruling) for state in states for said in what}


_OUR_OFFERS = (Open.OURS_IN_INVITE, Open.OURS_IN_1XX, Open.OURS_IN_2XX, Open.OURS_IN_UPDATE)
_THEIR_OFFERS = (
    *(Open.THEIRS_IN_INVITE, Open.THEIRS_IN_1XX, Open.THEIRS_IN_2XX, Open.THEIRS_IN_UPDATE),
    Open.THEIRS_ANSWERED,
)
_OFFERS_OF_THEIRS = (Said.THEIR_INVITE_WITH, Said.THEIR_INVITE_WITHOUT, Said.THEIR_UPDATE_WITH)
_OUR_FINALS = (Said.OUR_2XX_WITH, Said.OUR_2XX_WITHOUT, Said.OUR_REFUSAL)
_THEIR_FINALS = (Said.THEIR_2XX_WITH, Said.THEIR_2XX_WITHOUT, Said.THEIR_REFUSAL)
_THEIR_ACKS = (Said.THEIR_ACK_WITH, Said.THEIR_ACK_WITHOUT)

OFFER: Final[Rulings[Open]] = {
    # What cannot be said in a state by a peer that keeps to the rules is passed over there: the lines below overrule.
    **_stay(Open, Ruling.PASS, *(said for said in Said if not said.ours and said is not Said.ERRAND_DONE)),
    # Glare (RFC 3261 14.2, RFC 3311 5.2). It is glare too where an INVITE of ours waits for the peer's offer.
    **_stay((*_OUR_OFFERS, Open.THEIRS_TO_COME), Ruling.GLARE, *_OFFERS_OF_THEIRS),
    **_stay((*_THEIR_OFFERS, Open.OURS_TO_COME), Ruling.LATER, *_OFFERS_OF_THEIRS),
    # An UPDATE of ours without an offer may go whenever none with one is out (RFC 3311 5.1).
    **_stay(
        (state for state in Open if state is not Open.OURS_IN_UPDATE), Ruling.SEND, Said.OUR_UPDATE_WITHOUT
    ),
    #
    # No offer is open.
    (Open.NOBODYS, Said.OUR_INVITE_WITH): (Open.OURS_IN_INVITE, Ruling.SEND),
    (Open.NOBODYS, Said.OUR_INVITE_WITHOUT): (Open.THEIRS_TO_COME, Ruling.SEND),
    (Open.NOBODYS, Said.OUR_UPDATE_WITH): (Open.OURS_IN_UPDATE, Ruling.SEND),
    (Open.NOBODYS, Said.OUR_PRACK_WITH): (Open.OURS_IN_UPDATE, Ruling.SEND),
    (Open.NOBODYS, Said.THEIR_INVITE_WITH): (Open.THEIRS_IN_INVITE, Ruling.ASK),
    (Open.NOBODYS, Said.THEIR_INVITE_WITHOUT): (Open.OURS_TO_COME, Ruling.ASK),
    (Open.NOBODYS, Said.THEIR_UPDATE_WITH): (Open.THEIRS_IN_UPDATE, Ruling.ASK),
    (Open.NOBODYS, Said.THEIR_PRACK_WITH): (Open.THEIRS_IN_UPDATE, Ruling.ASK),
    # Where a reliable 1xx brought the answer, what comes after it repeats it or counts for nothing (RFC 3261 13.2.1).
    **_stay((Open.NOBODYS,), Ruling.PASS, Said.OUR_1XX_WITH, *_OUR_FINALS),
    **_stay((Open.NOBODYS,), Ruling.SEND, Said.OUR_PRACK_WITHOUT, Said.OUR_ACK_WITHOUT),
    #
    # Ours went in our INVITE.
    **_stay((Open.OURS_IN_INVITE,), Ruling.SEND, Said.OUR_PRACK_WITHOUT),
    (Open.OURS_IN_INVITE, Said.THEIR_1XX_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.OURS_IN_INVITE, Said.THEIR_2XX_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.OURS_IN_INVITE, Said.THEIR_2XX_WITHOUT): (Open.NOBODYS, Ruling.VOID),
    (Open.OURS_IN_INVITE, Said.THEIR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    #
    # Our INVITE has none: the peer is to offer, in a reliable 1xx or in the 2xx.
    **_stay((Open.THEIRS_TO_COME,), Ruling.SEND, Said.OUR_PRACK_WITHOUT),
    (Open.THEIRS_TO_COME, Said.THEIR_1XX_WITH): (Open.THEIRS_IN_1XX, Ruling.ASK),
    (Open.THEIRS_TO_COME, Said.THEIR_2XX_WITH): (Open.THEIRS_IN_2XX, Ruling.ASK),
    (Open.THEIRS_TO_COME, Said.THEIR_2XX_WITHOUT): (Open.NOBODYS, Ruling.VOID),
    (Open.THEIRS_TO_COME, Said.THEIR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    (Open.THEIRS_IN_1XX, Said.OUR_PRACK_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.THEIRS_IN_1XX, Said.OUR_PRACK_WITHOUT): (Open.NOBODYS, Ruling.VOID),  # the call is being taken back
    # A 2xx that did not wait for our PRACK offers anew.
    (Open.THEIRS_IN_1XX, Said.THEIR_2XX_WITH): (Open.THEIRS_IN_2XX, Ruling.ASK),
    (Open.THEIRS_IN_1XX, Said.THEIR_2XX_WITHOUT): (Open.NOBODYS, Ruling.VOID),
    (Open.THEIRS_IN_1XX, Said.THEIR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    (Open.THEIRS_IN_2XX, Said.OUR_ACK_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.THEIRS_IN_2XX, Said.OUR_ACK_WITHOUT): (Open.NOBODYS, Ruling.VOID),  # BYE follows
    #
    # Theirs came in their INVITE.
    (Open.THEIRS_IN_INVITE, Said.OUR_1XX_WITH): (Open.THEIRS_ANSWERED, Ruling.AGREED),
    (Open.THEIRS_IN_INVITE, Said.OUR_2XX_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.THEIRS_IN_INVITE, Said.OUR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    # No offer of ours overtakes our answer (RFC 3311 5.1); the peer's next one may come in the PRACK (RFC 3262 5).
    (Open.THEIRS_ANSWERED, Said.THEIR_PRACK_WITH): (Open.THEIRS_IN_UPDATE, Ruling.ASK),
    (Open.THEIRS_ANSWERED, Said.THEIR_PRACK_WITHOUT): (Open.NOBODYS, Ruling.PASS),
    (Open.THEIRS_ANSWERED, Said.OUR_REFUSAL): (Open.NOBODYS, Ruling.PASS),
    #
    # Their INVITE has none: we are to offer, in a reliable 1xx or in the 2xx.
    (Open.OURS_TO_COME, Said.OUR_1XX_WITH): (Open.OURS_IN_1XX, Ruling.SEND),
    (Open.OURS_TO_COME, Said.OUR_2XX_WITH): (Open.OURS_IN_2XX, Ruling.SEND),
    (Open.OURS_TO_COME, Said.OUR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    (Open.OURS_IN_1XX, Said.THEIR_PRACK_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.OURS_IN_1XX, Said.THEIR_PRACK_WITHOUT): (Open.NOBODYS, Ruling.VOID),
    (Open.OURS_IN_1XX, Said.OUR_REFUSAL): (Open.NOBODYS, Ruling.VOID),
    (Open.OURS_IN_2XX, Said.THEIR_ACK_WITH): (Open.NOBODYS, Ruling.AGREED),
    (Open.OURS_IN_2XX, Said.THEIR_ACK_WITHOUT): (Open.NOBODYS, Ruling.VOID),
    #
    # One went in an UPDATE or PRACK. An INVITE may be in progress meanwhile, whose offer was answered before.
    **_stay(
        (Open.OURS_IN_UPDATE, Open.THEIRS_IN_UPDATE),
        Ruling.SEND,
        Said.OUR_PRACK_WITHOUT,
        Said.OUR_ACK_WITHOUT,
    ),
    **_stay((Open.OURS_IN_UPDATE, Open.THEIRS_IN_UPDATE), Ruling.PASS, Said.OUR_1XX_WITH, *_OUR_FINALS),
    **_stay((Open.OURS_IN_UPDATE,), Ruling.GLARE, Said.THEIR_PRACK_WITH),
    (Open.OURS_IN_UPDATE, Said.THEIR_ANSWER): (Open.NOBODYS, Ruling.AGREED),
    (Open.OURS_IN_UPDATE, Said.THEIR_NO): (Open.NOBODYS, Ruling.VOID),
    # A second UPDATE gets 500 before the first has its final response, offer or not (RFC 3311 5.2).
    **_stay((Open.THEIRS_IN_UPDATE,), Ruling.LATER, Said.THEIR_PRACK_WITH, Said.THEIR_UPDATE_WITHOUT),
    (Open.THEIRS_IN_UPDATE, Said.OUR_ANSWER): (Open.NOBODYS, Ruling.AGREED),
    (Open.THEIRS_IN_UPDATE, Said.OUR_NO): (Open.NOBODYS, Ruling.VOID),
}

_INVITES = (Said.THEIR_INVITE_WITH, Said.THEIR_INVITE_WITHOUT)

INVITE: Final[Rulings[Turn]] = {
    **_stay(Turn, Ruling.PASS, *_THEIR_FINALS, *_THEIR_ACKS),
    (Turn.NOBODYS, Said.OUR_INVITE_WITH): (Turn.OURS, Ruling.SEND),
    (Turn.NOBODYS, Said.OUR_INVITE_WITHOUT): (Turn.OURS, Ruling.SEND),
    (Turn.NOBODYS, Said.THEIR_INVITE_WITH): (Turn.THEIRS, Ruling.ASK),
    (Turn.NOBODYS, Said.THEIR_INVITE_WITHOUT): (Turn.THEIRS, Ruling.ASK),
    **_stay((Turn.OURS,), Ruling.GLARE, *_INVITES),
    **{(Turn.OURS, said): (Turn.NOBODYS, Ruling.PASS) for said in _THEIR_FINALS},
    **_stay((Turn.OURS,), Ruling.SEND, Said.OUR_PRACK_WITH),
    **_stay((Turn.THEIRS,), Ruling.LATER, *_INVITES),
    **_stay((Turn.THEIRS,), Ruling.SEND, Said.OUR_1XX_WITH),
    (Turn.THEIRS, Said.OUR_2XX_WITH): (Turn.UNACKNOWLEDGED, Ruling.SEND),
    (Turn.THEIRS, Said.OUR_2XX_WITHOUT): (Turn.UNACKNOWLEDGED, Ruling.SEND),
    (Turn.THEIRS, Said.OUR_REFUSAL): (Turn.NOBODYS, Ruling.SEND),
    # 14.1: our next INVITE waits for the ACK; so does an offer in an UPDATE, which could overtake our answer.
    **_stay((Turn.UNACKNOWLEDGED,), Ruling.LATER, *_INVITES),
    **{(Turn.UNACKNOWLEDGED, said): (Turn.NOBODYS, Ruling.PASS) for said in _THEIR_ACKS},
    **_stay((Turn.NOBODYS, Turn.OURS, Turn.THEIRS), Ruling.SEND, Said.OUR_UPDATE_WITH),
}

UPDATE: Final[Rulings[Errand]] = {
    (Errand.NONE, Said.OUR_UPDATE_WITHOUT): (Errand.OUT, Ruling.SEND),
    **_stay((Errand.NONE,), Ruling.SEND, Said.OUR_UPDATE_WITH, Said.OUR_INVITE_WITH, Said.OUR_INVITE_WITHOUT),
    **_stay((Errand.NONE,), Ruling.PASS, Said.ERRAND_DONE),
    (Errand.OUT, Said.ERRAND_DONE): (Errand.NONE, Ruling.PASS),
}

_KNOWN: Final[Mapping[type[StrEnum], frozenset[Said]]] = {
    Open: frozenset(said for _, said in OFFER),
    Turn: frozenset(said for _, said in INVITE),
    Errand: frozenset(said for _, said in UPDATE),
}


def _look(table: Rulings[Stage], name: str, state: Stage, said: Said) -> tuple[Stage, Ruling | None]:
    """Return the move of one table. It stays without a ruling where that is no business of it.

    Raises:
        ProtocolStateError: it is, and there is none.
    """
    if said not in _KNOWN[type(state)]:
        return state, None
    try:
        return table[state, said]
    except KeyError:
        raise ProtocolStateError(f"not the time for {said}: {name} is {state}") from None


def said_in(message: Request | Response, *, ours: bool) -> Said:
    """Return what a message of a dialog says, from the view of one side.

    Args:
        message: INVITE, ACK, PRACK or UPDATE, or a response to one; of a 1xx, a reliable one with a description; of
            the last two methods, a response to one with an offer.

    Raises:
        ProtocolStateError: it is ours, and says yes to an offer without an answer.
    """
    side, described = "our" if ours else "their", has_sdp(message)
    if isinstance(message, Request):
        what = message.method
    elif message.status >= 300:
        return Said(f"{side} {'refusal' if message.cseq.method == 'INVITE' else 'no'}")
    elif message.cseq.method == "INVITE":
        what = "1xx" if message.status < 200 else "2xx"
    elif described:
        return Said(f"{side} answer")
    elif ours:
        raise ProtocolStateError("an offer is answered with a description, or refused")
    else:
        return Said.THEIR_NO
    return Said(f"{side} {what} with SDP" if described else f"{side} {what}")


class Negotiation:
    """The state of one dialog, early or confirmed, and what its two sides agreed on.

    Attributes:
        open: whose offer is open, and in which message it went.
        turn: whose INVITE is in progress.
        errand: whether an UPDATE of ours without an offer is.
        offer: the description that waits for its answer; empty where none is open.
        local: our description as it counts now; empty before the first agreement.
        remote: the peer's.
    """

    __slots__ = ("errand", "local", "offer", "open", "remote", "turn")

    def __init__(self) -> None:
        self.open = Open.NOBODYS
        self.turn = Turn.NOBODYS
        self.errand = Errand.NONE
        self.local = b""
        self.remote = b""
        self.offer = b""

    def may(self, said: Said) -> bool:
        """Return whether it may be said now; of what the peer says, whether it is not refused."""
        try:
            _, ruling = self._next(said)
        except ProtocolStateError:
            return False
        return ruling not in (Ruling.GLARE, Ruling.LATER)

    def check(self, message: Request | Response) -> None:
        """Make sure that we may send this now.

        Raises:
            ProtocolStateError: it is not the time for it.
        """
        self._next(said_in(message, ours=True))

    def send(self, message: Request | Response) -> Ruling:
        """Note what we send.

        Raises:
            ProtocolStateError: it is not the time for it; nothing was changed.
        """
        return self.step(said_in(message, ours=True), message.body)

    def receive(self, message: Request | Response) -> Ruling:
        """Note a message of the peer, and return what is to be done. One that is refused changes nothing."""
        return self.step(said_in(message, ours=False), message.body)

    def answered(self, response: Response | None) -> Ruling:
        """Note how our offer in an UPDATE or PRACK ended: by this final response, or without one."""
        return self.step(Said.THEIR_NO) if response is None else self.receive(response)

    def step(self, said: Said, description: bytes = b"") -> Ruling:
        """Move on by what is said, with the description in it.

        Raises:
            ProtocolStateError: it is ours, and not the time for it; nothing was changed.
        """
        states, ruling = self._next(said)
        if ruling in (Ruling.GLARE, Ruling.LATER):
            return ruling
        before, (self.open, self.turn, self.errand) = self.open, states
        if ruling is Ruling.AGREED:
            ours = before in _OUR_OFFERS
            self.local, self.remote = (self.offer, description) if ours else (description, self.offer)
        if self.open is not before:
            self.offer = description if ruling in (Ruling.SEND, Ruling.ASK) else b""
        return ruling

    def forget(self) -> None:
        """Let go of the descriptions: the call is over."""
        self.local = self.remote = self.offer = b""

    @property
    def quiet(self) -> bool:
        """Whether nothing is open or in progress."""
        return (self.open, self.turn, self.errand) == (Open.NOBODYS, Turn.NOBODYS, Errand.NONE)

    def _next(self, said: Said) -> tuple[tuple[Open, Turn, Errand], Ruling]:
        """Return the states after it, and the ruling: a refusal of any table counts, glare before the other."""
        offer, ruling = _look(OFFER, "the offer", self.open, said)
        turn, of_turn = _look(INVITE, "the INVITE", self.turn, said)
        errand, of_errand = _look(UPDATE, "the UPDATE", self.errand, said)
        rulings = [one for one in (ruling, of_turn, of_errand) if one is not None]
        refusals = [one for one in (Ruling.GLARE, Ruling.LATER) if one in rulings]
        return (offer, turn, errand), (refusals or rulings)[0]
