"""The description of the records: that its three parts say the same, and what the contract says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from scripts import samples
from telsdk.chain.interface import manifest
from telsdk.directory import NumberFacts
from telsdk.number import Number
from telsdk.records import (
    CONTRACT,
    RECORDS,
    UPDATE,
    WORDS,
    Inputs,
    Record,
    Records,
    RecordsAnswer,
    Update,
    answered,
    shown,
    with_records,
)

HINTS = {
    "bytes": (bytes,),
    "bytes32": (bytes | None,),
    "uint8": (int, int | None),
    "uint32": (int, int | None),
    "bool": (bool,),
}
FACTS = NumberFacts(Number(5551234), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", 1, 0)
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)


def entry(kind: str, name: str) -> Mapping[str, Any]:
    (found,) = [entry for entry in manifest.load()[CONTRACT].entries(kind) if entry["name"] == name]
    return found


def inputs(items: list[dict[str, Any]]) -> Inputs:
    return tuple((item["name"], item["type"]) for item in items)


def test_the_words_are_the_fields_of_records_in_their_order_and_type() -> None:
    assert [word.name for word in WORDS] == [field.name for field in fields(Records)]
    hints = get_type_hints(Records)
    assert all(hints[word.name] in HINTS[word.type] for word in WORDS)


def test_the_records_are_the_fields_of_an_update() -> None:
    assert [record.name for record in RECORDS] == [field.name for field in fields(Update)]


def test_the_contract_answers_the_words_under_their_names_and_types() -> None:
    assert inputs(entry("function", "recordsOf")["outputs"]) == (
        *(word.kept for word in WORDS),
        ("kdfParametersBlock", "uint48"),
    )


def test_the_contract_takes_the_struct_as_it_is_described() -> None:
    (update,) = [item for item in entry("function", "setMany")["inputs"] if item["name"] == "update"]
    assert inputs(update["components"]) == UPDATE


@every_record
def test_the_contract_tells_a_record_as_it_is_described(record: Record) -> None:
    words = tuple((word.argument, word.type) for word in record.words)
    assert inputs(entry("event", record.event)["inputs"]) == (
        ("number", "uint256"),
        ("epoch", "uint64"),
        *words,
    )


@every_record
def test_the_contract_takes_a_record_as_it_is_described(record: Record) -> None:
    assert inputs(entry("function", record.setter)["inputs"]) == (("number", "uint256"), *record.inputs)


def test_nothing_is_recorded_where_the_chain_has_zeros() -> None:
    zeros = (*(word.kept_zero for word in WORDS), 0)
    assert answered(zeros) == RecordsAnswer(Records(), bytes(20), 0)


def test_what_the_chain_has_is_what_is_recorded() -> None:
    *words, block = samples.answer()
    found = answered((*words[:2], b"\x0a" * 20, *words[3:], 77))
    told = {word.name: getattr(found.records, word.name) for word in WORDS}
    assert told == {**dict(zip(told, words, strict=True)), "kdf_parameters": b""}
    assert (block, found[1:]) == (0, (b"\x0a" * 20, 77))


@every_record
def test_a_bit_names_each_record_of_an_update(record: Record) -> None:
    struct = samples.update(only=record.name).struct()
    assert struct[0] == 1 << RECORDS.index(record)
    set_ = {
        name: word
        for (name, _), word in zip(UPDATE[1:], struct[1:], strict=True)
        if word not in (0, bytes(32), b"")
    }
    assert set_ == {word.member: samples.word(word) for word in record.words if samples.word(word)}


def test_a_swapped_record_names_what_was_there_before() -> None:
    update = Update(backup=(b"\x01" * 32, b"\x02" * 32))
    struct = dict(zip((name for name, _ in UPDATE), update.struct(), strict=True))
    assert (struct["expectedBackup"], struct["backup"]) == (b"\x01" * 32, b"\x02" * 32)


def test_an_update_that_names_nothing_writes_nothing() -> None:
    assert Update().struct()[0] == 0


def test_facts_take_over_records_and_nothing_else() -> None:
    facts = with_records(FACTS, samples.records())
    assert facts.hub == samples.records().hub
    assert with_records(facts, Records()) == FACTS


def test_people_get_each_record_once() -> None:
    brief, others = (shown(samples.records(), brief=which) for which in (True, False))
    assert brief.keys() | others.keys() == {word.name for word in WORDS}
    assert not brief.keys() & others.keys()
    assert shown(Records(credential=b"\x0a" * 32), brief=True)["credential"] == "0x" + "0a" * 32
    assert shown(Records(), brief=True)["credential"] is None
