from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.session import Agreement, DescriptionMismatch, Media, SessionDescription
from telsdk.sip.session.agreement import Negotiation
from telsdk.sip.session.offer import add_medium, end_medium, origin_of, reverse
from tests.sip.session.test_offer import AUDIO, OPUS, VIDEO, sdp


def exchange(
    one: Agreement, other: Agreement, wanted: SessionDescription, capable: SessionDescription
) -> None:
    """One offer and its answer, each read from the wire."""
    other.ask(SessionDescription.parse(bytes(one.offer(wanted))))
    one.answered(SessionDescription.parse(bytes(other.answer(capable))))


def agreed() -> tuple[Agreement, Agreement]:
    alice, bob = Agreement(), Agreement()
    exchange(alice, bob, sdp(AUDIO), sdp(AUDIO))
    return alice, bob


def version(description: SessionDescription | None) -> int:
    assert description is not None
    return int(origin_of(description)[2])


def test_hold_and_resume_go_through_the_directions_of_the_rfc() -> None:
    alice, bob = agreed()
    assert (alice.directions(), bob.directions()) == (["sendrecv"], ["sendrecv"])
    alice.held = True
    exchange(alice, bob, sdp(AUDIO), sdp(AUDIO))
    assert (alice.directions(), bob.directions()) == (["sendonly"], ["recvonly"])
    assert (bob.is_held_by_peer, alice.is_held_by_peer) == (True, False)
    bob.held = True
    exchange(bob, alice, sdp(AUDIO), sdp(AUDIO))
    assert (alice.directions(), bob.directions()) == (["inactive"], ["inactive"])
    alice.held = False
    exchange(alice, bob, sdp(AUDIO), sdp(AUDIO))
    assert (alice.directions(), bob.directions()) == (["recvonly"], ["sendonly"])
    assert (bob.is_held_by_peer, alice.is_held_by_peer) == (False, True)
    bob.held = False
    exchange(bob, alice, sdp(AUDIO), sdp(AUDIO))
    assert (alice.directions(), bob.directions()) == (["sendrecv"], ["sendrecv"])


def test_an_offer_that_changes_something_is_one_version_on_and_one_that_does_not_is_the_same() -> None:
    alice, bob = agreed()
    first = version(alice.local)
    exchange(alice, bob, sdp(AUDIO), sdp(AUDIO))
    assert version(alice.local) == first
    exchange(alice, bob, sdp(OPUS), sdp(OPUS))
    assert version(alice.local) == first + 1


def test_a_refused_offer_leaves_the_agreement_as_it_was_and_its_version_is_not_used_again() -> None:
    alice, bob = agreed()
    before = (alice.local, alice.remote, alice.directions())
    refused = alice.offer(sdp(OPUS))
    bob.ask(SessionDescription.parse(bytes(refused)))
    bob.refuse()
    alice.refuse()
    assert (alice.local, alice.remote, alice.directions()) == before
    assert (alice.state, bob.state) == (Negotiation.STABLE, Negotiation.STABLE)
    assert version(alice.offer(sdp(AUDIO))) > version(refused)


def test_what_was_agreed_elsewhere_goes_on_with_the_next_version() -> None:
    alice, bob = agreed()
    assert alice.local is not None
    assert alice.remote is not None
    taken = Agreement.of(alice.local, alice.remote)
    taken.held = True
    exchange(taken, bob, sdp(AUDIO), sdp(AUDIO))
    assert version(taken.local) == version(alice.local) + 1
    assert (taken.directions(), bob.directions()) == (["sendonly"], ["recvonly"])


def test_a_codec_is_changed_by_another_offer() -> None:
    alice, bob = agreed()
    exchange(alice, bob, sdp(OPUS), sdp(AUDIO, OPUS))
    assert alice.remote is not None
    assert alice.remote.media[0].formats == ("0",)


def test_media_are_added_refused_and_ended_without_moving_the_others() -> None:
    alice, bob = agreed()
    more = add_medium(sdp(AUDIO), Media.parse(VIDEO.splitlines()[0].removeprefix("m=")))
    exchange(alice, bob, more, sdp(AUDIO))
    assert alice.directions() == ["sendrecv", "inactive"]
    exchange(alice, bob, more, sdp(AUDIO, "m=video 6 RTP/AVP 97\r\n"))
    assert alice.directions() == ["sendrecv", "sendrecv"]
    exchange(alice, bob, end_medium(more, 0), sdp(AUDIO, "m=video 6 RTP/AVP 97\r\n"))
    assert (alice.directions(), bob.directions()) == (["inactive", "sendrecv"], ["inactive", "sendrecv"])
    with pytest.raises(DescriptionMismatch, match="1 media in a call of 2"):
        alice.offer(sdp(AUDIO))
    assert alice.state is Negotiation.STABLE


def test_an_offer_of_which_nothing_can_be_taken_stays_open_to_be_refused() -> None:
    alice, bob = agreed()
    bob.ask(alice.offer(sdp(OPUS)))
    with pytest.raises(DescriptionMismatch, match="codec in common"):
        bob.answer(sdp("m=audio 4000 RTP/AVP 9\r\n"))
    assert bob.state is Negotiation.ASKED
    bob.refuse()


def test_an_answer_that_does_not_fit_leaves_the_offer_open() -> None:
    alice, _ = agreed()
    alice.offer(sdp(OPUS))
    with pytest.raises(DescriptionMismatch):
        alice.answered(sdp(AUDIO, VIDEO))
    assert alice.state is Negotiation.OFFERED


def test_an_offer_that_leaves_media_out_changes_nothing() -> None:
    alice, _ = agreed()
    before = alice.remote
    with pytest.raises(DescriptionMismatch):
        alice.ask(sdp())
    assert (alice.state, alice.remote) == (Negotiation.STABLE, before)


MISUSE: dict[str, Callable[[Agreement], object]] = {
    "offer": lambda side: side.offer(sdp(AUDIO)),
    "answered": lambda side: side.answered(sdp(AUDIO)),
    "ask": lambda side: side.ask(sdp(AUDIO)),
    "answer": lambda side: side.answer(sdp(AUDIO)),
}


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (Negotiation.STABLE, ("answered", "answer")),
        (Negotiation.OFFERED, ("offer", "ask", "answer")),
        (Negotiation.ASKED, ("offer", "ask", "answered")),
    ],
)
def test_one_exchange_after_the_other(state: Negotiation, refused: tuple[str, ...]) -> None:
    side, _ = agreed()
    if state is Negotiation.OFFERED:
        side.offer(sdp(OPUS))
    elif state is Negotiation.ASKED:
        side.ask(sdp(OPUS))
    before = (side.state, side.local, side.remote)
    for name in refused:
        with pytest.raises(ProtocolStateError, match=state):
            MISUSE[name](side)
        assert (side.state, side.local, side.remote) == before


class Exchanges(RuleBasedStateMachine):
    """Two sides exchange what they like; they always see one and the same session."""

    @initialize()
    def agree(self) -> None:
        self.sides = agreed()

    @rule(who=st.booleans(), held=st.booleans())
    def hold(self, who: bool, held: bool) -> None:
        one, other = self.sides if who else self.sides[::-1]
        assert one.local is not None
        assert other.local is not None
        one.held = held
        wanted = sdp(*[AUDIO] * len(one.local.media))
        exchange(one, other, wanted, sdp(*[AUDIO] * len(wanted.media)))

    @rule(who=st.booleans())
    def add(self, who: bool) -> None:
        one, other = self.sides if who else self.sides[::-1]
        assert one.local is not None
        if len(one.local.media) < 6:
            exchange(one, other, sdp(*[AUDIO] * (len(one.local.media) + 1)), sdp(AUDIO))

    @rule(who=st.booleans())
    def refuse(self, who: bool) -> None:
        one, other = self.sides if who else self.sides[::-1]
        assert one.local is not None
        other.ask(one.offer(sdp(*[OPUS] * len(one.local.media))))
        one.refuse()
        other.refuse()

    @invariant()
    def both_see_one_session(self) -> None:
        one, other = getattr(self, "sides", agreed())
        assert one.directions() == [reverse(direction) for direction in other.directions()]
        assert one.local == other.remote
        assert one.remote == other.local


TestExchanges = Exchanges.TestCase
TestExchanges.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
