"""The log of a store, no longer than a backup may be: there is always one, however much strangers have sent."""

from __future__ import annotations

from dataclasses import dataclass

from telsdk.uc.events import HEAD, LogEvent, encode_log
from telsdk.uc.store import Direction, EventKind, Store


@dataclass(frozen=True, slots=True)
class BackupLog:
    """What goes into a backup."""

    log: bytes
    left_out: int  # events that did not fit; they stay on this device


def backup_log(store: Store, limit: int) -> BackupLog:
    """Return the log of `store` in at most `limit` bytes; what is left out is the oldest of strangers first.

    Contacts, deletions and who held a number are always in it. Then come the person's own calls and messages and those
    of whom they know, then those of strangers, each the newest first.

    Raises:
        StoreUnusable: the file cannot be read.
    """
    whole = store.export()
    if len(whole) <= limit:
        return BackupLog(whole, 0)
    del whole
    events = store.events()
    room = limit - len(HEAD)
    kept: list[LogEvent] = []
    for group in _by_worth(store, events):
        for event in group:
            room -= len(encode_log([event])) - len(HEAD)
            if room < 0:
                return _log_of(kept, len(events))
            kept.append(event)
    return _log_of(kept, len(events))


def _log_of(kept: list[LogEvent], of: int) -> BackupLog:
    return BackupLog(encode_log(sorted(kept, key=lambda event: event.id)), of - len(kept))


def _by_worth(store: Store, events: list[LogEvent]) -> tuple[list[LogEvent], list[LogEvent], list[LogEvent]]:
    """Return what is always kept, and what only later versions know; what is of known people; what is of strangers."""
    known: dict[str, bool] = {}

    def is_known(peer: str) -> bool:
        if peer not in known:
            known[peer] = store.knows([peer])
        return known[peer]

    groups: tuple[list[LogEvent], list[LogEvent], list[LogEvent]] = ([], [], [])
    for event in reversed(events):
        if event.kind not in (EventKind.CALL, EventKind.MESSAGE):
            groups[0].append(event)
        elif event.text("direction") == Direction.OUT or (
            event.text("trust").startswith("verified") and is_known(event.text("peer"))
        ):
            groups[1].append(event)
        else:
            groups[2].append(event)
    return groups
