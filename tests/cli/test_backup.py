"""`telsdk backup` and `telsdk restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.backup.cid import cid_of
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common.places import Own
from telsdk.number import Number
from telsdk.uc.store import Direction, Store
from telsdk.uc.vault import Vault
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER = Number(5551234)
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Own:
    """Alice, who holds NUMBER and knows bob.eth."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    own = Own(NUMBER, client.domain.chain_id)
    with Store(own.store) as store:
        store.add_contact("bob.eth", "Bob")
    return own


def test_what_was_backed_up_comes_back_to_a_machine_that_has_nothing(
    rpc: ChainRpc, client: Client, alice: Own, keystores: Keystores
) -> None:
    signer = ("--account", keystores["alice"], "--json")
    made = run("backup", NUMBER, *signer).json
    pointer = client.records.get(NUMBER).backup
    assert pointer is not None
    assert made == {"number": NUMBER, "pointer": f"0x{pointer.hex()}", "cid": cid_of(pointer)}
    with Store(alice.store) as store:
        before = store.export()
    for file in alice.store.parent.iterdir():
        file.unlink()
    assert run("restore", NUMBER, *signer).json == made
    with Store(alice.store) as store:
        assert store.export() == before


def test_a_changed_block_is_refused_and_nothing_taken_in(
    rpc: ChainRpc, alice: Own, keystores: Keystores, home: Path
) -> None:
    words = (NUMBER, "--account", keystores["alice"], "--folder", home / "blocks")
    assert run("backup", *words).code == 0
    largest = max((home / "blocks").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    alice.store.unlink()
    ran = run("restore", *words)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert largest.name in ran.err
    with Store(alice.store) as store:
        assert store.contacts() == []


def test_there_is_nothing_to_restore_before_a_backup(rpc: ChainRpc, alice: Own, keystores: Keystores) -> None:
    ran = run("restore", NUMBER, "--account", keystores["alice"])
    assert (ran.code, "this number has no backup" in ran.err) == (1, True)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_only_the_owner_s_key_will_do(rpc: ChainRpc, alice: Own, keystores: Keystores, command: str) -> None:
    ran = run(command, NUMBER, "--account", keystores["bob"])
    assert (ran.code, "use the owner's key" in ran.err) == (1, True)


def test_a_daemon_that_is_not_there_is_named(rpc: ChainRpc, alice: Own, keystores: Keystores) -> None:
    ran = run("backup", NUMBER, "--account", keystores["alice"], "--ipfs", "/ip4/127.0.0.1/tcp/9")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "the IPFS daemon at /ip4/127.0.0.1/tcp/9" in ran.err


def test_blocks_are_kept_in_one_place(keystores: Keystores) -> None:
    words = (
        "backup",
        NUMBER,
        "--account",
        keystores["alice"],
        "--folder",
        "x",
        "--ipfs",
        "/ip4/127.0.0.1/tcp/9",
    )
    assert run(*words).code == 2


def forget(own: Own) -> None:
    """Take the store away, as on a machine that has nothing."""
    for file in own.store.parent.iterdir():
        file.unlink()


def known(own: Own) -> list[str]:
    with Store(own.store) as store:
        return [one.address for one in store.contacts()]


@pytest.mark.parametrize("device", ["the same", "a new one"])
def test_after_a_move_the_new_wallet_has_the_backup(
    rpc: ChainRpc, client: Client, alice: Own, keystores: Keystores, device: str
) -> None:
    run("backup", NUMBER, "--account", keystores["alice"])
    before = client.records.get(NUMBER).backup
    ran = run("number", "move", NUMBER, "--account", keystores["alice"], "--to", keystores["bob"])
    assert (ran.code, ran.err) == (0, "")
    assert client.records.get(NUMBER).backup not in (before, None)
    if device == "a new one":
        forget(alice)
    for command in ("restore", "backup", "restore"):
        assert run(command, NUMBER, "--account", keystores["bob"]).code == 0
    assert known(alice) == ["bob.eth"]


def test_a_move_without_the_other_wallet_at_hand_says_how_to_keep_the_backup(
    rpc: ChainRpc, alice: Own, keystores: Keystores, home: Path
) -> None:
    run("backup", NUMBER, "--account", keystores["alice"])
    consent = home / "consent.json"
    consent.write_text(run("number", "consent", NUMBER, "--account", keystores["bob"]).out)
    ran = run("number", "move", NUMBER, "--account", keystores["alice"], "--consent", consent, "--yes")
    assert (ran.code, ran.err.count("\n"), "--former" in ran.err) == (0, 1, True)
    forget(alice)
    for command in ("restore", "backup"):
        ran = run(command, NUMBER, "--account", keystores["bob"])
        assert (ran.code, ran.err.count("\n"), "--former" in ran.err) == (1, 1, True)
    assert known(alice) == []
    both = ("--account", keystores["bob"], "--former", keystores["alice"])
    assert run("backup", NUMBER, *both).code == 0
    assert run("restore", NUMBER, "--account", keystores["bob"]).code == 0
    assert known(alice) == ["bob.eth"]


def test_a_move_goes_on_where_the_backup_cannot_be_sealed_anew(
    rpc: ChainRpc, client: Client, alice: Own, keystores: Keystores
) -> None:
    run("backup", NUMBER, "--account", keystores["alice"])
    words = ("--account", keystores["alice"], "--to", keystores["bob"], "--ipfs", "/ip4/127.0.0.1/tcp/9")
    ran = run("number", "move", NUMBER, *words)
    assert (ran.code, "the IPFS daemon" in ran.err, "--former" in ran.err) == (0, True, True)
    assert run("backup", NUMBER, "--account", keystores["bob"]).code == 0, "by the device that backed up last"


def test_a_lost_block_is_mended_by_the_device_that_has_all_or_left_by_another(
    rpc: ChainRpc, alice: Own, keystores: Keystores, home: Path
) -> None:
    words = (NUMBER, "--account", keystores["alice"], "--folder", home / "blocks")

    def lose_a_block() -> None:
        max((home / "blocks").iterdir(), key=lambda path: path.stat().st_size).unlink()

    for _ in range(2):
        assert run("backup", *words).code == 0
        lose_a_block()
    forget(alice)
    ran = run("backup", *words)
    assert (ran.code, ran.err.count("\n"), "--anew" in ran.err) == (1, 1, True)
    assert run("backup", *words, "--anew").code == 0
    assert run("restore", *words).code == 0


def test_what_did_not_fit_is_said(
    rpc: ChainRpc, alice: Own, keystores: Keystores, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = Vault.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "limit", 1_000)
    with Store(alice.store) as store:
        for _ in range(3):
            store.add_message(Direction.IN, "x", "unverified", "spam " * 100)
    ran = run("backup", NUMBER, "--account", keystores["alice"])
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert ran.err.startswith("2 events did not fit")
