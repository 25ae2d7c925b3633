"""CIDs are those that IPFS gives to raw blocks."""

from __future__ import annotations

import cid as judge
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.backup.cid import cid_of, digest_of, parse_cid


def test_a_known_block_has_its_known_cid() -> None:
    assert cid_of(digest_of(b"hello world")) == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@given(st.binary(max_size=100))
def test_cids_are_those_of_another_library(data: bytes) -> None:
    text = cid_of(digest_of(data))
    other = judge.make_cid(text)
    assert (other.version, other.codec) == (1, "raw")
    assert other.multihash[2:] == digest_of(data)


@given(st.binary(min_size=32, max_size=32))
def test_a_cid_is_read_back(digest: bytes) -> None:
    assert parse_cid(cid_of(digest)) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "QmTkzDwWqPbnAh5YiV5VwcTLnGdwSNsNTn2aDxdXBFca7D",
        "BAFKREIFZJUT3TE2NHYEKKLSS27NH3K72YSCO7Y32KOAO5EEI66WOF36N5E",
        "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5",
        "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5ea",
        "bafybeifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
        "bé",
    ],
)
def test_what_is_no_cid_of_a_raw_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no CID"):
        parse_cid(text)


def test_a_digest_has_32_octets() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        cid_of(b"short")
