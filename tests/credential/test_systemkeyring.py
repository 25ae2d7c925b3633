"""Where there is no keyring, or one that keeps nothing, that is said before anything is lost."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.core import load_keyring

from telsdk.credential import systemkeyring
from telsdk.credential.systemkeyring import KeyringEmptied, KeyringMissing


def test_a_system_without_a_keyring_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", load_keyring("keyring.backends.fail.Keyring"))
    for act in (systemkeyring.deposit, systemkeyring.fetch, systemkeyring.remove):
        with pytest.raises(KeyringMissing, match="log in without --keyring"):
            act("entry")


def test_a_keyring_that_forgets_is_not_trusted_with_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", load_keyring("keyring.backends.null.Keyring"))
    with pytest.raises(KeyringEmptied, match="keeps nothing"):
        systemkeyring.probe()
    with pytest.raises(KeyringEmptied, match="no entry 'a login'.*log in again"):
        systemkeyring.fetch("a login")
    systemkeyring.remove("a login")


def test_without_the_library_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyringMissing, match=r"pip install 'telprotocol\[keyring\]'"):
        systemkeyring.probe()


def test_no_two_entries_have_one_name() -> None:
    names = {systemkeyring.new_entry("5551234 on chain 1") for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("5551234 on chain 1 ") for name in names)
