"""Files that hold secrets: never, not for a moment, for anybody but their owner to read (mode 600)."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telsdk.errors import Refused


class TooOpen(Refused):
    """Others on this machine may read a file whose content is a secret."""


def write(path: Path, data: bytes) -> None:
    """Puts `data` in the place of what is at `path`, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    with _temporary(path, data) as temporary:
        temporary.replace(path)


def create(path: Path, data: bytes) -> None:
    """Makes the file `path`, whole or not at all.

    Raises:
        FileExistsError: there is one; it stays as it is.
        OSError: the folder cannot be written.
    """
    with _temporary(path, data) as temporary:
        path.hardlink_to(temporary)  # unlike a rename, this replaces nothing


def read(path: Path, most: int) -> bytes:
    """At most `most` bytes of the secret in `path`.

    Raises:
        TooOpen: it is this user's file, and others may read it. As with ssh, a file of another user (such as one that
            the system hands to a service) is that user's business.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())  # of what is read, not of what may have taken its place
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and mode & 0o077:
            raise TooOpen(
                f"{path} holds a secret, and others may read it (mode {mode:03o}): "
                f"chmod 600 {path}, and replace the secret if this machine has other users"
            )
        return file.read(most)


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A file beside `path` with `data` on disk. Made with mode 600, whatever the umask; gone afterwards."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
