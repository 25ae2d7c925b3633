"""Who may do what at a node: session tokens and phone passwords at login, caller tokens on calls.

All of it is judged by the node's own copy of the chain; nothing here asks the network. What only a contract wallet can
tell (ERC-1271) raises `telsdk.credential.wallet.WalletToAsk`: whoever called asks, and calls again.
"""

from __future__ import annotations

import secrets
from collections.abc import Container, Mapping
from typing import ClassVar

from telsdk.address import REALM, aor
from telsdk.clock import Wall
from telsdk.compiling import mypyc_attr
from telsdk.credential.phone import Granted, PhonePasswords
from telsdk.credential.verify import UNPROVEN, Authority, Verifier
from telsdk.directory import Directory, NumberFacts, locate
from telsdk.errors import TelError
from telsdk.net.buckets import place_of
from telsdk.node.caller_id import is_anonymous
from telsdk.node.logins import BoundLogin, LoginKind
from telsdk.node.settings import NodeSettings
from telsdk.number import Number
from telsdk.sip.auth import BearerVerifier, DigestError, DigestServer, SingleUse, StaleNonce, WrongNumber
from telsdk.sip.auth import caller_token as identity
from telsdk.sip.auth import challenge as bearer_challenge
from telsdk.sip.errors import AuthError, SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Credentials, Message, Request
from telsdk.sip.session import SessionDescription
from telsdk.sip.transaction import Proven

_LOGIN = "Proxy-Authorization"
_ANSWERS = "answers"  # stands for one place, as whose they are cannot be told before they are judged
_NONCE = b'nonce="'
_MAX_NONCE = 64  # octets in which the nonce's end is looked for
_MAX_CREDENTIALS = 10  # that are read: more realms are on nobody's way


class LoginMissing(AuthError):
    """A request that needs a login came without one."""


class LoginEnded(AuthError):
    """The time of a login is over; what it was bound by may be kept up by another login of the number."""

    status: ClassVar[int] = 403


class PhonesRefused(AuthError):
    """A phone came to a node whose operator serves none."""

    status: ClassVar[int] = 403


class NotTheCaller(AuthError):
    """Whoever proved who they are is not whom the request says that it is from."""

    status: ClassVar[int] = 403


@mypyc_attr(allow_interpreted_subclasses=True)
class Admission:
    """Judges logins and callers for one node.

    Args:
        audience: the node's URI as the chain lists it: what session tokens are made for.
        phone_secrets: of the operator, newest first; without one, phones cannot log in.

    Attributes:
        proven: the addresses that have shown that they get what is sent there.
        phones: what issues and checks phone passwords; None where phones cannot log in.
    """

    passwords_class: ClassVar[type[PhonePasswords]] = PhonePasswords

    def __init__(
        self,
        directory: Directory,
        audience: str,
        settings: NodeSettings,
        phone_secrets: tuple[bytes, ...] = (),
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._verifier = Verifier(directory, deferred=True)
        self._bearer = BearerVerifier(
            audience,
            number_of=self._number_of,
            lifetime=settings.token_lifetime,
            skew=settings.clock_skew,
        )
        self.phones = self.passwords_class(phone_secrets, directory) if phone_secrets else None
        self._calls = SingleUse()  # the tokens by which phones of ours were called
        self.proven = Proven()
        self._digest = DigestServer(REALM, secrets.token_bytes(32), algorithm=settings.digest_algorithm)

    def login(self, request: Request, source: Hop, now: Wall) -> BoundLogin:
        """Return who sends this REGISTER, by session token or phone password; `now` in seconds since 1970.

        Raises:
            AuthError: nobody, with the status to answer.
        """
        credentials = _ours(request, "Authorization")
        if credentials is None:
            raise LoginMissing("log in with a session token or a phone password")
        scheme = credentials.scheme.lower()
        if scheme == "bearer":
            return self._session(request, credentials, source, now)
        if scheme != "digest":
            # RFC 4475 3.3.7: as if it had come without, so that whoever sent it is told what would do.
            raise LoginMissing(
                f"{credentials.scheme[:40]!r} is no way to log in here: session token or phone password"
            )
        return self._phone(request, credentials, source, now)

    def session(self, request: Request, source: Hop, now: Wall) -> BoundLogin:
        """Return who sends this request, by session token and nothing else; `now` in seconds since 1970.

        Raises:
            AuthError: nobody, with the status to answer.
        """
        credentials = _ours(request, "Authorization")
        if credentials is None or credentials.scheme.lower() != "bearer":
            raise LoginMissing("this takes a session token: log in with the UC of the number")
        return self._session(request, credentials, source, now)

    def sender(
        self, request: Request, there: Mapping[Number, BoundLogin], behind: Mapping[Number, BoundLogin]
    ) -> BoundLogin | None:
        """Return whose request this claims to be, among the logins where it came from. They have to prove it yet.

        Where one number alone is logged in, by its own hop, it is theirs, whatever its From says. Among several, or
        behind a proxy, the From tells; who is none of them counts as somebody from elsewhere.

        Args:
            there: who is logged in over the hop that it came by.
            behind: who is logged in through the proxy that sent it, by whatever connection.
        """
        one = next(iter(there.values()), None)
        if one is not None and len(there) == 1 and not one.proxied:
            return one
        if not there and not behind:
            return None
        number = self._number_of(request.from_.uri.user or "")
        return None if number is None else there.get(Number(number)) or behind.get(Number(number))

    def phone_caller(self, request: Request, number: Number, source: Hop, now: Wall) -> None:
        """Hold the phone password of a request, in Proxy-Authorization, and its From against `number`.

        The callee's phone shows what the From says: so it names the number that the password is of, by digits or
        name, or nobody (RFC 3323).

        Raises:
            AuthError: no password, or that of another number; or a From that says somebody else.
        """
        credentials = _ours(request, _LOGIN)
        if credentials is None:
            raise LoginMissing("calls from a phone need its password")
        proven = self._phone(request, credentials, source, now).number
        if proven != number:
            raise NotTheCaller(f"the phone password is of {proven}, logged in is {number}")
        uri = request.from_.uri
        if not is_anonymous(uri) and self._number_of(uri.user or "") != number:
            raise NotTheCaller(f"From says {uri.aor}: this phone is {number}, or anonymous")

    def caller(self, request: Request, number: Number, now: Wall) -> None:
        """Hold the caller token of a request against the number logged in where it came from.

        Raises:
            AuthError: no token, or one that does not speak for `number` in this very call.
        """
        to = request.to.uri
        # Who has logged in asks on nobody else's account.
        caller = self._verified(request, (str(to.aor), aor(to.user)), now, asker=str(number))
        if caller.authority.number != number:
            raise WrongNumber(f"the caller token is of {caller.authority.number}, logged in is {number}")

    def own_from(self, request: Request, number: Number) -> None:
        """Hold the From of a request against the number whose it is proven to be.

        Raises:
            NotTheCaller: it names somebody else.
        """
        uri = request.from_.uri
        user = uri.user or ""
        if uri.host != REALM or (user != str(number) and self._number_of(user) != number):
            raise NotTheCaller(f"From says {uri.aor}: this caller is {number}, by number or name")

    def proven_to(self, callee: NumberFacts, request: Request, source: Hop, now: Wall) -> Number:
        """Return who calls `callee`, by the caller token. Each token serves once, so that nobody rings by a replay.

        Raises:
            NotTheCaller: the token is good, and From names somebody else.
            TelError: nobody is proven.
            WalletToAsk: that is not known yet.
        """
        dest = (aor(callee.number),) if callee.name is None else (aor(callee.number), aor(callee.name))
        if request.headers.count("Identity") > 1:
            raise identity.InvalidIdentity("more than one caller token")
        caller = self._verified(request, dest, now, asker=self._asker(source))
        number = Number(caller.authority.number)
        self.own_from(request, number)
        self._calls.take(number, caller.id, now, Wall(caller.iat + self._settings.token_lifetime))
        return number

    def proven_from(
        self, number: Number, message: Message, act: str, dest: Container[str], now: Wall
    ) -> None:
        """Hold the caller token of a message to a phone of ours against the number that has to have sent it.

        Args:
            act, dest: what the token has to be made for, as for `telsdk.sip.auth.caller_token.verify`.

        Raises:
            AuthError: no token, or one that does not speak for `number` in this very message, or not for its media.
            WalletToAsk: that is not known yet.
        """
        if message.headers.count("Identity") > 1:
            raise identity.InvalidIdentity("more than one caller token")
        if message.body and message.content_type != "application/sdp":
            raise identity.InvalidIdentity("its body is no SDP, and the caller token signs nothing else")
        found = identity.verify(
            message.headers.get("Identity"),
            act=act,
            dest=dest,
            call_id=message.call_id,
            cseq=message.cseq.number,
            media=_fingerprints(message),
            now=now,
            authorise=self._verifier.asked_by(_ANSWERS),
            number_of=self._number_of,
            max_age=self._settings.token_lifetime,
            skew=self._settings.clock_skew,
        )
        if found.authority.number != number:
            raise WrongNumber(f"{found.authority.number} answers a call that was made to {number}")
        if message.body and not found.media_bound:
            raise identity.WrongMedia("its media have no key that the caller token could sign")

    def _verified(
        self, request: Request, dest: Container[str], now: Wall, *, asker: str
    ) -> identity.ProvenCaller:
        return identity.verify(
            request.headers.get("Identity"),
            act=request.method,
            dest=dest,
            call_id=request.call_id,
            cseq=request.cseq.number,
            media=_fingerprints(request),
            body=request.body if request.method == "MESSAGE" else None,
            now=now,
            authorise=self._verifier.asked_by(asker),
            number_of=self._number_of,
            max_age=self._settings.token_lifetime,
            skew=self._settings.clock_skew,
        )

    def challenge(self, error: AuthError, source: Hop, now: Wall) -> str:
        """Return the one challenge to send with a refusal: most phones break at a second.

        Who tried a token is told what was wrong with it; everybody else is taken for a phone.
        """
        if self.phones is None or not isinstance(error, (DigestError, LoginMissing)):
            return self.token_challenge(error)
        return self.phone_challenge(error, source, now)

    def is_proof(self, datagram: bytes, source: Hop, now: Wall) -> bool:
        """Return whether a datagram brings a nonce that was sent to where it comes from."""
        start = datagram.find(_NONCE)
        if start < 0:
            return False
        start += len(_NONCE)
        nonce = datagram[start : datagram.find(b'"', start, start + _MAX_NONCE)]
        return nonce.isascii() and self._digest.is_own(nonce.decode(), now, _where(source))

    def token_challenge(self, error: AuthError) -> str:
        """Return what asks for a session token, whatever was tried."""
        return bearer_challenge(REALM, None if isinstance(error, LoginMissing) else error)

    def phone_challenge(self, error: AuthError, source: Hop, now: Wall) -> str:
        """Return a digest challenge, whatever was tried."""
        return self._digest.challenge(now, _where(source), stale=isinstance(error, StaleNonce))

    def _asker(self, source: Hop) -> str:
        return place_of(source.host) if self.proven.holds(source) else UNPROVEN

    def _session(self, request: Request, credentials: Credentials, source: Hop, now: Wall) -> BoundLogin:
        authorise = self._verifier.asked_by(self._asker(source))
        authority = self._bearer.verify(request, credentials.token68 or "", now, authorise)
        assert isinstance(authority, Authority)
        return BoundLogin(LoginKind.SESSION, authority.grant, authority.expiry)

    def _phone(self, request: Request, credentials: Credentials, source: Hop, now: Wall) -> BoundLogin:
        if self.phones is None:
            raise PhonesRefused("this node takes no phones: log in with a session token")
        tried = _Tried(self.phones, now)
        _, made_by = self._digest.proven(credentials, request.method, now, _where(source), tried.passwords)
        assert tried.granted is not None  # or there had been no password
        self.proven.add(source)  # the nonce was sent there
        return BoundLogin(LoginKind.PHONE, tried.granted.grants[made_by], tried.granted.expiry)

    def _number_of(self, user: str) -> int | None:
        try:
            return locate(self._directory, user).number
        except TelError:
            return None


class _Tried:
    """What a phone's user name may log in with, kept for when it is known by which password it does."""

    def __init__(self, phones: PhonePasswords, now: Wall) -> None:
        self._phones = phones
        self._now = now
        self.granted: Granted | None = None

    def passwords(self, username: str) -> tuple[str, ...]:
        self.granted = self._phones.granted(username, self._now)
        return self.granted.passwords


def without_login(request: Request) -> Request:
    """Return a copy to send on: what proves a phone to its node is nobody else's business (RFC 3261 22.3).

    Credentials for another realm stay; a proxy further on may wait for them.
    """
    copy = request.copy()
    drop_login(copy)
    return copy


def drop_login(request: Request) -> None:
    """Take out of a request what `without_login` leaves out of its copy."""
    headers = request.headers
    if "proxy-authorization" in headers.shape.first:
        lines = [at for at, key in enumerate(headers.shape.keys) if key == "proxy-authorization"]
        values = headers.all(_LOGIN)
        headers.delete_lines([at for at, value in zip(lines, values, strict=True) if _is_for_us(value)])


def _ours(request: Request, name: str) -> Credentials | None:
    """Return the credentials that are meant for this node (RFC 3261 22.3), else the first; None without any.

    A phone that passes a proxy of another realm sends one for each. A session token names no realm: it is for us.

    Raises:
        SipParseError: those are malformed.
    """
    headers = request.headers
    key = name.lower()
    if key not in headers.shape.doubled:
        value = headers.first_line(key)
        return None if value is None else Credentials.parse(value)
    values = headers.all(name)
    for value in values[:_MAX_CREDENTIALS]:
        try:
            credentials = Credentials.parse(value)
        except SipParseError:
            continue
        if credentials.scheme.lower() == "bearer" or credentials.get("realm") == REALM:
            return credentials
    return Credentials.parse(values[0])


def _is_for_us(value: str) -> bool:
    try:
        return Credentials.parse(value).get("realm") == REALM
    except SipParseError:
        return False


def _fingerprints(message: Message) -> tuple[tuple[str, str], ...]:
    if message.content_type != "application/sdp":
        return ()
    return tuple(SessionDescription.parse(message.body).fingerprints)


def _where(source: Hop) -> str:
    """Return what a nonce is bound to. Not the port: phones change it between challenge and answer."""
    return f"{source.transport} {source.host}"
