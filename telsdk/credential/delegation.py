"""A delegation: "this session key speaks for this number, in this epoch and session, until then".

It travels in the `dlg` claim of every token, so its form is small: one version octet, the fields below, and the
signature last and without a length, all in unpadded base64url. A delegation has exactly one text, because verdicts
are remembered by the text: a second spelling would be judged, and take a place, again.
"""

from __future__ import annotations

import base64
import binascii
import enum
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from telsdk.credential import eip712
from telsdk.credential.errors import DelegationMalformed
from telsdk.directory import Domain
from telsdk.number import Number, NumberError

VERSION: Final = 1
KEY_LENGTH: Final = 33  # a compressed P-256 point, SEC 1 section 2.3.3
MAX_DEVICE: Final = 64  # octets of UTF-8
MAX_SIGNATURE: Final = 2_048
"""Octets. A key's signature has 65, that of a Safe with a passkey 640 to 930, that of a Safe of 16 keys 1,040. It may
be empty: some contracts take what was signed on chain beforehand."""
MAX_TEXT: Final = 3_072  # characters: room for all of the above at their most
MAX_LIFETIME: Final = 366 * 86400  # seconds: a stolen device shall not speak for the number for ever
DEFAULT_LIFETIME: Final = 30 * 86400  # seconds

_UINT64_OCTETS: Final = 10  # a varint of 64 bits


class Role(enum.StrEnum):
    """What a session may do. A `LIGHT` one never controls the number: no transfer, name or credential."""

    DEEP = "deep"
    LIGHT = "light"


class Signer(Protocol):
    """What signs typed data: an owner's account, a wallet, or a light key."""

    @property
    def address(self) -> str:
        """The account's address (EIP-55)."""
        ...

    def sign(self, typed: eip712.TypedData) -> bytes:
        """Return r, s, v of a key (65 bytes, v 27 or 28), or whatever the contract at `address` takes (ERC-1271)."""
        ...


_ROLES: Final = (Role.DEEP, Role.LIGHT)  # the octet on the wire is the index here


@dataclass(frozen=True, slots=True)
class Delegation:
    """Which key may speak for a number, and how long. Whether its signature is genuine is the question of `verify`."""

    number: Number
    epoch: int
    session: int
    session_key: bytes  # compressed P-256 point
    role: Role
    device: str  # what the person called it; the wallet shows it to them
    not_before: int  # seconds since 1970
    expiry: int  # seconds since 1970
    signature: bytes = field(default=b"", repr=False)  # with it, this is a token: nothing for logs

    def typed(self, domain: Domain) -> eip712.TypedData:
        """Return what the owner or the light key signs."""
        return eip712.TypedData(
            domain,
            "Delegation",
            eip712.DELEGATION,
            {
                "number": self.number,
                "epoch": self.epoch,
                "session": self.session,
                "sessionKey": self.session_key,
                "role": str(self.role),
                "device": self.device,
                "notBefore": self.not_before,
                "expiry": self.expiry,
            },
        )

    def signed_by(self, signer: Signer, domain: Domain) -> Delegation:
        """Return the same delegation with the signature of `signer` under it."""
        return replace(self, signature=signer.sign(self.typed(domain)))

    def encode(self) -> str:
        """Return the text for the `dlg` claim.

        Raises:
            DelegationMalformed: a field is out of its range.
        """
        check(self)
        device = self.device.encode()
        return _base64(
            bytes([VERSION, _ROLES.index(self.role)])
            + b"".join(map(_varint, (self.number, self.epoch, self.session, self.not_before)))
            + _varint(self.expiry - self.not_before)
            + self.session_key
            + bytes([len(device)])
            + device
            + self.signature
        )

    @classmethod
    def decode(cls, text: str) -> Delegation:
        """Read the delegation written as `text`.

        Raises:
            DelegationMalformed: too long, cut short, a field out of its range, or not in the one canonical form.
        """
        if len(text) > MAX_TEXT:
            raise DelegationMalformed(
                f"the delegation has {len(text)} characters, more than the {MAX_TEXT} allowed"
            )
        reader = _Octets(_unbase64(text))
        version, role = reader.octet(), reader.octet()
        if version != VERSION:
            raise DelegationMalformed(
                f"the delegation has version {version}, this program knows {VERSION}: update one of them"
            )
        if role >= len(_ROLES):
            raise DelegationMalformed(f"the delegation names role {role}, which does not exist")
        number, epoch, session, not_before, lifetime = (reader.varint() for _ in range(5))
        key = reader.take(KEY_LENGTH)
        device = reader.take(reader.octet())
        try:
            delegation = cls(
                Number(number),
                epoch,
                session,
                key,
                _ROLES[role],
                device.decode(),
                not_before,
                not_before + lifetime,
                reader.rest(),
            )
        except (NumberError, UnicodeDecodeError) as error:
            raise DelegationMalformed(f"the delegation has a bad field: {error}") from error
        if delegation.encode() != text:
            raise DelegationMalformed("the delegation is not written in its one canonical form")
        return delegation


def check(delegation: Delegation) -> None:
    """Refuse a delegation that no signature could make right.

    Raises:
        DelegationMalformed: a field is out of its range.
    """
    if delegation.epoch < 1 or max(delegation.epoch, delegation.session, delegation.expiry) >= 1 << 64:
        raise DelegationMalformed("the delegation has a counter or time outside 64 bits")
    if not 0 < delegation.expiry - delegation.not_before <= MAX_LIFETIME:
        raise DelegationMalformed(
            f"the delegation lasts longer than {MAX_LIFETIME // 86400} days, or ends before it begins"
        )
    if len(delegation.session_key) != KEY_LENGTH or delegation.session_key[0] not in (2, 3):
        raise DelegationMalformed("the delegation's session key is no compressed P-256 point")
    if len(delegation.device.encode()) > MAX_DEVICE or not delegation.device.isprintable():
        raise DelegationMalformed(
            f"the device's name must be printable and at most {MAX_DEVICE} bytes: {delegation.device!r}"
        )
    if len(delegation.signature) > MAX_SIGNATURE:
        raise DelegationMalformed(
            f"the delegation's signature has {len(delegation.signature)} bytes, more than the {MAX_SIGNATURE} allowed"
        )


class _Octets:
    """Octets that are taken off the front."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise DelegationMalformed("the delegation is cut short")
        self._at += count
        return taken

    def octet(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        value = 0
        for place in range(_UINT64_OCTETS):
            octet = self.octet()
            value |= (octet & 0x7F) << 7 * place
            if octet < 0x80:
                return value
        raise DelegationMalformed("the delegation has a counter or time outside 64 bits")

    def rest(self) -> bytes:
        return self._data[self._at :]


def _varint(value: int) -> bytes:
    """Return `value` as LEB128: seven bits an octet, the lowest first."""
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise DelegationMalformed("the delegation is not base64url text") from error
