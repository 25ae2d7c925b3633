from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import SESSION_EXPIRES, Request, Response, SessionExpires, Uri
from telsdk.sip.ua import CallEnded, CallFailed, Reinvited
from telsdk.sip.ua.session_timer import min_se, obey
from tests.interpreted import interpreted
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last, names

HOUR = 3600.0


@pytest.fixture
def pair() -> Pair:
    return Pair(supported=["timer"])


def message(**fields: str) -> Response:
    return Response(200, headers=[(name.replace("_", "-"), value) for name, value in fields.items()])


def granted(pair: Pair) -> SessionExpires | None:
    answer = pair.sent("200 INVITE")[-1]
    assert isinstance(answer, Response)
    return SESSION_EXPIRES.of(answer)


# The fields


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "uac", "uas"]))
def test_session_expires_is_read_as_it_is_written(seconds: int, refresher: str | None) -> None:
    field = SessionExpires(seconds, refresher)
    assert SESSION_EXPIRES.of(message(Session_Expires=str(field))) == field
    assert SESSION_EXPIRES.of(message(x=f"{seconds} ; X=1;Refresher = {refresher or 'both'}")) == field


@pytest.mark.parametrize("value", ["", "soon", "-1", "12345678901", "90,91", "4294967296"])
def test_a_malformed_session_expires_is_refused(value: str) -> None:
    with pytest.raises(SipParseError, match="sections? 4"):
        SESSION_EXPIRES.of(message(Session_Expires=value))


@pytest.mark.parametrize(("value", "seconds"), [("120", 120), ("7", 90), ("x", 90), ("300;a=b", 300)])
def test_no_interval_is_shorter_than_90_seconds(value: str, seconds: int) -> None:
    assert min_se(message(Min_SE=value)) == seconds
    assert min_se(message()) == 90


# Agreeing


def test_both_agree_on_the_interval_and_the_caller_refreshes(pair: Pair) -> None:
    call, theirs = pair.talk()
    assert granted(pair) == SessionExpires(1800, "uac")
    assert pair.sent("200 INVITE")[0].headers.all("Require") == ["timer"]
    assert call.timer is not None
    assert theirs.timer is not None
    assert (call.timer.interval, call.timer.ours, theirs.timer.ours) == (1800, True, False)


@pytest.mark.parametrize("which", ["alice", "bob"])
def test_with_a_peer_who_knows_no_timers_there_is_none(pair: Pair, which: str) -> None:
    pair.alice = Client("alice", ALICE, supported=["timer"] if which == "bob" else ())
    pair.bob = Client("bob", BOB, supported=["timer"] if which == "alice" else ())
    pair.bob.react = pair.on_bob
    pair.wire.cores[:] = [pair.alice, pair.bob]
    call, theirs = pair.talk()
    assert (call.timer, theirs.timer, granted(pair)) == (None, None, None)
    pair.run(3 * HOUR)
    assert not call.ended


def incoming(bob: Client, method: str = "INVITE", **fields: str) -> Request:
    """A request as it might come to Bob from anybody."""
    request = Request(method, Uri.parse("sip:bob@telprotocol"), body=OFFER)
    for name, value in {
        "From": "<sip:alice@telprotocol>;tag=a",
        "To": "<sip:bob@telprotocol>",
        "Call-ID": "c",
        "CSeq": f"1 {method}",
        "Contact": "<sip:alice@192.0.2.1>",
        "Content-Type": "application/sdp",
        **fields,
    }.items():
        request.headers.add(name.replace("_", "-"), value)
    return request


@pytest.mark.parametrize(
    ("fields", "expected"),
    [  # RFC 4028 section 9, table 2
        ({"Session_Expires": "300"}, "300;refresher=uas"),
        ({"Session_Expires": "300", "Supported": "timer"}, "300;refresher=uac"),
        ({"Session_Expires": "300;refresher=uac", "Supported": "timer"}, "300;refresher=uac"),
        ({"Session_Expires": "300;refresher=uas", "Supported": "timer"}, "300;refresher=uas"),
        ({"Supported": "timer"}, "1800;refresher=uas"),
        ({"Session_Expires": "9000", "Supported": "timer"}, "1800;refresher=uac"),
        ({"Session_Expires": "9000", "Supported": "timer", "Min_SE": "4000"}, "4000;refresher=uac"),
        ({"Session_Expires": "50"}, "90;refresher=uas"),
        ({}, None),
    ],
)
def test_the_called_side_grants_what_the_table_of_the_rfc_says(
    pair: Pair, fields: dict[str, str], expected: str | None
) -> None:
    pair.alice.stack.request(incoming(pair.bob, **fields), BOB, Monotonic(0.0))
    pair.run(0.1)
    answer = pair.sent("200 INVITE")[0]
    assert answer.headers.get("Session-Expires") == expected
    assert ("Require" in answer.headers) is (expected is not None and expected.endswith("uac"))


def test_too_short_an_interval_is_refused_and_the_next_request_obeys(pair: Pair) -> None:
    request = pair.alice.ua.new_request("INVITE", Uri.parse("sip:bob@telprotocol"), body=OFFER)
    request.headers.set("Session-Expires", "60")
    pair.alice.ua.invite(request, BOB, Monotonic(0.0))
    pair.run(1.0)
    failed = last(pair.alice, CallFailed)
    assert failed.response is not None
    assert (failed.status, min_se(failed.response)) == (422, 90)
    assert "IncomingCall" not in names(pair.bob)
    again = pair.alice.ua.new_request("INVITE", request.uri, call_id=request.call_id, cseq=2, body=OFFER)
    obey(again, failed.response)
    call = pair.alice.ua.invite(again, BOB, pair.now)
    pair.run(1.0)
    assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("90", "90")
    assert call.timer is not None
    assert call.timer.interval == 90


def test_a_malformed_interval_gets_400(pair: Pair) -> None:
    pair.alice.stack.request(incoming(pair.bob, Session_Expires="soon"), BOB, Monotonic(0.0))
    pair.run(0.1)
    assert [message.headers.get("Session-Expires") for message in pair.sent("400 INVITE")] == [None]
    assert names(pair.bob) == []


# Refreshing


def test_an_update_at_half_the_interval_keeps_the_call_and_nobody_is_told(pair: Pair) -> None:
    call, theirs = pair.talk()
    seen = (len(pair.alice.seen), len(pair.bob.seen))
    pair.run(10 * HOUR)
    assert not call.ended
    times = [sent.at for sent in pair.wire.log if sent.what == "UPDATE"]
    assert len(times) == 40
    assert all(899 < later - sooner < 902 for sooner, later in itertools.pairwise(times))
    assert pair.sent("UPDATE")[0].headers.get("Session-Expires") == "1800;refresher=uac"
    assert (len(pair.alice.seen), len(pair.bob.seen)) == seen
    pair.bob.ua.hang_up(theirs, pair.now)
    assert pair.over()


def test_an_invite_with_the_same_description_refreshes_where_the_peer_takes_no_update(pair: Pair) -> None:
    call, _ = pair.talk()
    call.allow = frozenset({"INVITE", "BYE"})
    pair.run(1000.0)
    invites = pair.sent("INVITE")
    assert [invite.body for invite in invites] == [OFFER, OFFER]
    assert pair.sent("200 INVITE")[-1].body == ANSWER
    assert "UPDATE" not in pair.whats()
    assert "Reinvited" not in names(pair.bob)
    assert "OfferAnswered" not in names(pair.alice)
    assert not call.is_negotiating


@interpreted("nobody replaces its methods")
def test_a_peer_who_says_405_to_update_is_refreshed_by_invite(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.bob.ua._updates.received = (  # type: ignore[method-assign]
        lambda call, dialog, tx, request, now: pair.bob.stack.answer(tx, 405, now)
    )
    pair.run(1000.0)
    assert pair.whats()[-4:] == ["405 UPDATE", "INVITE", "200 INVITE", "ACK"]
    assert not call.ended
    pair.run(2 * HOUR)
    assert not theirs.ended


def test_the_roles_stay_when_the_other_side_sends_an_update_of_its_own(pair: Pair) -> None:
    mine, theirs = pair.talk()
    pair.bob.ua.update(theirs, pair.bob.ua.within(theirs, "UPDATE"), pair.now)
    pair.run(0.1)
    assert pair.sent("UPDATE")[0].headers.get("Session-Expires") == "1800;refresher=uas"
    assert mine.timer is not None
    assert theirs.timer is not None
    assert (mine.timer.ours, theirs.timer.ours) == (True, False)


def test_a_new_offer_begins_the_interval_anew(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.run(600.0)
    request = pair.alice.ua.within(call, "INVITE")
    request.body = b"v=1\r\n"
    pair.alice.ua.offer(call, request, pair.now)
    pair.run(0.1)
    pair.bob.ua.accept_offer(theirs, last(pair.bob, Reinvited).tx, ANSWER, pair.now)
    offered = pair.now
    pair.run(1000.0)
    (update,) = [sent.at for sent in pair.wire.log if sent.what == "UPDATE"]
    assert 899 < update - offered < 901


def test_a_refresh_that_finds_an_offer_open_waits(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.run(890.0)
    pair.bob.ua.offer(theirs, pair.bob.ua.within(theirs, "INVITE"), pair.now)
    pair.run(20.0)  # Alice says nothing to it
    assert "UPDATE" not in pair.whats()
    pair.alice.ua.answer(last(pair.alice, Reinvited).tx, 488, pair.now)
    pair.run(20.0)
    assert pair.whats()[-2:] == ["UPDATE", "200 UPDATE"]
    assert not call.ended


def test_a_refresh_that_gets_422_is_repeated_with_the_interval_asked_for(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.bob.ua._timers._minimum = 2000
    pair.run(1000.0)
    assert pair.whats()[-4:] == ["UPDATE", "422 UPDATE", "UPDATE", "200 UPDATE"]
    assert pair.sent("UPDATE")[-1].headers.get("Session-Expires") == "2000;refresher=uac"
    assert pair.sent("UPDATE")[-1].headers.get("Min-SE") == "2000"
    assert call.timer is not None
    assert call.timer.interval == 2000


@interpreted("nobody replaces its methods")
def test_an_answer_without_interval_ends_the_timer(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.bob.ua._timers.grant = lambda *_: None  # type: ignore[method-assign]
    pair.run(1000.0)
    assert call.timer is None
    assert pair.whats()[-2:] == ["UPDATE", "200 UPDATE"]


# The end


def test_a_call_whose_other_end_is_gone_ends_on_both_sides_before_the_interval_does(pair: Pair) -> None:
    ends: dict[str, float] = {}
    call, theirs = pair.talk()
    pair.wire.loss = 1.0
    while not (call.ended and theirs.ended):
        pair.run(1.0)
        for name, own in (("alice", call), ("bob", theirs)):
            if own.ended:
                ends.setdefault(name, pair.now)
    assert 900 + 31 < ends["alice"] < 940  # her refresh got no answer
    assert 1800 - 32 <= ends["bob"] <= 1800 - 25  # nobody refreshed
    assert [last(side, CallEnded).by for side in (pair.alice, pair.bob)] == ["lost", "lost"]
    assert pair.over()


@interpreted("nobody replaces its methods")
def test_a_refresh_that_is_refused_for_ever_ends_the_call_in_time(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.bob.ua._updates.received = (  # type: ignore[method-assign]
        lambda call, dialog, tx, request, now: pair.bob.stack.answer(tx, 503, now)
    )
    pair.run(1760.0)
    assert not call.ended
    pair.run(20.0)
    assert {last(side, CallEnded).by for side in (pair.alice, pair.bob)} <= {"lost", "remote"}
    assert 10 < len(pair.sent("UPDATE")) < 100


@pytest.mark.parametrize("seed", range(10))
def test_timers_keep_a_call_over_a_bad_line_and_leave_nothing_behind(seed: int) -> None:
    pair = Pair(supported=["timer"], seed=seed)
    call, theirs = pair.talk()
    pair.wire.loss = 0.25
    pair.run(5 * HOUR)
    assert (call.ended, theirs.ended) == (False, False)
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert theirs.ended
