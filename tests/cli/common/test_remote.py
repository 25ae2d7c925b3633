"""`telsdk login deep` by a wallet elsewhere, and for a number that a contract holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.number import Number
from tests.anvil import running_anvil
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run
from tests.cli.test_login import role_of
from tests.contractwallet import TeamWallet
from tests.walletpeer import answering, error, result

NUMBER = Number(5551234)
Keystores = dict[str, Path]


@pytest.fixture(scope="module")
def wallet() -> Iterator[str]:
    """anvil as a wallet: it has the keys of the first three accounts of every development chain."""
    with running_anvil("--accounts", "3") as url:
        yield url


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain, rpc: ChainRpc) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


@pytest.fixture
def team(alice: Client, chain: EmbeddedChain) -> TeamWallet:
    """A contract that holds NUMBER; alice is its one key."""
    held = TeamWallet(alice)
    held.take(NUMBER)
    return held


@pytest.mark.contracts
def test_a_wallet_signs_and_its_key_stays_there(alice: Client, wallet: str, keystores: Keystores) -> None:
    kept = run("login", "deep", NUMBER, "--wallet", wallet, "--json").json
    assert role_of(Path(kept["file"]), alice) == "deep"


@pytest.mark.contracts
def test_a_wallet_beats_the_keystore_of_the_environment(
    alice: Client, wallet: str, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELSDK_KEYSTORE", str(keystores["bob"]))
    assert run("login", "deep", NUMBER, "--wallet", wallet).code == 0


@pytest.mark.contracts
def test_a_number_of_an_account_that_the_wallet_does_not_have_is_told(
    alice: Client, chain: EmbeddedChain, wallet: str, keystores: Keystores
) -> None:
    alice.registry.transfer(NUMBER, chain.accounts[5].address)
    ran = run("login", "deep", NUMBER, "--wallet", wallet)
    assert (ran.code, f"does not offer {chain.accounts[5].address}" in ran.err) == (1, True)
    named = run("login", "deep", NUMBER, "--wallet", wallet, "--wallet-account", chain.accounts[1].address)
    assert (named.code, "use the owner's key" in named.err) == (1, True)
    assert run("login", "list", "--json").json == {"logins": []}


def test_whoever_says_no_in_the_wallet_is_not_logged_in(alice: Client, keystores: Keystores) -> None:
    def reply(request: dict[str, object]) -> bytes:
        owner = alice.session.signer().address
        return result([owner]) if request["method"] == "eth_accounts" else error(4001)

    with answering(reply) as (url, asked):
        ran = run("login", "deep", NUMBER, "--wallet", url)
    assert (ran.code, ran.err.count("\n"), "told not to sign" in ran.err) == (1, 1, True)
    assert [request["method"] for request in asked] == ["eth_accounts", "eth_signTypedData_v4"]
    assert run("login", "list", "--json").json == {"logins": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--wallet", "http://127.0.0.1:9", "--account", "me.json"), "not both"),
        (("--wallet-account", "0x" + "11" * 20), "give --wallet URL too"),
    ],
)
def test_how_wallet_and_account_go_together_is_told(alice: Client, words: tuple[str, ...], said: str) -> None:
    ran = run("login", "deep", NUMBER, *words)
    assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.contracts
def test_a_key_of_the_contract_that_holds_the_number_logs_in(
    alice: Client, team: TeamWallet, wallet: str, keystores: Keystores
) -> None:
    kept = run("login", "deep", NUMBER, "--account", keystores["alice"], "--json").json
    assert role_of(Path(kept["file"]), alice) == "deep"
    key = alice.session.signer().address
    kept = run("login", "deep", NUMBER, "--wallet", wallet, "--wallet-account", key, "--json").json
    assert role_of(Path(kept["file"]), alice) == "deep"


@pytest.mark.contracts
def test_a_key_that_the_contract_does_not_know_is_told_why_it_does_not_do(
    team: TeamWallet, chain: EmbeddedChain, wallet: str, keystores: Keystores
) -> None:
    ran = run("login", "deep", NUMBER, "--account", keystores["bob"])
    bob = chain.accounts[2].address
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert f"held by the contract {team.address}, which does not take the signature of {bob}" in ran.err
    unsaid = run("login", "deep", NUMBER, "--wallet", wallet)
    assert (unsaid.code, "said by --wallet-account" in unsaid.err) == (1, True)
    assert run("login", "list", "--json").json == {"logins": []}


@pytest.mark.contracts
def test_a_wallet_that_signs_for_a_contract_in_a_form_of_its_own_logs_in(
    alice: Client, team: TeamWallet, chain: EmbeddedChain, wallet: str, keystores: Keystores
) -> None:
    """As the program of a contract wallet does: it offers the contract's address, and signs by the key's."""
    from telsdk.chain.access import RemoteWallet

    key = chain.accounts[1].address
    behind = RemoteWallet(wallet)

    def reply(request: dict[str, object]) -> bytes:
        if request["method"] == "eth_accounts":
            return result([team.address])
        params = request["params"]
        assert isinstance(params, list)
        signature = behind(key, params[1])
        return result("0x" + key[2:] + signature.hex())

    with answering(reply) as (url, _):
        kept = run("login", "deep", NUMBER, "--wallet", url, "--json").json
    assert role_of(Path(kept["file"]), alice) == "deep"
