"""The key of a listed server, held against the list."""

from __future__ import annotations

import logging

import pytest

from telsdk.net.pins import PinMismatch, TlsIdentity
from telsdk.server.own_key import OwnKey


def test_a_key_that_is_not_listed_is_not_taken() -> None:
    old, new = TlsIdentity.generate(), TlsIdentity.generate()
    pins = [old.pin]
    own = OwnKey("node 0 of hub 1", old, lambda: pins)
    with pytest.raises(
        PinMismatch, match=f"node 0 of hub 1 is listed with the key {old.pin.hex()}, and this"
    ):
        own.change(new)
    assert own.identity is old
    pins.insert(0, new.pin)
    own.change(new)
    assert own.identity is new


def test_a_key_that_the_list_drops_while_it_is_shown_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    key = TlsIdentity.generate()
    pins = [key.pin]
    own = OwnKey("node 0 of hub 1", key, lambda: pins)
    own.look()
    pins.clear()
    for _ in range(3):
        own.look()
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert said == ["node 0 of hub 1 shows a key that the chain lists no longer: give it the listed one"]
