"""Deletions: which calls and messages of a log are gone, and stay gone when another device's log is merged.

A deletion is an event like any other, of kind `DELETED`, in one of two forms::

    {"ids": [id, ...]}                                      these events
    {"match": {field: text, ...}, "seen": {device: time}}   all whose data has these fields, and which their device
                                                            noted at that time or before

An id begins with a time and the device that noted the event (`telsdk.uc.events.LogEvent`). The times of one device only
grow, and are compared with that device's alone. So a clock that is wrong, however far, deletes nothing that the person
who deleted could not see.

A log stays the union of what its devices know: an event is gone where a deletion in the union names it, and a deletion
is dropped where another one says all that it says. So the order of merges makes no difference, and what is left of a
conversation that was deleted is one short event, however long the conversation was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from telsdk.errors import TelError
from telsdk.uc.events import LogEvent, device_of, time_of

DELETED: Final = "deleted"
KEPT: Final = frozenset({DELETED, "contact", "contact-removed", "peer"})
"""Kinds that no deletion touches. Contacts have a way of their own to go; who held a number outlives the history."""

MAX_NAMED: Final = 1_500  # ids or devices in one deletion: some 53,000 characters, of the 65,536 of an event
MAX_SINGLE: Final = 10_000  # ids in all deletions of one log: 350 kB of them


class TooManyDeletions(TelError):
    """So many single events were deleted that no more are remembered one by one."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """One event of kind `DELETED`, read."""

    id: str
    ids: frozenset[str]
    match: frozenset[tuple[str, str]] | None  # None: the ids alone
    seen: Mapping[str, str]  # the newest time that is gone, by device

    @classmethod
    def read(cls, event: LogEvent) -> Deletion | None:
        """Return what `event` deletes; None when it is no deletion, or one of a later version."""
        if event.kind != DELETED:
            return None
        match event.data:
            case {"ids": list(ids), **rest} if not rest and all(isinstance(one, str) for one in ids):
                return cls(event.id, frozenset(ids), None, {})
            case {"match": dict(fields), "seen": dict(seen), **rest} if not rest and all(
                isinstance(one, str) for one in (*fields.values(), *seen.values())
            ):
                return cls(event.id, frozenset(), frozenset(fields.items()), seen)
        return None

    def deletes(self, event: LogEvent) -> bool:
        """Return whether `event` is gone by this deletion."""
        if event.kind in KEPT:
            return False
        if self.match is None:
            return event.id in self.ids
        return self._has_seen(event.id) and all(event.text(name) == text for name, text in self.match)

    def covers(self, other: Deletion) -> bool:
        """Return whether this deletion deletes all that `other` does, now and in any log to come."""
        if self.match is None:
            return other.match is None and other.ids <= self.ids
        if other.match is None:
            return not self.match and all(map(self._has_seen, other.ids))
        return self.match in (frozenset(), other.match) and all(
            self.seen.get(device, "") >= time for device, time in other.seen.items()
        )

    def _has_seen(self, id: str) -> bool:
        return time_of(id) <= self.seen.get(device_of(id), "")


class Deletions:
    """Many deletions, asked at once: what an event costs does not grow with their number."""

    def __init__(self, deletions: Iterable[Deletion]) -> None:
        self._ids: set[str] = set()
        self._matching: defaultdict[tuple[str, ...], defaultdict[tuple[str, ...], list[Deletion]]]
        self._matching = defaultdict(lambda: defaultdict(list))
        for one in deletions:
            self._ids |= one.ids
            if one.match is not None:
                fields = dict(sorted(one.match))
                self._matching[tuple(fields)][tuple(fields.values())].append(one)

    def delete(self, event: LogEvent) -> bool:
        """Return whether `event` is gone by one of them."""
        if event.id in self._ids:
            return event.kind not in KEPT
        return any(
            one.deletes(event)
            for names, group in self._matching.items()
            for one in group.get(tuple(map(event.text, names)), ())
        )


def superseded(deletions: Iterable[Deletion]) -> Iterator[Deletion]:
    """Yield the deletions that say nothing which another of them does not say. Of two equal ones the first stays."""
    alike: defaultdict[frozenset[tuple[str, str]] | None, list[Deletion]] = defaultdict(list)
    for one in deletions:
        alike[one.match].append(one)
    everything = alike[frozenset()]
    for match, group in list(alike.items()):
        rivals = group if match == frozenset() else [*group, *everything]
        for one in group:
            if any(_goes_before(rival, one) for rival in rivals if rival.id != one.id):
                yield one


def _goes_before(one: Deletion, other: Deletion) -> bool:
    return one.covers(other) and (not other.covers(one) or one.id < other.id)


def of_ids(ids: Iterable[str], earlier: Iterable[Deletion]) -> Iterator[Mapping[str, object]]:
    """Yield the data of the deletions of these events, which take in what `earlier` ones named where there is room.

    Raises:
        TooManyDeletions: `MAX_SINGLE` are named already.
    """
    single = [one for one in earlier if one.match is None]
    named = set(ids)
    if len(named.union(*(one.ids for one in single))) > MAX_SINGLE:
        raise TooManyDeletions(
            f"{MAX_SINGLE} single events were deleted, and no more are remembered: delete a whole conversation"
            " (`telsdk history delete --peer ADDRESS`) or all (`telsdk history delete --all`)"
        )
    for one in sorted(single, key=lambda one: len(one.ids)):
        if len(named | one.ids) <= MAX_NAMED:
            named |= one.ids
    for part in _parts(sorted(named)):
        yield {"ids": part}


def of_matching(
    match: Mapping[str, str], ids: Iterable[str], earlier: Iterable[Deletion]
) -> Iterator[Mapping[str, object]]:
    """Yield the data of the deletions of all that match, of which these ids were seen; see `of_ids`."""
    seen: dict[str, str] = {}
    _join(seen, ((device_of(id), time_of(id)) for id in ids))
    alike = (one for one in earlier if one.match == frozenset(match.items()))
    for one in sorted(alike, key=lambda one: len(one.seen)):
        if len(seen.keys() | one.seen.keys()) <= MAX_NAMED:
            _join(seen, one.seen.items())
    for part in _parts(sorted(seen)):
        yield {"match": dict(match), "seen": {device: seen[device] for device in part}}


def _join(seen: dict[str, str], more: Iterable[tuple[str, str]]) -> None:
    for device, time in more:
        seen[device] = max(time, seen.get(device, ""))


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while part := list(islice(rest, MAX_NAMED)):
        yield part
