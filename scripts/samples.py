"""Values to write into each record, for the tests and benchmarks. They follow from `telsdk.records` alone.

So a record that is described there is tried wherever the others are. Each value comes in several `turn`s, so that
one can be told from the next.
"""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from telsdk.records import RECORDS, Records, Update, Word, answered

_TURNS = ("a", "another", "a third")
_USUAL_KDF = 1  # every other takes a slot of its own, which is tried by itself


def word(described: Word, turn: int = 0) -> bytes | int:
    """Return a value that is not zero, as the contract takes it."""
    if described.name == "kdf":
        return _USUAL_KDF
    if described.type == "bool":
        return True
    if described.type == "bytes":
        return b""  # as of the usual KDF
    if isinstance(described.zero, int):
        return 7 + turn
    return bytes(keccak(text=f"{_TURNS[turn]} {described.name.replace('_', ' ')}"))


def answer(turn: int = 0, *, only: str | None = None) -> tuple[bytes | int, ...]:
    """Return what ``recordsOf`` says once all records are set, or the one called `only`."""
    return (
        *(
            word(described, turn)
            if only in (None, record.name) and not described.hashed
            else described.kept_zero
            for record in RECORDS
            for described in record.words
        ),
        0,  # the usual KDF has no parameters, hence no block that tells them
    )


def records(turn: int = 0, *, only: str | None = None) -> Records:
    """Return the same as the SDK gives it."""
    return answered(answer(turn, only=only)).records


def update(turn: int | None = 0, seen: int | None = None, *, only: str | None = None) -> Update:
    """Return what writes all records, or the one called `only`.

    Args:
        turn: of the values to be written; None clears them.
        seen: that of the values before, which a record that is swapped has to name; None when there are none.
    """
    given: dict[str, Any] = {}
    for record in RECORDS:
        new, old = (
            None if which is None else tuple(word(described, which) for described in record.words)
            for which in (turn, seen)
        )
        if record.swapped:
            given[record.name] = (None if old is None else old[0], None if new is None else new[0])
        else:
            given[record.name] = new if new is None or len(new) > 1 else new[0]
    return Update(**{name: value for name, value in given.items() if only in (None, name)})
