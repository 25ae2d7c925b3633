"""A login on disk is its owner's alone, and is what was saved or an error."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk import private
from telsdk.credential import loginfile
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.delegation import MAX_SIGNATURE
from telsdk.credential.errors import LoginFileError, WrongPassphrase
from telsdk.credential.session import Login, SessionKey, login_deep, request_deep
from telsdk.directory import NumberFacts
from telsdk.errors import Refused
from tests.facts import DOMAIN

from .conftest import NOW

PASSPHRASE = "only for this file"


@pytest.fixture
def login(owner: KeystoreSigner, facts: NumberFacts) -> Login:
    return login_deep(owner, facts, DOMAIN, "desk", NOW)


@pytest.fixture
def path(tmp_path: Path, login: Login) -> Path:
    path = tmp_path / "login.json"
    loginfile.save(login, path, PASSPHRASE)
    return path


def change(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_is_saved_is_loaded(path: Path, login: Login) -> None:
    loaded = loginfile.load(path, PASSPHRASE)
    assert (loaded.number, loaded.name, loaded.domain) == (login.number, login.name, login.domain)
    assert loaded.delegation == login.delegation
    assert loaded.key.private.private_numbers() == login.key.private.private_numbers()


@pytest.mark.parametrize("entry", [None, "5551234 on chain 1 00ff"])
def test_the_file_says_without_its_passphrase_whose_it_is_and_who_has_that(
    path: Path, login: Login, entry: str | None
) -> None:
    loginfile.save(login, path, PASSPHRASE, entry)
    label = loginfile.label(path)
    assert (label.number, label.name, label.keyring) == (login.number, login.name, entry)
    assert loginfile.load(path, PASSPHRASE).delegation == login.delegation


def test_nobody_else_may_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_is_not_in_it_in_the_clear(path: Path) -> None:
    assert "ENCRYPTED PRIVATE KEY" in path.read_text()


def test_another_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(WrongPassphrase) as refusal:
        loginfile.load(path, "another")
    assert isinstance(refusal.value, Refused)


def test_an_empty_passphrase_is_refused(path: Path, login: Login) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        loginfile.save(login, path, "")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"delegation": "AAAA"},
        {"delegation": 5},
        {"salt": "zz"},
        {"salt": "00"},
        {"kdf": 9},
        {"key": 5},
        {"name": "no name"},
        {"chain_id": "x"},
        {"keyring": 5},
    ],
    ids=str,
)
def test_a_damaged_file_is_named_as_such(path: Path, changes: dict[str, object]) -> None:
    change(path, **changes)
    with pytest.raises(LoginFileError, match=r"login\.json"):
        loginfile.load(path, PASSPHRASE)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b"\xff", b"x" * 20_000], ids=lambda c: repr(c[:4])
)
def test_another_file_is_named_as_such(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LoginFileError, match="no login file"):
        loginfile.load(path, PASSPHRASE)


def test_a_key_that_the_delegation_does_not_name_is_refused(path: Path, login: Login) -> None:
    foreign = Login(login.number, login.name, login.domain, login.delegation, SessionKey.generate())
    loginfile.save(foreign, path, PASSPHRASE)
    with pytest.raises(LoginFileError, match="not the one"):
        loginfile.load(path, PASSPHRASE)


def test_a_key_of_another_curve_is_refused(path: Path, login: Login) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    foreign = Login(login.number, login.name, login.domain, login.delegation, SessionKey(other))
    loginfile.save(foreign, path, PASSPHRASE)
    with pytest.raises(LoginFileError, match="not a P-256 key"):
        loginfile.load(path, PASSPHRASE)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path: Path, login: Login) -> None:
    before = path.read_bytes()
    target = path.with_name("folder")
    target.mkdir()
    with pytest.raises(OSError, match="folder"):
        private.write(target, b"secret")
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["folder", "login.json"]
    assert login.text


def test_a_login_that_was_signed_later_is_written_without_its_passphrase(
    tmp_path: Path, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    asked = request_deep(facts, DOMAIN, "desk", NOW)
    waits, path = tmp_path / "waits", tmp_path / "login.json"
    loginfile.save(asked, waits, PASSPHRASE, "an entry")
    signed = asked.delegation.signed_by(owner, DOMAIN)
    loginfile.sign(waits, path, signed)
    loaded = loginfile.load(path, PASSPHRASE)
    assert (loaded.delegation, loaded.key.public_bytes) == (signed, asked.key.public_bytes)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert loginfile.label(path).keyring == "an entry"
    other = request_deep(facts, DOMAIN, "desk", NOW).delegation.signed_by(owner, DOMAIN)
    with pytest.raises(LoginFileError, match="of another session"):
        loginfile.sign(waits, tmp_path / "other.json", other)
    assert not (tmp_path / "other.json").exists()


def test_the_longest_delegation_fits_into_a_login_file(
    tmp_path: Path, owner: KeystoreSigner, facts: NumberFacts
) -> None:
    asked = request_deep(facts, DOMAIN, "x" * 64, NOW)
    longest = replace(asked, delegation=replace(asked.delegation, signature=b"s" * MAX_SIGNATURE))
    loginfile.save(longest, tmp_path / "login.json", PASSPHRASE)
    assert loginfile.load(tmp_path / "login.json", PASSPHRASE).delegation == longest.delegation


def test_tickets_are_kept_and_told_without_the_passphrase(path: Path, login: Login) -> None:
    tickets = {1: bytes(24), 4294967295: bytes(range(24))}
    loginfile.save(replace(login, tickets=tickets), path, PASSPHRASE)
    assert loginfile.label(path).tickets == loginfile.load(path, PASSPHRASE).tickets == tickets
    assert "tickets" not in repr(loginfile.label(path))


@pytest.mark.parametrize("tickets", [[], "1", {"a": "00" * 24}, {"1": "00"}, {"1": 7}, {"1": None}])
def test_what_are_no_tickets_is_told_as_damage(path: Path, tickets: object) -> None:
    change(path, tickets=tickets)
    with pytest.raises(LoginFileError, match="damaged"):
        loginfile.label(path)
