"""The index's file: one transaction, all or nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from telsdk.chain import indexstore
from telsdk.chain.events import ChainEvent
from telsdk.chain.indexstore import IndexStore
from telsdk.directory import Head
from tests.chain.simulated import ALICE, DEPLOYMENT, minted


def told(block: int, number: int) -> list[ChainEvent]:
    return [
        ChainEvent(contract, name, args, block, index, bytes([block]) * 32)
        for index, (contract, name, args) in enumerate(minted(number))
    ]


def head(block: int) -> Head:
    return Head(block, bytes([block]) * 32, 1_800_000_000 + block)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "index")


def test_what_was_taken_in_is_there_after_opening_again(path: str) -> None:
    store = IndexStore(path, DEPLOYMENT)
    assert store.tip() is None
    store.apply(0, told(1, 10_001), head(1))
    store.close()
    store = IndexStore(path, DEPLOYMENT)
    assert store.tip() == head(1)
    assert store.numbers_of(ALICE) == [10_001]
    store.close()


def test_a_stretch_that_fails_leaves_everything_as_it_was(path: str) -> None:
    store = IndexStore(path, DEPLOYMENT)
    store.apply(0, told(1, 10_001), head(1))
    with pytest.raises(sqlite3.IntegrityError):
        store.apply(1, [*told(2, 10_002), *told(2, 10_003)], head(2))
    assert store.tip() == head(1)
    assert store.numbers_of(ALICE) == [10_001]
    assert store.blocks(9) == [(1, head(1).hash)]
    store.close()


def test_what_came_after_a_block_is_forgotten_in_the_same_stroke(path: str) -> None:
    store = IndexStore(path, DEPLOYMENT)
    store.apply(0, [*told(1, 10_001), *told(2, 10_002)], head(2))
    touched = store.apply(1, told(3, 10_003), head(3))
    assert touched.numbers == {10_002, 10_003}
    assert store.numbers_of(ALICE) == [10_001, 10_003]
    assert [number for number, _ in store.blocks(9)] == [3, 1]
    store.close()


def test_only_so_many_block_hashes_are_kept(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexstore, "KEPT_BLOCKS", 3)
    store = IndexStore(path, DEPLOYMENT)
    for block in range(1, 9):
        store.apply(block - 1, [], head(block))
    assert [number for number, _ in store.blocks(99)] == [8, 7, 6]
    store.close()


def test_a_file_of_an_older_schema_is_filled_anew(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = IndexStore(path, DEPLOYMENT)
    store.apply(0, told(1, 10_001), head(1))
    store.close()
    monkeypatch.setattr(indexstore, "SCHEMA", indexstore.SCHEMA + 1)
    store = IndexStore(path, DEPLOYMENT)
    assert store.tip() is None
    assert store.numbers_of(ALICE) == []
    store.close()
