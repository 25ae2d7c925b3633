"""The corpus of the fuzzer through its targets, without the fuzzer: what once broke one does not again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.seeds import CORPUS, seeds
from fuzz.targets import TARGETS

FILES = sorted(file for folder in CORPUS.iterdir() for file in folder.iterdir())


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_the_corpus_holds_breaks_no_target(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


def test_every_target_has_seeds_and_every_seed_a_target() -> None:
    assert {file.parent.name for file in FILES} == set(TARGETS) == set(seeds())


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 4))
def test_a_spoilt_file_of_the_corpus_breaks_no_target(file: Path, at: int, new: bytes, gone: int) -> None:
    data = file.read_bytes()
    at %= len(data) + 1
    TARGETS[file.parent.name](data[:at] + new + data[at + gone :])


@given(st.sampled_from(sorted(TARGETS)), st.binary(max_size=200))
def test_no_bytes_break_a_target(name: str, data: bytes) -> None:
    TARGETS[name](data)
