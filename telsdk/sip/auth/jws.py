"""Signed tokens: JSON Web Signatures in compact form (RFC 7515), by ES256 (RFC 7518) and nothing else.

A token that two readers understand in two ways can be used to fool one of them. So no key may stand twice in an object,
no number may have a fraction, the header is exactly the one expected, and each octet string has one text.

    SipError
      AuthError                   also telsdk.errors.Refused; .status is the answer, str() the reason
        TokenError                401
          TokenMalformed
          AlgorithmRefused
          SignatureWrong
          ... telsdk.sip.auth.session_token
        IdentityError             telsdk.sip.auth.caller_token: 403, 428, 436, 437, 438
        DigestError               telsdk.sip.auth.digest: 401, 403
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from telsdk.clock import Wall
from telsdk.errors import TelError
from telsdk.nesting import check_nesting
from telsdk.sip.errors import AuthError

MAX_TOKEN: Final = 6_144  # characters: room for a delegation of 3,072, which is encoded once more
# Session keys are of one kind, and a token does not choose: its sender would choose too (RFC 8725 section 3.1).
ALGORITHM: Final = "ES256"

Json = Mapping[str, object]

_number = re.compile(r"[1-9][0-9]{0,14}").fullmatch
_ES256: Final = ECAlgorithm(ECAlgorithm.SHA256, ec.SECP256R1)


class TokenError(AuthError):
    """A token was refused."""


class TokenMalformed(TokenError):
    """The text is no token, or one that can be understood in two ways."""


class AlgorithmRefused(TokenError):
    """The token is signed by another algorithm, or not at all."""


class SignatureWrong(TokenError):
    """The session key did not sign the token, or signed something else."""


class Authorised(Protocol):
    """A session key, and the number that it speaks for."""

    @property
    def number(self) -> int: ...

    @property
    def key(self) -> ec.EllipticCurvePublicKey: ...

    @property
    def role(self) -> str: ...

    @property
    def expiry(self) -> int:
        """When it ends, in seconds since 1970."""
        ...


Authorise = Callable[[str, Wall], Authorised]
"""Tells for whom the claim `dlg` speaks at a time (seconds since 1970); raises telsdk.errors.Refused."""

NumberOf = Callable[[str], int | None]
"""Tells the number that the user part of an address stands for; returns None, or raises a TelError, for none."""


def digits_only(user: str) -> int | None:
    """Return the number that `user` is, if it is digits: the `NumberOf` that knows no names."""
    return int(user) if _number(user) else None


def number_of(resolver: NumberOf, user: str) -> int | None:
    """Return the number that `resolver` gives for `user`; None also when it raises a TelError."""
    try:
        return resolver(user)
    except TelError:
        return None


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart; nothing about it is proven before `check`."""

    header: Json
    payload: Json = field(repr=False)  # not for logs: the delegation is in it
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def check(self, key: ec.EllipticCurvePublicKey) -> None:
        """Check that `key` signed the token.

        Raises:
            SignatureWrong: it did not.
        """
        if not _ES256.verify(self.signed, _ES256.prepare_key(key), self.signature):
            raise SignatureWrong("the token's signature is wrong: it was changed, or signed by another key")


def sign(payload: Json, header: Json, key: ec.EllipticCurvePrivateKey) -> str:
    """Sign `payload`, and return the token in compact form, both objects in their canonical form."""
    signed = f"{encode(canonical(header))}.{encode(canonical(payload))}"
    return f"{signed}.{encode(_ES256.sign(signed.encode(), key))}"


def verify(token: str, key: ec.EllipticCurvePublicKey, header: Json) -> Json:
    """Return the payload of `token`, if it has this `header` and `key` signed it.

    Raises:
        TokenError: it has another header, or another signature.
    """
    jws = split(token, header)
    jws.check(key)
    return jws.payload


def split(token: str, header: Json) -> Jws:
    """Take `token` apart, and check that its header is the one expected.

    Raises:
        TokenMalformed: it is no token, or has another header.
        AlgorithmRefused: it says that it is signed by another algorithm.
    """
    if len(token) > MAX_TOKEN:
        raise TokenMalformed(f"the token has {len(token)} characters, more than the {MAX_TOKEN} allowed")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenMalformed("the token is not three parts with dots between them (RFC 7515 section 7.1)")
    found = parse_json(decode(parts[0]))
    if found.get("alg") != ALGORITHM:
        raise AlgorithmRefused(
            f"the token must be signed by {ALGORITHM}, not by {str(found.get('alg'))[:20]!r}"
        )
    if found != header:
        raise TokenMalformed(f"the token's header must be {json.dumps(header)}")
    signed = token[: -len(parts[2]) - 1].encode()
    return Jws(found, parse_json(decode(parts[1])), signed, decode(parts[2]))


def canonical(value: Json) -> bytes:
    """Write JSON in its one form: keys in order, no blanks, UTF-8 (RFC 8225 section 9)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_json(data: bytes) -> Json:
    """Read the JSON object in `data`.

    Raises:
        TokenMalformed: it is no object in UTF-8, has a key twice or a fraction, or is nested too deep.
    """
    try:
        value = _JSON.decode(check_nesting(data.decode()))
    except (ValueError, RecursionError) as error:
        raise TokenMalformed(f"the token holds no proper JSON: {str(error)[:80]}") from None
    if not isinstance(value, dict):
        raise TokenMalformed("the token holds JSON that is not an object")
    return value


def text_claim(payload: Json, name: str) -> str:
    """Return a claim that must be text.

    Raises:
        TokenMalformed: it is missing or something else.
    """
    value = payload.get(name)
    if not isinstance(value, str):
        raise TokenMalformed(f"the token's claim {name!r} is missing or not text")
    return value


def time_claim(payload: Json, name: str) -> int:
    """Return a claim that must be a time: a whole number of seconds since 1970.

    Raises:
        TokenMalformed: it is missing or something else.
    """
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise TokenMalformed(f"the token's claim {name!r} is missing or no time in whole seconds")
    return value


def encode(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the octets written as `text`, which must be their one base64url form.

    Raises:
        TokenMalformed: it is not.
    """
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise TokenMalformed("a part of the token is not base64url") from None
    if encode(data) != text:
        raise TokenMalformed("a part of the token is not in the one form of base64url")
    return data


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return result


def _no_fraction(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no whole number")


_JSON: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_no_fraction, parse_constant=_no_fraction
)
