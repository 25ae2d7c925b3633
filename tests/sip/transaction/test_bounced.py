"""RFC 3261 section 18.4: a datagram of ours did not arrive. The quote of it has to prove that it was ours."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import parse
from telsdk.sip.transaction import Stack, TransportFailed
from tests.sip.transaction.test_large_requests import request, stack

PEER = Hop("UDP", "192.0.2.1", 5062)


def sent(core: Stack, method: str = "INVITE") -> bytes:
    core.request(request(method, 0), PEER, Monotonic(0.0))
    (out,) = core.take_outgoing()
    return out.data


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_the_request_that_is_quoted_ends_at_once(method: str) -> None:
    core = stack()
    data = sent(core, method)
    sent(core, method)  # another to the same peer
    assert core.bounced(data, Monotonic(1.0))
    (event,) = core.take_events()
    assert isinstance(event, TransportFailed)
    assert event.tx.request.via.branch == parse(data).via.branch
    assert core.transactions == 1


def test_as_much_as_shows_the_branch_is_enough() -> None:
    core = stack()
    data = sent(core)
    branch = (parse(data).via.branch or "").encode()
    end = data.index(branch) + len(branch)
    assert not core.bounced(data[:end], Monotonic(1.0))  # it may go on
    assert core.bounced(data[: end + 1], Monotonic(1.0))


def test_headers_before_the_via_are_passed_over() -> None:
    core = stack()
    made = request("INVITE", 0)
    core.request(made, PEER, Monotonic(0.0))
    (out,) = core.take_outgoing()
    line, _, rest = out.data.partition(b"\r\n")
    assert core.bounced(line + b"\r\nRecord-Route: <sip:a;branch=x>\r\n" + rest, Monotonic(1.0))


def test_what_shows_no_branch_of_ours_ends_nothing() -> None:
    core = stack()
    data = sent(core)
    branch = (parse(data).via.branch or "").encode()
    for quoted in (
        b"",
        data[:8],
        data.replace(branch, branch[:-1] + b"?"),
        data.replace(b"INVITE", b"BYE"),
        b"\xff" * 600,
    ):
        assert not core.bounced(quoted, Monotonic(1.0))
    assert core.take_events() == []


def test_an_answered_request_does_not_end_again() -> None:
    core = stack()
    data = sent(core)
    invite = core.request(request("INVITE", 0), PEER, Monotonic(0.0)).request
    core.take_outgoing()
    core.receive(parse(bytes(invite.response(200))), PEER, Monotonic(0.5))
    core.take_events()
    assert not core.bounced(bytes(invite), Monotonic(1.0))
    assert core.bounced(data, Monotonic(1.0))


def test_a_quote_of_our_response_ends_nothing() -> None:
    core = stack()
    sent(core)
    assert not core.bounced(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n", Monotonic(1.0))
