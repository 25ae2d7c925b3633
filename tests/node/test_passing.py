"""What a node does not need it passes on as it came, however malformed (RFC 3261 16.3): in requests and in answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telsdk.address import aor
from telsdk.node.shares import NO_SHARES
from telsdk.server.gate import NO_LIMITS
from telsdk.sip.message import Request, parse
from tests.network import BOB, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_NEEDED = [
    b"Date: Sat, 13 Nov 2010 23:29:00 +0100", b"Date: 2010-11-13T23:29:00Z", b"Date: now", b"Date:",
    b"Warning: 399 phone no quotes", b"Warning: x", b"Retry-After: soon", b"Retry-After: -1", b"Retry-After:",
    b"Content-Type: sdp", b"Content-Type:", b"Content-Type: a/b\r\nContent-Type: c/d",
    b"Expires: never", b"Expires: 4294967296", b"Expires: 1\r\nExpires: 2",
    b"Contact: nobody", b"Contact: <sip:a@b", b"Contact: *, <sip:a@b>", b"m: <sip:a@b>;x=1;x=2",
    b"Record-Route: <sip:", b"Record-Route: <sip:h;lr>,", b"Record-Route: sip:a b",
    b"Server: a\r\nServer: b", b"User-Agent: a\r\nUser-Agent: b", b"Server: caf\xe9/1",
    b"X-Odd \t:\r\n\t\xe9", b"Supported: a,,(", b"Allow: ,,",
    b"Session-Expires: x", b"Min-SE: -1", b"RSeq: x", b"Event: ;", b"Identity: x", b"Timestamp: x",
]  # fmt: skip
"""Lines that no proxy asks for. A blank before the colon is right (7.3.1)."""

NOT_NEEDED_BACK = [
    b"Max-Forwards: 256", b"Max-Forwards: x", b"Max-Forwards: 1\r\nMax-Forwards: 2", b"Route: <sip:", b"Route: ,",
    b"Proxy-Require: (", b"Max-Breadth: x",
    b"Subject: Gr\xfc\xdfe", b"Organization: \xff\xfe", b'Reply-To: "\xe9" <sip:a@b>',
]  # fmt: skip
"""Besides, lines that only a request has to have right, or that a node takes from those to phones (caller ID)."""


def between(data: bytes, line: bytes) -> bytes:
    """A message with one line, or two, more."""
    return data.replace(b"\r\nCSeq:", b"\r\n" + line + b"\r\nCSeq:", 1)


async def raw(peer: Peer, of: Request, begins: bytes) -> bytes:
    """The next datagram that begins so and has the CSeq of that request, as it came."""
    cseq = f"\r\nCSeq: {of.cseq}\r\n".encode()
    while not ((data := await peer.receive_data()).startswith(begins) and cseq in data):
        pass
    return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ends() -> AsyncIterator[tuple[Peer, Phone]]:
    """A stranger and a phone of Bob's, at one node."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), gate=NO_LIMITS, shares=NO_SHARES)
        with Peer() as stranger, Phone(network, BOB) as phone:
            assert (await phone.register()).status == 200
            yield stranger, phone


@pytest.mark.parametrize("line", NOT_NEEDED, ids=repr)
async def test_a_request_reaches_a_phone_as_it_was_written(ends: tuple[Peer, Phone], line: bytes) -> None:
    stranger, phone = ends
    request = stranger.request("MESSAGE", aor(BOB))
    await stranger.send(between(bytes(request), line), HOST, phone.port_of_node)
    got = await raw(phone, request, b"MESSAGE ")
    assert between(b"\r\nCSeq:", line) in got
    came = parse(got)
    assert isinstance(came, Request)
    await phone.say(came.response(200, to_tag="b"))
    await raw(stranger, request, b"SIP/2.0 200 ")


@pytest.mark.parametrize("line", [*NOT_NEEDED, *NOT_NEEDED_BACK], ids=repr)
@pytest.mark.parametrize(("method", "status"), [("MESSAGE", 202), ("INVITE", 486)])
async def test_an_answer_of_a_phone_reaches_the_caller_as_it_was_written(
    ends: tuple[Peer, Phone], method: str, status: int, line: bytes
) -> None:
    stranger, phone = ends
    request = stranger.request(method, aor(BOB))
    await stranger.send(request, HOST, phone.port_of_node)
    got = parse(await raw(phone, request, method.encode()))
    assert isinstance(got, Request)
    answer = bytes(got.response(status, "Gruesse", to_tag="b")).replace(b"Gruesse", b"Gr\xfc\xdfe")
    answer = between(answer.replace(b"Content-Length: 0", b"l: 000"), line)
    told, said = (f"From: {one.headers.get('From')}\r\n".encode() for one in (got, request))
    assert told in answer
    await phone.send(answer, HOST, phone.port_of_node)
    ours = f"Via: {got.via}\r\n".encode()
    assert ours in answer
    assert await raw(stranger, request, b"SIP/2.0 %d" % status) == answer.replace(ours, b"").replace(
        told, said
    )


@pytest.mark.parametrize(
    "via",
    [
        b"Via: nonsense;branch=%s",
        b"Via: SIP/2.0/UDP [::1]:99999;branch=%s;x=\xe9",
        b"V :\tSIP/2.0/udp\th;branch=%s",
    ],
    ids=repr,
)
async def test_of_our_own_via_only_the_branch_has_to_come_back(ends: tuple[Peer, Phone], via: bytes) -> None:
    stranger, phone = ends
    request = stranger.request("MESSAGE", aor(BOB))
    await stranger.send(request, HOST, phone.port_of_node)
    got = parse(await raw(phone, request, b"MESSAGE "))
    assert isinstance(got, Request)
    spoilt = via % (got.via.branch or "").encode()
    answer = bytes(got.response(200, to_tag="b")).replace(f"Via: {got.via}".encode(), spoilt)
    await phone.send(answer, HOST, phone.port_of_node)
    await raw(stranger, request, b"SIP/2.0 200 ")
