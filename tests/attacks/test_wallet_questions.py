"""A stranger's made up delegations are not counted as those of the owner whose number they name (ERC-1271)."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from eth_account import Account

from telsdk.clock import Wall
from telsdk.credential import secp256k1, wallet
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from tests.attacks.siege import Siege, siege
from tests.network import ALICE

KEY = KeystoreSigner(Account.create())  # the key that Alice's contract stands by
SAFE = secp256k1.checksum(b"\x5a" * 20)


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
