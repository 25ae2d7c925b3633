"""A user asks his node for a phone password: who gets one, over what, and what ends it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time

import pytest

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential import light
from telsdk.credential.phone import DEFAULT_LIFETIME, PhonePasswords
from telsdk.credential.phoneaccount import CONTENT_TYPE, PhoneAccount
from telsdk.credential.session import Login, login_light
from telsdk.freshness import Freshness
from telsdk.net.sockets import Listener, bind_stream
from telsdk.node.admission import Admission
from telsdk.node.phones import Phones, phone_servers
from telsdk.node.settings import NodeSettings
from telsdk.sip.auth import session_token
from telsdk.sip.hop import Hop
from telsdk.sip.message import Challenge, Request, Response, Uri
from telsdk.uc.errors import NoPhonePassword, NotRegistered
from tests.net.authority import Authority, ip
from tests.network import ALICE, BOB, HOST, Network
from tests.phone import Phone

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PASSWORD = "seven purple otters juggle"
DAY = 86_400


def phone(network: Network, account: PhoneAccount, node: int = 0) -> Phone:
    """A phone with that account."""
    made = Phone(network, account.number, node)
    made.issued = account.issued
    return made


async def test_a_user_gets_a_password_with_which_his_phone_registers() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,))
        alice = await network.user(ALICE)
        account = await alice.phone_password(7 * DAY)
        assert account.number == ALICE
        assert 7 * DAY - 60 < account.issued.expiry - time.time() <= 7 * DAY
        port = network.listed[0].sockets.port
        assert [str(one) for one in account.servers] == [
            f"sip:{HOST}:{port};transport=udp",
            f"sip:{HOST}:{port};transport=tls",
        ]
        with phone(network, account) as desk:
            assert (await desk.register()).status == 200
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 2


async def test_a_phone_is_told_first_where_a_certificate_is_shown(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shown = Authority(tmp_path_factory.mktemp("authority")).issue(ip(HOST)).server_context()
    listeners = [
        Listener("WS", bind_stream(HOST)),
        Listener("WSS", bind_stream(HOST), shown),
        Listener("TLS", bind_stream(HOST), shown),
    ]
    ws, wss, tls = (one.address[1] for one in listeners)
    try:
        assert [str(one) for one in phone_servers(("2001:db8::7", 5061), listeners)] == [
            f"sip:{HOST}:{tls};transport=tls",
            "sip:[2001:db8::7]:5061;transport=udp",
            "sip:[2001:db8::7]:5061;transport=tls",
            f"wss://{HOST}:{wss}",
            f"ws://{HOST}:{ws}",
        ]
    finally:
        for one in listeners:
            one.socket.close()


async def test_a_password_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with Network(1) as network:
            await network.start(phone_secrets=(NEW,))
            account = await (await network.user(ALICE)).phone_password()
            with phone(network, account) as desk:
                assert (await desk.register()).status == 200
    assert f"issued a phone password of {ALICE}" in caplog.text
    assert account.issued.password not in caplog.text
    assert account.issued.password not in repr(account)


async def test_a_node_without_secrets_says_that_it_takes_no_phones() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        with pytest.raises(NoPhonePassword, match="403 Forbidden: this node takes no phones"):
            await alice.phone_password()


async def test_who_is_registered_nowhere_has_nobody_to_ask() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,))
        alice = await network.user(ALICE, register=False)
        with pytest.raises(NotRegistered):
            await alice.phone_password()


async def test_the_operator_sets_the_longest_lifetime() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,), phone_lifetime=DAY)
        account = await (await network.user(ALICE)).phone_password(30 * DAY)
        assert account.issued.expiry - time.time() <= DAY


# What ends it


async def test_a_password_of_the_old_secret_holds_while_both_are_named_and_no_longer() -> None:
    async with Network(3) as network:
        await network.start_node(0, phone_secrets=(OLD,))
        await network.start_node(1, phone_secrets=(NEW, OLD))
        await network.start_node(2, phone_secrets=(NEW,))
        alice = await network.user(ALICE, register=False)
        listed = network.facts.hub_list[0].nodes
        await alice.registration.register_at(listed[0])
        old = await alice.phone_password()
        await alice.registration.register_at(listed[1])
        new = await alice.phone_password()
        for account, statuses in ((old, [200, 200, 401]), (new, [401, 200, 200])):
            for node, status in enumerate(statuses):
                with phone(network, account, node) as desk:
                    assert (await desk.register()).status == status


@pytest.mark.parametrize("change", ["sale", "session"])
async def test_a_sale_or_ended_sessions_drop_the_phone_and_void_its_password(change: str) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,))
        account = await (await network.user(ALICE)).phone_password()
        with phone(network, account) as desk:
            assert (await desk.register()).status == 200
            if change == "sale":
                network.facts.sell(ALICE, "0x" + "22" * 20)
            else:
                network.facts.change(ALICE, session=1)
            await network.taken_in()
            assert network.nodes[0].registrar.bindings(str(ALICE)) == []
            assert (await desk.register()).status == 401
        assert network.nodes[0].registrar.users == 0


def with_light_credential(network: Network) -> Login:
    """A light login of ALICE."""
    network.own(ALICE)
    key = light.derive(PASSWORD, network.facts.domain, ALICE, 1)
    facts = network.facts.change(ALICE, credential=key.credential, kdf=light.DEFAULT_KDF)
    return login_light(PASSWORD, facts, network.facts.domain, "test", Wall(time.time()))


@pytest.mark.parametrize("left", [None, bytes(32)], ids=["cleared", "changed"])
async def test_what_a_light_session_had_issued_ends_with_its_credential(left: bytes | None) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,))
        by_light = await (await network.user(ALICE, login=with_light_credential(network))).phone_password()
        by_deep = await (await network.user(ALICE)).phone_password()
        network.nodes[0].registrar.drop(str(ALICE))
        with phone(network, by_light) as desk, phone(network, by_deep) as other:
            assert (await desk.register()).status == 200
            network.facts.change(ALICE, credential=left)
            await network.taken_in()
            assert network.nodes[0].registrar.bindings(str(ALICE)) == []
            assert (await desk.register()).status == 401
            assert (await other.register()).status == 200


async def test_a_phone_answers_a_challenge_by_sha_256_where_the_operator_says_so() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,), digest_algorithm="SHA-256")
        account = await (await network.user(ALICE)).phone_password()
        assert account.digest == "SHA-256"
        with phone(network, account) as desk:
            first = await desk.ask(desk.request("REGISTER", "sip:telprotocol"), HOST, desk.port_of_node)
            (challenge,) = map(Challenge.parse, first.headers.all("WWW-Authenticate"))
            assert (challenge.get("algorithm"), challenge.get("qop")) == ("SHA-256", "auth")
            assert (await desk.register()).status == 200


# What is refused, at the desk itself

FRESH = Freshness(1_800_000_000, 0.0, 120.0)
TLS = Hop("TLS", "192.0.2.1", 40000, flow=1)
NODE = "sip:192.0.2.7:5061;transport=tls"


class Desk:
    """The desk of one node, and ALICE, who asks at it."""

    def __init__(self, network: Network, secrets_: tuple[bytes, ...] = (NEW,)) -> None:
        network.own(ALICE)
        self.login = network.log_in(ALICE)
        self.directory = network.facts
        settings = NodeSettings()
        admission = Admission(network.facts, NODE, settings, secrets_)
        self.phones = Phones(network.facts, admission, settings, ())

    def request(self, accept: str = CONTENT_TYPE, who: object = ALICE, audience: str = NODE) -> Request:
        """A question with its token; `who` says that it is from."""
        request = Request("OPTIONS", Uri.parse(NODE))
        request.headers.extend(
            [
                ("Via", "SIP/2.0/TLS 192.0.2.1:40000;branch=z9hG4bK1"),
                ("From", f"<{aor(who)}>;tag=f"),
                ("To", f"<{NODE}>"),
                ("Call-ID", "c"),
                ("CSeq", "1 OPTIONS"),
                ("Accept", accept),
            ]
        )
        token = session_token.issue(
            request,
            audience=audience,
            delegation=self.login.text,
            key=self.login.key.private,
            now=Wall(time.time()),
            jti=secrets.token_urlsafe(16),
        )
        request.headers.add("Authorization", f"Bearer {token}")
        return request

    def ask(self, request: Request, source: Hop = TLS, chain: Freshness = FRESH) -> Response:
        assert self.phones.serves(request)
        return self.phones.answer(request, source, Wall(time.time()), chain=chain)


@pytest.fixture
async def desk() -> Desk:
    async with Network(0) as network:
        return Desk(network)


@pytest.mark.parametrize("transport", ["UDP", "TCP", "WS"])
async def test_no_password_is_sent_where_others_can_read_it(desk: Desk, transport: str) -> None:
    request = desk.request()
    refused = desk.ask(request, Hop(transport, "192.0.2.1", 40000))
    assert (refused.status, refused.body) == (403, b"")
    assert "ask over TLS" in (refused.headers.get("Warning") or "")
    assert desk.ask(request, Hop("WSS", "192.0.2.1", 40000, flow=1)).status == 200  # the token is not used up


async def test_without_a_token_only_a_token_is_asked_for(desk: Desk) -> None:
    """A phone password does not open what it was issued by."""
    issued = PhonePasswords([NEW], desk.directory).issue(desk.directory.numbers[ALICE], Wall(time.time()))
    for authorization in (None, f'Digest username="{issued.username}"'):
        request = desk.request()
        request.headers.remove("Authorization")
        if authorization is not None:
            request.headers.add("Authorization", authorization)
        refused = desk.ask(request)
        assert (refused.status, refused.body) == (401, b"")
        (challenge,) = refused.headers.all("WWW-Authenticate")
        assert Challenge.parse(challenge).scheme == "Bearer"


async def test_a_token_buys_one_answer(desk: Desk) -> None:
    request = desk.request()
    assert PhoneAccount.read(desk.ask(request).body).number == ALICE
    again = desk.ask(request)
    assert (again.status, again.body) == (401, b"")
    assert "has been used" in (again.headers.get("Warning") or "")


async def test_a_token_of_one_number_gets_no_password_of_another(desk: Desk) -> None:
    refused = desk.ask(desk.request(who=BOB))
    assert (refused.status, refused.body) == (401, b"")


async def test_a_token_for_another_server_gets_no_password(desk: Desk) -> None:
    assert desk.ask(desk.request(audience="sip:192.0.2.8:5061;transport=tls")).status == 401


async def test_a_delegation_of_a_sold_number_gets_no_password(desk: Desk) -> None:
    request = desk.request()
    desk.directory.sell(ALICE, "0x" + "22" * 20)
    assert desk.ask(request).status == 403


async def test_a_node_behind_its_chain_gives_no_password(desk: Desk) -> None:
    refused = desk.ask(desk.request(), chain=Freshness(1_800_000_000, 121.0, 120.0))
    assert (refused.status, refused.body, refused.headers.get("Retry-After")) == (503, b"", "30")
    assert "121 s ago" in (refused.headers.get("Warning") or "")


@pytest.mark.parametrize("lifetime", ["", "0", "-1", "1.5", "soon", "9" * 11])
async def test_a_lifetime_is_whole_seconds(desk: Desk, lifetime: str) -> None:
    refused = desk.ask(desk.request(f"{CONTENT_TYPE};lifetime={lifetime}"))
    assert (refused.status, refused.body) == (400, b"")
    assert "whole seconds" in (refused.headers.get("Warning") or "")


async def test_without_a_lifetime_it_holds_as_long_as_is_usual(desk: Desk) -> None:
    account = PhoneAccount.read(desk.ask(desk.request()).body)
    assert DEFAULT_LIFETIME - 60 < account.issued.expiry - time.time() <= DEFAULT_LIFETIME


@pytest.mark.parametrize(
    ("accept", "asks"),
    [
        (CONTENT_TYPE, True),
        (f"application/sdp, {CONTENT_TYPE.upper()} ; Lifetime=60", True),
        ("application/sdp", False),
        ("*/*", False),
        (f"{CONTENT_TYPE}x", False),
    ],
)
async def test_only_who_names_it_is_given_a_password(desk: Desk, accept: str, asks: bool) -> None:
    assert desk.phones.serves(desk.request(accept)) is asks


async def test_an_ordinary_options_is_answered_as_ever() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(NEW,))
        network.own(ALICE)
        with Phone(network, ALICE) as peer:
            uri = f"sip:{HOST}:{peer.port_of_node}"
            async with asyncio.timeout(10):
                plain = await peer.ask(peer.request("OPTIONS", uri), HOST, peer.port_of_node)
                named = await peer.ask(
                    peer.request("OPTIONS", uri, ("Accept", CONTENT_TYPE)), HOST, peer.port_of_node
                )
        assert (plain.status, plain.body) == (200, b"")
        assert (named.status, named.body) == (403, b"")
