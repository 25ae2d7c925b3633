"""What a login rests on is held against the facts of later blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from telsdk.credential.grant import Grant
from telsdk.directory import NumberFacts
from telsdk.number import Number

OWNER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
FACTS = NumberFacts(Number(5551234), OWNER, 3, 2, credential=b"c" * 32)
BY_OWNER = Grant(Number(5551234), 3, 2, OWNER)
BY_PASSWORD = Grant(Number(5551234), 3, 2, OTHER, b"c" * 32)  # a light key has an address too


@pytest.mark.parametrize("grant", [BY_OWNER, BY_PASSWORD])
def test_it_holds_while_the_chain_says_the_same(grant: Grant) -> None:
    assert grant.holds(FACTS)
    assert grant.holds(replace(FACTS, hub=4, price=1, backup=b"b" * 32))


@pytest.mark.parametrize("grant", [BY_OWNER, BY_PASSWORD])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"epoch": 4}, "changed hands"),
        ({"epoch": 2}, "changed hands"),
        ({"session": 3}, "ended its sessions"),
    ],
)
def test_both_kinds_end_with_the_counters(grant: Grant, changes: dict[str, Any], reason: str) -> None:
    assert reason in (grant.refusal(replace(FACTS, **changes)) or "")


@pytest.mark.parametrize("grant", [BY_OWNER, BY_PASSWORD])
def test_both_kinds_end_when_the_number_was_never_sold_after_all(grant: Grant) -> None:
    assert "nobody holds" in (grant.refusal(None) or "")


def test_another_owner_in_the_same_epoch_ends_what_the_first_one_granted_and_not_the_password() -> None:
    moved = replace(FACTS, owner="0x" + "33" * 20)
    assert "moved" in (BY_OWNER.refusal(moved) or "")
    assert BY_PASSWORD.holds(moved)


@pytest.mark.parametrize("credential", [None, b"d" * 32])
def test_another_password_ends_what_the_first_one_granted_and_not_the_owners_word(
    credential: bytes | None,
) -> None:
    changed = replace(FACTS, credential=credential)
    assert "password" in (BY_PASSWORD.refusal(changed) or "")
    assert BY_OWNER.holds(changed)
