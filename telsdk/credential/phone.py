"""Passwords for off-the-shelf phones, computed rather than stored.

The user name says what a node must check: `<number>.<epoch>.<session>.<expiry>`. The password is an HMAC, under the
operator's secret, of the user name and of what the login rests on. 130 bits of it are used, so that not even MD5 in
SIP's digest gives anything away.

A password that a deep session had issued rests on the number's owner. So a number that moves to another account
(`moveTo`) keeps its epoch but not its phones. A password that a light session had issued rests on the light credential,
and ends when the owner changes or clears that: a thief who guessed a light password keeps nothing.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from telsdk.clock import Wall
from telsdk.credential.errors import PhoneLoginRefused
from telsdk.credential.grant import Grant
from telsdk.directory import Directory, Domain, NumberFacts
from telsdk.number import Number, NumberError

MAX_LIFETIME: Final = 366 * 86400  # seconds
DEFAULT_LIFETIME: Final = 90 * 86400  # seconds
MIN_SECRET: Final = 32  # octets

_PURPOSE: Final = "telsdk phone password"
_LENGTH: Final = 26  # base32 characters of 5 bits
_ENCODED: Final = (
    20  # octets of the HMAC that are written in base32: what is whole of it, and covers those characters
)
_USERNAME: Final = re.compile(
    r"([0-9]{1,15})\.([1-9][0-9]{0,19})\.(0|[1-9][0-9]{0,19})\.([1-9][0-9]{0,11})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class PhoneUser:
    """What a phone's user name says."""

    number: Number
    epoch: int
    session: int
    expiry: int  # seconds since 1970

    def __str__(self) -> str:
        return f"{self.number}.{self.epoch}.{self.session}.{self.expiry}"

    @classmethod
    def parse(cls, username: str) -> PhoneUser:
        """Read the user written as `username`, in its one form.

        Raises:
            PhoneLoginRefused: it is no phone's user name.
        """
        return cls(*_read(username))


@dataclass(frozen=True, slots=True)
class PhonePassword:
    """A phone's user name and password. The password is shown once and kept nowhere."""

    username: str
    password: str
    expiry: int  # seconds since 1970

    def __repr__(self) -> str:
        return f"PhonePassword(username={self.username!r}, expiry={self.expiry})"


class Granted(NamedTuple):
    """What a user name may log in with."""

    passwords: tuple[str, ...]
    grants: tuple[Grant, ...]  # what a login by each of the passwords rests on
    expiry: int  # of all of them, in seconds since 1970


class PhonePasswords:
    """The phone passwords of one operator: issues and recomputes them.

    Args:
        secrets: the operator's secrets, the newest first. While one replaces another both stand here: the first
            issues, and passwords by either are accepted.

    Raises:
        ValueError: no secret, or one of less than `MIN_SECRET` octets.
    """

    def __init__(self, secrets: Sequence[bytes], directory: Directory) -> None:
        if not secrets or min(map(len, secrets)) < MIN_SECRET:
            raise ValueError(f"phone passwords need a secret of {MIN_SECRET} bytes or more")
        self._secrets = tuple(secrets)
        self._directory = directory

    def issue(
        self, facts: NumberFacts, now: Wall, lifetime: int = DEFAULT_LIFETIME, *, by_light: bool = False
    ) -> PhonePassword:
        """Make a user name and password for a phone of `facts.number`, for its deep or light session to pass on.

        Args:
            lifetime: in seconds.
            by_light: whether a light session asks: the password then ends with the light credential.

        Raises:
            ValueError: `lifetime` is not between 1 and `MAX_LIFETIME`, or there is no light credential.
        """
        if not 0 < lifetime <= MAX_LIFETIME:
            raise ValueError(f"a phone password lasts 1 to {MAX_LIFETIME} seconds, not {lifetime}")
        user = PhoneUser(facts.number, facts.epoch, facts.session, int(now) + lifetime)
        if by_light and facts.credential is None:
            raise ValueError(f"{facts.number} has no light credential")
        grant = _by_light(facts) if by_light else _by_owner(facts)
        password = _password(self._secrets[0], _purpose(self._directory.domain), str(user), grant)
        return PhonePassword(str(user), password, user.expiry)

    def granted(self, username: str, now: Wall) -> Granted:
        """Return what `username` may log in with at `now`.

        For each of the operator's secrets these are the password that a deep session would be given and, where
        there is a light credential, the one that a light session would be given.

        Raises:
            PhoneLoginRefused: there is nothing: the user name is malformed, expired or revoked, or its number was sold
                or is nobody's.
        """
        number, epoch, session, expiry = _read(username)
        facts = self._directory.number(number)
        if facts is None or epoch != facts.epoch or session != facts.session:
            raise PhoneLoginRefused(
                f"the phone password of {number} is void: it was sold or its sessions ended"
            )
        if not now < expiry <= now + MAX_LIFETIME:
            raise PhoneLoginRefused(f"the phone password of {number} expired at {expiry}: issue a new one")
        by_any = (_by_owner(facts),) if facts.credential is None else (_by_owner(facts), _by_light(facts))
        purpose = _purpose(self._directory.domain)
        passwords = [
            _password(secret, purpose, username, grant) for secret in self._secrets for grant in by_any
        ]
        return Granted(tuple(passwords), by_any * len(self._secrets), expiry)


def _read(username: str) -> tuple[Number, int, int, int]:
    """Return number, epoch, session and expiry that a user name says: see `PhoneUser.parse`."""
    match = _USERNAME.fullmatch(username)
    if not match:
        raise PhoneLoginRefused(
            f"{username[:80]!r} is no phone user name: issue one with `telsdk phone-password`"
        )
    number, epoch, session, expiry = match.groups()
    try:
        return Number.parse(number), int(epoch), int(session), int(expiry)
    except NumberError as error:
        raise PhoneLoginRefused(str(error)) from error


def _by_owner(facts: NumberFacts) -> Grant:
    return Grant(facts.number, facts.epoch, facts.session, facts.owner)


def _by_light(facts: NumberFacts) -> Grant:
    return Grant(facts.number, facts.epoch, facts.session, None, facts.credential)


def _purpose(domain: Domain) -> str:
    """Return what all passwords of one deployment cover."""
    return f"{_PURPOSE}\0{domain.chain_id}\0{domain.registry.lower()}"


def _password(secret: bytes, purpose: str, username: str, grant: Grant) -> str:
    behind = f"light {grant.credential.hex()}" if grant.credential else f"deep {(grant.owner or '').lower()}"
    digest = hmac.digest(secret, f"{purpose}\0{username}\0{behind}".encode(), "sha256")
    return base64.b32encode(digest[:_ENCODED]).decode().lower()[:_LENGTH]
