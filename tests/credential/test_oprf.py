"""The oblivious PRF is RFC 9497's, and takes nothing but elements of the group."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import oprf
from telsdk.credential.errors import NoGroupElement

RFC: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/oprf.json").read_text())
KEY = bytes.fromhex(RFC["key"])
IDENTITY = bytes(32)
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_the_key_of_a_seed_is_that_of_the_rfc() -> None:
    assert oprf.derive_key(bytes.fromhex(RFC["seed"]), bytes.fromhex(RFC["info"])) == KEY


@pytest.mark.parametrize("vector", RFC["evaluations"], ids=lambda one: one["input"])
def test_what_is_blinded_evaluated_and_finalized_is_that_of_the_rfc(vector: dict[str, str]) -> None:
    given = {name: bytes.fromhex(value) for name, value in vector.items()}
    blinded = oprf.blind(given["input"], given["blind"])
    assert blinded.element == given["blinded"]
    assert oprf.evaluate(KEY, blinded.element) == given["evaluated"]
    assert oprf.finalize(given["input"], blinded.scalar, given["evaluated"]) == given["output"]


@given(st.binary(max_size=100))
def test_the_value_is_of_key_and_input_alone_and_no_two_requests_are_alike(data: bytes) -> None:
    asked = [oprf.blind(data) for _ in range(2)]
    assert asked[0].element != asked[1].element
    assert len({oprf.finalize(data, one.scalar, oprf.evaluate(KEY, one.element)) for one in asked}) == 1


def test_another_key_gives_another_value() -> None:
    one = oprf.blind(b"a password")
    values = {
        oprf.finalize(
            b"a password", one.scalar, oprf.evaluate(oprf.derive_key(bytes([seed]) * 32, b""), one.element)
        )
        for seed in range(5)
    }
    assert len(values) == 5


BAD = {
    "the identity": IDENTITY,
    "nothing": b"",
    "too short": bytes.fromhex(RFC["evaluations"][0]["blinded"])[:-1],
    "too long": bytes.fromhex(RFC["evaluations"][0]["blinded"]) + b"\0",
    "not below the prime": b"\xff" * 32,
    "negative": bytes([1]) + bytes(31),  # RFC 9496 section 4.3.1: an odd field element
    "no square": bytes([2]) + bytes(31),
}


@pytest.mark.parametrize("element", BAD.values(), ids=BAD)
def test_neither_side_takes_what_is_no_element_or_the_identity(element: bytes) -> None:
    with pytest.raises(NoGroupElement):
        oprf.evaluate(KEY, element)
    with pytest.raises(NoGroupElement):
        oprf.finalize(b"a password", oprf.blind(b"a password").scalar, element)


@given(st.binary(min_size=32, max_size=32))
def test_any_octets_are_an_element_or_are_refused(octets: bytes) -> None:
    try:
        evaluated = oprf.evaluate(KEY, octets)
    except NoGroupElement:
        return
    assert len(evaluated) == oprf.ELEMENT
    assert evaluated != IDENTITY


@pytest.mark.parametrize("drawn", [0, ORDER - 2])
def test_what_blinds_is_below_the_order_and_not_zero(monkeypatch: pytest.MonkeyPatch, drawn: int) -> None:
    def draw(limit: int) -> int:
        assert limit == ORDER - 1
        return drawn

    monkeypatch.setattr(secrets, "randbelow", draw)
    assert int.from_bytes(oprf.blind(b"a password").scalar, "little") == drawn + 1


# RFC 9380 appendix K.3: SHA-512, with its tag.
TAG = b"QUUX-V01-CS02-with-expander-SHA512-256"


@pytest.mark.parametrize(
    ("message", "begins"),
    [
        (b"", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"),
        (b"abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"),
    ],
)
def test_messages_are_expanded_as_in_rfc_9380(message: bytes, begins: str) -> None:
    assert oprf.expand_message_xmd(message, TAG, 32).hex() == begins


LOADED = """
import sys
from telsdk.credential import oprf
assert "rbcl" not in sys.modules, "loaded before it is needed"
try:
    oprf.load()
except Exception as error:
    print(type(error).__name__, error)
"""


def loaded(folder: Path) -> str:
    """What a program says that loads the group by way of `folder`."""
    environment = os.environ | {"TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_loading_the_group_leaves_no_file_behind(tmp_path: Path) -> None:
    assert loaded(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


REFUSING = """
import ctypes
def refuse(path):
    raise OSError("not permitted")
ctypes.cdll.LoadLibrary = refuse
"""


def test_a_folder_that_runs_no_programs_is_told() -> None:
    """Where the system refuses to load a library from there, Python raises an OSError."""
    ran = subprocess.run(
        [sys.executable, "-c", REFUSING + LOADED], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("GroupMissing libsodium cannot be loaded")
    assert "TMPDIR" in ran.stdout
