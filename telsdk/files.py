"""Write a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Replace what is at `path` by `data`: a reader finds the one or the other, after a power cut too.

    Its folder is made if there is none, and its mode is 600.

    Raises:
        OSError: the disk does not take it. What was at `path` stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_beside(path, data) as temporary:
        temporary.replace(path)
    _sync(path.parent)


@contextmanager
def written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Yield a file beside `path` with `data` on disk, and remove it afterwards. Its mode is 600 whatever the umask."""
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


def _sync(folder: Path) -> None:
    # The new name is an entry in the folder: without this it may be gone after a power cut.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
