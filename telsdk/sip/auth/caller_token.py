"""Caller tokens: who calls or answers, and with which media keys (RFC 8224, PASSporT RFC 8225).

Ours is the PASSporT type ``tel``. No certificate stands behind its signature but the delegation in the claim `dlg`. So
there is no `x5u`, and `info` names the signer.

Each claim stops a replay. `act` names the message that the token was made for, so a request's token does not serve in
the response, nor the other way round; `cid` and `csq` name the call and the request within it. `dest` is exactly one
URI. `mky` has every fingerprint of the body and no other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.errors import Refused
from telsdk.sip.auth import jws
from telsdk.sip.auth.jws import Authorise, Authorised, Json, NumberOf, TokenError, digits_only
from telsdk.sip.errors import AuthError, SipParseError
from telsdk.sip.message import Identity, Uri

PPT: Final = "tel"
HEADER: Final[Json] = {"alg": jws.ALGORITHM, "ppt": PPT, "typ": "passport"}
MAX_AGE: Final = 60  # seconds; RFC 8224 section 4.1 recommends no more
SKEW: Final = 30  # seconds that the clocks of both ends may be apart

MAX_VALUE: Final = 5_000  # characters of the header field; a token with a delegation takes about 1,500

Fingerprints = Iterable[tuple[str, str]]
"""Algorithm and digest of each fingerprint in a session description (RFC 8122), with colons or without."""


class IdentityError(AuthError):
    """Nothing proves who calls or answers."""


class IdentityMissing(IdentityError):
    """There is no Identity header field."""

    status: ClassVar[int] = 428


class BadIdentityInfo(IdentityError):
    """The `info` parameter is missing or malformed, or does not name the signer."""

    status: ClassVar[int] = 436


class UnsupportedCredential(IdentityError):
    """The delegation gives no right, or the PASSporT is of another type."""

    status: ClassVar[int] = 437


class StaleIdentity(IdentityError):
    """The token is too old, or from the future (RFC 8224 section 6.2.2: 403 Stale Date)."""

    status: ClassVar[int] = 403


class InvalidIdentity(IdentityError):
    """The token is malformed, or contradicts the message that it came in."""

    status: ClassVar[int] = 438


class IdentitySignatureWrong(InvalidIdentity):
    """The session key did not sign this."""


class WrongAct(InvalidIdentity):
    """The token was made for another kind of message."""


class WrongCall(InvalidIdentity):
    """The token was made for another call."""


class WrongDestination(InvalidIdentity):
    """The token was made for another destination."""


class WrongMedia(InvalidIdentity):
    """The fingerprints of the body are not those that were signed: somebody may want to listen in."""


class WrongBody(InvalidIdentity):
    """The body is not the one that was signed."""


class IdentityUsed(InvalidIdentity):
    """The token was accepted before: somebody replays a message."""


class WrongOrigin(InvalidIdentity):
    """The delegation speaks for another number than the token."""


@dataclass(frozen=True, slots=True)
class ProvenCaller:
    """The party that a caller token proves."""

    orig: str  # SIP URI
    authority: Authorised
    media_bound: bool  # whether the token names the keys of the media
    iat: int  # seconds since 1970
    id: str = field(default="", compare=False)  # names the token by its claims, whatever their signature


def issue(
    *,
    act: str,
    orig: str,
    dest: str,
    call_id: str,
    cseq: int,
    media: Fingerprints = (),
    body: bytes | None = None,
    delegation: str,
    key: ec.EllipticCurvePrivateKey,
    now: Wall,
) -> str:
    """Make the value of an Identity header field.

    Args:
        act: the method, in a response followed by the status: ``INVITE``, ``INVITE 200``, ``MESSAGE``.
        orig: the SIP URI of the speaker.
        dest: the SIP URI of the other side: in a request as it was dialled, in a response the caller's.
        cseq: the number in CSeq.
        media: the fingerprints in the session description.
        body: what is signed besides, as that of a MESSAGE.
        delegation: the text that lets `key` speak for the number of `orig`.
        now: seconds since 1970.
    """
    claims: dict[str, object] = {
        "act": act,
        "cid": call_id,
        "csq": cseq,
        "dest": {"uri": [dest]},
        "dlg": delegation,
        "iat": int(now),
        "orig": {"uri": orig},
    }
    if mky := _mky(media):
        claims["mky"] = mky
    if body is not None:
        claims["bdy"] = _body_digest(body)
    return f"{jws.sign(claims, HEADER, key)};info=<{orig}>;alg={jws.ALGORITHM};ppt={PPT}"


def verify(
    value: str | None,
    *,
    act: str,
    dest: Container[str],
    call_id: str,
    cseq: int,
    media: Fingerprints = (),
    body: bytes | None = None,
    now: Wall,
    authorise: Authorise,
    number_of: NumberOf = digits_only,
    max_age: float = MAX_AGE,
    skew: float = SKEW,
) -> ProvenCaller:
    """Return who made this message, by the proof in its Identity header field.

    Args:
        value: the field's value; None when there is none.
        dest: the SIP URIs by which the reader of this message may have been called.
        body: what must have been signed besides; None when nothing need be.
        authorise: tells for whom a delegation speaks.
        number_of: tells the number of the user part of `orig`; without it names are refused.
        max_age, skew: seconds.

    Raises:
        IdentityError: the field proves nothing; `status` is the answer, `reason` says why.
    """
    token, info = _split(value)
    try:
        parts = jws.split(token, HEADER)
        claims = parts.payload
        orig = _origin(claims)
        iat = jws.time_claim(claims, "iat")
        delegation = jws.text_claim(claims, "dlg")
    except TokenError as error:
        raise InvalidIdentity(error.reason) from error
    if info != orig:
        raise BadIdentityInfo(f"info names {info}, the token {orig}")
    if jws.canonical(claims) != jws.decode(token.split(".")[1]):
        raise InvalidIdentity("the caller token is not canonical JSON (RFC 8225 section 9)")
    # What costs little is refused first: the delegation and the signature take most of the time.
    _check_message(claims, act, dest, call_id, cseq)
    _check_content(claims, media, body)
    _check_age(iat, now, max_age, skew)
    authority = _authority(authorise, delegation, now)
    try:
        parts.check(authority.key)
    except TokenError as error:
        raise IdentitySignatureWrong(error.reason) from error
    if jws.number_of(number_of, _user(orig)) != authority.number:
        raise WrongOrigin(f"the delegation speaks for {authority.number}, the token for {orig}")
    return ProvenCaller(
        orig, authority, bool(claims.get("mky")), iat, hashlib.sha256(parts.signed).hexdigest()
    )


def _split(value: str | None) -> tuple[str, str]:
    """Return the token and the `info` of an Identity header field (RFC 8224 section 4)."""
    if value is None:
        raise IdentityMissing("the message has no Identity: who sent it is not proven")
    try:
        found = Identity.parse(value)
    except SipParseError as error:
        raise InvalidIdentity(error.reason) from None
    if len(value) > MAX_VALUE:
        raise InvalidIdentity(f"the Identity header field has more than {MAX_VALUE} characters")
    if found.param("ppt") != PPT or (found.param("alg") or jws.ALGORITHM) != jws.ALGORITHM:
        raise UnsupportedCredential(
            f"only caller tokens with ppt={PPT} and alg={jws.ALGORITHM} are understood"
        )
    if found.info is None:
        raise BadIdentityInfo("the Identity header field names no signer in info")
    return found.token, found.info


def _origin(claims: Json) -> str:
    orig = claims.get("orig")
    uri = orig.get("uri") if isinstance(orig, dict) and len(orig) == 1 else None
    if not isinstance(uri, str):
        raise jws.TokenMalformed("the token's claim 'orig' is not one URI")
    return uri


def _check_message(claims: Json, act: str, dest: Container[str], call_id: str, cseq: int) -> None:
    if claims.get("act") != act:
        raise WrongAct(f"the caller token is for {str(claims.get('act'))[:40]!r}, not for {act!r}")
    if claims.get("cid") != call_id:
        raise WrongCall("the caller token is of another call: its Call-ID differs")
    if claims.get("csq") != cseq or isinstance(claims["csq"], bool):
        raise WrongCall("the caller token is of another request of this call: its CSeq differs")
    named = claims.get("dest")
    uris = named.get("uri") if isinstance(named, dict) and len(named) == 1 else None
    if not isinstance(uris, list) or len(uris) != 1 or not isinstance(uris[0], str):
        raise InvalidIdentity("the caller token's dest is not one URI")
    if uris[0] not in dest:
        raise WrongDestination(f"the caller token is for {uris[0][:80]}")


def _check_content(claims: Json, media: Fingerprints, body: bytes | None) -> None:
    if claims.get("mky", []) != _mky(media):
        raise WrongMedia(
            "the media keys are not those that the caller signed: somebody may want to listen in"
        )
    if body is None:
        return
    signed = claims.get("bdy")
    if not isinstance(signed, str) or not hmac.compare_digest(signed.encode(), _body_digest(body).encode()):
        raise WrongBody("the body is not the one that was signed")


def _check_age(iat: int, now: Wall, max_age: float, skew: float) -> None:
    if now >= iat + max_age:
        raise StaleIdentity(f"the caller token is {now - iat:.0f} s old, {max_age:.0f} s are allowed")
    if iat > now + skew:
        raise StaleIdentity(f"the caller token is from {iat - now:.0f} s in the future: check both clocks")


def _authority(authorise: Authorise, delegation: str, now: Wall) -> Authorised:
    try:
        return authorise(delegation, now)
    except Refused as error:
        raise UnsupportedCredential(str(error)) from error


def _user(orig: str) -> str:
    try:
        return Uri.parse(orig).user or ""
    except SipParseError:
        return ""


def _mky(media: Fingerprints) -> list[dict[str, str]]:
    """Return each fingerprint once, ordered by algorithm and digest, hex without colons (RFC 8225 section 5.2.2)."""
    prints = sorted({(algorithm.lower(), digest.replace(":", "").upper()) for algorithm, digest in media})
    return [{"alg": algorithm, "dig": digest} for algorithm, digest in prints]


def _body_digest(body: bytes) -> str:
    return jws.encode(hashlib.sha256(body).digest())
