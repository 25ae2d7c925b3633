"""Keys that are pinned, and their files."""

from pathlib import Path

import pytest

from telsdk import private
from telsdk.net.pins import KeyFileError, TlsIdentity
from telsdk.private import TooOpen


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "node" / "key.pem"
    made = TlsIdentity.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert TlsIdentity.load_or_create(path).pin == made.pin


def test_two_keys_have_two_pins() -> None:
    assert TlsIdentity.generate().pin != TlsIdentity.generate().pin


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    private.write(path, b"not a key")
    with pytest.raises(KeyFileError, match="key.pem gives no key"):
        TlsIdentity.load_or_create(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    TlsIdentity.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(TooOpen, match=f"mode {mode:03o}.*chmod 600"):
        TlsIdentity.load_or_create(path)


def test_two_processes_that_make_one_key_file_have_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    first = TlsIdentity.load_or_create(path)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as the second saw it, a moment before
    assert TlsIdentity.load_or_create(path).pin == first.pin
