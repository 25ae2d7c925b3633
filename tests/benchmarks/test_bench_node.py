"""The node that load generators drive: users by name, one password, bound where the Contact points."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telsdk.net.sockets import bind
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response
from tests.peer import Peer

HOST = "127.0.0.1"
CALLEE = "sip:u00001@bench.local"
FIELDS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@asynccontextmanager
async def bench_node(*arguments: str) -> AsyncIterator[int]:
    """The port of a node in a process of its own, as a load generator starts it."""
    sockets = bind(HOST)
    port = sockets.port
    sockets.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bench_node", "--port", str(port), "--users", "2", *arguments,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        await answers(port)
        yield port
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def answers(port: int) -> None:
    """Returns when the node answers, and fails when it does not within 20 seconds."""
    for _ in range(2):
        with Peer("probe") as probe:
            try:
                response = await probe.ask(probe.request("OPTIONS", f"sip:{HOST}:{port}"), HOST, port)
            except (TimeoutError, ConnectionRefusedError):
                continue
            assert response.status == 200
            return
    raise AssertionError("the node does not answer")


def register(peer: Peer, callee: Peer, *fields: tuple[str, str]) -> Request:
    """Binds u00001 to `callee`, and is sent by another."""
    request = peer.request("REGISTER", "sip:bench.local", ("Expires", "600"), *fields, to=CALLEE)
    request.headers.set("Contact", f"<sip:u00001@{HOST}:{callee.port}>")
    return request


def answer(refused: Response, request: Request, password: str = "pw") -> tuple[str, str]:
    """The credentials that a challenge asks for."""
    asked, given = FIELDS[refused.status]
    challenge = Challenge.parse(refused.headers.get(asked) or "")
    value = digest.answer(
        challenge, method=request.method, uri=CALLEE, user="u00001", password=password, cnonce="0a4f113b"
    )
    return given, value


async def test_without_auth_who_registers_is_called_where_the_contact_points() -> None:
    async with bench_node() as port:
        with Peer("u00001") as registers, Peer("u00001") as callee, Peer("caller") as caller:
            response = await registers.ask(register(registers, callee), HOST, port)
            assert response.status == 200
            await caller.send(caller.request("INVITE", CALLEE), HOST, port)
            invite = await callee.receive()
            assert isinstance(invite, Request)
            assert (invite.method, len(invite.vias)) == ("INVITE", 2)
            assert invite.record_routes
            unknown = await caller.ask(caller.request("INVITE", "sip:u00002@bench.local"), HOST, port)
            assert unknown.status == 404


async def test_with_auth_register_and_invite_take_the_password() -> None:
    async with bench_node("--auth") as port:
        with Peer("u00001") as registers, Peer("u00001") as callee, Peer("caller") as caller:
            refused = await registers.ask(first := register(registers, callee), HOST, port)
            assert refused.status == 401
            wrong = register(registers, callee, answer(refused, first, "another"))
            assert (await registers.ask(wrong, HOST, port)).status == 401
            right = register(registers, callee, answer(refused, first))
            assert (await registers.ask(right, HOST, port)).status == 200

            challenged = await caller.ask(call := caller.request("INVITE", CALLEE), HOST, port)
            assert challenged.status == 407
            again = caller.request("INVITE", CALLEE, answer(challenged, call))
            await caller.send(again, HOST, port)
            invite = await callee.receive()
            assert isinstance(invite, Request)
            assert (invite.method, invite.headers.get("Proxy-Authorization")) == ("INVITE", None)
