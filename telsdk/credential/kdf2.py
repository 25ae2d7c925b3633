"""KDF 2: a light key that a password makes together with hubs, so that nobody can try passwords without them.

    set      x = Argon2id(password)      nonce: 16 random octets      S: 32 random octets
             rho_i = OPRF of hub i at x  s_i: the shares of S, t of n      c_i = s_i xor HKDF(rho_i)
             light key = HKDF(x, S)      on chain: its hash, KDF 2, and t, nonce, (hub id, key id, c_i) for each hub
    log in   x; rho_i of as many hubs as answer; s_i = c_i xor HKDF(rho_i); each t of them give an S and a light key,
             until the hash on chain fits

This is password-protected secret sharing over oblivious PRFs (Jarecki, Kiayias, Krawczyk, Xu 2016), with RFC 9497's.
Whoever tries a password has to ask t hubs, each of which counts. A hub learns nothing by it, keeps nothing but a
counter, and fewer than t of them can try nothing by themselves. For that, nothing tells a right share from a wrong one:
c_i is neither authenticated nor committed to, no hub proves what it answers, and every string of octets is a share
(`telsdk.credential.shares`). The hash alone decides, and that takes t of them.
"""

from __future__ import annotations

import hmac
import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from telsdk.credential import shares
from telsdk.credential.errors import ParametersMalformed
from telsdk.credential.light import WIDE, LightKey

NONCE: Final = 16  # octets
KEY_ID: Final = 4  # octets
SECRET: Final = 32  # octets of S, of a share and of what stands on chain for one
MIN_THRESHOLD: Final = 2  # with 1 each hub could try passwords by itself
MAX_HUBS: Final = 8  # whose parameters fit in the record; and 70 ways to choose four of them are soon tried

_HUB_ID: Final = 4  # octets: the contracts have uint32
_HEAD: Final = 1 + NONCE
_ENTRY: Final = _HUB_ID + KEY_ID + SECRET

_PAD: Final = b"telsdk kdf 2 share"
_LIGHT: Final = b"telsdk kdf 2 light key"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What stands on chain for one hub."""

    hub: int  # its id in the list
    key: bytes  # the id of the secret that the hub uses
    share: bytes  # c_i: the hub's share, sealed by what the hub answers


@dataclass(frozen=True, slots=True)
class Parameters:
    """What KDF 2 needs besides the password: everybody may know it."""

    threshold: int  # how many hubs have to answer
    nonce: bytes  # a new one for each password
    hubs: tuple[Sealed, ...]

    def __post_init__(self) -> None:
        if not MIN_THRESHOLD <= self.threshold <= len(self.hubs) <= MAX_HUBS:
            raise ParametersMalformed(
                f"KDF 2 takes {MIN_THRESHOLD} to {MAX_HUBS} hubs of which {MIN_THRESHOLD} or more answer, "
                f"not {self.threshold} of {len(self.hubs)}"
            )
        if len({one.hub for one in self.hubs}) != len(self.hubs):
            raise ParametersMalformed(
                "a hub stands twice in the parameters of KDF 2: it would answer for two"
            )
        if len(self.nonce) != NONCE or any(
            not 0 < one.hub < 1 << 8 * _HUB_ID or len(one.key) != KEY_ID or len(one.share) != SECRET
            for one in self.hubs
        ):
            raise ParametersMalformed("a field of the parameters of KDF 2 is out of its range")

    def encode(self) -> bytes:
        """Return the octets for the chain: t, nonce, then for each hub its id, its key's id and the sealed share."""
        entries = (one.hub.to_bytes(_HUB_ID, "big") + one.key + one.share for one in self.hubs)
        return bytes([self.threshold]) + self.nonce + b"".join(entries)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the parameters that `encode` wrote. Each has one form.

        Raises:
            ParametersMalformed: of another length, or a field is out of its range.
        """
        count, rest = divmod(len(data) - _HEAD, _ENTRY)
        if rest or not 0 < count <= MAX_HUBS:
            raise ParametersMalformed(
                f"the parameters of KDF 2 have {len(data)} octets, "
                f"not {_HEAD} and {_ENTRY} for each of up to {MAX_HUBS} hubs"
            )
        entries = (data[at : at + _ENTRY] for at in range(_HEAD, len(data), _ENTRY))
        return cls(
            data[0],
            data[1:_HEAD],
            tuple(
                Sealed(int.from_bytes(entry[:_HUB_ID], "big"), entry[_HUB_ID:-SECRET], entry[-SECRET:])
                for entry in entries
            ),
        )

    def of(self, hub: int) -> Sealed | None:
        """Return what stands there for `hub`; None: the password does not need that hub."""
        return next((one for one in self.hubs if one.hub == hub), None)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a hub made of x, with the blinding taken off."""

    hub: int
    key: bytes  # the id of the secret that the hub used
    rho: bytes = field(repr=False)


def new_nonce() -> bytes:
    """Return a random nonce for a new password."""
    return secrets.token_bytes(NONCE)


def seal(
    x: bytes,
    nonce: bytes,
    answers: Sequence[Evaluation],
    threshold: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[LightKey, Parameters]:
    """Make a new light key and the parameters that bring it back.

    Args:
        x: `telsdk.credential.light.stretch` of the password.
        answers: those of all hubs that shall count.
        threshold: how many of these hubs have to answer at a login.
        random: returns so many random octets; the randomness of a test vector in tests.

    Raises:
        ParametersMalformed: too few or too many hubs, one twice, or a threshold that does not fit.
    """
    # First with empty shares, so that what does not fit is refused before anything is split.
    empty = Parameters(threshold, nonce, tuple(Sealed(one.hub, one.key, bytes(SECRET)) for one in answers))
    secret = random(SECRET)
    split = shares.split(secret, threshold, len(answers), random)
    sealed = (
        Sealed(one.hub, one.key, _xor(share, _pad(one))) for one, share in zip(answers, split, strict=True)
    )
    return _light_key(x, secret), Parameters(empty.threshold, nonce, tuple(sealed))


class Opening:
    """A login that is under way: hubs answer one after the other, in any order, and some of them may lie.

    Args:
        x: `telsdk.credential.light.stretch` of the password.
        credential: keccak256 of the light key's address, as the chain has it.
    """

    def __init__(self, x: bytes, parameters: Parameters, credential: bytes) -> None:
        self._x = x
        self._credential = credential
        self._parameters = parameters
        self._places = {one.hub: place for place, one in enumerate(parameters.hubs, start=1)}
        self._found: dict[int, bytes] = {}  # share by its place

    @property
    def missing(self) -> int:
        """How many more hubs have to answer before anything can be tried."""
        return max(0, self._parameters.threshold - len(self._found))

    def take(self, answer: Evaluation) -> LightKey | None:
        """Take in what a hub answered. Return the light key once the hash on chain fits, else None.

        Each choice of hubs is tried once; with `MAX_HUBS` there are at most 70.
        """
        sealed = self._parameters.of(answer.hub)
        if sealed is None or answer.hub not in self._places:
            return None
        place = self._places.pop(answer.hub)
        before = dict(self._found)
        self._found[place] = _xor(sealed.share, _pad(answer))
        for others in itertools.combinations(before, self._parameters.threshold - 1):
            key = self._key({place: self._found[place], **{other: before[other] for other in others}})
            if hmac.compare_digest(key.credential, self._credential):
                return key
        return None

    def _key(self, chosen: Mapping[int, bytes]) -> LightKey:
        return _light_key(self._x, shares.combine(chosen))


def _light_key(x: bytes, secret: bytes) -> LightKey:
    return LightKey.of(_hkdf(x + secret, _LIGHT, WIDE))


def _pad(answer: Evaluation) -> bytes:
    """Return what seals a hub's share. The hub's id is in it, since two hubs of an operator may have one secret."""
    return _hkdf(answer.rho, _PAD + answer.hub.to_bytes(_HUB_ID, "big"), SECRET)


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA512(), length, None, info).derive(secret)  # RFC 5869


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(a, b, strict=True))
