"""Good passwords are offered, bad ones refused, and no password is ever repeated in an error."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import passphrase
from telsdk.credential.errors import WeakPassword


def test_a_generated_passphrase_holds_at_least_77_bits() -> None:
    assert passphrase.DEFAULT_WORDS * passphrase.BITS_PER_WORD > 77
    assert re.fullmatch(r"([b-z][aeiou][b-z][aeiou]-){5}[b-z][aeiou][b-z][aeiou]", passphrase.generate())


def test_generated_passphrases_differ_and_are_strong() -> None:
    generated = {passphrase.generate() for _ in range(20)}
    assert len(generated) == 20
    for one in generated:
        passphrase.check_strength(one)


def test_more_words_may_be_had_but_not_fewer() -> None:
    assert passphrase.generate(8).count("-") == 7
    with pytest.raises(WeakPassword, match="5 words"):
        passphrase.generate(5)


@pytest.mark.parametrize(
    "password", ["letmein99", "5551234", "qwertyuiop", "Tr0ub4dor&3"[:6], "aaaaaaaaaaaaaaaaaaaaaa"]
)
def test_what_is_soon_guessed_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        passphrase.check_strength(password)
    assert password not in str(refusal.value)
    assert "generate" in str(refusal.value)


def test_what_a_guesser_knows_of_the_person_counts_for_nothing() -> None:
    password = "quentharvol5551234"
    passphrase.check_strength(password)
    with pytest.raises(WeakPassword):
        passphrase.check_strength(password, known=["quentharvol.eth", "5551234"])


def test_long_passwords_are_taken() -> None:
    passphrase.check_strength("sail over the quiet bay, heron, and tell nobody " * 3)


@pytest.mark.parametrize("password", ["", "x" * 257, "a\nb", "a\x00b", "\ud800"])
def test_what_no_keyboard_types_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        passphrase.normalise(password)


def test_every_keyboard_types_the_same_password() -> None:
    assert passphrase.normalise("cafe\u0301\u00a0noir") == passphrase.normalise("caf\u00e9 noir")


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing(password: str) -> None:
    try:
        once = passphrase.normalise(password)
    except WeakPassword:
        return
    if len(once.decode()) <= passphrase.MAX_LENGTH:
        assert passphrase.normalise(once.decode()) == once
