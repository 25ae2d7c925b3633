"""A delegation holds while, and only while, the chain says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account

from telsdk.clock import Wall
from telsdk.credential import errors, secp256k1
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.delegation import Delegation, Role, Signer
from telsdk.credential.light import LightKey
from telsdk.credential.session import SessionKey
from telsdk.credential.verify import CLOCK_SKEW, Verifier
from telsdk.directory import Domain, NumberFacts
from telsdk.number import Number
from tests.facts import DOMAIN, FixedDirectory

from .conftest import NOW

KEY = SessionKey.generate()
HOUR = 3600


def delegation(signer: Signer, facts: NumberFacts, domain: Domain = DOMAIN, **changes: object) -> str:
    plain = Delegation(
        facts.number,
        facts.epoch,
        facts.session,
        KEY.public_bytes,
        Role.DEEP,
        "desk",
        int(NOW),
        int(NOW) + HOUR,
    )
    return replace(plain, **changes).signed_by(signer, domain).encode()  # type: ignore[arg-type]


@pytest.fixture
def verifier(directory: FixedDirectory) -> Verifier:
    return Verifier(directory)


def test_the_owners_delegation_speaks_for_the_number(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    authority = verifier.authority(delegation(owner, facts), NOW)
    assert (authority.number, authority.epoch, authority.session) == (5551234, 3, 2)
    assert authority.role == "deep"
    assert authority.key == KEY.private.public_key()


def test_the_light_keys_delegation_speaks_for_the_number_in_the_light_role(
    verifier: Verifier, light_key: LightKey, facts: NumberFacts
) -> None:
    assert verifier.authority(delegation(light_key, facts, role=Role.LIGHT), NOW).role is Role.LIGHT


def test_the_owner_may_open_a_light_session(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    assert verifier.authority(delegation(owner, facts, role=Role.LIGHT), NOW).role is Role.LIGHT


def test_the_light_key_cannot_open_a_deep_session(
    verifier: Verifier, light_key: LightKey, facts: NumberFacts
) -> None:
    with pytest.raises(errors.RoleNotAllowed, match="light key"):
        verifier.authority(delegation(light_key, facts, role=Role.DEEP), NOW)


def test_a_strangers_delegation_is_refused(
    verifier: Verifier, stranger: KeystoreSigner, facts: NumberFacts
) -> None:
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(delegation(stranger, facts), NOW)


def test_an_unknown_number_reads_like_a_wrong_signature(
    directory: FixedDirectory, verifier: Verifier, stranger: KeystoreSigner, facts: NumberFacts
) -> None:
    text = delegation(stranger, facts)
    with pytest.raises(errors.NotSignedByOwner) as wrong:
        verifier.authority(text, NOW)
    directory.remove(5551234)
    with pytest.raises(errors.UnknownNumber) as unknown:
        verifier.authority(text, NOW)
    assert str(wrong.value) == str(unknown.value)


@pytest.mark.parametrize("domain", [Domain(1, DOMAIN.registry), Domain(DOMAIN.chain_id, "0x" + "aa" * 20)])
def test_a_delegation_of_another_chain_or_registry_is_refused(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts, domain: Domain
) -> None:
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(delegation(owner, facts, domain), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"number": Number(5551235)},
        {"session_key": SessionKey.generate().public_bytes},
        {"role": Role.LIGHT},
        {"device": "another"},
        {"not_before": int(NOW) - 1},
        {"expiry": int(NOW) + HOUR + 1},
    ],
)
def test_no_field_can_be_changed_after_signing(
    directory: FixedDirectory,
    verifier: Verifier,
    owner: KeystoreSigner,
    facts: NumberFacts,
    change: dict[str, object],
) -> None:
    directory.add(replace(facts, number=Number(5551235)))
    forged = replace(Delegation.decode(delegation(owner, facts)), **change).encode()  # type: ignore[arg-type]
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(forged, NOW)


def test_a_sale_ends_it_and_buying_back_does_not_revive_it(
    directory: FixedDirectory,
    verifier: Verifier,
    owner: KeystoreSigner,
    stranger: KeystoreSigner,
    facts: NumberFacts,
) -> None:
    text = delegation(owner, facts)
    verifier.authority(text, NOW)
    directory.sell(5551234, stranger.address)
    with pytest.raises(errors.EpochPassed):
        verifier.authority(text, NOW)
    directory.sell(5551234, owner.address)
    with pytest.raises(errors.EpochPassed):
        verifier.authority(text, NOW)


def test_revoking_sessions_ends_it(
    directory: FixedDirectory, verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    text = delegation(owner, facts)
    verifier.authority(text, NOW)
    directory.change(5551234, session=facts.session + 1)
    with pytest.raises(errors.SessionsRevoked):
        verifier.authority(text, NOW)


@pytest.mark.parametrize("credential", [None, b"\x01" * 32])
def test_a_cleared_or_changed_credential_ends_light_sessions(
    directory: FixedDirectory,
    verifier: Verifier,
    light_key: LightKey,
    facts: NumberFacts,
    credential: bytes | None,
) -> None:
    text = delegation(light_key, facts, role=Role.LIGHT)
    verifier.authority(text, NOW)
    directory.change(5551234, credential=credential)
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(text, NOW)


def test_a_reorganisation_gives_the_right_back(
    directory: FixedDirectory,
    verifier: Verifier,
    owner: KeystoreSigner,
    stranger: KeystoreSigner,
    facts: NumberFacts,
) -> None:
    text = delegation(owner, facts)
    directory.sell(5551234, stranger.address)
    with pytest.raises(errors.EpochPassed):
        verifier.authority(text, NOW)
    directory.add(facts)
    verifier.authority(text, NOW)


def test_moving_to_the_owners_other_wallet_ends_it_even_in_the_same_epoch(
    directory: FixedDirectory,
    verifier: Verifier,
    owner: KeystoreSigner,
    stranger: KeystoreSigner,
    facts: NumberFacts,
) -> None:
    text = delegation(owner, facts)
    verifier.authority(text, NOW)
    directory.change(5551234, owner=stranger.address)
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(text, NOW)


def test_it_holds_from_its_beginning_up_to_its_end(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    text = delegation(owner, facts)
    verifier.authority(text, Wall(int(NOW) - CLOCK_SKEW))
    verifier.authority(text, Wall(int(NOW) + HOUR - 0.001))
    with pytest.raises(errors.NotYetValid):
        verifier.authority(text, Wall(int(NOW) - CLOCK_SKEW - 1))
    with pytest.raises(errors.Expired):
        verifier.authority(text, Wall(int(NOW) + HOUR))


def test_a_session_key_off_the_curve_is_refused(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    with pytest.raises(errors.DelegationMalformed, match="no point"):
        verifier.authority(delegation(owner, facts, session_key=b"\x02" + b"\xff" * 32), NOW)


def test_the_mirrored_owner_signature_is_refused(
    verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    plain = Delegation.decode(delegation(owner, facts))
    r, s, v = plain.signature[:32], int.from_bytes(plain.signature[32:64], "big"), plain.signature[64]
    mirrored = r + (secp256k1.ORDER - s).to_bytes(32, "big") + bytes([v ^ 7])
    with pytest.raises(errors.NotSignedByOwner):
        verifier.authority(replace(plain, signature=mirrored).encode(), NOW)


def test_a_credential_of_nobody_does_not_open_for_unsigned_delegations(
    directory: FixedDirectory, verifier: Verifier, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    directory.change(5551234, credential=secp256k1.keccak256(bytes(20)))
    for signature in (bytes(65), b"\0", bytes(64) + b"\x1b"):
        plain = Delegation.decode(delegation(owner, facts, role=Role.LIGHT))
        with pytest.raises(errors.NotSignedByOwner):
            verifier.authority(replace(plain, signature=signature).encode(), NOW)


def test_strangers_cannot_push_the_owners_delegations_out_of_the_cache(
    directory: FixedDirectory, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    verifier = Verifier(directory, cache_size=2)
    text = delegation(owner, facts)
    first = verifier.authority(text, NOW)
    for secret in range(1, 6):
        other = KeystoreSigner(Account.from_key(secret.to_bytes(32, "big")))
        with pytest.raises(errors.NotSignedByOwner):
            verifier.authority(delegation(other, facts), NOW)
    assert verifier.authority(text, NOW) is first


def test_the_cache_stays_within_its_size(
    directory: FixedDirectory, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    verifier = Verifier(directory, cache_size=2)
    text = delegation(owner, facts)
    first = verifier.authority(text, NOW)
    for device in ("a", "b"):
        verifier.authority(delegation(owner, facts, device=device), NOW)
    again = verifier.authority(text, NOW)
    assert again is not first
    assert again == first


def test_what_a_right_rests_on_is_said_as_of_the_facts_that_it_was_judged_by(
    directory: FixedDirectory,
    verifier: Verifier,
    owner: KeystoreSigner,
    light_key: LightKey,
    facts: NumberFacts,
) -> None:
    by_owner = verifier.authority(delegation(owner, facts), NOW).grant
    by_password = verifier.authority(delegation(light_key, facts, role=Role.LIGHT), NOW).grant
    assert (by_owner.holds(facts), by_password.holds(facts)) == (True, True)
    changed = directory.change(5551234, credential=bytes(32))
    assert (by_owner.holds(changed), by_password.holds(changed)) == (True, False)
    sold = directory.sell(5551234, facts.owner)
    assert (by_owner.holds(sold), by_password.holds(sold)) == (False, False)


def test_a_right_that_a_contract_wallet_stands_by_rests_on_that_wallet(
    directory: FixedDirectory, verifier: Verifier, stranger: KeystoreSigner, facts: NumberFacts
) -> None:
    directory.wallets = lambda account, _digest, _signature: account == facts.owner
    granted = verifier.authority(delegation(stranger, facts), NOW).grant
    assert granted.owner == facts.owner
    assert not granted.holds(directory.change(5551234, owner="0x" + "33" * 20))
