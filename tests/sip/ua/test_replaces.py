from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Replaces, Uri
from telsdk.sip.ua import Call, CallEnded, CallFailed, CallState, Dialog, IncomingCall, RequestAnswered
from telsdk.sip.ua.dialogs import MAX_FINISHED
from telsdk.sip.ua.replaces import naming
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last, names
from tests.sip.wire import udp

CAROL = udp("192.0.2.3")
tokens = st.text("abcXYZ019.!%*_+`'~-", min_size=1, max_size=12)


@given(st.text("ab01.!%*_+`'~()<>:\\/[]?{}-", min_size=1, max_size=12), tokens, tokens, st.booleans())
def test_the_field_is_read_as_it_is_written_alone_and_within_a_uri(
    call_id: str, to_tag: str, from_tag: str, early_only: bool
) -> None:
    field = Replaces(call_id, to_tag, from_tag, early_only)
    assert Replaces.parse(str(field)) == field
    for base in ("sip:carol@telprotocol", "sip:carol@telprotocol?Subject=x"):
        uri = Uri.parse(str(field.into(Uri.parse(base))))
        assert Replaces.asked_by(uri) == field


@pytest.mark.parametrize(
    "value",
    [
        "",
        "c",
        "c;to-tag=a",
        "c;from-tag=a",
        "c d;to-tag=a;from-tag=b",
        "c;to-tag=a;to-tag=b;from-tag=c",
        "c;to-tag=;from-tag=b",
    ],
)
def test_a_malformed_field_is_refused(value: str) -> None:
    with pytest.raises(SipParseError, match="RFC"):
        Replaces.parse(value)


class Trio(Pair):
    """Alice and Bob, and Carol who calls Bob in the place of Alice."""

    def __init__(self, *, supported: tuple[str, ...] = ("replaces",)) -> None:
        super().__init__(supported=supported)
        self.carol = Client("carol", CAROL, supported=supported)
        self.wire.cores.append(self.carol)

    def replace(self, value: str) -> Call:
        request = self.carol.ua.new_request(
            "INVITE", Uri.parse("sip:bob@telprotocol"), headers=[("Replaces", value)], body=OFFER
        )
        return self.carol.ua.invite(request, BOB, self.now)


@pytest.fixture
def trio() -> Trio:
    return Trio()


def known_by_bob(call: Call, *, early_only: bool = False) -> str:
    """Alice's call with Bob, in Bob's words."""
    assert call.dialog is not None
    return str(naming(call.dialog, early_only=early_only))


def test_an_answered_call_ends_when_the_one_in_its_place_is_accepted(trio: Trio) -> None:
    call, theirs = trio.talk()
    new = trio.replace(known_by_bob(call))
    trio.run(1.0)
    assert (new.state, trio.bob.calls[1].state) == (CallState.CONFIRMED, CallState.CONFIRMED)
    assert last(trio.alice, CallEnded).by == "remote"
    assert (call.ended, theirs.ended) == (True, True)
    assert trio.whats()[3:6] == ["INVITE", "200 INVITE", "BYE"]


def test_the_application_is_told_which_call_would_end_and_may_refuse(trio: Trio) -> None:
    call, theirs = trio.talk()
    told = []

    def refuse(new: Call, now: Monotonic) -> None:
        told.append(new.replaces)
        trio.bob.ua.reject(new, now, status=403)

    trio.at_bob = refuse
    trio.replace(known_by_bob(call))
    trio.run(1.0)
    assert told == [theirs]
    assert last(trio.carol, CallFailed).status == 403
    assert (call.ended, theirs.ended) == (False, False)


def test_an_answered_call_is_not_taken_by_one_for_early_dialogs(trio: Trio) -> None:
    call, _ = trio.talk()
    trio.replace(known_by_bob(call, early_only=True))
    trio.run(1.0)
    assert last(trio.carol, CallFailed).status == 486
    assert not call.ended


@pytest.mark.parametrize("early_only", [False, True])
def test_a_call_that_bob_began_and_that_rings_is_cancelled(trio: Trio, early_only: bool) -> None:
    trio.alice.react = lambda event, now: (
        trio.alice.ua.ring(event.call, now) if isinstance(event, IncomingCall) else None
    )
    outgoing = trio.bob.call("alice", ALICE, Monotonic(0.0))
    trio.run(0.5)
    assert outgoing.dialog is not None
    early = outgoing.dialog
    value = Replaces(early.call_id, early.local.tag or "", early.remote.tag or "", early_only)
    new = trio.replace(str(value))
    trio.run(1.0)
    assert new.state is CallState.CONFIRMED
    assert outgoing.ended
    assert "CANCEL" in trio.whats()


def test_a_call_that_rings_at_bob_cannot_be_taken(trio: Trio) -> None:
    trio.at_bob = lambda call, now: trio.bob.ua.ring(call, now)
    call = trio.call()
    trio.run(0.5)
    trio.replace(known_by_bob(call))
    trio.run(1.0)
    assert last(trio.carol, CallFailed).status == 481
    assert not call.ended


def test_a_call_that_is_over_gets_603_and_one_that_never_was_481(trio: Trio) -> None:
    call, theirs = trio.talk()
    value = known_by_bob(call)
    trio.bob.ua.hang_up(theirs, trio.now)
    trio.run(1.0)
    for named, status in ((value, 603), ("other;to-tag=a;from-tag=b", 481), ("c;to-tag=a", 400)):
        trio.replace(named)
        trio.run(1.0)
        assert last(trio.carol, CallFailed).status == status
    assert names(trio.bob).count("IncomingCall") == 1


def test_the_field_is_for_invite_alone(trio: Trio) -> None:
    call, _ = trio.talk()
    info = trio.alice.ua.within(call, "INFO")
    info.headers.add("Replaces", known_by_bob(call))
    trio.alice.ua.send_within(call, info, trio.now)
    trio.run(0.1)
    assert last(trio.alice, RequestAnswered).status == 400
    assert not call.ended


def test_only_so_many_calls_that_are_over_are_remembered(trio: Trio) -> None:
    for _ in range(MAX_FINISHED + 6):
        call, _ = trio.talk()
        trio.alice.ua.hang_up(call, trio.now)
        trio.run(0.5)
    assert len(trio.bob.ua._calls.finished) == MAX_FINISHED


def test_a_user_agent_that_does_not_support_it_takes_the_call_as_any_other() -> None:
    trio = Trio(supported=())
    call, _ = trio.talk()
    trio.replace(known_by_bob(call))
    trio.run(1.0)
    assert trio.bob.calls[1].replaces is None
    assert not call.ended


def test_a_peer_without_a_tag_is_named_by_0() -> None:
    dialog = Dialog(
        call_id="c",
        local=Pair().alice.ua.new_request("OPTIONS", Uri.parse("sip:b@c")).from_,
        remote=Pair().alice.ua.new_request("OPTIONS", Uri.parse("sip:b@c")).to,
        local_seq=1,
        remote_seq=None,
        remote_target=Uri.parse("sip:b@c"),
        route_set=(),
        confirmed=True,
    )
    assert naming(dialog).to_tag == "0"


def test_a_call_taken_back_before_its_answer_went_out_replaces_nothing() -> None:
    trio = Trio(supported=("replaces", "100rel"))
    call, _ = trio.talk()

    def ring_and_accept(new: Call, now: Monotonic) -> None:
        trio.wire.loss = 1.0
        trio.bob.ua.ring(new, now, reliable=True)
        trio.bob.ua.accept(new, ANSWER, now)

    trio.at_bob = ring_and_accept
    trio.replace(known_by_bob(call))
    trio.run(20.0)
    trio.wire.loss = 0.0
    trio.bob.ua.reject(trio.bob.calls[1], trio.now)
    trio.run(1.0)
    assert not call.ended
