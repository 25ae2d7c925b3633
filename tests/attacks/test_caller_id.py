"""Attacks on the caller ID of a plain phone: it shows From, and what stands beside, as if it were true."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_account import Account

from telsdk.address import REALM, aor
from telsdk.clock import Wall
from telsdk.credential import secp256k1
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import login_deep
from telsdk.node.caller_id import ANONYMOUS, CLAIMS, SEPARATOR
from telsdk.node.settings import UnverifiedCallers
from telsdk.node.shares import ShareSettings
from telsdk.sip.message import Message, Request, Response, Uri
from telsdk.sip.ua import Dialog
from tests.calling_phone import CallingPhone
from tests.late_caller import sealed
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.phone import SECRET

ALICE_SHOWN = f'"alice.eth" <{aor(ALICE)}>'
LIE = f'"alice.eth (verified)" <{aor(ALICE)}>'
BESIDE = (
    ("P-Asserted-Identity", f'"Alice" <{aor(ALICE)}>'),
    ("P-Preferred-Identity", f"<{aor(ALICE)}>"),
    ("Remote-Party-ID", f'"Alice" <{aor(ALICE)}>;party=calling;screen=yes;privacy=off'),
    ("Privacy", "none"),
    ("History-Info", f"<{aor(ALICE)}>;index=1"),
    ("Diversion", f"<{aor(ALICE)}>;reason=unconditional"),
    ("Referred-By", f"<{aor(ALICE)}>"),
    ("Reply-To", f"<{aor(ALICE)}>"),
    ("Organization", "Alice's bank"),
    ("Call-Info", "<http://192.0.2.1/alice.png>;purpose=icon;answer-after=0"),
    ("Alert-Info", "<http://192.0.2.1/>;info=alert-autoanswer"),
    ("Answer-Mode", "Auto;require"),
    ("Priv-Answer-Mode", "Auto"),
    ("Priority", "emergency"),
    ("P-Called-Party-ID", f"<{aor(ALICE)}>"),
    ("P-Served-User", f"<{aor(ALICE)}>"),
)
METHODS = ("INVITE", "MESSAGE", "OPTIONS")
COMMANDS = ("REFER", "NOTIFY", "SUBSCRIBE", "INFO", "PUBLISH", "UPDATE", "X-REBOOT")


@dataclass
class Desk:
    """Bob's plain phone at a node, Alice's phone there, and Mallory, who has no login: Carol's number is hers."""

    network: Network
    bob: CallingPhone
    alice: CallingPhone
    mallory: CallingPhone

    async def rings(self, request: Request) -> Request:
        """What Bob's phone is shown of a request of Mallory's."""
        await self.mallory.send(request, HOST, self.bob.port_of_node)
        return await self.bob.asked(request.method)

    async def refused(self, request: Request) -> Response:
        return await self.mallory.ask(request, HOST, self.bob.port_of_node)

    def request(self, method: str, sender: str, *more: tuple[str, str]) -> Request:
        request = self.mallory.request(method, aor(BOB), *more)
        request.headers.set("Call-ID", secrets.token_hex(8))
        request.headers.set("From", f"{sender};tag={request.from_tag}")
        return request

    def signed(self, sender: str, number: int = ALICE, **bend: Any) -> Request:
        """A call with an honest token of that number, some of whose fields are bent."""
        request = self.request("INVITE", sender)
        login = self.network.log_in(ALICE if number == ALICE else CAROL)
        fields = {"act": "INVITE", "dest": aor(BOB), "cseq": request.cseq.number, **bend}
        return sealed(request, login, **fields)


@asynccontextmanager
async def desk(
    unverified: UnverifiedCallers = UnverifiedCallers.ANONYMOUS, **settings: Any
) -> AsyncIterator[Desk]:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), unverified_callers=unverified, **settings)
        network.own(ALICE, "alice.eth")
        network.own(CAROL, "carol.eth")
        with (
            CallingPhone(network, BOB) as bob,
            CallingPhone(network, ALICE) as alice,
            CallingPhone(network, CAROL) as mallory,
        ):
            assert (await bob.register()).status == 200
            assert (await alice.register()).status == 200
            yield Desk(network, bob, alice, mallory)


def shown(message: Message) -> str:
    """The From without its tag."""
    return str(message.from_.without("tag"))


async def test_a_proven_caller_is_shown_as_the_chain_says_else_the_attacks_below_would_show_nothing() -> None:
    async with desk() as at:
        for own in (f"<{aor(ALICE)}>", f'"Whoever" <{aor("alice.eth")}>'):
            assert shown(await at.rings(at.signed(own))) == ALICE_SHOWN
        alice = await at.network.user(ALICE)
        sending = asyncio.create_task(alice.message(str(BOB), "it is me"))
        text = await at.bob.asked("MESSAGE")
        assert shown(text) == ALICE_SHOWN
        await at.bob.say(text.response(200))
        await sending


@pytest.mark.parametrize("method", METHODS)
async def test_a_stranger_writes_the_address_of_another(method: str) -> None:
    async with desk() as at:
        fields = (("Event", "message-summary"), ("Refer-To", f"<{aor(CAROL)}>"), ("Subject", "It is Alice"))
        assert {name.lower() for name, _ in BESIDE} == CLAIMS
        got = await at.rings(at.request(method, LIE, *BESIDE, *fields))
        assert shown(got) == ANONYMOUS
        assert {*CLAIMS, "subject"}.isdisjoint(got.headers.keys())
        assert not [line for line in got.headers.lines() if "lice" in line]


@pytest.mark.parametrize("method", COMMANDS)
async def test_a_stranger_or_another_user_commands_a_phone(method: str) -> None:
    """Let it call somebody (REFER), start anew (NOTIFY with check-sync), or tell whom it speaks with (SUBSCRIBE)."""
    async with desk() as at:
        fields = (("Event", "check-sync;reboot=true"), ("Refer-To", f"<{aor(CAROL)}>"))
        for sender in (at.mallory, at.alice)[: 1 if method == "SUBSCRIBE" else 2]:  # users may ask to watch
            answer = await sender.authenticated(
                lambda more, sender=sender: sender.request(method, aor(BOB), *fields, *more)  # type: ignore[misc]
            )
            assert answer.status == 403
        text = at.request("MESSAGE", f"<{aor(ALICE)}>", ("Content-Type", "text/plain"))
        await at.mallory.send(text, HOST, at.bob.port_of_node)
        first = await at.bob.receive()
        assert isinstance(first, Request)
        assert first.method == "MESSAGE", "nothing else has come before"


@pytest.mark.parametrize("said", ["<tel:5550001>", f"<{aor('bob')}>;x=1", "sips:alice.eth@example.org"])
async def test_a_stranger_writes_an_address_of_another_form(said: str) -> None:
    async with desk() as at:
        assert shown(await at.rings(at.request("INVITE", said))) == ANONYMOUS


@pytest.mark.parametrize(
    ("said", "want"),
    [
        (LIE, f'"unverified {ALICE}" <{aor(ALICE)}>'),
        (f"<sip:%22%3e%0d%0aalice@{REALM};user=phone>", None),
        (f"<sip:{'a' * 5000}@{REALM}>", ANONYMOUS),
        ("<tel:5550001>", ANONYMOUS),
        (ANONYMOUS, ANONYMOUS),
    ],
    ids=["number", "escapes", "long", "tel", "anonymous"],
)
async def test_a_stranger_writes_the_address_of_another_where_it_is_shown_marked(
    said: str, want: str | None
) -> None:
    async with desk(UnverifiedCallers.MARKED) as at:
        got = await at.rings(at.request("INVITE", said, *BESIDE))
        assert shown(got) == want or (want is None and (got.from_.display or "").startswith("unverified "))
        assert CLAIMS.isdisjoint(got.headers.keys())


async def test_a_proven_caller_writes_the_address_of_another() -> None:
    async with desk() as at:
        answer = await at.refused(at.signed(f"<{aor(ALICE)}>", CAROL))
        assert answer.status == 403
        assert "From says" in (answer.headers.get("Warning") or "")
        assert (await at.refused(at.signed(f"<sip:{ALICE}@example.org>"))).status == 403


async def test_a_logged_in_client_writes_the_address_of_another() -> None:
    async with desk() as at:
        carol = await at.network.user(CAROL)
        for method in ("MESSAGE", "OPTIONS"):
            request = carol._agent.new_request(method, Uri.parse(aor(BOB)), body=b"hi")
            request.headers.set("From", f"<{aor(ALICE)}>;tag=c")
            request.headers.add(*carol._tokens.header(request, method, aor(BOB), body=b"hi"))
            sent = carol._requests.send(request, carol.registration.hop, carol._driver.now())
            carol._driver.kick()
            answer = await sent
            assert answer is not None
            assert answer.status == 403


async def test_what_a_proven_caller_writes_beside_the_from() -> None:
    async with desk() as at:
        request = at.signed(f'"Bank" <{aor(CAROL)}>', CAROL)
        request.headers.extend(BESIDE)
        got = await at.rings(request)
        assert shown(got) == f'"carol.eth" <{aor(CAROL)}>'
        assert CLAIMS.isdisjoint(got.headers.keys())


@pytest.mark.parametrize(
    "bend",
    [
        {"dest": aor(CAROL)},
        {"act": "MESSAGE"},
        {"cseq": 99},
        {"call_id": "another"},
        {"orig": aor(CAROL)},
        {"now": Wall(time.time() - 3600)},
        {"media": (("sha-256", "AB:CD"),)},
    ],
    ids=lambda bend: next(iter(bend)),
)
async def test_a_token_that_does_not_fit_shows_nobody(bend: dict[str, Any]) -> None:
    async with desk() as at:
        assert shown(await at.rings(at.signed(f"<{aor(ALICE)}>", **bend))) == ANONYMOUS


async def test_a_token_is_played_again_to_ring_a_phone() -> None:
    async with desk() as at:
        request = at.signed(f"<{aor(ALICE)}>")
        assert shown(await at.rings(request)) == ALICE_SHOWN
        again = request.copy()
        via = f"SIP/2.0/UDP {HOST}:{at.mallory.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        again.headers.set("Via", via)
        assert shown(await at.rings(again)) == ANONYMOUS


async def test_a_second_token_beside_the_first_shows_nobody() -> None:
    async with desk() as at:
        request = at.signed(f"<{aor(ALICE)}>")
        request.headers.add("Identity", request.headers.get("Identity") or "")
        assert shown(await at.rings(request)) == ANONYMOUS


async def test_a_token_of_a_number_that_was_sold_shows_nobody() -> None:
    async with desk() as at:
        request = at.signed(f"<{aor(ALICE)}>")
        at.network.own(ALICE, "alice.eth")
        assert shown(await at.rings(request)) == ANONYMOUS


async def test_a_caller_becomes_another_within_the_call() -> None:
    """And the caller, who need not be a modern one, meets in every message the address that they wrote."""
    async with desk() as at:
        request = await at.mallory.call_as(aor("mallory"), BOB)
        invite = await at.bob.asked("INVITE")
        assert shown(invite) == ANONYMOUS
        await at.bob.say(invite.response(180, to_tag="b", headers=invite.headers.only("Record-Route")))
        ringing = await at.mallory.rings(request)
        assert ringing.headers.get("From") == request.headers.get("From")
        taking = asyncio.create_task(at.bob.take(invite))
        dialog, answer = await at.mallory.connected(request)
        assert answer.headers.get("From") == request.headers.get("From")
        bobs = await taking
        again = dialog.request("INVITE")
        again.headers.set("From", f"{LIE};tag={dialog.local.tag}")
        again.headers.extend(BESIDE)
        await at.mallory._send_within(again)
        got = await at.bob.asked("INVITE")
        assert shown(got) == ANONYMOUS
        assert CLAIMS.isdisjoint(got.headers.keys())
        await at.bob.say(got.response(488))
        assert (await at.mallory.final(again)).headers.get("From") == again.headers.get("From")
        bye = bobs.request("BYE")
        assert str(bye.to.without("tag")) == ANONYMOUS
        await at.bob._send_within(bye)
        came = await at.mallory.hung_up()
        assert came.to.uri == request.from_.uri
        assert (await at.bob.final(bye)).headers.get("To") == bye.headers.get("To")


@pytest.mark.parametrize("bend", ["left out", "of another call", "made up"])
async def test_what_the_route_says_of_the_caller_is_changed(bend: str) -> None:
    async with desk() as at:
        request = await at.mallory.call_as(aor("mallory"), BOB)
        taking = asyncio.create_task(at.bob.take(await at.bob.asked("INVITE")))
        dialog, _ = await at.mallory.connected(request)
        await taking
        again = dialog.request("INVITE")
        (route,) = again.routes
        token, _, presented = (route.uri.user or "").partition(SEPARATOR)
        user = {
            "left out": token,
            "of another call": f"{token}{SEPARATOR}{presented[:-2]}",
            "made up": f"{token}{SEPARATOR}{presented}A",
        }[bend]
        again.headers.set("Route", str(route).replace(route.uri.user or "", user))
        via = f"SIP/2.0/UDP {HOST}:{at.mallory.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        again.headers.insert("Via", via)
        assert (await at.refused(again)).status == 403


async def test_whoever_answers_a_phone_says_that_it_is_another() -> None:
    """Alice's phone dials Carol's number, and whoever answers stays whom she dialled."""
    async with desk() as at:
        assert (await at.mallory.register()).status == 200
        request = await at.alice.invite(CAROL)
        invite = await at.mallory.asked("INVITE")
        for status in (180, 200):
            answer = invite.response(status, to_tag="m")
            answer.headers.set("To", '"Bob, verified" <sip:5550002@telprotocol>;tag=m')
            answer.headers.extend(
                [("Contact", f"<sip:{CAROL}@{HOST}:{at.mallory.port}>"), *BESIDE]
                + [("Record-Route", str(route)) for route in invite.record_routes]
            )
            await at.mallory.say(answer)
        ringing = await at.alice.rings(request)
        dialog, answer = await at.alice.connected(request)
        for got in (ringing, answer):
            assert str(got.to.without("tag")) == str(request.to)
            assert CLAIMS.isdisjoint(got.headers.keys())
        await at.mallory.asked("ACK")
        carols = Dialog.of_callee(invite, "m", confirmed=True)
        again = carols.request("INVITE")
        again.headers.set("From", '"Bob, verified" <sip:5550002@telprotocol>;tag=m')
        again.headers.extend(BESIDE)
        await at.mallory._send_within(again)
        got_again = await at.alice.asked("INVITE")
        assert shown(got_again) == f"<{aor(CAROL)}>"
        assert CLAIMS.isdisjoint(got_again.headers.keys())
        await at.alice.say(got_again.response(488))
        assert (await at.mallory.final(again)).headers.get("From") == again.headers.get("From")
        bye = dialog.request("BYE")
        bye.headers.extend(BESIDE)
        await at.alice._send_within(bye)
        ended = await at.mallory.asked("BYE")
        assert shown(ended) == ALICE_SHOWN
        reply = ended.response(200)
        reply.headers.extend(BESIDE)
        await at.mallory.say(reply)
        assert CLAIMS.isdisjoint((await at.alice.final(bye)).headers.keys())


async def test_a_call_that_is_given_up_is_so_under_the_address_that_rang() -> None:
    async with desk() as at:
        request = await at.mallory.call_as(aor("mallory"), BOB)
        invite = await at.bob.asked("INVITE")
        await at.bob.say(invite.response(180, to_tag="b"))
        await at.mallory.rings(request)
        giving_up = asyncio.create_task(at.mallory.cancel(request))
        cancel = await at.bob.asked("CANCEL")
        assert shown(cancel) == ANONYMOUS
        await at.bob.say(cancel.response(200))
        await at.bob.say(invite.response(487, to_tag="b"))
        await giving_up


async def test_a_call_that_waits_for_a_contract_wallet_counts_once() -> None:
    """Who calls is known when their wallet was asked: the call is judged again then, and takes no second share."""
    async with desk(shares=ShareSettings(to_callee=4)) as at:  # one at a time for each caller
        facts, key = at.network.facts, KeystoreSigner(Account.create())
        owned = replace(facts.numbers[ALICE], owner=key.address)
        login = login_deep(key, owned, facts.domain, "a phone", Wall(time.time()))
        facts.change(ALICE, owner=secp256k1.checksum(b"\x5a" * 20))
        facts.wallets = lambda _, digest, signature: (
            secp256k1.recover(digest, signature) == bytes.fromhex(key.address[2:])
        )
        for _ in range(2):
            request = at.request("INVITE", f"<{aor(ALICE)}>")
            sealed(request, login, act="INVITE", dest=aor(BOB), cseq=request.cseq.number)
            call = await at.rings(request)
            assert shown(call) == ALICE_SHOWN
            await at.bob.say(call.response(486, to_tag="b"))
            while not isinstance(answer := await at.mallory.receive(), Response) or answer.status < 200:
                pass
            assert answer.headers.get("Warning") is None  # it is the phone's own
        assert facts.wallet_questions == 1
