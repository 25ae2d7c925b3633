"""Every (state, what is said) pair of the tables, and two ends that share one dialog.

`FIGURES` is written from the RFCs, apart from the tables it judges: for each table and state what each saying leads to.
Where a state does not name what the peer says, it stays and nothing is new; where it does not name what we say, that is
illegal. What a table names nowhere is no business of it.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from itertools import product

import pytest

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Request, Response
from telsdk.sip.ua.negotiation import (
    INVITE,
    OFFER,
    SDP,
    UPDATE,
    Errand,
    Negotiation,
    Open,
    Ruling,
    Said,
    Turn,
    said_in,
)

Figure = dict[tuple[StrEnum, Said], tuple[StrEnum, Ruling]]

TABLES: dict[type[StrEnum], Figure] = {
    states: {(state, said): move for (state, said), move in moves.items()}
    for states, moves in ((Open, OFFER), (Turn, INVITE), (Errand, UPDATE))
}

# "their 2xx with SDP -> Nobodys: agreed"; several may share a line, and "." stays where it is.
FIGURES: dict[type[StrEnum], str] = {
    Open: """
        Nobodys:
            our INVITE with SDP -> OursInInvite: send
            our INVITE -> TheirsToCome: send
            our UPDATE with SDP | our PRACK with SDP -> OursInUpdate: send
            our UPDATE | our PRACK | our ACK -> .: send
            our 1xx with SDP | our 2xx with SDP | our 2xx | our refusal -> .: nothing new
            their INVITE with SDP -> TheirsInInvite: to the application
            their INVITE -> OursToCome: to the application
            their UPDATE with SDP | their PRACK with SDP -> TheirsInUpdate: to the application
        OursInInvite:
            their 1xx with SDP | their 2xx with SDP -> Nobodys: agreed
            their 2xx | their refusal -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 491
            our UPDATE | our PRACK -> .: send
        OursIn1xx:
            their PRACK with SDP -> Nobodys: agreed
            their PRACK | our refusal -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 491
            our UPDATE -> .: send
        OursIn2xx:
            their ACK with SDP -> Nobodys: agreed
            their ACK -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 491
            our UPDATE -> .: send
        OursInUpdate:
            their answer -> Nobodys: agreed
            their no -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP | their PRACK with SDP -> .: 491
            our PRACK | our ACK -> .: send
            our 1xx with SDP | our 2xx with SDP | our 2xx | our refusal -> .: nothing new
        OursToCome:
            our 1xx with SDP -> OursIn1xx: send
            our 2xx with SDP -> OursIn2xx: send
            our refusal -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            our UPDATE -> .: send
        TheirsInInvite:
            our 1xx with SDP -> TheirsAnswered: agreed
            our 2xx with SDP -> Nobodys: agreed
            our refusal -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            our UPDATE -> .: send
        TheirsIn1xx:
            our PRACK with SDP -> Nobodys: agreed
            our PRACK | their 2xx | their refusal -> Nobodys: no agreement
            their 2xx with SDP -> TheirsIn2xx: to the application
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            our UPDATE -> .: send
        TheirsIn2xx:
            our ACK with SDP -> Nobodys: agreed
            our ACK -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            our UPDATE -> .: send
        TheirsInUpdate:
            our answer -> Nobodys: agreed
            our no -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            their PRACK with SDP | their UPDATE -> .: 500 with Retry-After
            our UPDATE | our PRACK | our ACK -> .: send
            our 1xx with SDP | our 2xx with SDP | our 2xx | our refusal -> .: nothing new
        TheirsAnswered:
            their PRACK with SDP -> TheirsInUpdate: to the application
            their PRACK | our refusal -> Nobodys: nothing new
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 500 with Retry-After
            our UPDATE -> .: send
        TheirsToCome:
            their 1xx with SDP -> TheirsIn1xx: to the application
            their 2xx with SDP -> TheirsIn2xx: to the application
            their 2xx | their refusal -> Nobodys: no agreement
            their INVITE with SDP | their INVITE | their UPDATE with SDP -> .: 491
            our UPDATE | our PRACK -> .: send
    """,
    Turn: """
        NobodysTurn:
            our INVITE with SDP | our INVITE -> OurTurn: send
            their INVITE with SDP | their INVITE -> TheirTurn: to the application
            our UPDATE with SDP -> .: send
        OurTurn:
            their INVITE with SDP | their INVITE -> .: 491
            their 2xx with SDP | their 2xx | their refusal -> NobodysTurn: nothing new
            our UPDATE with SDP | our PRACK with SDP -> .: send
        TheirTurn:
            their INVITE with SDP | their INVITE -> .: 500 with Retry-After
            our 2xx with SDP | our 2xx -> Unacknowledged: send
            our refusal -> NobodysTurn: send
            our UPDATE with SDP | our 1xx with SDP -> .: send
        Unacknowledged:
            their INVITE with SDP | their INVITE -> .: 500 with Retry-After
            their ACK with SDP | their ACK -> NobodysTurn: nothing new
    """,
    Errand: """
        NoErrand:
            our UPDATE -> OnErrand: send
            our UPDATE with SDP | our INVITE with SDP | our INVITE -> .: send
            the end of our UPDATE -> .: nothing new
        OnErrand:
            the end of our UPDATE -> NoErrand: nothing new
    """,
}


def figure(states: type[StrEnum]) -> Figure:
    moves: Figure = {}
    state = None
    for line in map(str.strip, FIGURES[states].strip().splitlines()):
        if "->" not in line:
            state = states(line.rstrip(":"))
            continue
        assert state is not None
        said, _, outcome = line.partition(" -> ")
        after, _, ruling = outcome.partition(": ")
        for one in map(Said, said.split(" | ")):
            assert (state, one) not in moves, "said twice"
            moves[state, one] = (state if after == "." else states(after), Ruling(ruling))
    return moves


PAIRS = [(states, state, said) for states in TABLES for state, said in product(states, Said)]


@pytest.mark.parametrize(("states", "state", "said"), PAIRS, ids=str)
def test_each_saying_in_each_state_does_what_the_rfcs_say(
    states: type[StrEnum], state: StrEnum, said: Said
) -> None:
    expected = figure(states)
    table = TABLES[states]
    known = {one for _, one in expected} | (
        {one for one in Said if not one.ours} if states is Open else set()
    )
    known -= {Said.ERRAND_DONE} if states is Open else set()
    wanted = expected.get((state, said))
    if wanted is None and said in known and not said.ours:
        wanted = (state, Ruling.PASS)
    assert table.get((state, said)) == wanted


@pytest.mark.parametrize("states", TABLES, ids=lambda states: states.__name__)
def test_what_a_peer_says_never_raises(states: type[StrEnum]) -> None:
    table = TABLES[states]
    for said in {said for _, said in table if not said.ours}:
        for state in states:
            assert (state, said) in table


def every_state() -> list[tuple[Open, Turn, Errand]]:
    """Each state that a dialog can come to, by whatever is legal."""
    found = {(Open.NOBODYS, Turn.NOBODYS, Errand.NONE)}
    todo = deque(found)
    while todo:
        for said in Said:
            side = at(todo[0])
            try:
                side.step(said)
            except ProtocolStateError:
                continue
            if state(side) not in found:
                found.add(state(side))
                todo.append(state(side))
        todo.popleft()
    return sorted(found)


def at(states: tuple[Open, Turn, Errand]) -> Negotiation:
    side = Negotiation()
    side.open, side.turn, side.errand = states
    side.local, side.remote, side.offer = b"local", b"remote", b"offer"
    return side


def state(side: Negotiation) -> tuple[Open, Turn, Errand]:
    return side.open, side.turn, side.errand


def everything(side: Negotiation) -> tuple[object, ...]:
    return side.open, side.turn, side.errand, side.offer, side.local, side.remote


REACHED = every_state()


@pytest.mark.parametrize("states", REACHED, ids=str)
def test_an_illegal_saying_and_a_refused_one_leave_everything_as_it_was(
    states: tuple[Open, Turn, Errand],
) -> None:
    for said in Said:
        side = at(states)
        before = everything(side)
        legal = side.may(said)
        assert everything(side) == before
        if said.ours and not legal:
            with pytest.raises(ProtocolStateError, match=f"not the time for {said}: the .* is .*"):
                side.step(said, b"new")
        else:
            assert legal is (side.step(said, b"new") not in (Ruling.GLARE, Ruling.LATER))
        assert legal or everything(side) == before


def test_no_state_is_reached_where_two_offers_are_open_or_an_invite_is_forgotten() -> None:
    turns = {
        Turn.OURS: {Open.OURS_IN_INVITE, Open.THEIRS_TO_COME, Open.THEIRS_IN_1XX},
        Turn.THEIRS: {Open.THEIRS_IN_INVITE, Open.OURS_TO_COME, Open.OURS_IN_1XX, Open.THEIRS_ANSWERED},
        Turn.UNACKNOWLEDGED: {Open.OURS_IN_2XX},
        Turn.NOBODYS: {Open.THEIRS_IN_2XX},
    }
    anywhere = {Open.NOBODYS, Open.OURS_IN_UPDATE, Open.THEIRS_IN_UPDATE}
    for open_, turn, _ in REACHED:
        assert open_ in turns[turn] | anywhere, (open_, turn)
    assert {open_ for open_, _, _ in REACHED} == set(Open)
    assert {turn for _, turn, _ in REACHED} == set(Turn)


def test_from_every_state_there_is_a_way_back_to_quiet() -> None:
    ends = {(Open.NOBODYS, Turn.NOBODYS, Errand.NONE)}
    for _ in REACHED:
        for states in REACHED:
            for said in Said:
                side = at(states)
                if side.may(said):
                    side.step(said)
                    if state(side) in ends:
                        ends.add(states)
    assert ends == set(REACHED)


# What an exchange leaves behind


WAYS: dict[str, tuple[list[tuple[Said, bytes]], bytes, bytes]] = {
    "the INVITE is answered in its 2xx": (
        [(Said.OUR_INVITE_WITH, b"o"), (Said.THEIR_2XX_WITH, b"a"), (Said.OUR_ACK_WITHOUT, b"")], b"o", b"a"
    ),
    "the 2xx says something else than the reliable 1xx": (
        [(Said.OUR_INVITE_WITH, b"o"), (Said.THEIR_1XX_WITH, b"a"), (Said.THEIR_2XX_WITH, b"x")], b"o", b"a"
    ),
    "a late offer is answered in the ACK": (
        [(Said.THEIR_INVITE_WITHOUT, b""), (Said.OUR_2XX_WITH, b"o"), (Said.THEIR_ACK_WITH, b"a")], b"o", b"a"
    ),
    "a late offer of theirs is answered in our ACK": (
        [(Said.OUR_INVITE_WITHOUT, b""), (Said.THEIR_2XX_WITH, b"o"), (Said.OUR_ACK_WITH, b"a")], b"a", b"o"
    ),
    "an offer in a 1xx is answered in the PRACK": (
        [(Said.THEIR_INVITE_WITHOUT, b""), (Said.OUR_1XX_WITH, b"o"), (Said.THEIR_PRACK_WITH, b"a")], b"o", b"a"
    ),
    "the next offer comes in the PRACK": (
        [
            *((Said.THEIR_INVITE_WITH, b"o"), (Said.OUR_1XX_WITH, b"a")),
            *((Said.THEIR_PRACK_WITH, b"o2"), (Said.OUR_ANSWER, b"a2"), (Said.OUR_2XX_WITH, b"x")),
        ],
        b"a2",
        b"o2",
    ),
    "an UPDATE meets the 2xx": (
        [
            *((Said.OUR_INVITE_WITH, b"o"), (Said.THEIR_1XX_WITH, b"a"), (Said.OUR_UPDATE_WITH, b"o2")),
            *((Said.THEIR_2XX_WITH, b"x"), (Said.OUR_ACK_WITHOUT, b""), (Said.THEIR_ANSWER, b"a2")),
        ],
        b"o2",
        b"a2",
    ),
    "a refused offer changes nothing": (
        [
            *((Said.THEIR_INVITE_WITH, b"o"), (Said.OUR_2XX_WITH, b"a"), (Said.THEIR_ACK_WITHOUT, b"")),
            *((Said.OUR_UPDATE_WITH, b"o2"), (Said.THEIR_NO, b""), (Said.THEIR_UPDATE_WITH, b"o3")),
            (Said.OUR_NO, b""),
        ],
        b"a",
        b"o",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_was_agreed_is_the_offer_and_its_answer(way: str) -> None:
    sayings, local, remote = WAYS[way]
    side = Negotiation()
    for what, description in sayings:
        side.step(what, description)
    assert (side.local, side.remote, side.open) == (local, remote, Open.NOBODYS)
    side.forget()
    assert (side.local, side.remote) == (b"", b"")


# Messages


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(
    ("message", "what"),
    [
        (Request("INVITE", "sip:a@b"), "INVITE"),
        (Request("UPDATE", "sip:a@b"), "UPDATE"),
        (Request("PRACK", "sip:a@b"), "PRACK"),
        (Request("ACK", "sip:a@b"), "ACK"),
        (Response(183, headers=[("CSeq", "1 INVITE")]), "1xx"),
        (Response(200, headers=[("CSeq", "1 INVITE")]), "2xx"),
        (Response(488, headers=[("CSeq", "1 INVITE")]), "refusal"),
        (Response(200, headers=[("CSeq", "1 UPDATE")]), "answer"),
        (Response(200, headers=[("CSeq", "1 PRACK")]), "answer"),
        (Response(491, headers=[("CSeq", "1 UPDATE")]), "no"),
    ],
)
def test_a_message_says_by_its_kind_and_its_body(message: Request | Response, what: str, ours: bool) -> None:
    side = "our" if ours else "their"
    message.headers.set("Content-Type", SDP)
    message.body = b"v=0\r\n"
    plain = what in ("refusal", "answer", "no")
    assert said_in(message, ours=ours) is Said(f"{side} {what}" + ("" if plain else " with SDP"))
    message.body = b""
    if what == "answer" and ours:
        with pytest.raises(ProtocolStateError, match="answered with a description"):
            said_in(message, ours=True)
    elif what != "1xx":
        assert said_in(message, ours=ours) is Said(f"{side} {'no' if what == 'answer' else what}")


def test_a_body_of_another_type_is_no_description() -> None:
    message = Request("INVITE", "sip:a@b", [("Content-Type", "text/plain")], body=b"v=0\r\n")
    assert said_in(message, ours=False) is Said.THEIR_INVITE_WITHOUT
