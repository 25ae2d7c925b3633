"""A backup identity wrapped to other keys, so that it can be had again without the wallet that it was made beside.

Not every wallet can derive the identity of a number's backups: a passkey, a wallet of several keys, and some hardware
sign differently each time. For these the identity is random. Each wrap is its 32 secret octets, sealed by age for one
further key; the wraps lie in the clear beside the snapshot, whose digest the chain holds, so a store can neither change
nor leave out one. `docs/formats.md` says what each key is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bech32 import bech32_decode, convertbits

from telsdk.backup.errors import SealBroken
from telsdk.backup.seal import KEY_LENGTH, BackupIdentity, seal, unseal

LIGHT: Final = "light"
"""Kind of a wrap for the key that follows from the number's password."""
RECOVERY: Final = "recovery"
"""Kind of a wrap for the key in a recovery file, or on paper."""
PRF: Final = "prf"
"""Kind of a wrap for a passkey's pseudo-random function (WebAuthn level 3, section 10.1.4)."""

MAX_WRAPS: Final = 16
MAX_SEALED: Final = 1_024  # octets; one of ours has about 230
_KIND: Final = re.compile(r"[a-z0-9]{1,16}", re.ASCII)  # kinds of later versions are carried along
_INFO_OF_LIGHT: Final = b"telsdk backup wrap light 1"
_INFO_OF_PRF: Final = b"telsdk backup wrap prf 1"
_PREFIX: Final = "age-secret-key-"


@dataclass(frozen=True, slots=True)
class Wrap:
    """One wrapped identity.

    Raises:
        ValueError: a field cannot be right.
    """

    kind: str
    public: bytes  # of the identity within
    sealed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind) or len(self.public) != KEY_LENGTH:
            raise ValueError(f"{self.kind!r} is no kind of a wrap, or its key has not {KEY_LENGTH} bytes")
        if not 0 < len(self.sealed) <= MAX_SEALED:
            raise ValueError(f"a wrap has {len(self.sealed)} bytes, and {MAX_SEALED} are allowed")


def light_wrapping_key(secret: bytes) -> BackupIdentity:
    """Return the key of a wrap for the light key, whose `credential.deep.backup_secret` is `secret`."""
    return BackupIdentity.derive(secret, _INFO_OF_LIGHT)


def prf_wrapping_key(output: bytes) -> BackupIdentity:
    """Return the key of a wrap for the passkey whose PRF gave `output`: 32 octets, the same each time."""
    return BackupIdentity.derive(output, _INFO_OF_PRF)


def recovery_text(key: BackupIdentity) -> str:
    """Return what a recovery file holds, for the random `key` of a wrap: an `age` program takes it. It is secret."""
    return (
        "# telsdk: who has this file, and the number's backup, can read the backup. Keep it away from this device.\n"
        f"{key.text}\n"
    )


def recovery_key(text: str) -> BackupIdentity:
    """Return the key that a recovery file holds.

    Raises:
        SealBroken: it holds none, or a character of it is wrong.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    prefix, words = bech32_decode(found[0]) if len(found) == 1 else (None, None)
    octets = None if words is None else convertbits(words, 5, 8, False)
    if prefix != _PREFIX or octets is None or len(octets) != KEY_LENGTH:
        raise SealBroken(
            "this is no recovery file, or a character of it is wrong: it holds one AGE-SECRET-KEY-1…"
        )
    return BackupIdentity.of(bytes(octets))


def wrap(identity: BackupIdentity, kind: str, key: BackupIdentity) -> Wrap:
    """Return `identity` wrapped for `key`."""
    return Wrap(kind, identity.public, seal(identity.secret, [key.public]))


def unwrap(wraps: Iterable[Wrap], key: BackupIdentity) -> BackupIdentity:
    """Return the identity that one of `wraps` holds for `key`.

    Raises:
        SealBroken: none does.
    """
    for one in wraps:
        try:
            secret = unseal(one.sealed, key)
        except SealBroken:
            continue
        # A wrap tells whose it is, and whoever wrote it may have written another's name.
        if len(secret) == KEY_LENGTH and (found := BackupIdentity.of(secret)).public == one.public:
            return found
    raise SealBroken("this backup has nothing wrapped for this key: give another, such as the recovery file")


def merged(own: Iterable[Wrap], others: Iterable[Wrap], public: bytes) -> tuple[Wrap, ...]:
    """Return `own`, and those of `others` that hold the identity `public` and are of no kind that `own` has.

    So a device keeps what another added, and what is wrapped anew, as after a change of the password, replaces the old.
    """
    first = tuple(one for one in own if one.public == public)
    kinds = {one.kind for one in first}
    carried = tuple(one for one in others if one.public == public and one.kind not in kinds)
    return (first + carried)[:MAX_WRAPS]
