"""A disk that is full, a file that another holds, a file that is damaged: told, and over when it is over."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from telsdk.chain.errors import IndexMismatch, IndexUnusable
from telsdk.chain.index import ChainIndex, indexstore
from telsdk.cli.common.places import chain_index
from telsdk.follow import Follower, FollowSettings
from telsdk.number import Number
from tests.chain.simulated import ALICE, BOB, SimulatedChain, minted

SOON = FollowSettings(longest_wait=0.05)
NUMBER = Number(10_001)


def owner(index: ChainIndex) -> str:
    facts = index.number(NUMBER)
    assert facts is not None
    return facts.owner


def a_chain() -> SimulatedChain:
    chain = SimulatedChain()
    chain.mine(*minted(NUMBER, ALICE))
    return chain


async def test_a_full_disk_is_a_trouble_until_there_is_room(tmp_path: Path) -> None:
    chain = a_chain()
    with ChainIndex(chain, str(tmp_path / "index")) as index:
        changed: list[frozenset[Number]] = []
        follower = Follower(index, changed.append, 0.01, settings=SOON)
        await follower.start()
        (pages,) = index._store._db.execute("PRAGMA page_count").fetchone()
        index._store._db.execute(f"PRAGMA max_page_count = {pages}")
        chain.mine(*minted(NUMBER, BOB, 2), *(said for n in range(20_000, 20_400) for said in minted(n)))
        await follower.wait_for(lambda: follower.trouble is not None)
        assert follower.trouble is not None
        assert follower.trouble.kind == "IndexUnusable"
        assert "is its disk full" in follower.trouble.message
        assert (owner(index), index.head.number) == (ALICE, chain.head().number - 1)
        index._store._db.execute("PRAGMA max_page_count = 1000000")
        await follower.reach(chain.head().number)
        assert (owner(index), follower.state.trouble) == (BOB, None)
        assert NUMBER in changed[-1]
        await follower.stop()


async def test_a_file_that_another_process_holds_is_a_trouble_until_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexstore, "_LOCK_WAIT", 0.02)
    chain, path = a_chain(), tmp_path / "index"
    with ChainIndex(chain, str(path)) as index:
        follower = Follower(index, lambda _: None, 0.01, settings=SOON)
        await follower.start()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        chain.mine(*minted(NUMBER, BOB, 2))
        await follower.wait_for(lambda: follower.trouble is not None)
        assert follower.trouble is not None
        assert "locked" in follower.trouble.message
        assert owner(index) == ALICE
        other.execute("ROLLBACK")
        other.close()
        await follower.reach(chain.head().number)
        assert owner(index) == BOB
        await follower.stop()


def test_a_file_that_is_held_when_it_is_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexstore, "_LOCK_WAIT", 0.02)
    path = tmp_path / "index"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(IndexUnusable, match="cannot be opened .*locked"):
        ChainIndex(a_chain(), str(path))
    other.close()


@pytest.mark.parametrize("where", ["folder", "no folder"])
def test_a_place_where_no_file_can_be_is_named(tmp_path: Path, where: str) -> None:
    path = tmp_path if where == "folder" else tmp_path / "not" / "there"
    with pytest.raises(IndexUnusable, match="cannot be opened"):
        ChainIndex(a_chain(), str(path))


def test_a_file_that_is_damaged_while_it_is_read_is_told_of(tmp_path: Path) -> None:
    chain, path = a_chain(), tmp_path / "index"
    with ChainIndex(chain, str(path)) as index:
        index.load()
        index._store._db.execute("DROP TABLE number")
        with pytest.raises(IndexUnusable, match="cannot be read or written .*It can be deleted"):
            index.number(NUMBER)
        chain.mine(*minted(NUMBER, BOB, 2))
        with pytest.raises(IndexUnusable):
            index.poll()
        assert index.head.number == chain.head().number - 1


def test_a_damaged_file_of_the_commands_is_put_aside_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    chain = a_chain()
    with chain_index(chain, "someone") as index:
        index.load()
    (path,) = tmp_path.rglob("*.db")
    path.write_bytes(b"\x00 damaged" * 5000)
    with pytest.raises(IndexMismatch):
        ChainIndex(chain, str(path))
    with caplog.at_level(logging.WARNING), chain_index(chain, "someone") as index:
        index.load()
        assert owner(index) == ALICE
    assert "the chain is read anew" in caplog.text
    assert path.with_suffix(".damaged").read_bytes().startswith(b"\x00 damaged")


def test_closing_does_not_wait_for_a_look_that_waits_for_the_network(tmp_path: Path) -> None:
    chain = a_chain()
    index = ChainIndex(chain, str(tmp_path / "index"))
    header = chain.header

    def closed_meanwhile(block: int | bytes | None = None) -> object:
        index.close()
        return header(block)

    chain.header = closed_meanwhile  # type: ignore[method-assign, assignment]
    with pytest.raises(IndexUnusable):
        index.poll()
