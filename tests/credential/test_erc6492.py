"""The wrapper of a signature from before its wallet was deployed comes off, and nothing else is changed."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential.erc6492 import MAGIC, is_wrapped, unwrapped

FACTORY = "0x" + "fa" * 20


def wrapped(signature: bytes, call: bytes = b"create") -> bytes:
    return encode(["address", "bytes", "bytes"], [FACTORY, call, signature]) + MAGIC


@given(st.binary(max_size=2_100), st.binary(max_size=300))
def test_what_was_wrapped_comes_out(signature: bytes, call: bytes) -> None:
    assert is_wrapped(wrapped(signature, call))
    assert unwrapped(wrapped(signature, call)) == signature


@given(st.binary(max_size=300).filter(lambda data: not data.endswith(MAGIC)))
def test_what_has_no_wrapper_stays_as_it_is(signature: bytes) -> None:
    assert unwrapped(signature) == signature


def test_one_wrapper_comes_off() -> None:
    assert unwrapped(wrapped(wrapped(b"s" * 65))) == wrapped(b"s" * 65)


@given(st.binary(max_size=400))
def test_what_only_ends_like_one_raises_nothing(data: bytes) -> None:
    assert isinstance(unwrapped(data + MAGIC), bytes)


@pytest.mark.parametrize("length", range(0, 256, 31))
def test_what_is_cut_short_stays_as_it_is(length: int) -> None:
    cut = wrapped(b"s" * 65)[: -len(MAGIC)][:length] + MAGIC
    assert unwrapped(cut) == cut


@pytest.mark.parametrize("at", [32, 64])
def test_an_offset_to_anywhere_stays_as_it_is(at: int) -> None:
    data = bytearray(wrapped(b"s" * 65))
    data[at : at + 32] = b"\xff" * 32
    assert unwrapped(bytes(data)) == bytes(data)
