"""Logins whose passphrase a real keyring keeps: made, used, listed, forgotten; and what ends that."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.core import load_keyring

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.name import Name
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run
from tests.cli.test_login import role_of
from tests.desktop import Desktop, running_desktop

NUMBER = Number(5551234)
Keystores = dict[str, Path]

pytestmark = pytest.mark.interop

# The library leaves its connection to the bus open when the keyring is locked.
leaves_a_socket = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def desktop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    with running_desktop(monkeypatch) as desktop:
        # The library looks for a keyring once in a process.
        monkeypatch.setattr(
            keyring.core, "_keyring_backend", load_keyring("keyring.backends.SecretService.Keyring")
        )
        yield desktop


@pytest.fixture
def kept(
    desktop: Desktop,
    rpc: ChainRpc,
    client: Client,
    chain: EmbeddedChain,
    keystores: Keystores,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The file of alice's deep login by the keyring. Nothing names a passphrase any more."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    client.alias.claim(Name("alice.tel"), NUMBER)
    made = run("login", "deep", NUMBER, "--account", keystores["alice"], "--keyring", "--json").json
    assert made["unlocked_by"] == "keyring"
    monkeypatch.delenv("TELSDK_PASSPHRASE_FILE")
    return Path(made["file"])


def test_the_keyring_has_the_passphrase_of_the_file_and_nothing_else(
    kept: Path, desktop: Desktop, client: Client
) -> None:
    ((entry, secret),) = desktop.entries().items()
    assert entry.startswith(f"{NUMBER} on chain {client.domain.chain_id} ")
    assert role_of(kept, client, secret) == "deep"
    assert secret not in kept.read_text()


def test_nobody_types_a_passphrase_to_use_it(kept: Path) -> None:
    """A process of its own, without a terminal; it gets as far as there is no hub to go to."""
    command = [sys.executable, "-m", "telsdk", "call", "bob.tel"]
    ran = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        env=dict(os.environ),
        check=False,
    )
    assert (ran.returncode, f"{NUMBER} has no home hub" in ran.stderr) == (1, True), ran.stderr


def test_the_list_says_what_unlocks_each(kept: Path, client: Client) -> None:
    (listed,) = run("login", "list", "--json").json["logins"]
    chain_id = client.domain.chain_id
    assert listed == {"number": NUMBER, "chain_id": chain_id, "unlocked_by": "keyring", "file": str(kept)}
    assert "keyring" in run("login", "list").out


@pytest.mark.parametrize("again", [("--keyring",), ()], ids=["keyring", "passphrase"])
def test_logging_in_again_leaves_nothing_of_the_login_before(
    kept: Path, desktop: Desktop, keystores: Keystores, home: Path, client: Client, again: tuple[str, ...]
) -> None:
    before = desktop.entries()
    words = ("login", "deep", NUMBER, "--account", keystores["alice"], *again)
    assert run(*words, env={"TELSDK_PASSPHRASE_FILE": str(home / "passphrase")}).code == 0
    after = desktop.entries()
    assert len(after) == len(again)
    assert not before.keys() & after.keys()
    assert [role_of(kept, client, secret) for secret in after.values()] == ["deep"] * len(again)


@pytest.mark.parametrize("address", ["alice.tel", NUMBER])
def test_forgetting_removes_file_and_entry_and_says_how_the_session_ends(
    kept: Path, desktop: Desktop, address: object
) -> None:
    ran = run("login", "forget", address, "--yes")
    assert (ran.code, kept.exists(), desktop.entries()) == (0, False, {})
    assert f"telsdk credential revoke-sessions {NUMBER}" in ran.out
    again = run("login", "forget", address, "--yes")
    assert (again.code, f"no login to {address}" in again.err) == (1, True)


def test_a_login_that_is_kept_elsewhere_is_forgotten_by_its_file(
    kept: Path, desktop: Desktop, keystores: Keystores, home: Path
) -> None:
    before, file = desktop.entries(), home / "elsewhere.json"
    words = ("login", "deep", NUMBER, "--account", keystores["alice"], "--keyring", "--file", file)
    assert run(*words, env={"TELSDK_PASSPHRASE_FILE": str(home / "passphrase")}).code == 0
    assert len(desktop.entries()) == 2
    assert "no login to 55555 in" in run("login", "forget", 55555, "--file", file, "--yes").err
    assert run("login", "forget", NUMBER, "--file", file, "--yes").code == 0
    assert (desktop.entries(), file.exists(), kept.exists()) == (before, False, True)


def test_a_login_that_cannot_be_written_leaves_nothing_in_the_keyring(
    kept: Path, desktop: Desktop, keystores: Keystores, home: Path
) -> None:
    before, file = desktop.entries(), home / "no such folder" / "login.json"
    words = ("login", "deep", NUMBER, "--account", keystores["alice"], "--keyring", "--file", file)
    ran = run(*words, env={"TELSDK_PASSPHRASE_FILE": str(home / "passphrase")})
    assert (ran.code, desktop.entries()) == (1, before)


def test_nothing_is_forgotten_unasked(kept: Path, desktop: Desktop) -> None:
    assert run("login", "forget", NUMBER, typed="n\n").code == 1
    assert (kept.exists(), len(desktop.entries())) == (True, 1)


def test_an_emptied_keyring_is_told_with_the_next_step(kept: Path, desktop: Desktop) -> None:
    desktop.empty()
    ran = run("call", "bob.tel")
    assert (ran.code, ran.err.count("\n"), "log in again" in ran.err) == (1, 1, True)
    assert run("login", "forget", NUMBER, "--yes").code == 0


@leaves_a_socket
def test_a_locked_keyring_is_told_with_the_next_step(kept: Path, desktop: Desktop) -> None:
    desktop.lock()
    ran = run("call", "bob.tel")
    assert (ran.code, ran.err.count("\n"), "unlock it and try again" in ran.err) == (1, 1, True)
    gc.collect()


@leaves_a_socket
def test_a_login_is_forgotten_where_the_keyring_is_locked_and_what_stays_there_is_named(
    kept: Path, desktop: Desktop
) -> None:
    (entry,) = desktop.entries()
    desktop.lock()
    ran = run("login", "forget", NUMBER, "--yes")
    assert (ran.code, kept.exists()) == (0, False)
    assert f"the entry '{entry}' of telsdk stays in the keyring" in ran.err
    gc.collect()


def test_where_there_is_no_keyring_nobody_is_asked_for_a_key(
    kept: Path, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", load_keyring("keyring.backends.fail.Keyring"))
    before = kept.read_bytes()
    ran = run("login", "deep", NUMBER, "--account", keystores["alice"], "--keyring")
    assert (ran.code, ran.err.count("\n"), "has no keyring" in ran.err) == (1, 1, True)
    assert kept.read_bytes() == before
