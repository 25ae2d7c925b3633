"""`telsdk login`."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.clock import Wall
from telsdk.credential import light, loginfile
from telsdk.credential.verify import Verifier
from telsdk.name import Name
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import PASSPHRASE, run

NUMBER = Number(5551234)
PASSWORD = "mend the copper lantern before dusk"
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """Alice, whose NUMBER is alice.tel and has PASSWORD."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    client.alias.claim(Name("alice.tel"), NUMBER)
    key = light.derive(PASSWORD, client.domain, NUMBER, 1)
    client.records.set_credential(NUMBER, key.credential, light.DEFAULT_KDF)
    return client


def role_of(path: Path, client: Client, passphrase: str = PASSPHRASE) -> str:
    """The role that the login in `path` is granted by the chain."""
    login = loginfile.load(path, passphrase)
    with ChainIndex(client) as index:
        index.load()
        return Verifier(index).authority(login.text, Wall(datetime.now(UTC).timestamp())).role


def test_a_deep_login_is_kept_for_its_owner_alone(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    words = ("login", "deep", "alice.tel", "--account", keystores["alice"], "--device", "desk", "--days", 7)
    kept = run(*words, "--json").json
    assert (kept["number"], kept["name"], kept["role"], kept["device"]) == (
        NUMBER,
        "alice.tel",
        "deep",
        "desk",
    )
    ends = datetime.fromisoformat(kept["expires"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < ends <= timedelta(days=7)
    path = Path(kept["file"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert role_of(path, alice) == "deep"


def test_a_light_login_takes_number_and_password(
    rpc: ChainRpc, alice: Client, home: Path, keystores: Keystores
) -> None:
    file = home / "light.json"
    ran = run("login", "light", NUMBER, "--file", file, typed=f"{PASSWORD}\n")
    assert ran.code == 0
    assert PASSWORD not in ran.out + ran.err
    assert role_of(file, alice) == "light"


def test_a_wrong_password_keeps_nothing(
    rpc: ChainRpc, alice: Client, home: Path, keystores: Keystores
) -> None:
    ran = run("login", "light", NUMBER, "--file", home / "light.json", typed="wrong\n")
    assert (ran.code, (home / "light.json").exists()) == (1, False)
    assert "the number or the password is wrong" in ran.err


def test_another_s_key_opens_no_session(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("login", "deep", NUMBER, "--account", keystores["bob"])
    assert (ran.code, "use the owner's key" in ran.err) == (1, True)
    assert run("login", "list", "--json").json == {"logins": []}


def test_a_login_has_a_passphrase_of_its_own(
    rpc: ChainRpc, alice: Client, home: Path, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "other").write_text("another passphrase")
    monkeypatch.setenv("TELSDK_LOGIN_PASSPHRASE_FILE", str(home / "other"))
    kept = run("login", "deep", NUMBER, "--account", keystores["alice"], "--json").json
    assert role_of(Path(kept["file"]), alice, "another passphrase") == "deep"


def test_the_logins_of_this_machine_are_listed(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    assert "nobody is logged in" in run("login", "list").out
    kept = run("login", "deep", NUMBER, "--account", keystores["alice"], "--json").json
    (listed,) = run("login", "list", "--json").json["logins"]
    assert listed == {
        "number": NUMBER,
        "chain_id": alice.domain.chain_id,
        "unlocked_by": "passphrase",
        "file": kept["file"],
    }
    assert str(NUMBER) in run("login", "list").out


def test_a_login_that_is_damaged_is_listed_and_forgotten_all_the_same(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    kept = Path(run("login", "deep", NUMBER, "--account", keystores["alice"], "--json").json["file"])
    kept.write_bytes(b"\xff")
    assert [one["unlocked_by"] for one in run("login", "list", "--json").json["logins"]] == [None]
    assert run("login", "forget", "alice.tel", "--yes").code == 1
    forgotten = run("login", "forget", NUMBER, "--yes", "--json").json
    assert forgotten == {"number": NUMBER, "chain_id": alice.domain.chain_id, "file": str(kept)}
    assert not kept.exists()


def test_of_logins_on_two_chains_only_the_one_that_is_meant_is_forgotten(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    kept = Path(run("login", "deep", NUMBER, "--account", keystores["alice"], "--json").json["file"])
    other = kept.with_name(f"{NUMBER}.1.json")
    other.write_bytes(kept.read_bytes())
    ran = run("login", "forget", NUMBER, "--yes")
    assert (ran.code, "say which by --chain-id (1, " in ran.err) == (1, True)
    assert run("login", "forget", NUMBER, "--chain-id", 1, "--yes").code == 0
    assert (kept.exists(), other.exists()) == (True, False)


def test_nobody_s_number_is_not_found(rpc: ChainRpc, keystores: Keystores) -> None:
    ran = run("login", "deep", NUMBER, "--account", keystores["alice"])
    assert (ran.code, f"nobody holds {NUMBER}" in ran.err) == (1, True)


def test_a_deep_login_keeps_the_device_known_to_the_hubs_of_the_password(
    rpc: ChainRpc, alice: Client, home: Path, keystores: Keystores
) -> None:
    file = home / "login.json"
    words = ("login", "deep", "alice.tel", "--account", keystores["alice"], "--file", file)
    assert run(*words).code == 0
    login = loginfile.load(file, PASSPHRASE)
    loginfile.save(replace(login, tickets={1: bytes(24), 7: bytes(range(24))}), file, PASSPHRASE)
    assert run(*words).code == 0
    assert loginfile.label(file).tickets == {1: bytes(24), 7: bytes(range(24))}
