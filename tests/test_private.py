"""Files with secrets."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from telsdk import private


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever the shell's umask is."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def put(path: Path) -> Path:
    """An own secret, written whatever the umask is."""
    private.write(path, b"secret")
    return path


@pytest.mark.parametrize("make", [private.write, private.create])
def test_nobody_else_can_read_it_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, bytes], None]
) -> None:
    seen: set[int] = set()
    sync = os.fsync

    def look(handle: int) -> None:
        seen.update(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    make(tmp_path / "secret", b"secret")
    assert seen == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_creating_replaces_nothing(tmp_path: Path) -> None:
    path = put(tmp_path / "secret")
    with pytest.raises(FileExistsError):
        private.create(path, b"another")
    assert private.read(path, 100) == b"secret"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "secret")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private.write(path, b"another")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"secret", [path])


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o610, 0o644, 0o666])
def test_what_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "secret")
    path.chmod(mode)
    with pytest.raises(private.TooOpen, match=f"mode {mode:03o}.*chmod 600"):
        private.read(path, 100)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_what_only_its_owner_may_touch_is_read(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "secret")
    path.chmod(mode)
    assert private.read(path, 3) == b"sec"
