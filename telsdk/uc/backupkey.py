"""The key of a number's backups on this device, and the ways to have it again.

A wallet that signs the same each time derives it, and nothing need be kept. For any other (a passkey, a contract, some
hardware) it is random: it lies in a file on the device, and wrapped beside each backup for whatever the owner wants to
restore with: the password, a recovery file, a passkey's PRF.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from telsdk import private
from telsdk.backup.blocks import BlockStore
from telsdk.backup.errors import BackupError
from telsdk.backup.seal import KEY_LENGTH, BackupIdentity
from telsdk.backup.snapshot import wraps_of
from telsdk.backup.wrap import (
    LIGHT,
    PRF,
    RECOVERY,
    Wrap,
    light_wrapping_key,
    prf_wrapping_key,
    recovery_key,
    recovery_text,
    unwrap,
    wrap,
)
from telsdk.credential.deep import backup_secret
from telsdk.credential.delegation import Signer
from telsdk.credential.errors import NotDeterministic
from telsdk.directory import Domain
from telsdk.nesting import check_nesting

VERSION: Final = 1
MAX_SIZE: Final = 65_536  # octets
_PRF_PURPOSE: Final = b"telsdk backup prf 1\0"


def prf_input(domain: Domain, number: int, epoch: int) -> bytes:
    """Return what a passkey's PRF is asked with: the same passkey gives each number and epoch another output."""
    return hashlib.sha256(_PRF_PURPOSE + domain.octets_of(number) + epoch.to_bytes(8, "big")).digest()


class BackupKeyDamaged(BackupError):
    """The file is no backup key of telsdk, or it is damaged."""


@dataclass(frozen=True, slots=True)
class BackupKey:
    """The identity that backups are sealed for, and its wraps. Hand both to a `telsdk.uc.vault.Vault`."""

    identity: BackupIdentity
    wraps: tuple[Wrap, ...] = ()

    @classmethod
    def made(cls, signer: Signer | None, domain: Domain, number: int, epoch: int) -> Self:
        """Return the key for the first backup: what the wallet derives, or a random one where it does not.

        The wallet signs twice, to be sure. A random key has no wrap yet: without one it is lost with the device.

        Args:
            signer: the owner's; None where it is known that it derives nothing.

        Raises:
            TelError: the wallet gives no signature.
        """
        if signer is not None:
            try:
                return cls(BackupIdentity.derive(backup_secret(signer, domain, number, epoch, check=True)))
            except NotDeterministic:
                pass
        return cls(BackupIdentity.random())

    def for_password(self, light_key: Signer, domain: Domain, number: int, epoch: int) -> Self:
        """Return the same key, wrapped for the light key too. Do so again when the password changes.

        Who knew the old password, and has an old backup, still has this key. Where that matters make a new one, and
        give the `Vault` this one as `former` once.
        """
        key = light_wrapping_key(backup_secret(light_key, domain, number, epoch))
        return self._wrapped(LIGHT, key)

    def for_recovery(self, path: Path) -> Self:
        """Return the same key, wrapped for a new key in a recovery file at `path`, which it writes (mode 600).

        Raises:
            FileExistsError: there is a file.
            OSError: it cannot be written.
        """
        key = BackupIdentity.random()
        private.create(path, recovery_text(key).encode())
        return self._wrapped(RECOVERY, key)

    def for_prf(self, output: bytes) -> Self:
        """Return the same key, wrapped for the passkey whose PRF gave these 32 octets for `prf_input`."""
        return self._wrapped(PRF, prf_wrapping_key(output))

    def _wrapped(self, kind: str, key: BackupIdentity) -> Self:
        others = tuple(one for one in self.wraps if one.kind != kind)
        return replace(self, wraps=(*others, wrap(self.identity, kind, key)))

    @classmethod
    def by_password(
        cls, pointer: bytes, blocks: BlockStore, light_key: Signer, domain: Domain, number: int, epoch: int
    ) -> Self:
        """Return the key of the backup at `pointer`, by the number's password.

        Raises:
            SealBroken: it is not wrapped for this password.
            BackupError: the backup cannot be read.
        """
        secret = backup_secret(light_key, domain, number, epoch)
        return cls._opened(pointer, blocks, light_wrapping_key(secret))

    @classmethod
    def by_recovery(cls, pointer: bytes, blocks: BlockStore, path: Path) -> Self:
        """Return the same by a recovery file. It raises as `by_password`, and OSError."""
        text = private.read(path, MAX_SIZE).decode(errors="replace")
        return cls._opened(pointer, blocks, recovery_key(text))

    @classmethod
    def by_prf(cls, pointer: bytes, blocks: BlockStore, output: bytes) -> Self:
        """Return the same by what a passkey's PRF gave. It raises as `by_password`."""
        return cls._opened(pointer, blocks, prf_wrapping_key(output))

    @classmethod
    def _opened(cls, pointer: bytes, blocks: BlockStore, key: BackupIdentity) -> Self:
        wraps = wraps_of(pointer, blocks)
        identity = unwrap(wraps, key)
        return cls(identity, tuple(one for one in wraps if one.public == identity.public))

    def save(self, path: Path) -> None:
        """Keep the key on this device, in a file of mode 600: it opens what the store beside it has in the clear.

        Raises:
            OSError: it cannot be written.
        """
        wraps = [[one.kind, one.public.hex(), one.sealed.hex()] for one in self.wraps]
        content = {"version": VERSION, "secret": self.identity.secret.hex(), "wraps": wraps}
        private.write(path, json.dumps(content).encode())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the key that `save` kept.

        Raises:
            BackupKeyDamaged: the file is something else, or damaged.
            TooOpen, OSError: it may not, or cannot, be read.
        """
        try:
            content = json.loads(check_nesting(private.read(path, MAX_SIZE).decode()))
            if content["version"] != VERSION:
                raise BackupKeyDamaged(f"{path} has version {content['version']}: update telsdk")
            secret = bytes.fromhex(content["secret"])
            if len(secret) != KEY_LENGTH:
                raise ValueError("length")
            wraps = tuple(Wrap(kind, bytes.fromhex(p), bytes.fromhex(s)) for kind, p, s in content["wraps"])
            return cls(BackupIdentity.of(secret), wraps)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BackupKeyDamaged(
                f"{path} is no backup key, or damaged: have it again by the password or the recovery file"
            ) from error
