"""What a device makes of hubs that do not answer, or answer what is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from telsdk.credential import evaluation, oprf
from telsdk.credential.evaluation import Question
from telsdk.directory import HubFacts
from telsdk.net.pins import TlsIdentity
from telsdk.sip.message import Request, Response, parse
from telsdk.uc.errors import HubRefused, HubSilent, TriedTooOften
from telsdk.uc.hub_questions import HubQuestions
from tests.lighthubs import LightHubs
from tests.network import BOB, HOST

QUESTION = Question(1, bytes(16))
X = bytes(48)
ELEMENT = oprf.blind(X).element

Reply = Callable[[Request], Response | None]


@asynccontextmanager
async def hub(reply: Reply) -> AsyncIterator[HubFacts]:
    """A hub by TLS that answers with what `reply` makes; None: nothing."""
    identity = TlsIdentity.generate()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        request = parse(head + await reader.readexactly(length))
        assert isinstance(request, Request)
        response = reply(request)
        if response is not None:
            writer.write(bytes(response))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0, ssl=identity.server_context())
    port = server.sockets[0].getsockname()[1]
    try:
        yield HubFacts(7, "0x" + "11" * 20, f"sip:{HOST}:{port};transport=tls", (identity.pin,), ())
    finally:
        server.close()
        await server.wait_closed()


def answer(
    status: int = 200, content_type: str = evaluation.answer_type(bytes(4)), body: bytes = ELEMENT
) -> Reply:
    def made(request: Request) -> Response:
        response = request.response(status, headers=[("Content-Type", content_type)])
        response.body = body
        return response

    return made


async def asked(reply: Reply, patience: float = 10) -> object:
    async with hub(reply) as at, HubQuestions(BOB, patience=patience) as asking:
        return await asking.evaluate(at, X, QUESTION)


async def test_what_a_hub_answers_is_its_key_and_the_value_without_the_blinding() -> None:
    found = await asked(answer())
    assert (found.hub, found.key, len(found.rho)) == (7, bytes(4), oprf.OUTPUT)  # type: ignore[attr-defined]


NONE: dict[str, Reply] = {
    "the identity": answer(body=bytes(32)),
    "no element": answer(body=b"\xff" * 32),
    "no body": answer(body=b""),
    "too much": answer(body=ELEMENT * 2),
    "another kind of body": answer(content_type="text/plain"),
    "no key": answer(content_type=evaluation.CONTENT_TYPE),
    "a redirect": answer(302),
    "a refusal": answer(404),
}


@pytest.mark.parametrize("reply", NONE.values(), ids=NONE)
async def test_what_is_no_answer_is_refused_by_the_name_of_the_hub(reply: Reply) -> None:
    with pytest.raises(HubRefused, match="hub 7"):
        await asked(reply)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("3600", 3600), ("90 (busy);duration=5", 0), ("", 0), ("-1", 0), ("9" * 30, 0), ("5;a", 5)],
)
async def test_it_says_for_how_long_to_wait_whatever_the_hub_writes(given: str, seconds: int) -> None:
    def made(request: Request) -> Response:
        return request.response(503, evaluation.TOO_MANY, headers=[("Retry-After", given)])

    with pytest.raises(TriedTooOften, match="hub 7") as refused:
        await asked(made)
    assert refused.value.retry_after == seconds


async def test_a_hub_that_says_nothing_is_not_waited_for_for_long() -> None:
    with pytest.raises(HubSilent, match="does not answer"):
        await asked(lambda _: None, patience=0.3)


async def test_a_server_with_another_key_than_the_listed_one_is_told_nothing() -> None:
    heard: list[Request] = []
    async with hub(lambda request: heard.append(request)) as at, HubQuestions(BOB) as asking:
        other = replace(at, pins=(bytes(32),))
        with pytest.raises(HubSilent, match="cannot be reached"):
            await asking.evaluate(other, X, QUESTION)
    assert heard == []


@pytest.mark.parametrize("uri", ["sip:127.0.0.1:5061", "nothing", "sip:127.0.0.1:1;transport=tls"])
async def test_a_hub_that_cannot_be_reached_is_named(uri: str) -> None:
    listed = HubFacts(7, "0x" + "11" * 20, uri, (bytes(32),), ())
    async with HubQuestions(BOB) as asking:
        with pytest.raises(HubSilent, match="hub 7"):
            await asking.evaluate(listed, X, QUESTION)


async def test_what_is_no_ticket_is_refused(tmp_path: Path) -> None:
    async with LightHubs(tmp_path, count=1) as at:
        login = at.owner()
    for body in (b"", b"\xff\xfe", b"00"):
        async with (
            hub(answer(content_type=evaluation.TICKET_TYPE, body=body)) as listed,
            HubQuestions(BOB) as asking,
        ):
            with pytest.raises(HubRefused, match="no ticket"):
                await asking.ticket(listed, login)
