"""One number, its owner and its light key."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.light import LightKey
from telsdk.directory import NumberFacts
from telsdk.name import Name
from telsdk.number import Number
from tests.facts import FixedDirectory

NOW = Wall(1_800_000_000.5)
PASSWORD = "kuva-memi-rodo-seta-bize-xulo"


@pytest.fixture(scope="session")
def account() -> LocalAccount:
    account: LocalAccount = Account.from_key("0x" + "11" * 32)
    return account


@pytest.fixture(scope="session")
def owner(account: LocalAccount) -> KeystoreSigner:
    return KeystoreSigner(account)


@pytest.fixture(scope="session")
def stranger() -> KeystoreSigner:
    return KeystoreSigner(Account.from_key("0x" + "22" * 32))


@pytest.fixture(scope="session")
def light_key() -> LightKey:
    """A light key that no password leads to: deriving one takes long, and only test_light asks for it."""
    return LightKey(PrivateKey(b"\x33" * 32))


@pytest.fixture
def facts(owner: KeystoreSigner, light_key: LightKey) -> NumberFacts:
    return NumberFacts(
        Number(5551234), owner.address, 3, 2, Name("bob.eth"), credential=light_key.credential, kdf=1
    )


@pytest.fixture
def directory(facts: NumberFacts) -> FixedDirectory:
    directory = FixedDirectory()
    directory.add(facts)
    return directory
