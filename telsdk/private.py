"""Files that hold secrets. At no moment may anybody but their owner read them (mode 600)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from telsdk.errors import Refused
from telsdk.files import written_beside


class TooOpen(Refused):
    """Other users of this machine may read a file that holds a secret."""


def write(path: Path, data: bytes) -> None:
    """Replace what is at `path` by `data`, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    with written_beside(path, data) as temporary:
        temporary.replace(path)


def create(path: Path, data: bytes) -> None:
    """Create the file `path`, whole or not at all.

    Raises:
        FileExistsError: the file exists; it stays as it is.
        OSError: the folder cannot be written.
    """
    with written_beside(path, data) as temporary:
        path.hardlink_to(temporary)  # unlike a rename, this replaces nothing


def read(path: Path, most: int) -> bytes:
    """Read the secret in `path`, at most `most` bytes of it.

    Raises:
        TooOpen: the file is this user's, and others may read it. A file of another user, such as one that the system
            hands to a service, is that user's business; ssh takes it so too.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())  # of the open file: the path may name another one by now
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and mode & 0o077:
            raise TooOpen(
                f"{path} holds a secret, and others may read it (mode {mode:03o}): "
                f"chmod 600 {path}, and replace the secret if this machine has other users"
            )
        return file.read(most)
