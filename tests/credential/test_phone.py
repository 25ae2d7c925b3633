"""Phone passwords are computed, expire, and end with the epoch, the sessions or the operator's secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Wall
from telsdk.credential.errors import PhoneLoginRefused
from telsdk.credential.phone import MAX_LIFETIME, PhonePasswords, PhoneUser
from telsdk.directory import Domain, NumberFacts
from telsdk.number import Number
from tests.facts import FixedDirectory

from .conftest import NOW

SECRET, OLD_SECRET = b"n" * 32, b"o" * 32


@pytest.fixture
def passwords(directory: FixedDirectory) -> PhonePasswords:
    return PhonePasswords([SECRET], directory)


def valid(passwords: PhonePasswords, username: str, now: Wall) -> set[str]:
    return set(passwords.granted(username, now).passwords)


def test_an_issued_password_is_the_one_that_is_recomputed(
    passwords: PhonePasswords, facts: NumberFacts
) -> None:
    issued = passwords.issue(facts, NOW)
    assert issued.password in valid(passwords, issued.username, NOW)


def test_the_user_name_says_what_a_node_must_check(passwords: PhonePasswords, facts: NumberFacts) -> None:
    issued = passwords.issue(facts, NOW, lifetime=3600)
    assert issued.username == f"5551234.3.2.{int(NOW) + 3600}"
    assert issued.expiry == int(NOW) + 3600


def test_the_password_can_be_typed_and_holds_130_bits(passwords: PhonePasswords, facts: NumberFacts) -> None:
    password = passwords.issue(facts, NOW).password
    assert len(password) * 5 == 130
    assert set(password) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_it_ends_with_its_time(passwords: PhonePasswords, facts: NumberFacts) -> None:
    issued = passwords.issue(facts, NOW, lifetime=60)
    valid(passwords, issued.username, Wall(issued.expiry - 0.001))
    with pytest.raises(PhoneLoginRefused, match="expired"):
        valid(passwords, issued.username, Wall(issued.expiry))


def test_it_ends_with_a_sale_and_a_revocation(
    directory: FixedDirectory, passwords: PhonePasswords, facts: NumberFacts
) -> None:
    issued = passwords.issue(facts, NOW)
    directory.change(5551234, session=facts.session + 1)
    with pytest.raises(PhoneLoginRefused):
        valid(passwords, issued.username, NOW)
    directory.sell(5551234, facts.owner)
    with pytest.raises(PhoneLoginRefused):
        valid(passwords, issued.username, NOW)
    directory.remove(5551234)
    with pytest.raises(PhoneLoginRefused):
        valid(passwords, issued.username, NOW)


def test_a_number_that_is_moved_or_whose_buyer_is_replaced_has_other_passwords_in_the_same_epoch(
    directory: FixedDirectory, passwords: PhonePasswords, facts: NumberFacts
) -> None:
    issued = passwords.issue(facts, NOW)
    directory.change(5551234, owner="0x" + "33" * 20)
    assert issued.password not in valid(passwords, issued.username, NOW)
    directory.change(5551234, owner=facts.owner)
    assert issued.password in valid(passwords, issued.username, NOW)


def test_what_a_light_session_had_issued_ends_with_the_light_credential(
    directory: FixedDirectory, passwords: PhonePasswords
) -> None:
    facts = directory.change(5551234, credential=b"\x01" * 32)
    deep, by_light = passwords.issue(facts, NOW), passwords.issue(facts, NOW, by_light=True)
    assert deep.username == by_light.username
    assert valid(passwords, deep.username, NOW) == {deep.password, by_light.password}
    for credential in (b"\x02" * 32, None):
        facts = directory.change(5551234, credential=credential)
        left = valid(passwords, deep.username, NOW)
        assert (deep.password in left, by_light.password in left) == (True, False)
    with pytest.raises(ValueError, match="no light credential"):
        passwords.issue(facts, NOW, by_light=True)


def test_each_password_stands_with_what_a_login_by_it_rests_on(
    directory: FixedDirectory, facts: NumberFacts
) -> None:
    facts = directory.change(5551234, credential=b"\x01" * 32)
    both = PhonePasswords([SECRET, OLD_SECRET], directory)
    issued = [
        (PhonePasswords([secret], directory).issue(facts, NOW, by_light=by_light), by_light)
        for secret in (SECRET, OLD_SECRET)
        for by_light in (False, True)
    ]
    granted = both.granted(issued[0][0].username, NOW)
    assert granted.passwords == tuple(one.password for one, _ in issued)
    assert [grant.credential is not None for grant in granted.grants] == [by_light for _, by_light in issued]
    assert [grant.owner for grant in granted.grants] == [facts.owner, None] * 2
    assert granted.expiry == issued[0][0].expiry


def test_passwords_that_phones_have_since_earlier_releases_hold(directory: FixedDirectory) -> None:
    directory.domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    directory.change(5551234, owner="0xAb" + "1f" * 19, credential=b"c" * 32)
    granted = PhonePasswords([SECRET], directory).granted("5551234.3.2.1800003600", NOW)
    assert granted.passwords == ("ies4dmql6tibcxgi7lc2oiovti", "dsggtrbc3tmctkpzwakoprt3am")


def test_while_the_operators_secret_changes_both_are_accepted_and_then_one(
    directory: FixedDirectory, facts: NumberFacts
) -> None:
    old = PhonePasswords([OLD_SECRET], directory).issue(facts, NOW)
    both = PhonePasswords([SECRET, OLD_SECRET], directory)
    new = both.issue(facts, NOW)
    assert new.password != old.password
    assert {old.password, new.password} <= valid(both, old.username, NOW)
    assert old.password not in valid(PhonePasswords([SECRET], directory), old.username, NOW)


@pytest.mark.parametrize("domain", [Domain(1, "0x" + "aa" * 20), Domain(31337, "0x" + "bb" * 20)])
def test_another_deployment_has_other_passwords(
    directory: FixedDirectory, passwords: PhonePasswords, facts: NumberFacts, domain: Domain
) -> None:
    here = passwords.issue(facts, NOW)
    directory.domain = domain
    assert here.password not in valid(passwords, here.username, NOW)


@pytest.mark.parametrize(
    "username",
    [
        "",
        "5551234",
        "5551234.3.2",
        "5551234.3.2.1800003600.1",
        "05551234.3.2.1800003600",
        "1234.3.2.1800003600",
        "5551234.03.2.1800003600",
        "5551234.3.-2.1800003600",
        "5551234.3.2.1800003600\n",
        " 5551234.3.2.1800003600",
        "٥٥٥١٢٣٤.3.2.1800003600",
        "5551234.3.2." + "9" * 13,
        "bob.eth",
    ],
)
def test_a_user_name_has_one_form(passwords: PhonePasswords, username: str) -> None:
    with pytest.raises(PhoneLoginRefused):
        valid(passwords, username, NOW)


def test_an_expiry_that_was_never_issued_is_refused(passwords: PhonePasswords) -> None:
    with pytest.raises(PhoneLoginRefused):
        valid(passwords, f"5551234.3.2.{int(NOW) + MAX_LIFETIME + 2}", NOW)


@given(
    st.integers(10_000, 10**15 - 1),
    st.integers(1, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(1, 10**12 - 1),
)
def test_user_names_are_read_back(number: int, epoch: int, session: int, expiry: int) -> None:
    user = PhoneUser(Number(number), epoch, session, expiry)
    assert PhoneUser.parse(str(user)) == user


@pytest.mark.parametrize("secrets", [[], [b"short"], [SECRET, b"short"]])
def test_a_short_secret_is_refused(directory: FixedDirectory, secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PhonePasswords(secrets, directory)


@pytest.mark.parametrize("lifetime", [0, -1, MAX_LIFETIME + 1])
def test_a_lifetime_out_of_range_is_refused(
    passwords: PhonePasswords, facts: NumberFacts, lifetime: int
) -> None:
    with pytest.raises(ValueError, match="lasts"):
        passwords.issue(facts, NOW, lifetime)


def test_nothing_secret_is_printed(passwords: PhonePasswords, facts: NumberFacts) -> None:
    issued = passwords.issue(facts, NOW)
    assert issued.password not in repr(issued)
