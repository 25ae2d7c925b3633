"""`telsdk login deep --request` and `--signature`: whoever signs has days for it, and a program of their own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.requested import read_signature
from telsdk.credential.erc6492 import MAGIC
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run
from tests.cli.test_login import role_of
from tests.contractwallet import TeamWallet

NUMBER = Number(5551234)
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain, rpc: ChainRpc) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


def signature_of(account: object, request: Path, to: Path, before: str = "") -> Path:
    message = encode_typed_data(full_message=json.loads(request.read_text()))
    to.write_text(f"0x{before}{account.sign_message(message).signature.hex()}\n")  # type: ignore[attr-defined]
    return to


def test_what_is_signed_elsewhere_opens_the_session_that_was_asked_for(
    alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    request, answer = home / "sign.json", home / "signature.txt"
    asked = run("login", "deep", NUMBER, "--request", request, "--device", "desk", "--json").json
    assert stat.S_IMODE(Path(asked["waits"]).stat().st_mode) == 0o600
    assert run("login", "list", "--json").json == {"logins": []}
    signature_of(chain.accounts[1], request, answer)
    kept = run("login", "deep", NUMBER, "--signature", answer, "--json").json
    assert (kept["device"], kept["role"], kept["unlocked_by"]) == ("desk", "deep", "passphrase")
    assert role_of(Path(kept["file"]), alice) == "deep"
    assert not Path(asked["waits"]).exists()
    assert len(run("login", "list", "--json").json["logins"]) == 1


@pytest.mark.contracts
def test_a_contracts_own_form_is_taken_and_its_wrapper_of_before_it_was_deployed(
    alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    from eth_abi.abi import encode

    team = TeamWallet(alice)
    team.take(NUMBER)
    request, answer, file = home / "sign.json", home / "signature.txt", home / "login.json"
    assert run("login", "deep", NUMBER, "--request", request, "--file", file).code == 0
    signature_of(chain.accounts[1], request, answer, before=chain.accounts[1].address[2:])
    wrapped = encode(
        ["address", "bytes", "bytes"], [team.address, b"", bytes.fromhex(answer.read_text().strip()[2:])]
    )
    answer.write_text("0x" + (wrapped + MAGIC).hex())
    assert run("login", "deep", NUMBER, "--signature", answer, "--file", file).code == 0
    assert role_of(file, alice) == "deep"


def test_another_s_signature_or_none_opens_nothing_and_the_right_one_may_come_later(
    alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    request, answer = home / "sign.json", home / "signature.txt"
    none = run("login", "deep", NUMBER, "--signature", keystores["bob"])
    assert (none.code, "begin with --request FILE" in none.err) == (1, True)
    assert run("login", "deep", NUMBER, "--request", request).code == 0
    signature_of(Account.create(), request, answer)
    wrong = run("login", "deep", NUMBER, "--signature", answer)
    assert (wrong.code, wrong.err.count("\n"), "the signature is that of" in wrong.err) == (1, 1, True)
    answer.write_text("0x")
    assert run("login", "deep", NUMBER, "--signature", answer).code == 1
    signature_of(chain.accounts[1], request, answer)
    assert run("login", "deep", NUMBER, "--signature", answer).code == 0


def test_what_was_asked_before_the_sessions_were_ended_has_to_be_asked_anew(
    alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    request, answer = home / "sign.json", home / "signature.txt"
    run("login", "deep", NUMBER, "--request", request)
    signature_of(chain.accounts[1], request, answer)
    alice.registry.revoke_sessions(NUMBER)
    late = run("login", "deep", NUMBER, "--signature", answer)
    assert (late.code, "ask anew" in late.err) == (1, True)


@pytest.mark.contracts
def test_a_contract_agrees_by_files_to_receive_a_number(
    alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    bob = chain.accounts[2]
    team = TeamWallet(alice.as_account(bob))
    request, answer, agreed = home / "sign.json", home / "signature.txt", home / "consent.json"
    none = run("number", "consent", NUMBER, "--signature", keystores["bob"])
    assert (none.code, "begin with --request FILE" in none.err) == (1, True)
    words = ("number", "consent", NUMBER, "--for", team.address, "--hours", 72, "--request", request)
    assert run(*words).code == 0
    chain.advance_time(48 * 3600)
    signature_of(bob, request, answer, before=bob.address[2:])
    agreed.write_text(run("number", "consent", NUMBER, "--signature", answer).out)
    moved = run("number", "move", NUMBER, "--account", keystores["alice"], "--consent", agreed, "--yes")
    assert moved.code == 0, moved.err
    assert alice.registry.custody(NUMBER).owner == team.address


def test_who_receives_is_said_where_somebody_else_signs(alice: Client, home: Path) -> None:
    ran = run("number", "consent", NUMBER, "--request", home / "sign.json")
    assert (ran.code, "--for ACCOUNT and --request FILE go together" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--request", "a", "--wallet", "http://127.0.0.1:9"),
        ("--request", "a", "--account", "me.json"),
    ],
)
def test_one_way_to_sign_at_a_time(alice: Client, words: tuple[str, ...]) -> None:
    ran = run("login", "deep", NUMBER, *words)
    assert (ran.code, "give one of --account" in ran.err) == (2, True)


@pytest.mark.parametrize("text", ["0x0", "0xgg", "hello", "0x00 0x00", "0x" + "00" * 70_000, "\0"])
def test_what_is_no_signature_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signature.txt"
    path.write_text(text)
    with pytest.raises(Failure, match="holds no signature"):
        read_signature(path)


@pytest.mark.parametrize(
    ("text", "found"), [("", b""), ("0x", b""), (" 0xAb01\n", b"\xab\x01"), ("ab", b"\xab")]
)
def test_what_is_a_signature_is_read(tmp_path: Path, text: str, found: bytes) -> None:
    path = tmp_path / "signature.txt"
    path.write_text(text)
    assert read_signature(path) == found


def test_a_wallet_has_as_many_minutes_as_are_said(alice: Client, keystores: Keystores) -> None:
    ran = run("login", "deep", NUMBER, "--wallet", "http://127.0.0.1:9", "--wallet-minutes", 1441)
    assert (ran.code, "1440" in ran.err) == (2, True)
