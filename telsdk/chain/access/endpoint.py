"""Where a JSON-RPC server is, and what of that is a secret.

Providers put their key into the path, the query or the user part of a URL. So the libraries below (web3, requests,
urllib3) are given the *place* alone, such as ``https://mainnet.example:443/``. The rest is put on the wire in the last
step, by the connection. Whatever those libraries log, or say in an exception, they cannot tell what they never knew.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Final
from urllib.parse import unquote

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.poolmanager import PoolManager
from urllib3.util import Url, parse_url

HIDDEN: Final = "…"
SHORTEST: Final = 6
"""Characters of the shortest part of a URL that is looked for in what a server says.

What is shorter, as ``v2`` or ``rpc``, is no key, and stands in many a text by chance."""

_SCHEMES: Final = ("http", "https")
_PART: Final = re.compile(r"[^/?&=#]+")
_ADDRESS: Final = re.compile(r"\b([a-z][a-z0-9+.-]*)://[^\s'\"<>]+", re.IGNORECASE)
_OF_POOL: Final = re.compile(r"(with url: )[^\s'\"<>]+")  # so urllib3 names a path in its exceptions
_HOST: Final = re.compile(r"[a-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9a-f:.]+\](?::[0-9]{1,5})?", re.IGNORECASE)


class EndpointError(ValueError):
    """The text is no http or https URL with a host."""


class Endpoint:
    """The server at `url` (http or https).

    Attributes:
        place: scheme, host and port. No more than this is for messages and logs.

    Raises:
        EndpointError: `url` is no such URL.
    """

    __slots__ = ("_authorization", "_target", "_words", "place")

    def __init__(self, url: str) -> None:
        parts = _parsed(url)
        self.place: Final = f"{parts.scheme}://{parts.netloc}"
        query = "" if parts.query is None else f"?{parts.query}"
        self._target: Final = (parts.path or "/") + query
        self._authorization: Final = None if parts.auth is None else _basic(parts.auth)
        self._words: Final = _words(parts, self._authorization)

    def __repr__(self) -> str:
        return f"Endpoint({self.place!r})"

    @property
    def url(self) -> str:
        """The URL that `session` is asked for. It has no secret part."""
        return f"{self.place}/"

    def session(self) -> requests.Session:
        """Return a session that reaches this server by `url`, and follows no redirect to another.

        It may be used from several threads.
        """
        session = _Session()
        if self._authorization is not None:
            session.auth = _as_it_is  # else requests would look for another in ~/.netrc
        adapter = _Adapter(self._target, self._authorization)
        for scheme in _SCHEMES:
            session.mount(f"{scheme}://", _Refusing())
        session.mount(self.url, adapter)
        return session

    def redacted(self, text: str) -> str:
        """Return `text` without the secret parts of the URL, which a server may repeat in what it says."""
        for word in self._words:
            text = text.replace(word, HIDDEN)
        return text

    def cleaned(self, answer: bytes) -> bytes:
        """Return the body `answer` without the secret parts where it tells an error. Results stay as they are."""
        if b'"result"' in answer or not any(word.encode() in answer for word in self._words):
            return answer
        return self.redacted(answer.decode(errors="replace")).encode()


def without_secrets(text: str) -> str:
    """Return what may be shown of `text`, which was meant to be a URL: scheme and host, as far as they are certain."""
    try:
        return Endpoint(text).place
    except EndpointError:
        pass
    scheme, separator, rest = text.partition("://")
    start = f"{scheme}://" if separator and scheme.isalnum() else ""
    host = re.split(r"[/?#]", rest if separator else text)[0]
    # With an "@" somewhere, what is before it may be a password that holds any character.
    return start + (host if "@" not in text and _HOST.fullmatch(host) else HIDDEN if text else "")


def redacted(text: str) -> str:
    """Return `text` with no more of each URL in it than its place."""
    text = _ADDRESS.sub(lambda found: without_secrets(found[0]), text)
    return _OF_POOL.sub(rf"\1/{HIDDEN}", text)


def scrub(error: BaseException) -> None:
    """Take the URLs out of `error` and of all that it came from, for a provider that is not ours.

    It is done in place: Python keeps the exceptions that led to another, whatever is raised in the end.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        inner = [arg for arg in one.args if isinstance(arg, BaseException)]
        reason = getattr(one, "reason", None)
        waiting += [
            one.__cause__,
            one.__context__,
            *inner,
            reason if isinstance(reason, BaseException) else None,
        ]
        one.args = tuple(arg if isinstance(arg, BaseException) else _clean(arg) for arg in one.args)


def _clean(arg: Any) -> Any:
    text = str(arg)
    return arg if redacted(text) == text else redacted(text)


def _parsed(url: str) -> Url:
    try:
        parts = parse_url(url)
    except (LocationParseError, UnicodeError, ValueError):
        parts = Url()
    if parts.scheme not in _SCHEMES or not parts.host:
        raise EndpointError("no http or https URL")
    return parts._replace(auth=parts.auth, fragment=None)


def _basic(auth: str) -> str:
    """Return the Authorization field of a URL's user part (RFC 7617)."""
    return "Basic " + base64.b64encode(unquote(auth).encode()).decode()


def _words(parts: Url, authorization: str | None) -> tuple[str, ...]:
    """Return what may be secret, longest first: each part behind the place, as it is written and as it is meant."""
    written = _PART.findall(f"{parts.path or ''}?{parts.query or ''}") + (parts.auth or "").split(":")
    words = {word for part in written for word in (part, unquote(part))}
    if authorization is not None:
        words.add(authorization.partition(" ")[2])
    return tuple(sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Lead nowhere: the request, with its key, is for this server alone."""
        return None


class _Refusing(HTTPAdapter):
    """What stands for every other server."""

    def send(self, *_: Any, **__: Any) -> requests.Response:
        raise requests.exceptions.InvalidURL("another server")


class _Adapter(HTTPAdapter):
    """Ask the libraries' one URL of a server, and write `target` and `authorization` in its place on the wire."""

    def __init__(self, target: str, authorization: str | None) -> None:
        self._pools = _pools(target, authorization)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._lead(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._lead(manager)
        return manager

    def _lead(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self._pools


def _pools(target: str, authorization: str | None) -> dict[str, type[HTTPConnectionPool]]:
    class Way:
        def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            # Over an HTTP proxy `url` is the whole one (RFC 9112 section 3.2.2), else "/".
            super().putrequest(method, url.removesuffix("/") + target, *args, **kwargs)  # type: ignore[misc]
            if authorization is not None:
                self.putheader("Authorization", authorization)  # type: ignore[attr-defined]

    class Plain(Way, HTTPConnection):
        pass

    class Secure(Way, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
