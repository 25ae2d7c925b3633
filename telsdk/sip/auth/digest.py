"""Digest authentication for off-the-shelf phones (RFC 3261 section 22, RFC 7616, RFC 8760).

One challenge, one algorithm, qop=auth. The server keeps no nonces that it gave out: a nonce is a time and a counter
under a keyed hash, which also covers where it was sent, so it is of no use from anywhere else. The server keeps the
highest nonce count of the nonces in use, and how often each user failed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol

from telsdk.clock import Wall
from telsdk.errors import Refused
from telsdk.sip.errors import AuthError
from telsdk.sip.message import Challenge, Credentials

LIFETIME: Final = 300  # seconds that a nonce is good for
NONCES: Final = 100_000  # in use at a time
FREE_FAILURES: Final = 5  # wrong passwords in a row before a user has to wait
MAX_WAIT: Final = 300  # seconds; it doubles with every further failure
MAX_USER: Final = 128  # characters of a user name: failures are remembered by it
FAILURES: Final = 10_000  # users and sources whose failures are remembered

Passwords = str | Sequence[str] | None
"""The passwords that a user may log in with: one, several, or none."""


class _Hash(Protocol):
    def copy(self) -> _Hash: ...
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


_ALGORITHMS: Final[dict[str, _Hash]] = {
    "MD5": hashlib.md5(usedforsecurity=False),
    "SHA-256": hashlib.sha256(),
    "SHA-512-256": hashlib.new("sha512_256"),
}
"""Hashes of nothing yet: to copy one takes half as long as to make one."""
_STAMP_LENGTH: Final = 16  # hexadecimal digits: seconds since 1970 and counter, each of 32 bits
_MAC_LENGTH: Final = 16  # octets: 128 bits cannot be guessed, and the nonce stays short
_NOBODY: Final = ("",)  # an unknown user's response is compared with it too, so that it takes as long

_nonce_count = re.compile(r"[0-9a-f]{8}", re.IGNORECASE).fullmatch


class DigestError(AuthError):
    """A phone did not prove whose it is."""


class DigestMalformed(DigestError):
    """A parameter is missing, or is not what was asked for."""


class BadCredentials(DigestError):
    """User name or password is wrong; which of them is not said."""


class StaleNonce(DigestError):
    """The nonce is old, used, or was given to another place: challenge again. Of the password nothing is said."""


class TooManyFailures(DigestError):
    """This user failed so often from this place that they have to wait.

    Attributes:
        retry_after: seconds.
    """

    status: ClassVar[int] = 403

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many wrong passwords: try again in {retry_after} s")
        self.retry_after = retry_after


class UnsupportedChallenge(DigestError):
    """A server's challenge asks for something that is not understood here."""


def response(
    algorithm: str,
    user: str,
    realm: str,
    password: str,
    method: str,
    uri: str,
    nonce: str,
    nc: str = "",
    cnonce: str = "",
    qop: str | None = None,
    body: bytes = b"",
) -> str:
    """Return the `response` parameter (RFC 7616 section 3.4.1; without `qop` that of RFC 2069).

    Raises:
        UnsupportedChallenge: `algorithm` or `qop` is not understood here.
    """
    if algorithm not in _ALGORITHMS or qop not in (None, "auth", "auth-int"):
        raise UnsupportedChallenge(f"digest with algorithm {algorithm[:20]} and qop {qop} is not understood")
    fresh = _ALGORITHMS[algorithm]
    secret = _digest(fresh, f"{user}:{realm}:{password}".encode())
    asked = f"{method}:{uri}" if qop != "auth-int" else f"{method}:{uri}:{_digest(fresh, body)}"
    between = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return _digest(fresh, f"{secret}:{between}:{_digest(fresh, asked.encode())}".encode())


def _digest(fresh: _Hash, data: bytes) -> str:
    """Return the digest of `data`, by a hash of nothing yet."""
    hashing = fresh.copy()
    hashing.update(data)
    return hashing.hexdigest()


def answer(
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    user: str,
    password: str,
    nc: int = 1,
    cnonce: str,
) -> str:
    """Return the Authorization value with which a client answers `challenge`.

    Args:
        nc: how many requests have used this nonce, this one included.
        cnonce: fresh random text.

    Raises:
        UnsupportedChallenge: it is no digest challenge, or has an algorithm or qop that is not understood.
    """
    realm, nonce = challenge.get("realm"), challenge.get("nonce")
    if challenge.scheme.lower() != "digest" or realm is None or nonce is None:
        raise UnsupportedChallenge("the server asks for something else than a digest")
    algorithm = challenge.get("algorithm")
    offered = challenge.get("qop")
    qop = None if offered is None else "auth"
    if offered is not None and "auth" not in [option.strip() for option in offered.split(",")]:
        raise UnsupportedChallenge(f"the server asks for qop {offered[:40]!r}, here only auth is known")
    count = f"{nc:08x}"
    params = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    params["response"] = response(
        algorithm or "MD5", user, realm, password, method, uri, nonce, count, cnonce, qop
    )
    if algorithm is not None:
        params["algorithm"] = algorithm
    if qop is not None:
        params |= {"qop": qop, "nc": count, "cnonce": cnonce}
    if (opaque := challenge.get("opaque")) is not None:
        params["opaque"] = opaque
    return str(Credentials("Digest", params))


class DigestServer:
    """A server that challenges and checks the phones of one realm.

    Args:
        secret: random, 32 octets or more, known to this server alone. A new one makes all nonces stale.
        algorithm: ``MD5``, because most phones know nothing else, ``SHA-256`` or ``SHA-512-256``.
        lifetime: seconds for which a nonce is good.
        nonces: how many nonces may be in use at a time.

    Raises:
        ValueError: `secret` is short or `algorithm` unknown.
    """

    def __init__(
        self,
        realm: str,
        secret: bytes,
        algorithm: str = "MD5",
        lifetime: float = LIFETIME,
        nonces: int = NONCES,
    ) -> None:
        if len(secret) < 32:
            raise ValueError("a digest server needs a secret of 32 bytes or more")
        if algorithm not in _ALGORITHMS:
            raise ValueError(f"no digest algorithm {algorithm!r}: take one of {', '.join(_ALGORITHMS)}")
        self._realm = realm
        self._algorithm = algorithm
        # `secret` may be longer than the longest key.
        self._mac: _Hash = hashlib.blake2b(key=hashlib.blake2b(secret).digest(), digest_size=_MAC_LENGTH)
        self._beginning = f"{Challenge('Digest', {'realm': realm})}, nonce="
        self._lifetime = lifetime
        self._counter = 0
        self._counts = _NonceCounts(nonces)
        self._failures = _Failures(FAILURES)

    def challenge(self, now: Wall, source: str, stale: bool = False) -> str:
        """Make the WWW-Authenticate value for a phone at `source`.

        Args:
            now: seconds since 1970.
            source: where its requests come from, in any form that stays the same.
            stale: whether the nonce was to blame: then a phone tries again without asking anybody (RFC 7616 3.3).
        """
        self._counter = (self._counter + 1) & 0xFFFFFFFF
        nonce = self._nonce(f"{int(now) & 0xFFFFFFFF:08x}{self._counter:08x}", source)
        ending = ", stale=true" if stale else ""
        return f'{self._beginning}"{nonce}", algorithm={self._algorithm}, qop="auth"{ending}'

    def verify(
        self,
        credentials: Credentials,
        method: str,
        now: Wall,
        source: str,
        password_for: Callable[[str], Passwords],
    ) -> str:
        """Return the user whose password made `credentials`, and use these up.

        Args:
            method: of the request. Whether `uri` is the Request-URI is not checked: some phones write it
                differently.
            now: seconds since 1970.
            source: as given to `challenge`.
            password_for: returns the passwords of a user; it may raise telsdk.errors.Refused for none.

        Raises:
            DigestError: no user's did, or not now; `status` is the answer.
        """
        return self.proven(credentials, method, now, source, password_for)[0]

    def proven(
        self,
        credentials: Credentials,
        method: str,
        now: Wall,
        source: str,
        password_for: Callable[[str], Passwords],
    ) -> tuple[str, int]:
        """Return what `verify` does, and which of the user's passwords made `credentials`, counted from 0.

        Args and exceptions are those of `verify`.
        """
        given = _Given(credentials, self._realm, self._algorithm)
        # The nonce before all else: who has not got one of ours has not heard us where they say that they are. So
        # whatever their datagrams say is no failure of whom they name, and costs no hash of a password.
        stamp = self._stamp(given.nonce, source)
        if stamp is None or not -1 < now - (stamp >> 32) < self._lifetime:
            raise StaleNonce("the nonce is too old, or not from here")
        who = (source, given.user)
        # Before any password is tried: else waiting would not slow a guesser down.
        self._failures.check(who, now)
        cause: Refused | None = None
        try:
            passwords = password_for(given.user)
        except Refused as error:
            passwords, cause = None, error
        made_by = given.made_by(passwords, method)
        if made_by < 0:
            self._failures.note(who, now)
            raise BadCredentials("the user name or the password is wrong") from cause
        self._failures.forgive(who)
        self._counts.use(stamp, given.nc, now - self._lifetime)
        return given.user, made_by

    def is_own(self, nonce: str, now: Wall, source: str) -> bool:
        """Return whether this server gave `nonce` to `source`, and it is still good.

        Who has it receives what is sent to that address.
        """
        stamp = self._stamp(nonce, source)
        return stamp is not None and -1 < now - (stamp >> 32) < self._lifetime

    def _stamp(self, nonce: str, source: str) -> int | None:
        """Return time and counter, as one number, of a `nonce` that was made for `source`; None when it was not.

        The older of two is the lesser number.
        """
        stamp = nonce[:_STAMP_LENGTH]
        if not nonce.isascii() or not hmac.compare_digest(nonce, self._nonce(stamp, source)):
            return None
        return int(stamp, 16)

    def _nonce(self, stamp: str, source: str) -> str:
        """Return the nonce for `source` that has this stamp. None but ours are ever written so."""
        return stamp + _digest(self._mac, f"{stamp}\0{self._realm}\0{source}".encode())


class _Given:
    """What a phone sent."""

    __slots__ = ("_algorithm", "_cnonce", "_count", "_realm", "_response", "_uri", "nc", "nonce", "user")

    def __init__(self, credentials: Credentials, realm: str, algorithm: str) -> None:
        if credentials.scheme.lower() != "digest":
            raise DigestMalformed("these are no digest credentials")
        params = credentials.params
        try:
            self.user = params["username"]
            self.nonce = params["nonce"]
            self._uri = params["uri"]
            self._response = params["response"]
            self._cnonce = params["cnonce"]
            self._count = params["nc"]
            qop, given_realm = params["qop"], params["realm"]
        except KeyError as missing:
            raise DigestMalformed(f"the digest has no {missing.args[0]}") from None
        if len(self.user) > MAX_USER:
            raise DigestMalformed(f"the user name has more than {MAX_USER} characters")
        # Each challenge asks for qop: a client that leaves it out would evade the nonce count.
        if qop != "auth":
            raise DigestMalformed("the digest must have qop=auth")
        if not _nonce_count(self._count):
            raise DigestMalformed("the digest's nc is not eight hexadecimal digits")
        if given_realm != realm or (params.get("algorithm") or "MD5").upper() != algorithm:
            raise DigestMalformed(f"the digest must be for realm {realm} and by {algorithm}")
        self.nc = int(self._count, 16)
        self._realm = realm
        self._algorithm = algorithm

    def made_by(self, passwords: Passwords, method: str) -> int:
        """Return which of `passwords` made the response, or -1. For an unknown user it takes as long."""
        known = (passwords,) if isinstance(passwords, str) else passwords
        given = self._response.lower().encode()
        found = -1
        for at, password in enumerate(known or _NOBODY):
            if hmac.compare_digest(self._expected(password, method).encode(), given):
                found = at
        return found if known else -1

    def _expected(self, password: str, method: str) -> str:
        return response(
            self._algorithm,
            self.user,
            self._realm,
            password,
            method,
            self._uri,
            self.nonce,
            self._count,
            self._cnonce,
            "auth",
        )


class _NonceCounts:
    """The highest count seen of each nonce in use, so that no request is taken twice (RFC 7616 section 3.4).

    When there are too many nonces, the one unused for longest is forgotten. From then on all nonces that were made
    before it are stale, because their counts may be forgotten too.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: OrderedDict[int, int] = OrderedDict()  # by the nonce's stamp
        self._forgotten = 0

    def use(self, stamp: int, nc: int, oldest: float) -> None:
        """Note that `nc` is used.

        Args:
            stamp: time and counter of the nonce.
            oldest: a time, in seconds since 1970; a nonce made before it is stale anyway.

        Raises:
            StaleNonce: this count or a higher one has been used, or that is forgotten.
        """
        last = self._seen.get(stamp, 0)
        if nc <= last or (not last and stamp <= self._forgotten):
            raise StaleNonce("the nonce has been used for another request")
        self._seen[stamp] = nc
        if last:
            self._seen.move_to_end(stamp)
        else:
            self._tidy(oldest)

    def _tidy(self, oldest: float) -> None:
        seen = self._seen
        for _ in range(len(seen)):
            stamp = next(iter(seen))
            if stamp >> 32 > oldest and len(seen) <= self._size:
                break
            del seen[stamp]
            self._forgotten = max(self._forgotten, stamp)


class _Failures:
    """How often each user failed from each source, and until when they have to wait."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def check(self, who: tuple[str, str], now: Wall) -> None:
        """Raise TooManyFailures while `who` has to wait."""
        if not self._failed:
            return
        _, until = self._failed.get(who, (0, 0.0))
        if now < until:
            raise TooManyFailures(int(until - now) + 1)

    def note(self, who: tuple[str, str], now: Wall) -> None:
        """Count one more failure of `who`."""
        times = self._failed.pop(who, (0, 0.0))[0] + 1
        over = times - FREE_FAILURES
        wait = 0 if over < 0 else min(2 ** min(over, 16), MAX_WAIT)
        self._failed[who] = (times, now + wait)
        if len(self._failed) > self._size:
            self._failed.popitem(last=False)

    def forgive(self, who: tuple[str, str]) -> None:
        """Forget the failures of `who`, because the password was right."""
        if self._failed:
            self._failed.pop(who, None)
