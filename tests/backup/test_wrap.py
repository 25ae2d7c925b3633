"""A wrapped identity is had again by each key that it was wrapped for, and by no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.backup.blocks import FolderStore
from telsdk.backup.errors import SealBroken, SnapshotRefused
from telsdk.backup.seal import BackupIdentity, seal
from telsdk.backup.snapshot import SnapshotManifest, restore, snapshot, wraps_of
from telsdk.backup.wrap import (
    LIGHT,
    MAX_WRAPS,
    PRF,
    RECOVERY,
    Wrap,
    light_wrapping_key,
    merged,
    prf_wrapping_key,
    recovery_key,
    recovery_text,
    unwrap,
    wrap,
)

IDENTITY = BackupIdentity.of(bytes(range(32)))
KEYS = {
    LIGHT: light_wrapping_key(b"l" * 64),
    RECOVERY: BackupIdentity.random(),
    PRF: prf_wrapping_key(b"p" * 32),
}
WRAPS = tuple(wrap(IDENTITY, kind, key) for kind, key in KEYS.items())


@pytest.mark.parametrize("kind", KEYS)
def test_each_key_opens_its_wrap(kind: str) -> None:
    assert unwrap(WRAPS, KEYS[kind]) == IDENTITY


def test_no_other_key_opens_one() -> None:
    for key in (
        BackupIdentity.random(),
        IDENTITY,
        light_wrapping_key(b"p" * 32),
        prf_wrapping_key(b"l" * 64),
    ):
        with pytest.raises(SealBroken, match="nothing wrapped for this key"):
            unwrap(WRAPS, key)


def test_keys_for_different_ends_differ_and_are_what_other_programs_derive() -> None:
    """HKDF-SHA256 without salt over the secret; these are fixed, or the web phone's backups are lost."""
    secret = bytes(range(64))
    assert light_wrapping_key(secret).secret.hex() == LIGHT_VECTOR
    assert prf_wrapping_key(secret[:32]).secret.hex() == PRF_VECTOR
    assert BackupIdentity.derive(secret).secret.hex() == DERIVED_VECTOR


LIGHT_VECTOR = "c2d975801b2d019f4f894626b87951de1b14d88af6066b4bded3737aa90108f1"
PRF_VECTOR = "b1d4caa93d154efa823bad402383977250abec0a922f1fe21cf23bdaf571ad22"
DERIVED_VECTOR = "b05e385f8d023308f12a4257f23f36f25152c5a3eacea43c5137b4359080975e"


def test_a_wrap_that_names_another_identity_is_not_taken() -> None:
    forged = Wrap(LIGHT, BackupIdentity.random().public, seal(IDENTITY.secret, [KEYS[LIGHT].public]))
    with pytest.raises(SealBroken):
        unwrap([forged], KEYS[LIGHT])


def test_a_recovery_text_is_read_back_and_a_slip_of_the_pen_is_noticed() -> None:
    key = BackupIdentity.random()
    text = recovery_text(key)
    assert recovery_key(text) == key
    assert recovery_key(f"\n  {key.text.lower()}  \n") == key
    for other in (
        "",
        text + text,
        key.text[:-1],
        key.text[:-1] + ("Q" if key.text[-1] != "Q" else "P"),
        "age1qqq",
    ):
        with pytest.raises(SealBroken, match="no recovery file"):
            recovery_key(other)


@given(st.text(max_size=120))
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    with pytest.raises(SealBroken):
        recovery_key(text)


def test_what_others_added_is_kept_and_what_is_wrapped_anew_replaces_the_old() -> None:
    light, recovery, prf = WRAPS
    anew = wrap(IDENTITY, LIGHT, BackupIdentity.random())
    foreign = wrap(BackupIdentity.random(), PRF, KEYS[PRF])
    assert merged([light], [recovery, prf], IDENTITY.public) == (light, recovery, prf)
    assert merged([anew], [light, recovery], IDENTITY.public) == (anew, recovery)
    assert merged([], [foreign, recovery], IDENTITY.public) == (recovery,)
    assert len(merged([], [prf] * 40, IDENTITY.public)) == MAX_WRAPS


def test_the_wraps_lie_beside_the_snapshot(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    pointer = snapshot(b"history", [IDENTITY.public], store, WRAPS)
    assert wraps_of(pointer, store) == WRAPS
    for key in KEYS.values():
        assert restore(pointer, unwrap(wraps_of(pointer, store), key), store) == b"history"
    plain = snapshot(b"history", [IDENTITY.public], store)
    assert wraps_of(plain, store) == ()
    assert json.loads(store.get(plain))["version"] == 1, "older programs read what has no wraps"


@pytest.mark.parametrize(
    "wraps",
    [
        5,
        [5],
        [["light"]],
        [["light", "00", "00"]],
        [["Light", "00" * 32, "00"]],
        [["light", "00" * 32, ""]],
        [["light", "00" * 32, "00" * 1025]],
        [["light", "AA" * 32, "00"]],
        [["light", "aa" * 32, "00"]] * (MAX_WRAPS + 1),
        [],
        None,
    ],
)
def test_malformed_wraps_are_refused(wraps: object) -> None:
    content = {"blocks": [], "size": 0, "version": 2, "wraps": wraps}
    data = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(SnapshotRefused):
        SnapshotManifest.decode(data)
