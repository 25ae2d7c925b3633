"""What a user client makes of its node's answer, when it asks for a phone password."""

from __future__ import annotations

import time

import pytest

from telsdk.clock import Wall
from telsdk.credential.phone import PhonePasswords
from telsdk.credential.phoneaccount import CONTENT_TYPE, PhoneAccount, PhoneServer
from telsdk.directory import NodeFacts, NumberFacts
from telsdk.net.route import NoRoute
from telsdk.number import Number
from telsdk.sip.message import Response
from telsdk.uc import phones
from telsdk.uc.errors import NoPhonePassword
from tests.facts import FixedDirectory
from tests.network import ALICE, BOB, Network

NODE = NodeFacts(1, 0, "sip:192.0.2.7:5061;transport=tls", (bytes(32),), 10, True)


def given(number: Number) -> PhoneAccount:
    directory = FixedDirectory()
    facts = directory.add(NumberFacts(number, "0x" + "11" * 20, 1, 0))
    issued = PhonePasswords([bytes(32)], directory).issue(facts, Wall(time.time()))
    return PhoneAccount(issued, (PhoneServer("udp", "192.0.2.7", 5061),))


def answer(body: bytes, kind: str = CONTENT_TYPE, status: int = 200, *headers: tuple[str, str]) -> Response:
    made = Response(status, None, [*headers, ("Content-Type", kind)])
    made.body = body
    return made


def test_what_the_node_gives_is_taken() -> None:
    account = given(ALICE)
    assert phones.account(answer(account.body(), f"{CONTENT_TYPE.upper()} ;v=1"), NODE, ALICE) == account


def test_the_reason_of_a_refusal_is_passed_on() -> None:
    refused = answer(b"", CONTENT_TYPE, 403, ("Warning", '399 telprotocol "no phones here"'))
    with pytest.raises(NoPhonePassword, match="403 Forbidden: no phones here"):
        phones.account(refused, NODE, ALICE)


def test_silence_is_told() -> None:
    with pytest.raises(NoPhonePassword, match="does not answer"):
        phones.account(None, NODE, ALICE)


def test_an_older_node_that_answers_any_options_is_recognised() -> None:
    with pytest.raises(NoPhonePassword, match="older"):
        phones.account(Response(200), NODE, ALICE)


def test_a_password_of_somebody_else_is_not_taken() -> None:
    with pytest.raises(NoPhonePassword, match=f"of {BOB}, not of {ALICE}"):
        phones.account(answer(given(BOB).body()), NODE, ALICE)


def test_what_is_no_password_is_not_taken() -> None:
    with pytest.raises(NoPhonePassword, match="no phone password"):
        phones.account(answer(b"{}"), NODE, ALICE)


async def test_no_password_is_asked_for_where_others_can_read_it() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(bytes(32),))
        alice = await network.user(ALICE)
        assert alice.registration.node is not None
        plain = NodeFacts(1, 0, alice.registration.node.uri.replace("tls", "udp"), (bytes(32),), 10, True)
        alice.registration.node = plain
        with pytest.raises(NoRoute, match="listed without transport=tls"):
            await alice.phone_password()
