"""Remember which phone passwords were issued from this machine: all about them except the passwords.

Nobody else keeps this, neither the node nor the chain. It is a file of lines of JSON. Only its owner may read it,
because it says when whose phone was set up.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from telsdk.cli.common import places
from telsdk.clock import Wall
from telsdk.credential.errors import PhoneLoginRefused
from telsdk.credential.phone import PhoneUser
from telsdk.directory import Domain, NumberFacts
from telsdk.nesting import check_nesting


@dataclass(frozen=True)
class Issued:
    """A phone password that was shown here once."""

    username: str
    chain_id: int
    registry: str
    issued: int  # seconds since 1970
    label: str | None = None
    credential: str | None = None  # in hexadecimal, where a light session had it issued

    @property
    def user(self) -> PhoneUser:
        return PhoneUser.parse(self.username)

    def state(self, facts: NumberFacts | None, now: Wall) -> str:
        """Return whether a node accepts it: "active", "expired", or "void" by the `facts` of its number."""
        if now >= self.user.expiry:
            return "expired"
        if facts is None or (facts.epoch, facts.session) != (self.user.epoch, self.user.session):
            return "void"
        credential = None if facts.credential is None else facts.credential.hex()
        return "void" if self.credential not in (None, credential) else "active"


def path() -> Path:
    """Return where they are noted."""
    return places.data("phones", "issued.jsonl")


def note(issued: Issued) -> None:
    """Note an issued password.

    Raises:
        OSError: the file cannot be written.
    """
    line = json.dumps(asdict(issued)) + "\n"
    handle = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line)


def noted(domain: Domain) -> list[Issued]:
    """Return the issued passwords of one deployment, the newest first.

    A line that is cut off, for example by a full disk, is skipped.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        lines = path().read_text().splitlines()
    except FileNotFoundError:
        return []
    found = [one for one in map(_read, lines) if one is not None]
    here = [one for one in found if (one.chain_id, one.registry) == (domain.chain_id, domain.registry)]
    return here[::-1]


def _read(line: str) -> Issued | None:
    try:
        fields: dict[str, Any] = json.loads(check_nesting(line))
        issued = Issued(**fields)
        PhoneUser.parse(issued.username)
    except (ValueError, TypeError, PhoneLoginRefused):
        return None
    return issued
