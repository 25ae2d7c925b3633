"""CIDs are those that IPFS gives to raw blocks."""

from __future__ import annotations

import cid as judge
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.backup.cid import cid_of, digest_of


def test_a_known_block_has_its_known_cid() -> None:
    assert cid_of(digest_of(b"hello world")) == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@given(st.binary(max_size=100))
def test_cids_are_those_of_another_library(data: bytes) -> None:
    text = cid_of(digest_of(data))
    other = judge.make_cid(text)
    assert (other.version, other.codec) == (1, "raw")
    assert other.multihash[2:] == digest_of(data)


def test_a_digest_has_32_octets() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        cid_of(b"short")
