"""Find a user's logins, stores and copies of the chain on this machine."""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from telsdk.cli.common.failure import Failure
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.chain.index import ChainIndex, Failover, Source

log = logging.getLogger(__name__)

_APP = "telsdk"
_NAMED = re.compile(r"([1-9][0-9]{4,14})\.([0-9]+)\.(?:json|db)", re.ASCII)


class Own(NamedTuple):
    """A number of the user's, on one chain."""

    number: Number
    chain_id: int

    @property
    def login(self) -> Path:
        """Where its login is kept."""
        return data("logins", f"{self.number}.{self.chain_id}.json")

    @property
    def asked(self) -> Path:
        """Where a login is kept until the owner has signed it."""
        return data("logins", f"{self.number}.{self.chain_id}.asked")

    @property
    def consent(self) -> Path:
        """Where a consent to receive the number is kept until it is signed."""
        return data("consents", f"{self.number}.{self.chain_id}.json")

    @property
    def store(self) -> Path:
        """Where its contacts, calls and messages are kept."""
        return data("stores", f"{self.number}.{self.chain_id}.db")


def data(*parts: str) -> Path:
    """Return a path for data that cannot be made again. Make its folder, which only the user may read."""
    return _private(Path(platformdirs.user_data_dir(_APP), *parts))


def logins() -> list[Own]:
    """Return the logins on this machine."""
    return _owned(data("logins", "any").parent.glob("*.json"))


def pick_login(number: Number | None, chain_id: int) -> Own:
    """Return the login to use on a chain: that of `number`, or the only one.

    Raises:
        Failure: there is none, or more than one.
    """
    return _pick(logins(), number, chain_id)


def pick_store(number: Number | None, chain_id: int | None) -> Own:
    """Return the number whose store to open: `number`, or the only one.

    Raises:
        Failure: there is none, or more than one.
    """
    stores = _owned(data("stores", "any").parent.glob("*.db"))
    return _pick({*logins(), *stores}, number, chain_id)


@contextmanager
def chain_index(source: Source | Failover, who: str) -> Iterator[ChainIndex]:
    """Yield the copy of the chain that `who` keeps from one run to the next.

    A second process of the same `who` gets a copy in memory: two must not write one file. What was taken in without
    witnesses was not checked by them, so a copy with witnesses has another file. A file that is damaged is put aside
    and made anew: all that is in it is on the chain.
    """
    from telsdk.chain.index import ChainIndex, Failover, Witnessed

    checked = source.witnessed if isinstance(source, Failover) else isinstance(source, Witnessed)
    who = f"{who}.witnessed" if checked else who
    folder = Path(platformdirs.user_cache_dir(_APP))
    domain = source.deployment.domain
    path = _private(folder / "index" / f"{who}.{domain.chain_id}.{domain.registry}.db")
    with (
        _claimed(path.with_suffix(".lock")) as ours,
        _opened(source, path) if ours else ChainIndex(source) as index,
    ):
        yield index


def _opened(source: Source | Failover, path: Path) -> ChainIndex:
    from telsdk.chain.errors import IndexMismatch
    from telsdk.chain.index import ChainIndex

    try:
        return ChainIndex(source, str(path))
    except IndexMismatch as error:
        aside = path.with_suffix(".damaged")
        log.warning("%s; it is %s now, and the chain is read anew", error, aside)
        path.replace(aside)
        for rest in ("-wal", "-shm"):  # of SQLite; they would be taken for the new file's
            path.with_name(path.name + rest).unlink(missing_ok=True)
        return ChainIndex(source, str(path))


def _pick(owned: Iterable[Own], number: Number | None, chain_id: int | None) -> Own:
    fitting = [
        own
        for own in owned
        if own.chain_id == (chain_id or own.chain_id) and own.number == (number or own.number)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        found = ", ".join(f"{own.number} on chain {own.chain_id}" for own in sorted(fitting))
        raise Failure(f"several numbers are kept on this machine: say which by --number ({found})")
    who = "nobody is" if number is None else f"{number} is not"
    raise Failure(f"{who} logged in on this machine: use `telsdk login deep` or `telsdk login light`")


def _owned(paths: Iterable[Path]) -> list[Own]:
    matches = (_NAMED.fullmatch(path.name) for path in paths)
    return sorted(Own(Number.parse(match[1]), int(match[2])) for match in matches if match)


@contextmanager
def _claimed(lock: Path) -> Iterator[bool]:
    """Yield whether this process got `lock`, and hold it until done. It does not when another process has it."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _private(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
