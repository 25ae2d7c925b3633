"""Attacks by contracts and on them: an account with code that holds a number, and says what it likes (ERC-1271)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from eth_abi.abi import encode
from eth_account import Account

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.clock import Wall
from telsdk.credential import wallet
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.errors import (
    CredentialError,
    DelegationError,
    NotSignedByOwner,
    TooManyWalletQuestions,
    WalletUnreachable,
)
from telsdk.credential.secp256k1 import keccak256
from telsdk.credential.session import Login, login_deep
from telsdk.credential.verify import Verifier
from telsdk.directory import NumberFacts
from telsdk.errors import TelError
from telsdk.number import Number
from tests.chain.actors import NUMBER, OTHER, buy, installed, me
from tests.facts import FixedDirectory
from tests.network import ALICE, BOB, CAROL, Network
from tests.uc.test_client import connect

YES = "631626ba7e60e01b5f5260205ff3"  # returns the magic value, whatever is asked
REVERTS = "5f5ffd"
BURNS = "5b5f56"  # jumps back to its own start for ever

MALLORY = KeystoreSigner(Account.from_key("0x" + "66" * 32))


@dataclass
class Held:
    """Alice's number, and one that a contract of Mallory's holds, as the chain has them."""

    client: Client
    index: ChainIndex
    verifier: Verifier

    def facts(self, number: Number) -> NumberFacts:
        found = self.index.number(number)
        assert found is not None
        return found

    def session(self, number: Number) -> Login:
        """A session for `number` by a delegation that Mallory signs."""
        facts = self.facts(number)
        signed = replace(facts, owner=MALLORY.address)
        return login_deep(MALLORY, signed, self.index.domain, "x", Wall(time.time()))

    def give(self, number: Number, runtime: str) -> str:
        """Moves `number` into a contract with that code."""
        contract = installed(self.client, runtime)
        # Not by safeTransferFrom, which asks a contract whether it wants the number.
        call(self.client, "transferFrom(address,address,uint256)", me(self.client), contract, number)
        self.index.poll()
        return contract

    def authority(self, login: Login) -> int:
        return self.verifier.authority(login.text, Wall(time.time())).number


def call(client: Client, signature: str, *arguments: object) -> None:
    """Calls a function of the registry that the SDK has no name for."""
    types = signature.partition("(")[2].rstrip(")").split(",")
    data = keccak256(signature.encode())[:4] + encode(types, arguments)
    client.session.transact({"to": client.deployment.addresses["NumberRegistry"], "data": data})


@pytest.fixture
def held(client: Client, chain: EmbeddedChain) -> Iterator[Held]:
    buy(client, chain, NUMBER, OTHER)
    with ChainIndex(client) as index:
        index.load()
        yield Held(client, index, Verifier(index))


def test_an_account_that_an_owner_approved_speaks_in_his_name(held: Held) -> None:
    """An operator of ERC-721 may move the number, which everybody sees; he may not speak for it."""
    call(held.client, "setApprovalForAll(address,bool)", MALLORY.address, True)
    held.index.poll()
    with pytest.raises(NotSignedByOwner):
        held.authority(held.session(NUMBER))


def test_a_wallet_that_says_yes_to_everything_speaks_for_other_numbers(held: Held) -> None:
    held.give(OTHER, YES)
    assert held.authority(held.session(OTHER)) == OTHER  # its own number, which it may give away anyhow
    with pytest.raises(NotSignedByOwner):
        held.authority(held.session(NUMBER))


@pytest.mark.parametrize("runtime", [REVERTS, "00", "60015f5260205ff3", "fe"])
def test_a_wallet_that_reverts_or_answers_nonsense(held: Held, runtime: str) -> None:
    held.give(OTHER, runtime)
    with pytest.raises(NotSignedByOwner):
        held.authority(held.session(OTHER))


def test_a_wallet_that_burns_all_gas(held: Held) -> None:
    """It is refused when the gas of the question is gone, and not asked about the same again for a while."""
    held.give(OTHER, BURNS)
    login = held.session(OTHER)
    with pytest.raises(DelegationError):
        held.authority(login)
    asked = Counting(held.index)
    verifier = Verifier(asked)
    for _ in range(3):
        with pytest.raises(DelegationError):
            verifier.authority(login.text, Wall(time.time()))
    assert asked.questions == 1


class Counting(FixedDirectory):
    """The index, and how often the chain was asked."""

    def __init__(self, index: ChainIndex) -> None:
        super().__init__(domain=index.domain, head=index.head)
        self.index = index
        self.questions = 0

    def number(self, number: Number) -> NumberFacts | None:
        return self.index.number(number)

    def is_contract(self, account: str) -> bool:
        return self.index.is_contract(account)

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        self.questions += 1
        return self.index.is_valid_signature(account, digest, signature)


def answers(directory: FixedDirectory, answer: Callable[[], bool]) -> None:
    directory.wallets = lambda *_: answer()


@pytest.fixture
def facts() -> FixedDirectory:
    directory = FixedDirectory()
    directory.add(NumberFacts(OTHER, "0x" + "c0" * 20, 1, 0))
    return directory


def of(directory: FixedDirectory, device: str = "x") -> Login:
    signed = replace(directory.numbers[OTHER], owner=MALLORY.address)
    return login_deep(MALLORY, signed, directory.domain, device, Wall(time.time()))


def test_a_wallet_takes_a_right_back_and_the_session_goes_on(facts: FixedDirectory) -> None:
    verifier, login, now = Verifier(facts), of(facts), Wall(time.time())
    answers(facts, lambda: True)
    verifier.authority(login.text, now)
    answers(facts, lambda: False)
    with pytest.raises(NotSignedByOwner):
        verifier.authority(login.text, Wall(now + wallet.RECHECK + 1))


def test_a_flood_of_made_up_sessions_makes_us_ask_the_chain_again_and_again(facts: FixedDirectory) -> None:
    answers(facts, lambda: False)
    verifier, now = Verifier(facts), Wall(time.time())
    answers(facts, lambda: False)
    refusals: list[CredentialError] = []
    for number in range(wallet.QUESTIONS * 5):
        with pytest.raises(CredentialError) as refusal:
            verifier.authority(of(facts, f"device {number}").text, now)
        refusals.append(refusal.value)
    assert facts.wallet_questions == wallet.QUESTIONS
    assert isinstance(refusals[-1], TooManyWalletQuestions)


def test_the_chain_is_kept_away_so_that_nobody_can_be_asked(facts: FixedDirectory) -> None:
    """Who is not known yet is refused while the chain is away; nobody is let in for want of an answer."""

    def away(*_: object) -> bool:
        raise TelError("the RPC does not answer")

    facts.wallets = away
    with pytest.raises(WalletUnreachable):
        Verifier(facts).authority(of(facts).text, Wall(time.time()))


async def test_a_wallet_that_answers_slowly_holds_nobody_else_up() -> None:
    """A chain that takes its time over Mallory's wallet: the node goes on, and calls of others come about."""
    free = threading.Event()

    def slow(*_: object) -> bool:
        assert free.wait(30)
        return True

    async with Network(1) as network:
        await network.start()
        network.facts.wallets = lambda *_: True  # her own client has asked already
        alice, bob = await network.user(ALICE), await network.user(BOB)
        network.own(CAROL)
        network.facts.change(CAROL, owner="0x" + "c0" * 20)
        signed = replace(network.facts.numbers[CAROL], owner=MALLORY.address)
        login = login_deep(MALLORY, signed, network.facts.domain, "x", Wall(time.time()))
        held_up = await network.user(CAROL, login=login, register=False)
        network.facts.wallets = slow
        registering = asyncio.create_task(
            held_up.registration.register_at(network.facts.hub_list[0].nodes[0])
        )
        outgoing, incoming = await connect(alice, bob, str(BOB))
        assert not registering.done()
        free.set()
        await asyncio.wait_for(registering, 10)
        assert len(network.nodes[0].registrar.bindings(str(CAROL))) == 1
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
