"""The index's file: one transaction, all or nothing."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts import samples
from telsdk.chain.index import indexstore
from telsdk.chain.index.indexstore import IndexStore
from telsdk.chain.interface import ChainEvent
from telsdk.directory import Head
from telsdk.records import RECORDS, WORDS, Record
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


def test_a_file_by_another_description_of_the_records_is_filled_anew(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = IndexStore(path, DEPLOYMENT)
    store.apply(0, told(1, 10_001), head(1))
    store.close()
    renamed = replace(RECORDS[-1].words[0], argument="other")
    monkeypatch.setattr(indexstore, "RECORDS", (*RECORDS[:-1], replace(RECORDS[-1], words=(renamed,))))
    store = IndexStore(path, DEPLOYMENT)
    assert store.tip() is None
    store.close()


FIRST_LAYOUT = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE block (number INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE TABLE event (
    block INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
    contract TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL,
    number INTEGER, label TEXT, hub INTEGER, account TEXT, PRIMARY KEY (block, place)
) WITHOUT ROWID;
CREATE TABLE number (
    number INTEGER PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, session INTEGER NOT NULL,
    label TEXT, credential BLOB, kdf INTEGER NOT NULL, hub INTEGER, backup BLOB, message_key BLOB,
    price TEXT, listed_block INTEGER, listed_place INTEGER
);
CREATE TABLE label (label TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '1'), ('tip', '[1, "00", 1]');
INSERT INTO number VALUES (10001, 'somebody', 9, 9, NULL, x'0a', 1, 7, NULL, NULL, NULL, NULL, NULL);
"""
"""What was written before columns had names: the records in another order."""


def test_a_file_of_the_first_layout_is_filled_anew_and_not_misread(path: str) -> None:
    identity = json.dumps([DEPLOYMENT.chain_id, sorted(DEPLOYMENT.addresses.items())])
    with sqlite3.connect(path) as old:
        old.executescript(FIRST_LAYOUT)
        old.execute("INSERT INTO meta VALUES ('deployment', ?)", (identity,))
    old.close()
    store = IndexStore(path, DEPLOYMENT)
    assert store.tip() is None
    assert store.number(10_001) is None
    store.apply(0, told(1, 10_001), head(1))
    store.close()
    store = IndexStore(path, DEPLOYMENT)
    state = store.number(10_001)
    assert state is not None
    assert (state.owner, state.epoch, state.hub) == (ALICE, 1, None)
    store.close()


def test_each_record_stands_in_a_column_of_its_name(path: str) -> None:
    store = IndexStore(path, DEPLOYMENT)
    said = [
        ChainEvent("NumberRecords", record.event, _args(record), 2, place, head(2).hash)
        for place, record in enumerate(RECORDS)
    ]
    store.apply(0, [*told(1, 10_001), *said], head(2))
    store.close()
    with sqlite3.connect(path) as db:
        names = ", ".join(word.name for word in WORDS)
        written = tuple(samples.word(word) for word in WORDS)
        assert db.execute(f"SELECT {names} FROM number").fetchall() == [written]
    db.close()


def _args(record: Record) -> dict[str, Any]:
    return {"number": 10_001, "epoch": 1} | {w.argument: samples.word(w) for w in record.words}
