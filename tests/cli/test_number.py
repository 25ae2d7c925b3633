"""`telsdk number`."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import samples
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.number import Number
from telsdk.records import WORDS, shown
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER, OTHER = Number(5551234), Number(5559876)
NOBODY = "0x" + "22" * 20
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


def address(client: Client) -> str:
    return client.session.signer().address


def test_a_free_number_is_shown_with_its_price(rpc: ChainRpc, client: Client) -> None:
    found = run("number", "show", NUMBER, "--json").json
    assert found == {
        "number": NUMBER,
        "held": False,
        "price": str(client.registrar.price(NUMBER)),
        "chain_id": client.domain.chain_id,
    }


def test_a_held_number_is_shown_with_everything_recorded(rpc: ChainRpc, alice: Client) -> None:
    alice.records.write("setMany", NUMBER, samples.update().struct())
    alice.registry.revoke_sessions(NUMBER)
    found = run("number", "show", NUMBER, "--json").json
    lookup = run("lookup", NUMBER, "--json").json
    assert {key: found[key] for key in lookup} == lookup
    more = {"held": True, "session": 1, **shown(samples.records(), brief=False), "price": None}
    assert {key: found[key] for key in found if key not in lookup} == more
    written = {word.name: samples.word(word) for word in WORDS}
    assert {name: found[name] for name in written} == {
        name: (f"0x{value.hex()}" if value else None) if isinstance(value, bytes) else value
        for name, value in written.items()
    }


def test_buying_commits_waits_reveals_and_says_who_holds_it(
    rpc: ChainRpc, client: Client, keystores: Keystores
) -> None:
    rpc.block_time = 61
    ran = run("number", "buy-new", NUMBER, "--account", keystores["alice"], typed="y\n")
    assert ran.code == 0
    assert ran.out.lstrip(" y\n").startswith(f"{NUMBER} is held by {address(client)} now (block ")
    assert f"{NUMBER} costs {client.registrar.price(NUMBER)} ether" in ran.err
    assert client.registry.custody(NUMBER).owner == address(client)


def test_a_number_may_be_bought_for_somebody_else(
    rpc: ChainRpc, client: Client, keystores: Keystores
) -> None:
    rpc.block_time = 61
    words = ("number", "buy-new", NUMBER, "--for", NOBODY, "--yes", "--account", keystores["alice"], "--json")
    ran = run(*words).json
    assert set(ran) == {"number", "owner", "tx", "block", "gas_used"}
    assert client.registry.custody(NUMBER).owner == ran["owner"] == NOBODY


@pytest.mark.parametrize("typed", ["n\n", "\n"])
def test_nothing_is_bought_without_a_yes(
    rpc: ChainRpc, client: Client, keystores: Keystores, typed: str
) -> None:
    before = client.session.height()
    ran = run("number", "buy-new", NUMBER, "--account", keystores["alice"], typed=typed)
    assert ran.code == 1
    assert "nothing was done" in ran.err
    assert client.session.height() == before


def test_a_held_number_cannot_be_bought_anew(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("number", "buy-new", NUMBER, "--account", keystores["bob"])
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert f"{NUMBER} is held by {address(alice)}" in ran.err


def test_no_more_is_paid_than_was_allowed(rpc: ChainRpc, client: Client, keystores: Keystores) -> None:
    words = ("number", "buy-new", NUMBER, "--max-price", "0.000001", "--yes", "--account", keystores["alice"])
    ran = run(*words)
    assert (ran.code, "more than 0.000001: allow more" in ran.err) == (1, True)


def test_a_transfer_gives_the_number_away(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("number", "transfer", NUMBER, NOBODY, "--account", keystores["alice"], "--yes", "--json").json
    assert ran["owner"] == alice.registry.custody(NUMBER).owner == NOBODY


def test_a_transfer_asks_first(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("number", "transfer", NUMBER, NOBODY, "--account", keystores["alice"], typed="n\n")
    assert (ran.code, alice.registry.custody(NUMBER).owner) == (1, address(alice))
    assert f"Give it to {NOBODY}?" in ran.err


def test_another_cannot_transfer_it(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("number", "transfer", NUMBER, NOBODY, "--account", keystores["bob"], "--yes")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert alice.registry.custody(NUMBER).owner == address(alice)


def test_a_mistyped_receiver_is_noticed_before_anything_is_asked(keystores: Keystores) -> None:
    mistyped = "0x70997970C51812dc3A010C7d01b50e0d17dc79c8"
    ran = run("number", "transfer", NUMBER, mistyped, "--account", keystores["alice"], "--yes")
    assert (ran.code, "is it mistyped?" in ran.err) == (2, True)


def test_a_move_to_another_wallet_keeps_epoch_and_records(
    rpc: ChainRpc, alice: Client, chain: EmbeddedChain, keystores: Keystores
) -> None:
    alice.records.set_message_key(NUMBER, b"\x07" * 32)
    ran = run("number", "move", NUMBER, "--account", keystores["alice"], "--to", keystores["bob"])
    assert ran.code == 0
    custody = alice.registry.custody(NUMBER)
    assert (custody.owner, custody.epoch) == (chain.accounts[2].address, 1)
    assert alice.records.get(NUMBER).message_key == b"\x07" * 32


def test_a_move_takes_a_consent_from_elsewhere(
    rpc: ChainRpc, alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    consent = home / "consent.json"
    consent.write_text(run("number", "consent", NUMBER, "--account", keystores["bob"]).out)
    bob = chain.accounts[2].address
    ran = run("number", "move", NUMBER, "--account", keystores["alice"], "--consent", consent, typed="y\n")
    assert (ran.code, alice.registry.custody(NUMBER).owner) == (0, bob)
    assert f"{NUMBER} will be held by {bob}. Is that you?" in ran.err


def test_a_consent_to_something_else_is_not_taken_to_the_chain(
    rpc: ChainRpc, alice: Client, chain: EmbeddedChain, keystores: Keystores, home: Path
) -> None:
    alice.buy_number(OTHER, wait=chain.advance_time)
    alice_signed = alice.records.permit_clear_credential(NUMBER).to_json()
    bob_signed = run("number", "consent", OTHER, "--account", keystores["bob"]).out
    for text in (alice_signed, bob_signed, "{}", "\x00"):
        consent = home / "consent.json"
        consent.write_text(text)
        before = alice.session.height()
        ran = run("number", "move", NUMBER, "--account", keystores["alice"], "--consent", consent, "--yes")
        assert (ran.code, ran.err.count("\n"), alice.session.height()) == (1, 1, before)


@pytest.mark.parametrize("words", [[], ["--to", "a.json", "--consent", __file__]])
def test_a_move_is_told_one_way(keystores: Keystores, words: list[str]) -> None:
    ran = run("number", "move", NUMBER, "--account", keystores["alice"], *words)
    assert (ran.code, "one of the two" in ran.err) == (2, True)


def test_my_numbers_are_listed_without_a_passphrase(
    rpc: ChainRpc, alice: Client, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TELSDK_PASSPHRASE_FILE")
    found = run("number", "list-mine", "--account", keystores["alice"], "--json").json
    assert found["owner"] == address(alice)
    assert [one["number"] for one in found["numbers"]] == [NUMBER]
    assert str(NUMBER) in run("number", "list-mine", "--owner", address(alice)).out


def test_who_has_no_number_is_told_how_to_get_one(rpc: ChainRpc, keystores: Keystores) -> None:
    ran = run("number", "list-mine", "--account", keystores["bob"])
    assert (ran.code, "telsdk number buy-new" in ran.out) == (0, True)
    assert run("number", "list-mine", "--account", keystores["bob"], "--json").json["numbers"] == []


def test_an_owner_promises_verified_answers_and_is_told_what_that_means_for_phones(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    answers = ("number", "answers", NUMBER)
    declined = run(*answers, "verified", "--account", keystores["alice"], typed="n\n")
    assert declined.code == 1
    assert f"Plain phones of {NUMBER} will no longer ring" in declined.out + declined.err
    assert run("lookup", NUMBER, "--json").json["answers_verified"] is False
    promised = run(*answers, "verified", "--account", keystores["alice"], "--yes")
    assert "its plain phones no longer ring" in promised.out
    assert run("lookup", NUMBER, "--json").json["answers_verified"] is True
    assert "answers verified  yes" in run("lookup", NUMBER).out
    back = run(*answers, "any", "--account", keystores["alice"], "--json").json
    assert (back["number"], back["answers_verified"]) == (NUMBER, False)
    assert alice.records.get(NUMBER).answers_verified is False


def test_who_does_not_hold_a_number_promises_nothing_of_it(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    refused = run("number", "answers", NUMBER, "verified", "--account", keystores["bob"], "--yes")
    assert refused.code == 1
    assert f"{NUMBER} is held by {address(alice)}" in refused.err
