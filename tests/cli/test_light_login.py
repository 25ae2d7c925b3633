"""`telsdk credential set` and `telsdk login light` with hubs (KDF 2), over a real chain and real hubs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment
from telsdk.credential import loginfile
from telsdk.number import Number
from tests.cli.chainhubs import ChainHubs, chain_hubs
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import PASSPHRASE, Ran, run

NUMBER = Number(5551234)
PASSWORD = "mend the copper lantern before dusk"
Keystores = dict[str, Path]


@pytest.fixture
def hubs(
    rpc: ChainRpc, client: Client, chain: EmbeddedChain, deployment: Deployment, tmp_path: Path
) -> Iterator[ChainHubs]:
    """Three hubs of three operators, and NUMBER of Alice, whose home the first is."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    with chain_hubs(chain, deployment, rpc.url, tmp_path) as running:
        client.records.set_hub(NUMBER, running.ids[0])
        running.caught_up()
        yield running


def choose(keystores: Keystores, *words: str) -> Ran:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    return run("credential", "set", NUMBER, "--account", keystores["alice"], "--choose", *words, typed=typed)


def test_a_password_of_ones_own_is_made_with_hubs_and_logs_in(
    hubs: ChainHubs, client: Client, keystores: Keystores, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "password").write_text(PASSWORD)
    with monkeypatch.context() as environment:
        environment.setenv("TELSDK_PASSWORD_FILE", str(home / "password"))
        made = run("credential", "set", NUMBER, "--account", keystores["alice"], "--json").json
    assert (made["kdf"], made["threshold"], set(made["hubs"])) == (2, 2, set(hubs.ids))
    assert made["hubs"][0] == hubs.ids[0]
    assert "has to be asked" in made["why"]
    assert made["warnings"] == []
    assert client.records.get(NUMBER).kdf == 2
    hubs.caught_up()

    file = home / "light.json"
    assert run("login", "light", NUMBER, "--file", file, typed=f"{PASSWORD}\n").code == 0
    kept = loginfile.load(file, PASSPHRASE)
    assert kept.delegation.role == "light"
    assert set(kept.tickets) == set(hubs.ids)

    # A stranger uses up all tries; this device has its own.
    for _ in range(10):
        wrong = run("login", "light", NUMBER, "--file", home / "guess.json", typed="a guess of somebody's\n")
        if "tried too often" in wrong.err:
            break
        assert "the number or the password is wrong" in wrong.err
    refused = run("login", "light", NUMBER, "--file", home / "new.json", typed=f"{PASSWORD}\n")
    assert (refused.code, (home / "new.json").exists()) == (1, False)
    assert "tried too often" in refused.err
    assert "try again in" in refused.err
    assert run("login", "light", NUMBER, "--file", file, typed=f"{PASSWORD}\n").code == 0


def test_the_hubs_may_be_named_and_what_is_weak_about_them_is_said(
    hubs: ChainHubs, keystores: Keystores
) -> None:
    first, second = hubs.ids[:2]
    ran = choose(keystores, "--hubs", f"{first},{second}")
    assert (
        f"made by KDF 2 with hubs {first}, {second}: each guess has to be asked of 2 of its 2 hubs" in ran.out
    )
    assert "warning: every one of these hubs has to answer" in ran.err


def test_hubs_that_are_not_listed_are_refused_before_anything_is_written(
    hubs: ChainHubs, client: Client, keystores: Keystores
) -> None:
    ran = choose(keystores, "--hubs", f"{hubs.ids[0]},999")
    assert ran.code == 1
    assert "hub 999 is not in the list" in ran.err
    assert client.records.get(NUMBER).credential is None


@pytest.mark.parametrize("bad", ["", "1,", "1,1", "0,1", "a", "1;2"])
def test_what_names_no_hubs_is_a_usage_error(keystores: Keystores, bad: str) -> None:
    ran = run("credential", "set", NUMBER, "--account", keystores["alice"], "--choose", "--hubs", bad)
    assert ran.code == 2


def test_a_passphrase_that_was_made_needs_no_hubs(hubs: ChainHubs, keystores: Keystores) -> None:
    ran = run("credential", "set", NUMBER, "--account", keystores["alice"])
    assert "made by KDF 1: a passphrase that was made for you cannot be guessed" in ran.out


def test_hubs_of_one_operator_warn_that_it_can_guess(
    rpc: ChainRpc,
    client: Client,
    chain: EmbeddedChain,
    deployment: Deployment,
    tmp_path: Path,
    keystores: Keystores,
) -> None:
    client.buy_number(NUMBER, wait=chain.advance_time)
    with chain_hubs(chain, deployment, rpc.url, tmp_path, (2, 2, 3)) as running:
        running.caught_up()
        own = ",".join(map(str, running.ids))
        assert (
            f"hubs {running.ids[0]}, {running.ids[1]} are run by one operator"
            in choose(keystores, "--hubs", own).err
        )


def test_without_hubs_of_two_operators_it_is_kdf_1_with_a_warning(
    rpc: ChainRpc, client: Client, chain: EmbeddedChain, keystores: Keystores
) -> None:
    client.buy_number(NUMBER, wait=chain.advance_time)
    ran = choose(keystores)
    assert "made by KDF 1: the chain lists the hubs of no operator" in ran.out
    assert "anybody can guess it for ever" in ran.err
