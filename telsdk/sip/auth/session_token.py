"""Session tokens: they prove who sends a request, in ``Authorization: Bearer`` (RFC 8898, RFC 6750).

A token names its request (method and CSeq, Call-ID, address of record and Contact) and its server, and serves once. So
a server or a listener that sees one can use it nowhere else, and not again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import ClassVar, Final

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.errors import Refused
from telsdk.sip.auth import jws
from telsdk.sip.auth.jws import Authorise, Authorised, Json, NumberOf, TokenError, digits_only
from telsdk.sip.errors import AuthError
from telsdk.sip.message import Challenge, Request, Uri

HEADER: Final[Json] = {"alg": jws.ALGORITHM, "typ": "JWT"}
LIFETIME: Final = 60  # seconds
SKEW: Final = 30  # seconds that the clocks of both ends may be apart
CACHE_SIZE: Final = 100_000  # tokens remembered: more than a thousand new ones a second
PER_NUMBER: Final = 1_000  # of these for one number, so that no number takes the place of all others
_ID_LENGTH: Final = range(16, 65)  # characters of a jti: 22 hold 128 bits in base64url


class ClaimMismatch(TokenError):
    """The token was made for another request.

    Attributes:
        claim: the claim that does not fit.
    """

    def __init__(self, claim: str, meaning: str) -> None:
        super().__init__(f"the token is for another {meaning} (claim {claim!r})")
        self.claim = claim


class WrongAudience(ClaimMismatch):
    """The token was made for another server."""


class TokenExpired(TokenError):
    """The token is too old."""


class TokenNotYetValid(TokenError):
    """The token is from the future."""


class TokenUsed(TokenError):
    """The token has been used."""


class WrongNumber(TokenError):
    """The delegation speaks for another number than the address of record."""


class DelegationRefused(TokenError):
    """The delegation gives no right; `__cause__` says why."""

    status: ClassVar[int] = 403


class TooManyTokens(TokenError):
    """Too many tokens came at once to remember which were used."""

    status: ClassVar[int] = 503


def issue(
    request: Request,
    *,
    audience: str,
    delegation: str,
    key: ec.EllipticCurvePrivateKey,
    now: Wall,
    jti: str,
) -> str:
    """Make a token for `request`, which must be complete but for its Authorization.

    Args:
        audience: the server that it is for: its SIP URI, as the chain lists it.
        delegation: the text that lets `key` speak for the number.
        now: seconds since 1970.
        jti: a fresh random text of 16 to 64 characters.
    """
    claims = {"aud": audience, "dlg": delegation, "iat": int(now), "jti": jti, **dict(_bindings(request))}
    return jws.sign(claims, HEADER, key)


def challenge(realm: str, error: AuthError | None = None) -> str:
    """Make the WWW-Authenticate value that asks for a token, and says why the last one was refused (RFC 6750, 3)."""
    params = {"realm": realm}
    if error is not None:
        params |= {"error": "invalid_token", "error_description": _printable(error.reason)}
    return str(Challenge("Bearer", params))


class BearerVerifier:
    """A checker of one server's tokens, which remembers those that were used.

    Args:
        audience: the server's SIP URI as the chain lists it.
        number_of: tells the number of an address of record; without it names are refused.
        lifetime: seconds for which a token is good.
        skew: seconds by which clocks may differ.
        cache_size: how many used tokens are remembered, each until it is too old to be used again.
    """

    def __init__(
        self,
        audience: str,
        *,
        number_of: NumberOf = digits_only,
        lifetime: float = LIFETIME,
        skew: float = SKEW,
        cache_size: int = CACHE_SIZE,
    ) -> None:
        self._audience = audience
        self._number_of = number_of
        self._lifetime = lifetime
        self._skew = skew
        self._used = SingleUse(cache_size)

    def verify(self, request: Request, token: str, now: Wall, authorise: Authorise) -> Authorised:
        """Return for whom `token` lets `request` speak, and use the token up.

        Args:
            token: the token68 of the credentials.
            now: seconds since 1970.
            authorise: tells for whom a delegation speaks.

        Raises:
            TokenError: it gives no right; `status` is the answer, `reason` says why.
        """
        parts = jws.split(token, HEADER)
        # What costs little is refused first: the delegation and the signature take most of the time.
        self._check_claims(parts.payload, request)
        issued = self._check_time(parts.payload, now)
        identifier = jws.text_claim(parts.payload, "jti")
        if len(identifier) not in _ID_LENGTH:
            raise jws.TokenMalformed("the token's jti must have 16 to 64 characters")
        authority = _authority(authorise, jws.text_claim(parts.payload, "dlg"), now)
        parts.check(authority.key)
        if jws.number_of(self._number_of, _speaker(request).user or "") != authority.number:
            raise WrongNumber(f"the delegation speaks for {authority.number}, not for {_speaker(request)}")
        # Last, so that nobody can use up somebody else's token by naming its id.
        self._used.take(authority.number, identifier, now, Wall(issued + self._lifetime))
        return authority

    def _check_claims(self, claims: Json, request: Request) -> None:
        if jws.text_claim(claims, "aud") != self._audience:
            raise WrongAudience("aud", f"server than {self._audience}")
        for name, expected in _bindings(request):
            if jws.text_claim(claims, name) != expected:
                raise ClaimMismatch(name, _MEANING[name])

    def _check_time(self, claims: Json, now: Wall) -> int:
        issued = jws.time_claim(claims, "iat")
        if now >= issued + self._lifetime:
            raise TokenExpired(f"the token is {now - issued:.0f} s old, {self._lifetime:.0f} s are allowed")
        if issued > now + self._skew:
            raise TokenNotYetValid(f"the token is from {issued - now:.0f} s in the future: check both clocks")
        return issued


def _authority(authorise: Authorise, delegation: str, now: Wall) -> Authorised:
    try:
        return authorise(delegation, now)
    except Refused as error:
        raise DelegationRefused(str(error)) from error


class SingleUse:
    """A memory of what was used, each thing until it is too old to be used again.

    When full it refuses what is new rather than forget what was used. One number can take only a part of it.
    """

    def __init__(self, size: int = CACHE_SIZE, per_number: int = PER_NUMBER) -> None:
        self._size = size
        self._per_number = per_number
        self._seen: dict[tuple[int, str], float] = {}
        self._order: deque[tuple[int, str]] = deque()
        self._count: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, number: int, identifier: str, now: Wall, until: Wall) -> None:
        """Use `identifier`, which would be good until `until`.

        Raises:
            TokenUsed: it was used before.
            TooManyTokens: there is no room to remember it.
        """
        self._forget(now)
        key = (number, identifier)
        if key in self._seen:
            raise TokenUsed("the token has been used: make a new one for each request")
        if len(self._seen) >= self._size or self._count[number] >= self._per_number:
            raise TooManyTokens(f"too many tokens of {number} at once: try again in a minute")
        self._seen[key] = until
        self._order.append(key)
        self._count[number] += 1

    def _forget(self, now: Wall) -> None:
        # In the order of arrival. By the skew of clocks that may not be the order of `until`; but none goes too early.
        while self._order and self._seen[self._order[0]] <= now:
            key = self._order.popleft()
            del self._seen[key]
            self._count[key[0]] -= 1
            if not self._count[key[0]]:
                del self._count[key[0]]


_MEANING: Final = {
    "cid": "Call-ID",
    "cnt": "Contact",
    "csq": "method or CSeq",
    "sub": "address of record",
}


def _bindings(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the claims that tie a token to its request."""
    yield "cid", request.call_id
    yield "cnt", ",".join(request.headers.all("Contact"))
    yield "csq", f"{request.cseq.number} {request.cseq.method}"
    yield "sub", str(_speaker(request))


def _speaker(request: Request) -> Uri:
    """Return the address of record for which a request acts: in a REGISTER that of To (RFC 3261 section 10.2)."""
    return (request.to if request.method == "REGISTER" else request.from_).uri.aor


def _printable(text: str) -> str:
    # RFC 6750 section 3: error_description is printable ASCII without quote and backslash.
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)
