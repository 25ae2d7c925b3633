"""The 49 messages of RFC 4475, thrown at a node that serves: it answers what it should, and goes on."""

from __future__ import annotations

import logging
import socket

import pytest

from tests.network import ALICE, HOST, Network
from tests.peer import Peer
from tests.sip.torture import TORTURE

ANSWERED = {
    "badvers": 505,
    "bext01": 420,
    "insuf": 400,
    "mcl01": 400,
    "multi01": 400,
    "novelsc": 416,
    "quotbal": 400,
    "regaut01": 401,
    "regbadct": 400,
    "scalar02": 400,
    "unkscm": 416,
    "zeromf": 483,
}
"""What the RFC wants of a server in front of users; the others are in tests/sip/test_torture_answers.py."""


async def test_a_node_survives_every_message_and_serves_on(caplog: pytest.LogCaptureFixture) -> None:
    async with Network(1) as network:
        await network.start()
        await network.user(ALICE)
        port = network.listed[0].sockets.port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, Peer() as peer:
            for data in TORTURE.values():
                stranger.sendto(data, (HOST, port))
            # It came last, and is answered only when all the others were taken in.
            answer = await peer.ask(peer.request("OPTIONS", f"sip:{HOST}:{port}"), HOST, port)
        assert answer.status == 200
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("name", "status"), ANSWERED.items())
async def test_a_node_answers_as_the_rfc_says(name: str, status: int) -> None:
    data = TORTURE[name]
    async with Network(1) as network:
        await network.start()
        with Peer() as peer:
            assert await answer_to(peer, data, network.listed[0].sockets.port) == status


async def answer_to(peer: Peer, data: bytes, port: int) -> int:
    """The status of the final answer to `data` when it comes by way of the peer, which is a proxy then: a Via more."""
    start, _, rest = data.partition(b"\r\n")
    via = b"Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bKpeer" % peer.port
    await peer.send(b"\r\n".join([start, via, rest]), HOST, port)
    while True:
        # The answer to a malformed request gives its fields back as they came, and so is malformed itself.
        status = int((await peer.receive_data()).removeprefix(b"SIP/2.0 ")[:3])
        if status >= 200:
            return status
