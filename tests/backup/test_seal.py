"""What is sealed is opened by its recipients and nobody else, and by every age program."""

from __future__ import annotations

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.backup.errors import SealBroken
from telsdk.backup.seal import BackupIdentity, recipient, seal, unseal

BOB = BackupIdentity.derive(b"b" * 64)
MALLORY = BackupIdentity.derive(b"m" * 64)


@given(st.binary(max_size=2000))
def test_what_is_sealed_is_opened(data: bytes) -> None:
    assert unseal(seal(data, [BOB.public]), BOB) == data


def test_each_recipient_can_open() -> None:
    sealed = seal(b"data", [BOB.public, MALLORY.public])
    assert unseal(sealed, BOB) == unseal(sealed, MALLORY) == b"data"


def test_nobody_else_can_open() -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"data", [BOB.public]), MALLORY)


def test_no_octet_can_be_changed_or_cut() -> None:
    sealed = seal(b"data", [BOB.public])
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            unseal(changed, BOB)
    for length in range(0, len(sealed), 7):
        with pytest.raises(SealBroken):
            unseal(sealed[:length], BOB)


def test_the_identity_follows_from_the_secret_for_ever() -> None:
    # Written down once: a change here makes every backup unreadable.
    assert recipient(BOB.public) == "age109teehm2yq34g2ufkgfm8lv6n9tq0p93ja2e3c9qx72zrrtc643s85shsw"


def test_the_texts_are_those_of_age() -> None:
    assert str(pyrage.x25519.Identity.from_str(BOB.text).to_public()) == recipient(BOB.public)
    made_by_age = pyrage.x25519.Identity.generate()
    assert made_by_age.to_public() is not None
    assert BOB.text.startswith("AGE-SECRET-KEY-1")


def test_a_short_secret_or_an_odd_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 secret bytes"):
        BackupIdentity.derive(b"short")
    for public in (b"", b"p" * 31, b"p" * 33):
        with pytest.raises(ValueError, match="32 bytes"):
            recipient(public)
    with pytest.raises(ValueError, match="recipient"):
        seal(b"data", [])


def test_the_secret_is_not_printed() -> None:
    assert BOB.secret.hex() not in repr(BOB)
    assert str(BOB.secret) not in repr(BOB)
