"""Keys that are pinned, and their files."""

from pathlib import Path

import pytest

from telsdk.net.pins import KeyFileError, TlsIdentity


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "node" / "key.pem"
    made = TlsIdentity.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert TlsIdentity.load_or_create(path).pin == made.pin


def test_two_keys_have_two_pins() -> None:
    assert TlsIdentity.generate().pin != TlsIdentity.generate().pin


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("not a key")
    with pytest.raises(KeyFileError, match="key.pem gives no key"):
        TlsIdentity.load_or_create(path)
