"""NumberRecords: each record by its owner and by signature, and several at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.world import ALL_RECORDS, NUMBER, World
from scripts import samples
from telsdk.chain.access import Permit
from telsdk.chain.client import Client
from telsdk.number import Number
from telsdk.records import RECORDS, WORDS, Record

_NUMBER = Number(NUMBER)
_OTHER_KDF = 2  # has parameters, and takes a slot of its own
_PARAMETERS = bytes(range(1, 138))  # as long as those of KDF 2 with three hubs
_OTHERS = samples.update(1, seen=0)
_NONE = samples.update(None, seen=0)


def _args(record: Record, turn: int | None, seen: int | None = None) -> tuple[Any, ...]:
    """What the setter of `record` takes, from the value that was `seen` to that of `turn`."""
    return record.words_of(getattr(samples.update(turn, seen, only=record.name), record.name))


def _permit(client: Client, number: Number, record: Record, turn: int, seen: int | None = None) -> Permit:
    sign: Callable[..., Permit] = getattr(client.records, f"permit_{record.name}")
    return sign(number, *_args(record, turn, seen))


def one(record: Record, w: World) -> None:
    w.measure("new", w.records, record.setter, NUMBER, *_args(record, 0), sender=w.alice)
    w.measure("change", w.records, record.setter, NUMBER, *_args(record, 1, 0), sender=w.alice)
    w.permit("change, later signature", lambda c: _permit(c, _NUMBER, record, 0, 1))
    if record.name == "credential":  # which is cleared by a function of its own
        w.permit("later signature", lambda c: c.records.permit_clear_credential(_NUMBER))
        w.measure("own", w.records, "clearCredential", NUMBER, sender=w.alice)
    else:
        w.measure("clear", w.records, record.setter, NUMBER, *_args(record, None, 1), sender=w.alice)


def one_by_signature(record: Record, w: World) -> None:
    w.permits(lambda client, number: _permit(client, number, record, 0))


def another_kdf(w: World) -> None:
    args = NUMBER, samples.word(WORDS[0]), _OTHER_KDF, _PARAMETERS
    w.measure("new, KDF 2 of three hubs", w.records, "setCredential", *args, sender=w.alice)
    w.measure("the same anew", w.records, "setCredential", *args, sender=w.alice)


def several(w: World) -> None:
    w.measure("all new", w.records, "setMany", NUMBER, ALL_RECORDS.struct(), sender=w.alice)
    w.permit("all changed, later signature", lambda c: c.records.permit_many(_NUMBER, _OTHERS))
    with w.undone():
        w.measure("all cleared", w.records, "setMany", NUMBER, _NONE.struct(), sender=w.alice)
    w.measure("all changed", w.records, "setMany", NUMBER, _OTHERS.struct(), sender=w.alice)


def several_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_many(number, ALL_RECORDS))


def nonces(w: World) -> None:
    w.measure("first", w.records, "cancelNonce", sender=w.alice)
    w.measure("later", w.records, "cancelNonce", sender=w.alice)


SCENARIOS: tuple[Callable[[World], None], ...] = (
    another_kdf,
    *(partial(one, record) for record in RECORDS),
    *(partial(one_by_signature, record) for record in RECORDS),
    several,
    several_by_signature,
    nonces,
)
