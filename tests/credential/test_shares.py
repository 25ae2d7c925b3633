"""A threshold of shares gives a secret back; fewer say nothing, and no share can be told from other octets."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import shares

SECRET = bytes(range(32))


@given(st.binary(min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 4), st.randoms())
def test_any_threshold_of_them_gives_the_secret(
    secret: bytes, threshold: int, more: int, random: object
) -> None:
    split = dict(enumerate(shares.split(secret, threshold, threshold + more), start=1))
    for chosen in itertools.combinations(split, threshold):
        assert shares.combine({place: split[place] for place in chosen}) == secret
    assert shares.combine(split) == secret


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("secret", [0, 1, 255])
def test_one_fewer_leaves_every_secret_equally_possible(place: int, secret: int) -> None:
    """For each value of the secret and of one share there is exactly one polynomial: Shamir's secrecy, counted out."""

    def share(coefficient: int) -> bytes:
        return shares.split(bytes([secret]), 2, 3, lambda count: bytes([coefficient]) * count)[place - 1]

    assert Counter(map(share, range(256))) == {bytes([octet]): 1 for octet in range(256)}


def test_any_octets_are_a_share_so_a_wrong_one_shows_by_nothing() -> None:
    right = dict(enumerate(shares.split(SECRET, 2, 3), start=1))
    for octet in range(256):
        assert len(shares.combine({1: right[1], 2: bytes([octet]) * 32})) == 32


def test_the_field_is_that_of_aes() -> None:
    # FIPS 197 section 4.2: {57} times {83} is {c1}. With the place as factor: the secret 0, the coefficient {57}.
    assert shares.split(b"\0", 2, 0x83, lambda _: b"\x57")[0x83 - 1] == b"\xc1"


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (2, 1), (1, 256), (-1, 3)])
def test_what_cannot_be_shared_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"{threshold} of {count}"):
        shares.split(SECRET, threshold, count)


@pytest.mark.parametrize("given", [{}, {0: SECRET}, {256: SECRET}, {1: SECRET, 2: SECRET[1:]}])
def test_what_are_no_shares_is_refused(given: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="shares of one length"):
        shares.combine(given)
