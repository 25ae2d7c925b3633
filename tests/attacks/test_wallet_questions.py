"""A stranger's made up delegations are not counted as those of the owner whose number they name (ERC-1271)."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from eth_account import Account

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential import secp256k1, wallet
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from telsdk.directory import HubFacts, NoContract, NumberFacts
from telsdk.number import Number
from telsdk.sip.auth import caller_token
from telsdk.sip.message import Request
from telsdk.uc.trust import Judge, Trust
from tests.attacks.siege import Siege, siege
from tests.facts import FixedDirectory
from tests.network import ALICE, BOB, HOST
from tests.peer import Peer

KEY = KeystoreSigner(Account.create())  # the key that Alice's contract stands by
SAFE = secp256k1.checksum(b"\x5a" * 20)
BOBS = secp256k1.checksum(b"\x5b" * 20)
KEYS = tuple(Number(6660000 + index) for index in range(13))  # numbers whose owners are no contracts


def session(at: Siege, device: str) -> Login:
    """A session that Alice opens with her contract wallet."""
    facts = replace(at.network.facts.numbers[ALICE], owner=KEY.address)
    return login_deep(KEY, facts, at.network.facts.domain, device, Wall(time.time()))


def made_up(at: Siege, login: Login) -> Login:
    return replace(login, delegation=replace(login.delegation, signature=secrets.token_bytes(65)))


def held_by_a_contract(at: Siege) -> None:
    facts = at.network.facts
    facts.change(ALICE, owner=SAFE)
    facts.wallets = lambda account, digest, signature: (
        account == SAFE and secp256k1.recover(digest, signature) == bytes.fromhex(KEY.address[2:])
    )


async def test_the_owner_by_a_contract_gets_in_else_the_attacks_below_would_show_nothing() -> None:
    async with siege() as at:
        held_by_a_contract(at)
        assert (await at.login(session(at, "a phone"))).status == 200


async def test_made_up_sessions_spend_the_questions_of_the_true_owner() -> None:
    async with siege() as at:
        held_by_a_contract(at)
        for _ in range(2 * wallet.QUESTIONS):
            answer = await at.login(made_up(at, session(at, "made up")))
        assert answer.status in (401, 403)
        assert at.network.facts.wallet_questions == wallet.QUESTIONS
        alice = await at.network.user(ALICE, login=session(at, "a new phone"), register=False)
        await alice.registration.register_at(at.network.facts.hub_list[0].nodes[0])
        assert at.bound() == 1


async def test_made_up_sessions_for_accounts_of_keys_spend_what_contracts_have() -> None:
    """Numbers whose owners are no contracts are easily named: each is asked about once, and from a share of its own."""
    async with siege() as at:
        facts = at.network.facts
        held_by_a_contract(at)
        by_a_contract = facts.wallets
        keys = {at.network.own(number).address for number in KEYS}

        def said(account: str, digest: bytes, signature: bytes) -> bool:
            if account in keys:
                raise NoContract(f"{account} is no contract")
            return by_a_contract(account, digest, signature)

        facts.wallets = said
        assert (await at.login(session(at, "known to be a contract"))).status == 200
        asked = facts.wallet_questions
        for turn in range(5 * len(keys)):
            number = KEYS[turn % len(KEYS)]
            junk = made_up(at, at.network.log_in(number))
            assert (await at.login(junk, number=number)).status in (401, 403)
        assert facts.wallet_questions == asked + len(keys)
        assert (await at.login(session(at, "a new phone"))).status == 200


def test_a_listed_server_writes_other_places_into_a_text_than_it_comes_from() -> None:
    """What comes by a server that is not the client's own node counts as that server's, whoever it says sent it."""
    facts = FixedDirectory(wallets=lambda *_: False)
    facts.add(NumberFacts(ALICE, SAFE, 1, 0))
    facts.add(NumberFacts(BOB, BOBS, 1, 0))
    facts.hub_list = (HubFacts(1, SAFE, "sip:192.0.2.1:5061;transport=tls", (bytes(32),), ()),)
    judge = Judge(facts, BOB, own_node=lambda: "198.51.100.1")
    refused = 0
    for turn in range(2 * wallet.QUESTIONS):
        text = junk_text(facts, f"203.0.113.{turn}")
        try:
            party = judge.request(text, Wall(time.time()))
        except wallet.WalletToAsk as wanted:
            wanted.settle(wanted.ask())
        else:
            assert party.trust is Trust.REFUSED
            refused += 1
    assert facts.wallet_questions == wallet.QUESTIONS
    assert refused == wallet.QUESTIONS - 1  # one turn asked whether there is a contract


def junk_text(facts: FixedDirectory, place: str) -> Request:
    """A text of Alice's by a delegation that nobody signed, by a listed server that says it had it from `place`."""
    made = login_deep(
        KEY, replace(facts.numbers[ALICE], owner=KEY.address), facts.domain, "x", Wall(time.time())
    )
    delegation = replace(made.delegation, signature=secrets.token_bytes(65))
    with Peer(ALICE) as peer:
        text = peer.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
    text.headers.set(
        "Via", f"SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1, SIP/2.0/TLS {place};branch=z9hG4bK2"
    )
    text.body = b"x"
    token = caller_token.issue(
        act="MESSAGE",
        orig=aor(ALICE),
        dest=aor(BOB),
        call_id=text.call_id,
        cseq=text.cseq.number,
        body=b"x",
        delegation=delegation.encode(),
        key=made.key.private,
        now=Wall(time.time()),
    )
    text.headers.set("Identity", token)
    return text


async def test_made_up_sessions_from_where_the_owner_is_spend_the_questions_of_the_true_owner() -> None:
    """Behind one address, or by UDP, where an address proves nothing: the owner's key has questions of its own."""
    async with siege() as at:
        held_by_a_contract(at)
        assert (await at.login(session(at, "a phone"))).status == 200
        for _ in range(4 * wallet.QUESTIONS):
            answer = await at.login(made_up(at, session(at, "made up")))
        assert answer.status in (401, 403)
        assert (await at.login(session(at, "a new phone"))).status == 200


async def test_made_up_sessions_for_numbers_of_key_accounts_lock_out_owners_by_contracts() -> None:
    """Of an account without code nothing is asked, so that there is nothing to spend."""
    async with siege() as at:
        others = [Number(6_660_000 + index) for index in range(13)]
        for number in others:
            at.network.own(number)
        held_by_a_contract(at)
        at.network.facts.contracts = frozenset({SAFE})
        for attempt in range(10 * len(others)):
            number = others[attempt % len(others)]
            facts = replace(at.network.facts.numbers[number], owner=KEY.address)
            login = login_deep(KEY, facts, at.network.facts.domain, "x", Wall(time.time()))
            assert (await at.login(login, number=number)).status in (401, 403)
        assert at.network.facts.wallet_questions == 0
        assert at.network.facts.code_questions == len(others)
        assert (await at.login(session(at, "a phone"))).status == 200


async def test_made_up_calls_to_a_user_make_the_owner_by_a_contract_unheard() -> None:
    """At Bob's own client, by who reaches it directly."""
    async with siege() as at:
        await at.network.start_hub()
        held_by_a_contract(at)
        bob = await at.network.user(BOB)
        port = bob._sockets.port

        async def text(login: Login) -> int:
            request = at.mallory.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
            request.body = b"hello"
            token = caller_token.issue(
                act="MESSAGE",
                orig=aor(ALICE),
                dest=aor(BOB),
                call_id=request.call_id,
                cseq=request.cseq.number,
                body=b"hello",
                delegation=login.text,
                key=login.key.private,
                now=Wall(time.time()),
            )
            request.headers.set("Identity", token)
            return (await at.mallory.ask(request, HOST, port)).status

        at.mallory.user = ALICE
        assert await text(session(at, "a phone")) == 200
        for _ in range(4 * wallet.QUESTIONS):
            assert await text(made_up(at, session(at, "made up"))) != 200
        assert await text(session(at, "a new phone")) == 200
