"""A file is there whole, or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.files import write_whole


def test_a_file_is_written_with_the_folders_above_it_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    for text in ("once", "twice"):
        write_whole(path, text.encode())
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(path, b"text")
    assert list(tmp_path.iterdir()) == [path]
