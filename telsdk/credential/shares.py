"""Split a secret so that any `threshold` of its shares give it back, and fewer say nothing of it (Shamir, 1979).

Each octet is shared for itself over GF(2^8), with the field of AES. So every string of octets is a share: one that was
opened with a wrong key looks like any other. Shares that are numbers below a prime do not have that: who opens one with
a guess of the key sees by its range that the guess was wrong, and can try offline what only the hubs together shall
tell. That is why this is not the scalar field of ristretto255, and why libraries that mark or check shares do not fit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Final

MOST: Final = 255  # shares: the places where a polynomial over GF(2^8) can be evaluated, but for 0

_POLYNOMIAL: Final = 0x11B  # x^8 + x^4 + x^3 + x + 1, FIPS 197 section 4.2


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms = [0] * 255, [0] * 256
    value = 1
    for power in range(255):
        powers[power], logarithms[value] = value, power
        doubled = value << 1
        value ^= doubled ^ _POLYNOMIAL if doubled > 255 else doubled  # times 3
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def split(
    secret: bytes, threshold: int, count: int, random: Callable[[int], bytes] = secrets.token_bytes
) -> tuple[bytes, ...]:
    """Return `count` shares of `secret`, each as long as it is. The first belongs to place 1.

    Args:
        threshold: how many give the secret back.
        random: returns so many random octets; the randomness of a test vector in tests.

    Raises:
        ValueError: not 1 <= threshold <= count <= 255.
    """
    if not 1 <= threshold <= count <= MOST:
        raise ValueError(f"{threshold} of {count} shares: 1 <= threshold <= count <= {MOST} is needed")
    coefficients = [secret, *(random(len(secret)) for _ in range(threshold - 1))]
    return tuple(
        bytes(_evaluated(place, one) for one in zip(*coefficients, strict=True))
        for place in range(1, count + 1)
    )


def combine(shares: Mapping[int, bytes]) -> bytes:
    """Return the secret of which `shares` are the shares by their places, by interpolation at 0.

    Shares that are wrong, or too few, give another secret: nothing tells.

    Raises:
        ValueError: no shares, of different lengths, or at no places.
    """
    if (
        not shares
        or not all(1 <= place <= MOST for place in shares)
        or len(set(map(len, shares.values()))) != 1
    ):
        raise ValueError("shares of one length are needed, each with its place")
    weights = {place: _weight(place, shares) for place in shares}
    length = len(next(iter(shares.values())))
    secret = bytearray(length)
    for place, share in shares.items():
        for at, octet in enumerate(share):
            secret[at] ^= _product(octet, weights[place])
    return bytes(secret)


def _evaluated(place: int, coefficients: tuple[int, ...]) -> int:
    """Return the value at `place` of a polynomial, its constant first (Horner)."""
    value = 0
    for coefficient in reversed(coefficients):
        value = _product(value, place) ^ coefficient
    return value


def _weight(place: int, places: Mapping[int, bytes]) -> int:
    """Return Lagrange's coefficient of `place` at 0."""
    above = below = 0  # sums of logarithms
    for other in places:
        if other != place:
            above += _LOGARITHMS[other]
            below += _LOGARITHMS[other ^ place]
    return _POWERS[(above - below) % 255]


def _product(a: int, b: int) -> int:
    return _POWERS[(_LOGARITHMS[a] + _LOGARITHMS[b]) % 255] if a and b else 0
