"""`telsdk backup` and `telsdk restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.backup.cid import cid_of
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common.places import Own
from telsdk.number import Number
from telsdk.uc.store import Store
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
