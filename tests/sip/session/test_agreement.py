from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from telsdk.sip.session import Agreement, DescriptionMismatch, Media, SessionDescription
from telsdk.sip.session.offer import add_medium, end_medium, origin_of, reverse
from tests.sip.session.test_offer import AUDIO, OPUS, VIDEO, sdp

G722 = "m=audio 4000 RTP/AVP 9\r\n"
"""What none of the offers here has."""


def exchange(
    one: Agreement, other: Agreement, wanted: SessionDescription, capable: SessionDescription
) -> None:
    """One offer and its answer, each read from the wire."""
    offer = one.offer(wanted)
    answer = other.answer(SessionDescription.parse(bytes(offer)), capable)
    one.answered(offer, SessionDescription.parse(bytes(answer)))


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
    theirs = (bob.local, bob.remote, bob.directions())
    with pytest.raises(DescriptionMismatch, match="codec in common"):
        bob.answer(SessionDescription.parse(bytes(refused)), sdp(G722))
    assert (alice.local, alice.remote, alice.directions()) == before
    assert (bob.local, bob.remote, bob.directions()) == theirs
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


def everything(side: Agreement) -> tuple[object, ...]:
    return side.local, side.remote, side.held, side.directions(), side._newest


def test_an_offer_of_which_nothing_can_be_taken_changes_nothing() -> None:
    alice, bob = agreed()
    before = everything(bob)
    with pytest.raises(DescriptionMismatch, match="codec in common"):
        bob.answer(alice.offer(sdp(OPUS)), sdp(G722))
    assert everything(bob) == before


def test_an_answer_that_does_not_fit_changes_nothing() -> None:
    alice, bob = agreed()
    offer = alice.offer(sdp(OPUS))
    before = everything(alice)
    with pytest.raises(DescriptionMismatch):
        alice.answered(offer, sdp(AUDIO, VIDEO))
    assert everything(alice) == before
    alice.answered(offer, bob.answer(offer, sdp(OPUS)))
    assert alice.local == offer


def test_an_offer_that_leaves_media_out_changes_nothing() -> None:
    alice, _ = agreed()
    before = everything(alice)
    with pytest.raises(DescriptionMismatch):
        alice.answer(sdp(), sdp(AUDIO))
    assert everything(alice) == before


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
        offer = one.offer(sdp(*[OPUS] * len(one.local.media)))
        with pytest.raises(DescriptionMismatch):
            other.answer(offer, sdp(G722))

    @invariant()
    def both_see_one_session(self) -> None:
        one, other = getattr(self, "sides", agreed())
        assert one.directions() == [reverse(direction) for direction in other.directions()]
        assert one.local == other.remote
        assert one.remote == other.local


TestExchanges = Exchanges.TestCase
TestExchanges.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
