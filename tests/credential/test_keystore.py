"""Keystore files."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential.keystore import (
    MAX_SIZE,
    KeystoreError,
    WrongKeystorePassphrase,
    address,
    ape_path,
    load,
)

KEY = b"\x11" * 32
OWNER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "me.json"
    path.write_text(json.dumps(Account.encrypt(KEY, "right", kdf="pbkdf2", iterations=1)))
    return path


def test_the_right_passphrase_opens_it(path: Path) -> None:
    account = load(path, "right")
    assert (account.address, bytes(account.key)) == (OWNER, KEY)


def test_another_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(WrongKeystorePassphrase, match="the passphrase of .* is another one"):
        load(path, "wrong")


@pytest.mark.parametrize("prefix", ["", "0x", "0X"])
def test_the_address_needs_no_passphrase(path: Path, prefix: str) -> None:
    content = json.loads(path.read_text())
    content["address"] = prefix + content["address"].removeprefix("0x").lower()
    path.write_text(json.dumps(content))
    assert address(path) == OWNER


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", "5" * (MAX_SIZE + 1), '{"address": 5}', '{"address": "0x12"}', "[" * 60_000],
)
def test_what_is_no_keystore_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(KeystoreError):
        address(path)
    with pytest.raises(KeystoreError):
        load(path, "right")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match=r"gone\.json cannot be read: No such file"):
        load(tmp_path / "gone.json", "right")


@given(damage=st.dictionaries(st.sampled_from(["version", "crypto", "id", "address"]), st.none() | st.text()))
def test_a_damaged_keystore_gives_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, damage: dict[str, str | None]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "me.json"
    content = Account.encrypt(KEY, "right", kdf="pbkdf2", iterations=1)
    path.write_text(json.dumps({**content, **damage}))
    with suppress(KeystoreError):
        assert load(path, "right").address == OWNER


def test_ape_keeps_accounts_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ape_path("me") == tmp_path / ".ape" / "accounts" / "me.json"


@pytest.mark.parametrize("alias", ["", "../me", "a/b", ".hidden", "a\0b"])
def test_an_alias_leads_nowhere_else(alias: str) -> None:
    with pytest.raises(KeystoreError, match="no alias"):
        ape_path(alias)
