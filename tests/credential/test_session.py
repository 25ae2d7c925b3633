"""A login is opened by whom the number belongs to, and what it holds is accepted by the verifier."""

from __future__ import annotations

import pytest

from telsdk.credential import light
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.delegation import Role
from telsdk.credential.errors import DelegationMalformed, NotHolder, WrongPassword
from telsdk.credential.session import SessionKey, login_deep, login_light
from telsdk.credential.verify import Verifier
from telsdk.directory import NumberFacts
from tests.facts import DOMAIN, FixedDirectory

from .conftest import NOW, PASSWORD


def test_the_owner_logs_in_and_the_verifier_agrees(
    directory: FixedDirectory, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    login = login_deep(owner, facts, DOMAIN, "desk", NOW)
    authority = Verifier(directory).authority(login.text, NOW)
    assert (login.number, login.name) == (5551234, "bob.eth")
    assert authority.key == login.key.private.public_key()
    assert authority.role is Role.DEEP


def test_the_owner_may_log_in_with_less(
    directory: FixedDirectory, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    login = login_deep(owner, facts, DOMAIN, "desk", NOW, role=Role.LIGHT)
    assert Verifier(directory).authority(login.text, NOW).role is Role.LIGHT


def test_another_account_cannot_log_in(stranger: KeystoreSigner, facts: NumberFacts) -> None:
    with pytest.raises(NotHolder, match=facts.owner):
        login_deep(stranger, facts, DOMAIN, "desk", NOW)


@pytest.mark.parametrize(
    ("device", "lifetime"), [("x" * 65, 60), ("desk\n", 60), ("desk", 0), ("desk", 400 * 86400)]
)
def test_the_wallet_is_not_asked_for_what_nobody_would_accept(
    facts: NumberFacts, device: str, lifetime: int
) -> None:
    class Untouched:
        address = facts.owner

        def sign(self, _typed: object) -> bytes:
            raise AssertionError("the wallet was asked")

    with pytest.raises(DelegationMalformed):
        login_deep(Untouched(), facts, DOMAIN, device, NOW, lifetime)


def test_the_password_logs_in_and_the_verifier_agrees(directory: FixedDirectory) -> None:
    credential = light.derive(PASSWORD, DOMAIN, 5551234, 3).credential
    facts = directory.change(5551234, credential=credential)
    login = login_light(PASSWORD, facts, DOMAIN, "phone", NOW)
    assert Verifier(directory).authority(login.text, NOW).role is Role.LIGHT


def test_a_wrong_password_and_an_unknown_number_look_the_same(
    facts: NumberFacts, directory: FixedDirectory
) -> None:
    said = set()
    for what in (facts, directory.change(5551234, credential=None), None):
        with pytest.raises(WrongPassword) as refusal:
            login_light(PASSWORD, what, DOMAIN, "phone", NOW)
        said.add((type(refusal.value), str(refusal.value)))
    assert len(said) == 1


def test_an_unknown_number_costs_as_much_as_a_wrong_password(
    facts: NumberFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[int] = []
    derive = light.derive

    def counted(password: str, *args: object, **options: object) -> light.LightKey:
        derived.append(1)
        return derive(password, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(light, "derive", counted)
    for what in (facts, None):
        with pytest.raises(WrongPassword):
            login_light(PASSWORD, what, DOMAIN, "phone", NOW)
    assert len(derived) == 2


def test_no_two_sessions_have_one_key(owner: KeystoreSigner, facts: NumberFacts) -> None:
    keys = {login_deep(owner, facts, DOMAIN, "desk", NOW).key.public_bytes for _ in range(3)}
    assert len(keys) == 3


def test_nothing_secret_is_printed(owner: KeystoreSigner, facts: NumberFacts) -> None:
    login = login_deep(owner, facts, DOMAIN, "desk", NOW)
    secret = login.key.private.private_numbers().private_value
    assert str(secret) not in repr(login)
    assert f"{secret:x}" not in repr(login)
    assert repr(SessionKey(login.key.private)) == f"SessionKey({login.key.public_bytes.hex()})"
