"""The backup pointer of a number: read and swapped on the chain."""

from __future__ import annotations

from telsdk.chain.client import ChainPointer, Client
from tests.chain.actors import NUMBER

FIRST, SECOND = b"\x01" * 32, b"\x02" * 32


def test_a_number_without_a_backup_has_no_pointer(alice: Client) -> None:
    assert ChainPointer(alice, NUMBER).read() is None


def test_a_pointer_is_swapped_only_for_the_one_that_is_there(alice: Client) -> None:
    pointer = ChainPointer(alice, NUMBER)
    assert pointer.swap(None, FIRST)
    assert not pointer.swap(None, SECOND)
    assert pointer.read() == FIRST
    assert pointer.swap(FIRST, SECOND)
    assert pointer.read() == SECOND
