"""The light key is the same wherever number and password are, and nowhere else."""

from __future__ import annotations

import pytest

from telsdk.credential import light, secp256k1
from telsdk.credential.eip712 import backup_key
from telsdk.credential.errors import UnknownKdf, WeakPassword
from telsdk.credential.light import KDFS, Kdf, LightKey
from telsdk.directory import Domain
from tests.facts import DOMAIN

from .conftest import PASSWORD


@pytest.fixture(scope="module")
def key() -> LightKey:
    return light.derive(PASSWORD, DOMAIN, 5551234, 3)


def test_the_same_password_gives_the_same_key_for_ever(key: LightKey) -> None:
    # Computed once and written down: a change here locks everybody out.
    assert key.address == "0xBf0cAD3b5b3CcaF4100F7c7Bb9433200cAfea9BB"


def test_the_chain_gets_the_hash_of_the_address_and_nothing_else(key: LightKey) -> None:
    assert key.credential == secp256k1.keccak256(bytes.fromhex(key.address[2:]))


def test_what_it_signs_is_recovered_to_its_address(key: LightKey) -> None:
    typed = backup_key(DOMAIN, 5551234, 3)
    assert secp256k1.recover(typed.digest, key.sign(typed)) == key.address_bytes


@pytest.mark.parametrize(
    ("domain", "number", "epoch"),
    [
        (Domain(1, DOMAIN.registry), 5551234, 3),
        (Domain(DOMAIN.chain_id, "0x" + "aa" * 20), 5551234, 3),
        (DOMAIN, 5551235, 3),
        (DOMAIN, 5551234, 4),
    ],
)
def test_another_chain_registry_number_or_epoch_has_another_salt(
    domain: Domain, number: int, epoch: int
) -> None:
    assert light.salt(domain, number, epoch) != light.salt(DOMAIN, 5551234, 3)


def test_the_registrys_capitals_do_not_matter() -> None:
    lower = Domain(DOMAIN.chain_id, DOMAIN.registry.lower())
    assert light.salt(lower, 5551234, 3) == light.salt(DOMAIN, 5551234, 3)


def test_an_unknown_kdf_is_refused_by_name() -> None:
    with pytest.raises(UnknownKdf, match="KDF 9"):
        light.derive(PASSWORD, DOMAIN, 5551234, 3, kdf=9)


def test_a_password_without_bytes_is_refused() -> None:
    with pytest.raises(WeakPassword):
        light.derive("", DOMAIN, 5551234, 3)


def test_a_guess_costs_64_mib_and_three_passes() -> None:
    assert KDFS[light.DEFAULT_KDF] == Kdf(memory_kib=65_536, time=3, parallelism=1)


def test_nothing_secret_is_printed(key: LightKey) -> None:
    assert repr(key) == f"LightKey({key.address})"
