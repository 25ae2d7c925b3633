"""`telsdk credential`."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.credential import light
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import Ran, run

NUMBER = Number(5551234)
STRONG = "mend the copper lantern before dusk"
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


def credential_of(password: str, client: Client) -> bytes:
    return light.derive(password, client.domain, NUMBER, 1).credential


def set_password(keystores: Keystores, *words: str, typed: str | None = None) -> Ran:
    return run("credential", "set", NUMBER, "--account", keystores["alice"], *words, typed=typed)


def test_a_passphrase_is_made_shown_and_good_for_login(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    made = set_password(keystores, "--json").json
    assert alice.records.get(NUMBER).credential == credential_of(made["passphrase"], alice)
    assert made["credential"] == run("lookup", NUMBER, "--json").json["credential"]


def test_people_see_the_passphrase_once(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    shown = set_password(keystores).out.splitlines()[-1]
    passphrase = shown.removeprefix("passphrase, shown only now: ")
    assert alice.records.get(NUMBER).credential == credential_of(passphrase, alice)


def test_a_password_of_ones_own_is_typed_twice_and_never_shown(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    ran = set_password(keystores, "--choose", typed=f"{STRONG}\n{STRONG}\n")
    assert ran.code == 0
    assert STRONG not in ran.out + ran.err
    assert alice.records.get(NUMBER).credential == credential_of(STRONG, alice)


def test_a_password_may_come_from_a_file(
    rpc: ChainRpc, alice: Client, keystores: Keystores, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "password").write_text(f"{STRONG}\r\nnot this\n")
    monkeypatch.setenv("TELSDK_PASSWORD_FILE", str(home / "password"))
    assert "passphrase" not in set_password(keystores, "--json").json
    assert alice.records.get(NUMBER).credential == credential_of(STRONG, alice)


@pytest.mark.parametrize("weak", ["password1", "5551234", "5551234!"])
def test_a_weak_password_is_refused_and_nothing_sent(
    rpc: ChainRpc, alice: Client, keystores: Keystores, weak: str
) -> None:
    ran = set_password(keystores, "--choose", typed=f"{weak}\n{weak}\n")
    assert ran.code == 1
    assert "generate one" in ran.err
    assert alice.records.get(NUMBER).credential is None


def test_a_password_is_cleared(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    alice.records.set_credential(NUMBER, b"\x01" * 32, 1)
    assert run("credential", "clear", NUMBER, "--account", keystores["alice"]).code == 0
    assert alice.records.get(NUMBER).credential is None


def test_sessions_are_ended(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("credential", "revoke-sessions", NUMBER, "--account", keystores["alice"], "--json").json
    assert ran["session"] == alice.registry.custody(NUMBER).session == 1


@pytest.mark.parametrize("words", [["set"], ["clear"], ["revoke-sessions"]])
def test_only_the_owner_may(rpc: ChainRpc, alice: Client, keystores: Keystores, words: list[str]) -> None:
    ran = run("credential", *words, NUMBER, "--account", keystores["bob"])
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert f"{NUMBER} is held by {alice.session.signer().address}" in ran.err
