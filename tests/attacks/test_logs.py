"""Attacks on who reads a log: what a stranger writes into a message steers the terminal, or looks like a record."""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from telsdk.address import aor
from telsdk.cli.common.serve import log_handler
from telsdk.sip.message import Request, Response
from tests.late_caller import sealed
from tests.network import ALICE, BOB, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone
from tests.test_plain_text import harmful

FORGED = "2026-11-28 00:00:00,000 ERROR   telsdk.node: forged"
QUOTED = f'"\\\x1b]0;x\\\x07 \u202e\u2066 \\\x9b31m {FORGED}" '
PLAIN = f"\u202e\u2066\u2028\x9b31m{FORGED}"
LONG = "A" * 30_000
RAW = ("\x1b[2J", "\r", "\x00", "\x9b31m", "\u202e", "\r\n" + FORGED)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What a server writes to stderr, with everything that it logs."""
    stream, root, ours = io.StringIO(), logging.getLogger(), logging.getLogger("telsdk")
    handler, level = log_handler(stream), ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        ours.setLevel(level)
        root.removeHandler(handler)


def held(stream: io.StringIO) -> str:
    text = stream.getvalue()
    assert harmful(text.replace("\n", "")) == []
    assert all(len(line) < 2_500 for line in text.split("\n"))
    assert not any(line.startswith(FORGED) for line in text.split("\n"))
    return text


@asynccontextmanager
async def besieged() -> AsyncIterator[tuple[Network, Phone, list[int]]]:
    """A hub, a node with a phone, and a user client; with the ports where all three take datagrams."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice = await network.user(ALICE)
        with Phone(network, BOB) as phone:
            assert (await phone.register()).status == 200
            ports = [network.listed_hub.sockets.port, network.listed[0].sockets.port, alice._sockets.port]
            yield network, phone, ports


def hostile(peer: Peer, method: str, to: int) -> list[bytes]:
    """Requests with hostile text in each field that somebody may read, one field a request, and in the body."""
    fields = [
        ("From", f"{QUOTED}<{aor(ALICE)}>;tag=1"),
        ("To", f"{QUOTED}<{aor(to)}>"),
        ("Contact", f"{QUOTED}<sip:a@{HOST}:9>"),
        ("User-Agent", PLAIN),
        ("Subject", PLAIN + LONG),
        ("Reason", f"SIP;cause=200;text={QUOTED}"),
        ("Warning", f"399 x {QUOTED}"),
        ("Content-Type", f"text/plain;x={QUOTED}"),
        ("Refer-To", f"{QUOTED}<{aor(BOB)}>"),
        ("Authorization", f"Bearer {PLAIN}{LONG}"),
        ("Authorization", f"Digest username={QUOTED.strip()}, realm={QUOTED.strip()}"),
        ("Proxy-Authorization", f"Digest username={QUOTED.strip()}, realm={QUOTED.strip()}"),
        ("Identity", f"{PLAIN};info=<{aor(ALICE)}>"),
        ("Route", f"{QUOTED}<sip:x@{HOST};lr>"),
        ("Event", f"presence;x={QUOTED.strip()}"),
        ("Require", PLAIN),
        ("X-Any", PLAIN),
    ]
    made = []
    for name, value in fields:
        request = fresh(peer, method, to)
        key = name.encode()
        lines = [line for line in bytes(request).split(b"\r\n") if not line.startswith(key + b":")]
        lines.insert(1, key + b": " + value.encode())
        made.append(b"\r\n".join(lines))
    for raw in RAW:
        whole = bytes(fresh(peer, method, to))
        made += [
            whole.replace(b"Max-Forwards: 70", b"Max-Forwards: 70" + raw.encode()),
            whole.replace(b"stranger", raw.encode(), 1),
        ]
        made.append(whole.replace(method.encode(), raw.encode() + method.encode(), 1))
    return made


def fresh(peer: Peer, method: str, to: int) -> Request:
    request = peer.request(method, aor(to))
    request.headers.set("Call-ID", secrets.token_hex(8))
    return request


async def test_honest_names_are_logged_as_they_are_else_the_attacks_below_would_show_nothing() -> None:
    with logged() as stream:
        logging.getLogger("telsdk.node").info("%s calls", "Zoë 山田 🙂")
    assert "Zoë 山田 🙂 calls" in held(stream)


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "REGISTER", "SUBSCRIBE", "OPTIONS", "REFER", "BYE"])
async def test_a_stranger_writes_controls_into_every_field(method: str) -> None:
    with logged() as stream:
        async with besieged() as (_, _, ports):
            for port in ports:
                with Peer() as mallory:
                    for to in (ALICE, BOB):
                        for data in hostile(mallory, method, to):
                            await mallory.send(data, HOST, port)
                with Peer() as honest:  # answered behind all of those
                    await honest.ask(honest.request("OPTIONS", f"sip:{HOST}:{port}"), HOST, port)
    assert "telsdk." in held(stream)


@pytest.mark.parametrize("claim", ["dest", "act", "call_id"])
async def test_a_stranger_writes_controls_into_the_claims_of_a_token(claim: str) -> None:
    """What a client notes of a call that it refuses quotes them, before any signature is looked at."""
    with logged() as stream:
        async with besieged() as (network, _, ports):
            with Peer() as mallory:
                for to, port in ((ALICE, ports[2]), (BOB, ports[1])):
                    request = fresh(mallory, "INVITE", to)
                    request.headers.set("From", f"<{aor(ALICE)}>;tag=1")
                    fields = {"act": "INVITE", "dest": aor(to), "cseq": request.cseq.number}
                    fields[claim] = f"\x1b[2J{PLAIN}{'A' * 500}"
                    await mallory.send(sealed(request, network.log_in(ALICE), **fields), HOST, port)
                answer = await mallory.receive()
                while not isinstance(answer, Response) or answer.status < 400:
                    answer = await mallory.receive()
    assert "refused a call" in held(stream)
