"""A node on loopback: who gets in, who is thrown out, what passes."""

import asyncio
import time

import pytest

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential import light
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.phone import PhonePasswords
from telsdk.credential.session import login_deep, login_light
from telsdk.errors import NotFound
from telsdk.node.admission import LoginEnded
from telsdk.node.node import Node
from telsdk.server.load import LOAD_HEADER, Load
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Response
from telsdk.uc.errors import RegistrationFailed
from tests.network import ALICE, BOB, CAROL, HOST, Listed, Network
from tests.peer import Peer

SECRET = bytes(range(32))
PASSWORD = "seven purple otters juggle"


async def test_a_user_is_bound_and_counted_in_the_heartbeat() -> None:
    async with Network(1) as network:
        await network.start()
        await network.user(ALICE)
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 1
        with Peer() as peer:
            port = network.listed[0].sockets.port
            answer = await peer.ask(peer.request("OPTIONS", f"sip:{HOST}:{port}"), HOST, port)
        assert answer.status == 200
        assert Load.parse(answer.headers.get(LOAD_HEADER) or "").users == 1


async def test_a_sold_number_loses_its_binding_and_its_login() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        network.facts.sell(ALICE, "0x" + "22" * 20)
        await network.taken_in()
        node = network.nodes[0]
        assert node.registrar.bindings(str(ALICE)) == []
        assert len(node.logins) == 0
        with pytest.raises(RegistrationFailed, match="403 Forbidden: 5550001 changed hands"):
            await alice.registration.register_at(network.facts.hub_list[0].nodes[0])


async def test_ended_sessions_lose_their_bindings_and_others_keep_theirs() -> None:
    async with Network(1) as network:
        await network.start()
        await network.user(ALICE)
        await network.user(BOB)
        network.facts.change(ALICE, session=1)
        await network.taken_in()
        assert network.nodes[0].registrar.bindings(str(ALICE)) == []
        assert len(network.nodes[0].registrar.bindings(str(BOB))) == 1


async def test_a_changed_password_ends_light_logins() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        key = light.derive(PASSWORD, network.facts.domain, ALICE, 1)
        facts = network.facts.change(ALICE, credential=key.credential, kdf=light.DEFAULT_KDF)
        login = login_light(PASSWORD, facts, network.facts.domain, "test", Wall(time.time()))
        await network.user(ALICE, login=login)
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 1
        network.facts.change(ALICE, credential=bytes(32))
        await network.taken_in()
        assert network.nodes[0].registrar.bindings(str(ALICE)) == []


async def test_a_user_whose_connection_is_gone_is_not_bound() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        await alice.close()
        async with asyncio.timeout(10):
            while network.nodes[0].registrar.users:
                await network.taken_in()
        assert len(network.nodes[0].logins) == 0


async def test_without_a_login_there_is_one_challenge() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        with Peer(ALICE) as peer:
            answer = await register(peer, network)
        assert answer.status == 401
        assert len(answer.headers.all("WWW-Authenticate")) == 1
        assert network.nodes[0].registrar.users == 0


@pytest.mark.parametrize("phone_secrets", [(), (SECRET,)], ids=["no phones", "phones"])
async def test_a_login_by_a_scheme_nobody_knows_is_challenged(phone_secrets: tuple[bytes, ...]) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=phone_secrets)
        network.own(ALICE)
        with Peer(ALICE) as peer:
            answer = await register(
                peer, network, ("Authorization", "NobodyKnowsThisScheme opaque-data=here")
            )
        assert answer.status == 401
        assert Challenge.parse(answer.headers.get("WWW-Authenticate") or "").scheme == (
            "Digest" if phone_secrets else "Bearer"
        )


FLOW = ';+sip.instance="<urn:uuid:1>";reg-id=1'


async def register(peer: Peer, network: Network, *headers: tuple[str, str], params: str = "") -> Response:
    port = network.listed[0].sockets.port
    request = peer.request("REGISTER", "sip:telprotocol", *headers)
    request.headers.set("Contact", f"{request.contacts[0]}{params}")
    return await peer.ask(request, HOST, port)


async def phone_login(
    peer: Peer, network: Network, username: str, password: str, params: str = ""
) -> Response:
    challenged = await register(peer, network)
    challenge = Challenge.parse(challenged.headers.get("WWW-Authenticate") or "")
    answer = digest.answer(
        challenge,
        method="REGISTER",
        uri="sip:telprotocol",
        user=username,
        password=password,
        cnonce="0a4f113b",
    )
    return await register(peer, network, ("Authorization", answer), params=params)


async def test_a_phone_logs_in_by_its_password_until_the_number_is_sold() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        issued = PhonePasswords([SECRET], network.facts).issue(
            network.facts.numbers[ALICE], Wall(time.time())
        )
        with Peer(ALICE) as phone:
            assert (await phone_login(phone, network, issued.username, issued.password)).status == 200
            assert (await phone_login(phone, network, issued.username, "x" * 26)).status == 401
            network.facts.sell(ALICE, "0x" + "22" * 20)
            await network.taken_in()
            assert network.nodes[0].registrar.users == 0
            assert (await phone_login(phone, network, issued.username, issued.password)).status == 401


async def test_a_sold_number_loses_its_binding_though_another_logged_in_over_the_same_socket() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        passwords = PhonePasswords([SECRET], network.facts)
        with Peer(ALICE) as phone:
            for number in (ALICE, BOB):
                network.own(number)
                phone.user = number
                issued = passwords.issue(network.facts.numbers[number], Wall(time.time()))
                assert (await phone_login(phone, network, issued.username, issued.password)).status == 200
            network.facts.sell(ALICE, "0x" + "22" * 20)
            await network.taken_in()
            assert network.nodes[0].registrar.bindings(str(ALICE)) == []
            assert len(network.nodes[0].registrar.bindings(str(BOB))) == 1


async def test_a_binding_does_not_outlive_the_password_it_was_made_with() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        passwords = PhonePasswords([SECRET], network.facts)
        issued = passwords.issue(network.facts.numbers[ALICE], Wall(time.time()), lifetime=45)
        with Peer(ALICE) as phone:
            answer = await phone_login(phone, network, issued.username, issued.password)
        assert answer.status == 200
        assert 0 < int(answer.contacts[0].param("expires") or "") <= 45
        (binding,) = network.nodes[0].registrar.bindings(str(ALICE))
        left = binding.expires_at - asyncio.get_running_loop().time()
        assert left <= issued.expiry - time.time()


async def test_a_binding_does_not_outlive_the_session_it_was_made_with() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        signer, facts = KeystoreSigner(network.accounts[ALICE]), network.facts.numbers[ALICE]
        login = login_deep(signer, facts, network.facts.domain, "test", Wall(time.time()), 45)
        await network.user(ALICE, login=login)
        (binding,) = network.nodes[0].registrar.bindings(str(ALICE))
        assert binding.expires_at - asyncio.get_running_loop().time() <= login.delegation.expiry - time.time()


async def test_a_login_whose_time_is_over_sends_nothing_though_another_keeps_the_number_bound() -> None:
    async with Network(1) as network:
        await network.start()
        await network.user(ALICE)
        await network.user(BOB)
        node = network.nodes[0]
        (binding,) = node.registrar.bindings(str(ALICE))
        login = node.logins.over(binding.hop)[ALICE]
        with Peer(ALICE) as peer:
            request = peer.request("SUBSCRIBE", aor(BOB))
        assert node.calls.admit(request, binding.hop, Wall(login.expiry - 1)) == login
        with pytest.raises(LoginEnded, match="log in again"):
            node.calls.admit(request, binding.hop, Wall(login.expiry))


async def test_a_phone_of_one_number_cannot_register_another() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        network.own(BOB)
        issued = PhonePasswords([SECRET], network.facts).issue(
            network.facts.numbers[ALICE], Wall(time.time())
        )
        with Peer(BOB) as phone:
            assert (await phone_login(phone, network, issued.username, issued.password)).status == 403


@pytest.mark.parametrize("params", [";expires=60;expires=70", "?x", ";q=0.5, <sip:"])
async def test_what_is_malformed_is_refused_with_and_without_a_password(params: str) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        issued = PhonePasswords([SECRET], network.facts).issue(
            network.facts.numbers[ALICE], Wall(time.time())
        )
        with Peer(ALICE) as phone:
            assert (await register(phone, network, params=params)).status == 400
            answer = await phone_login(phone, network, issued.username, issued.password, params)
            assert answer.status == 400
            node = network.nodes[0]
            assert (node.registrar.users, len(node.logins)) == (0, 0)


async def test_a_stranger_without_a_token_reaches_a_user_as_unverified() -> None:
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB)
        with Peer() as peer:
            request = peer.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
            request.body = b"hello"
            answer = await peer.ask(request, HOST, network.listed[0].sockets.port)
        assert answer.status == 200
        party, text = await asyncio.wait_for(bob.messages.get(), 10)
        assert (party.trust.value, party.number, text) == ("unverified", None, "hello")


@pytest.mark.parametrize("user", ["nobody.eth", "nobody", "7777777", "12", "x%20y", "5550001%00"])
async def test_nobody_is_told_404_and_nothing_is_kept(user: str) -> None:
    async with Network(1) as network:
        await network.start()
        with Peer() as peer:
            answer = await peer.ask(
                peer.request("INVITE", f"sip:{user}@telprotocol"), HOST, network.listed[0].sockets.port
            )
        assert answer.status == 404
        assert len(network.nodes[0].calls) == 0


async def test_a_full_node_says_when_to_come_back() -> None:
    async with Network(1) as network:
        await network.start(max_users=1)
        await network.user(ALICE)
        bob = await network.user(BOB, register=False)
        with pytest.raises(RegistrationFailed, match="503 Node Full"):
            await bob.registration.register_at(network.facts.hub_list[0].nodes[0])


async def test_a_loaded_node_refuses_calls_and_says_when_to_come_back() -> None:
    async with Network(1) as network:
        await network.start(max_open=0, retry_after=7)
        with Peer() as peer:
            port = network.listed[0].sockets.port
            answer = await peer.ask(peer.request("INVITE", aor(BOB)), HOST, port)
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "7")


async def test_a_registration_is_answered_with_what_outbound_needs() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE)
        issued = PhonePasswords([SECRET], network.facts).issue(
            network.facts.numbers[ALICE], Wall(time.time())
        )
        with Peer(ALICE) as phone:
            answer = await phone_login(phone, network, issued.username, issued.password, FLOW)
        assert (answer.status, answer.headers.get("Require")) == (200, "outbound")
        assert answer.headers.get("Flow-Timer") == "90"
        assert "Date" in answer.headers


async def test_a_node_behind_its_chain_refuses_logins() -> None:
    async with Network(1) as network:
        await network.start(stale_after=-1.0)
        alice = await network.user(ALICE, register=False)
        with pytest.raises(RegistrationFailed, match="503 Chain Behind: the newest block here is of"):
            await alice.registration.register_at(network.facts.hub_list[0].nodes[0])


async def test_a_node_that_the_chain_does_not_list_does_not_start() -> None:
    async with Network(1) as network:
        extra = Listed()
        with pytest.raises(NotFound, match="node 7 of hub 1 is not in the list"):
            await Node.launch(network.facts, 1, 7, extra.sockets, extra.identity)
        extra.sockets.close()


async def test_carol_can_register_what_she_bought() -> None:
    async with Network(1) as network:
        await network.start()
        await network.user(ALICE)
        seller = network.accounts[ALICE]
        buyer = network.own(CAROL)
        network.facts.change(ALICE, owner=buyer.address, epoch=2)
        await network.taken_in()
        network.accounts[ALICE] = buyer
        await network.user(ALICE)
        assert seller.address != buyer.address
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 1
