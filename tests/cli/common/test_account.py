"""Whose key signs: --account, TELSDK_KEYSTORE, ape's folder; and where its passphrase comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk import private
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common.account import account_address, keystore_path, open_account
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.secret import passphrase, secret_bytes
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import PASSPHRASE, keystore, run

Keystores = dict[str, Path]


def test_the_passphrase_is_in_the_file_that_the_environment_names(
    keystores: Keystores, chain: EmbeddedChain
) -> None:
    assert open_account(str(keystores["alice"])).address == chain.accounts[1].address


def test_the_passphrase_is_typed_unseen_where_no_file_is_named(
    rpc: ChainRpc, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TELSDK_PASSPHRASE_FILE")
    words = ("market", "withdraw", "--account", keystores["alice"])
    ran = run(*words, typed=f"{PASSPHRASE}\n")
    assert "nothing is owed" in ran.err
    assert PASSPHRASE not in ran.out + ran.err
    assert "is another one" in run(*words, typed="wrong\n").err


def test_an_ape_account_is_named_by_its_alias(
    chain: EmbeddedChain, home: Path, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    (home / ".ape" / "accounts").mkdir(parents=True)
    keystore(chain.accounts[1], keystore_path("ape:me"))
    assert account_address("ape:me") == open_account("ape:me").address == chain.accounts[1].address


def test_the_environment_names_the_keystore(
    rpc: ChainRpc, keystores: Keystores, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELSDK_KEYSTORE", str(keystores["bob"]))
    assert run("number", "list-mine", "--json").json["owner"] == chain.accounts[2].address
    mine = run("number", "list-mine", "--json", "--account", keystores["alice"]).json
    assert mine["owner"] == chain.accounts[1].address


def test_without_an_account_the_ways_to_name_one_are_said(rpc: ChainRpc) -> None:
    ran = run("market", "withdraw")
    assert ran.code == 2
    assert "--account FILE" in ran.err
    assert "TELSDK_KEYSTORE" in ran.err


def test_a_missing_keystore_is_said_before_a_passphrase_is_asked_for(rpc: ChainRpc, home: Path) -> None:
    ran = run("market", "withdraw", "--account", home / "gone.json")
    assert (ran.code, ran.err) == (
        1,
        f"error: {home / 'gone.json'} cannot be read: No such file or directory\n",
    )


def test_a_chain_that_is_down_is_said_before_a_passphrase_is_asked_for(home: Path) -> None:
    ran = run("market", "withdraw", "--account", home / "gone.json", "--rpc", "http://127.0.0.1:9")
    assert "the RPC at http://127.0.0.1:9 does not answer" in ran.err


@pytest.mark.parametrize("content", [b"", b"\nsecond line", b"\xff\xfe"])
def test_a_passphrase_file_without_one_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    private.write(home / "secret", content)
    monkeypatch.setenv("TELSDK_PASSPHRASE_FILE", str(home / "secret"))
    with pytest.raises(Failure, match="by TELSDK_PASSPHRASE_FILE"):
        passphrase("Passphrase")


def test_the_first_variable_that_is_set_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A_FILE", "B_FILE"):
        (home / name).write_text(f"of {name}\n")
        monkeypatch.setenv(name, str(home / name))
    assert passphrase("Passphrase", "NOT_SET", "A_FILE", "B_FILE") == "of A_FILE"


def test_a_secret_is_read_as_it_is_and_bounded(home: Path) -> None:
    private.write(home / "secret", b"\x00\n\xff" * 20)
    assert secret_bytes(home / "secret") == b"\x00\n\xff" * 20
    private.write(home / "huge", bytes(5000))
    with pytest.raises(Failure, match="that is no secret"):
        secret_bytes(home / "huge")
    with pytest.raises(Failure, match="cannot be read"):
        secret_bytes(home / "gone")
