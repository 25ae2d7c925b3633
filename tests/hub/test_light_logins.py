"""What a hub does for light logins: for whom, of what, how often, and never without counting."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential import evaluation, light, oprf
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.delegation import Role
from telsdk.credential.evaluation import Question
from telsdk.credential.hubsecrets import HubSecrets, Password, key_id
from telsdk.credential.session import Login, login_deep, open_light
from telsdk.hub.hub import Hub
from telsdk.net.buckets import Rate
from telsdk.sip.message import Request, Response, parse
from telsdk.uc.tokens import Tokens
from tests.lighthubs import LightHubs, secret
from tests.network import BOB, HOST
from tests.peer import Peer

NEW = bytes(range(16))
"""A nonce that is on no chain."""


class Asker:
    """A connection to a hub by TLS, over which anything may be asked."""

    def __init__(
        self, at: LightHubs, hub: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.uri = at.listed[hub].uri
        self._reader, self._writer = reader, writer

    def question(
        self,
        content_type: str | None,
        body: bytes = b"",
        *fields: tuple[str, str],
        user: object = BOB,
        method: str = "OPTIONS",
    ) -> Request:
        branch = secrets.token_hex(8)
        headers = [
            ("Via", f"SIP/2.0/TLS {HOST}:9;branch=z9hG4bK{branch}"),
            ("From", f"<{aor(user)}>;tag={branch}"),
            ("To", f"<{aor(user) if method == 'REGISTER' else self.uri}>"),
            ("Call-ID", branch),
            ("CSeq", f"1 {method}"),
            ("Max-Forwards", "70"),
            *([] if content_type is None else [("Content-Type", content_type)]),
            *fields,
        ]
        return Request(method, self.uri, headers, body=body)

    async def ask(self, request: Request, login: Login | None = None) -> Response:
        if login is not None:
            request.headers.add(*Tokens(login).session(request, self.uri))
        self._writer.write(bytes(request))
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 10)
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = parse(head + await self._reader.readexactly(length))
        assert isinstance(answer, Response)
        return answer

    async def evaluate(self, question: Question, login: Login | None = None, **how: Any) -> Response:
        return await self.ask(self.question(str(question), ELEMENT, **how), login)

    async def bucket(self, question: Question, *fields: tuple[str, str]) -> list[int]:
        """The answers to twelve tries."""
        return [(await self.ask(self.question(str(question), ELEMENT, *fields))).status for _ in range(12)]


ELEMENT = oprf.blind(b"what Argon2id made of a password").element


@asynccontextmanager
async def asked(at: LightHubs, hub: int = 1) -> AsyncIterator[Asker]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(HOST, at.listed[hub].sockets.port, ssl=context)
    try:
        yield Asker(at, hub, reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def set_up(folder: Path, **settings: Any) -> AsyncIterator[tuple[LightHubs, Question]]:
    """Hubs, BOB's password, and the question after it."""
    async with LightHubs(folder, count=2) as at:
        await at.start(**settings)
        new = await at.set()
        yield at, Question(1, new.parameters.nonce)


async def test_it_answers_with_the_element_that_its_key_makes(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        answer = await hub.evaluate(question)
        assert answer.status == 200
        assert answer.headers.get("Content-Type") == evaluation.answer_type(key_id(secret(1)))
        password = Password(at.facts.domain, BOB, 1, question.nonce)
        assert answer.body == HubSecrets([secret(1)]).evaluate(key_id(secret(1)), password, ELEMENT)


async def test_of_a_nonce_that_its_chain_does_not_name_it_says_nothing_but_to_the_owner(
    tmp_path: Path,
) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        assert (await hub.evaluate(Question(1, NEW))).status == 412
        assert (await hub.evaluate(Question(1, NEW), await at.log_in())).status == 403
        light_by_owner = login_deep(
            KeystoreSigner(at.bob),
            at.facts.numbers[BOB],
            at.facts.domain,
            "x",
            Wall(time.time()),
            role=Role.LIGHT,
        )
        assert (await hub.evaluate(Question(1, NEW), light_by_owner)).status == 403
        assert (await hub.evaluate(Question(1, NEW), at.owner())).status == 200
        assert (await hub.evaluate(Question(2, question.nonce), at.owner())).status == 412
        assert (await hub.evaluate(Question(2, question.nonce))).status == 412


async def test_a_sale_ends_what_the_password_opened(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        seller = at.owner()
        at.facts.sell(BOB, "0x" + "99" * 20)
        assert (await hub.evaluate(question)).status == 412
        assert (await hub.evaluate(Question(2, question.nonce))).status == 412
        assert (await hub.evaluate(Question(2, question.nonce), seller)).status == 403  # the seller's session


async def test_a_hub_that_the_password_does_not_need_says_so(tmp_path: Path) -> None:
    async with LightHubs(tmp_path, count=3) as at:
        await at.start()
        new = await at.set("mend the copper lantern before dusk", 1, 2)
        async with asked(at, 3) as hub:
            question = Question(1, new.parameters.nonce)
            assert (await hub.evaluate(question)).status == 404
            assert (await hub.evaluate(question, at.owner())).status == 404


async def test_a_hub_without_secrets_serves_no_light_logins(tmp_path: Path) -> None:
    async with LightHubs(tmp_path, count=1) as at:
        listed = at.listed[1]
        running = await Hub.launch(at.facts, 1, listed.sockets, listed.identity)
        try:
            async with asked(at) as hub:
                assert (await hub.evaluate(Question(1, NEW), at.owner())).status == 404
                plain = await hub.ask(hub.question(None))
                assert (plain.status, plain.body) == (200, b"")
        finally:
            await running.stop()


MALFORMED: dict[str, tuple[str, bytes]] = {
    "no nonce": (evaluation.CONTENT_TYPE, ELEMENT),
    "another order": (f"{evaluation.CONTENT_TYPE};nonce={NEW.hex()};epoch=1", ELEMENT),
    "the identity": (str(Question(1, NEW)), bytes(32)),
    "no element": (str(Question(1, NEW)), b"\xff" * 32),
    "nothing": (str(Question(1, NEW)), b""),
    "more than an element": (str(Question(1, NEW)), ELEMENT + b"\0"),
}


@pytest.mark.parametrize(("content_type", "body"), MALFORMED.values(), ids=MALFORMED)
async def test_what_is_malformed_gets_400_and_is_not_counted(
    tmp_path: Path, content_type: str, body: bytes
) -> None:
    async with set_up(tmp_path, tries=Rate(1 / 3_600, 1)) as (at, question), asked(at) as hub:
        asking = content_type.replace(NEW.hex(), question.nonce.hex())
        for _ in range(3):
            assert (await hub.ask(hub.question(asking, body))).status == 400
        assert (await hub.evaluate(question)).status == 200


async def test_nobodys_number_is_told_like_anywhere(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        assert (await hub.evaluate(question, user=5559999)).status == 404
        assert (await hub.evaluate(question, user="nobody.eth")).status == 404


async def test_over_anything_but_tls_it_is_silent_about_passwords(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question):
        with Peer(BOB) as peer:
            request = peer.request("OPTIONS", at.listed[1].uri, ("Content-Type", str(question)))
            request.body = ELEMENT
            answer = await peer.ask(request, HOST, at.listed[1].sockets.port)
            assert answer.status == 403


async def test_beyond_the_rate_it_says_when_to_come_again(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        told = [await hub.evaluate(question) for _ in range(12)]
        assert [one.status for one in told] == [200] * 10 + [503] * 2
        assert told[-1].reason == evaluation.TOO_MANY
        assert 3_500 < int(told[-1].headers.get("Retry-After") or 0) <= 3_600
        assert told[-1].body == b""


async def test_many_at_once_are_counted_one_by_one(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question):

        async def one() -> int:
            async with asked(at) as hub:
                return (await hub.evaluate(question)).status

        told = await asyncio.gather(*(one() for _ in range(30)))
        assert (told.count(200), told.count(503)) == (10, 20)


async def test_more_than_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    async with set_up(tmp_path, waiting_tries=1) as (at, question):

        async def one() -> Response:
            async with asked(at) as hub:
                return await hub.evaluate(question)

        told = await asyncio.gather(*(one() for _ in range(30)))
        assert {one.status for one in told} == {200, 503}
        assert {one.reason for one in told if one.status == 503} <= {
            "Service Unavailable",
            evaluation.TOO_MANY,
        }


async def test_while_it_cannot_count_it_answers_nobody_and_then_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telsdk.hub.tries.BUSY", 0.05)
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        other = sqlite3.connect(at.counters(1), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            answer = await hub.evaluate(question)
            assert (answer.status, answer.body) == (503, b"")
            assert answer.reason != evaluation.TOO_MANY
        other.execute("ROLLBACK")
        other.close()
        assert (await hub.evaluate(question)).status == 200


async def test_an_older_secret_answers_until_it_is_retired(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question):
        async with asked(at) as hub:
            before = (await hub.evaluate(question)).body
        for held, expected in (([secret(9), secret(1)], 200), ([secret(9)], 410)):
            await at.restart(1, secrets=held)
            async with asked(at) as hub:
                answer = await hub.evaluate(question)
                assert answer.status == expected
                assert expected != 200 or answer.body == before
                new = await hub.evaluate(Question(1, NEW), at.owner())
                assert evaluation.key_in(new.headers.get("Content-Type")) == key_id(secret(9))


def ticket(login: Login) -> tuple[str, str]:
    return "Authorization", f"{evaluation.TICKET_SCHEME} {login.tickets[1].hex()}"


async def test_a_ticket_has_a_bucket_of_its_own_and_one_of_another_password_none(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        login = await at.log_in()
        await drain(hub, question)
        assert await hub.bucket(question, ticket(login)) == [200] * 10 + [503] * 2
        new = await at.set("another lantern of brass at dawn")
        again = Question(1, new.parameters.nonce)
        told = await hub.ask(hub.question(str(again), ELEMENT, ticket(login)))
        assert told.status == 503  # counted with the strangers, who have used up what there was


async def test_what_is_no_ticket_gets_400(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        bad = ("Authorization", f"{evaluation.TICKET_SCHEME} 00")
        assert (await hub.ask(hub.question(str(question), ELEMENT, bad))).status == 400
        forged = ("Authorization", f"{evaluation.TICKET_SCHEME} {bytes(24).hex()}")
        assert (await hub.ask(hub.question(str(question), ELEMENT, forged))).status == 200


async def test_a_ticket_is_given_to_light_sessions_alone(tmp_path: Path) -> None:
    accept = ("Accept", evaluation.TICKET_TYPE)
    async with set_up(tmp_path) as (at, _), asked(at) as hub:
        assert (await hub.ask(hub.question(None, b"", accept))).status == 401
        assert (await hub.ask(hub.question(None, b"", accept), at.owner())).status == 403
        login = await at.log_in()
        given = await hub.ask(hub.question(None, b"", accept), login)
        assert (given.status, given.body) == (200, login.tickets[1].hex().encode())


async def test_a_new_login_gives_the_tries_back_and_each_login_once(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        first = await at.log_in()
        await drain(hub, question)
        second = await at.log_in(tickets=first.tickets, now=Wall(time.time() + 5))
        await drain(hub, question, at_least=9)
        for login in (first, second):  # a stolen device asks on and on
            await hub.ask(hub.question(None, b"", ("Accept", evaluation.TICKET_TYPE)), login)
            assert (await hub.evaluate(question)).status == 503


async def test_a_register_by_the_password_gives_the_tries_back(tmp_path: Path) -> None:
    """These hubs have no nodes to send anybody to, hence 480; what counts is that the token was good."""
    async with set_up(tmp_path) as (at, question), asked(at) as hub:
        key = light.LightKey.of(bytes(48))
        at.facts.change(BOB, credential=key.credential)
        await drain(hub, question)
        facts, domain = at.facts.numbers[BOB], at.facts.domain
        by_owner = login_deep(KeystoreSigner(at.bob), facts, domain, "x", Wall(time.time()), role=Role.LIGHT)
        for login, expected in (
            (by_owner, 503),
            (open_light(key, facts, domain, "x", Wall(time.time())), 200),
        ):
            register = hub.question(None, b"", ("Contact", f"<sip:{BOB}@{HOST}>"), method="REGISTER")
            assert (await hub.ask(register, login)).status == 480
            async with asked(at) as other:  # a hub lets who has registered go
                assert (await other.evaluate(question)).status == expected


async def drain(hub: Asker, question: Question, at_least: int = 0) -> None:
    """Use up what there is."""
    granted = 0
    while (await hub.evaluate(question)).status == 200:
        granted += 1
    assert granted >= at_least
