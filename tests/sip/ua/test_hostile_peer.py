"""What a peer writes into the fields of calls never raises, whatever state the call is in."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Request, Response, parse
from telsdk.sip.ua import Call, CallState, Reinvited
from tests.sip.ladder import ANSWER, OFFER
from tests.sip.pair import ALICE, BOB, Pair

FIELDS = (
    *("Session-Expires", "Min-SE", "RAck", "RSeq", "Refer-To", "Referred-By", "Refer-Sub", "Replaces"),
    *(
        "Event",
        "Subscription-State",
        "Require",
        "Supported",
        "Allow",
        "Retry-After",
        "Contact",
        "Content-Type",
    ),
    *("Record-Route", "Expires", "Warning"),
)
LIKELY = (
    *("", "0", "1", "90", "1800;refresher=uac", "4294967296", "99999999999", "1 1 INVITE", "-1", "x y z"),
    *("refer", "refer;id=2", "refer;id=99999999999", "active", "terminated;reason=x", "false", "timer"),
    *(
        "100rel",
        "timer, 100rel, replaces",
        "application/sdp",
        "message/sipfrag",
        "multipart/mixed;boundary=x",
    ),
    *("<sip:carol@192.0.2.3>", "sip:x", "<sip:c@h?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", "<tel:1>", "*"),
    *("a;to-tag=b;from-tag=c", "a;to-tag=b", ",", "a," * 200, "é", '"', "<", ";;", "=", "\t"),
)
BODIES = (b"", OFFER, ANSWER, b"SIP/2.0 200 OK\r\n", b"SIP/2.0 \xff", b"\x00", b"v=0\r\nm=")
METHODS = ("INVITE", "UPDATE", "PRACK", "REFER", "NOTIFY", "INFO", "BYE", "ACK", "MESSAGE", "SUBSCRIBE")
fields = st.dictionaries(
    st.sampled_from(FIELDS), st.sampled_from(LIKELY) | st.text(max_size=20), min_size=1, max_size=4
)
moves = st.tuples(st.sampled_from(METHODS), fields, st.sampled_from(BODIES))
replies = st.tuples(
    st.sampled_from([180, 183, 200, 202, 422, 491, 500, 603]), fields, st.sampled_from(BODIES)
)


def begin(state: str, supported: list[str]) -> tuple[Pair, Call]:
    """A call in that state; Alice is the peer of whom bad things come."""
    pair = Pair(supported=supported, takes_refer=True)
    if state == "rings":
        pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now, status=183, body=ANSWER)
    elif state == "waits":
        pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(5.0)
    return pair, call


def put(message: Request | Response, values: dict[str, str], body: bytes) -> bytes | None:
    for name, value in values.items():
        with contextlib.suppress(ValueError):  # what cannot be written cannot be sent
            message.headers.set(name, value)
    message.body = body
    try:
        return bytes(message)
    except (ValueError, UnicodeError):
        return None


def deliver(pair: Pair, data: bytes | None) -> None:
    if data is None:
        return
    try:
        message = parse(data)
    except SipParseError:
        return  # refused at the door, as documented
    assert isinstance(message, Request | Response)
    pair.bob.stack.receive(message, ALICE, pair.now)


@settings(max_examples=300, deadline=None)
@given(
    state=st.sampled_from(["waits", "rings", "talks"]),
    supported=st.sampled_from([[], ["timer", "100rel", "replaces", "norefersub"]]),
    script=st.lists(moves, min_size=1, max_size=5),
)
def test_no_request_within_a_call_raises_and_the_call_can_still_be_ended(
    state: str, supported: list[str], script: list[tuple[str, dict[str, str], bytes]]
) -> None:
    pair, call = begin(state, supported)
    for method, values, body in script:
        if call.dialog is not None and not call.ended:
            request = call.dialog.request(
                method,
                contact=pair.alice.ua.contact,
                cseq=call.request.cseq.number if method == "ACK" else None,
            )
            request.headers.insert(
                "Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{pair.alice.stack.token()}"
            )
            deliver(pair, put(request, values, body))
        pair.run(0.3)
    for theirs in pair.bob.calls:
        pair.bob.ua.hang_up(theirs, pair.now)
    for event in pair.bob.seen:
        tx = getattr(event, "tx", None)
        if tx is not None and not isinstance(event, Reinvited) and tx.state in ("Trying", "Proceeding"):
            pair.bob.ua.answer(tx, 501, pair.now)
    pair.run()
    assert all(theirs.state is CallState.ENDED for theirs in pair.bob.calls)
    assert pair.bob.stack.transactions == 0
    assert pair.bob.deadline() is None


@settings(max_examples=300, deadline=None)
@given(
    supported=st.sampled_from([[], ["timer", "100rel", "replaces", "norefersub"]]),
    script=st.lists(replies, min_size=1, max_size=4),
    within=st.sampled_from(["INVITE", "UPDATE", "REFER", "first"]),
)
def test_no_response_raises_and_the_call_can_still_be_ended(
    supported: list[str], script: list[tuple[int, dict[str, str], bytes]], within: str
) -> None:
    pair = Pair(supported=supported)
    if within == "first":
        pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(1.0)
    request = call.request
    if within != "first":
        pair.wire.loss = 1.0
        request = pair.alice.ua.within(call, within)
        request.body = OFFER if within != "REFER" else b""
        if within == "INVITE":
            pair.alice.ua.offer(call, request, pair.now)
        elif within == "UPDATE":
            pair.alice.ua.update(call, request, pair.now)
        else:
            request.headers.add("Refer-To", "<sip:carol@192.0.2.3>")
            pair.alice.ua.transfers.send(call, request, pair.now)
    for status, values, body in script:
        data = put(request.response(status, to_tag="b"), values, body)
        with contextlib.suppress(SipParseError):
            if data is not None:
                message = parse(data)
                assert isinstance(message, Request | Response)
                pair.alice.stack.receive(message, BOB, pair.now)
        pair.run(0.3)
    pair.wire.loss = 0.0
    pair.alice.ua.hang_up(call, pair.now)
    pair.run()
    assert call.ended
    assert pair.alice.stack.transactions == 0
    assert pair.alice.deadline() is None
