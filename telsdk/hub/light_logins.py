"""The hub's part in light logins by KDF 2: it evaluates blinded passwords, counts them, and gives tickets.

`telsdk.credential.evaluation` shows what goes over the line. What is evaluated is bound to the epoch and nonce that the
hub's own copy of the chain names, so whoever asks learns something of the present password or of nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import ClassVar, Protocol

from telsdk.clock import Wall
from telsdk.credential import evaluation, oprf
from telsdk.credential.delegation import Role
from telsdk.credential.errors import ParametersMalformed
from telsdk.credential.evaluation import Question
from telsdk.credential.hubsecrets import HubSecrets, Password
from telsdk.credential.kdf2 import Parameters, Sealed
from telsdk.credential.light import WITH_HUBS
from telsdk.credential.verify import Authority
from telsdk.directory import Directory, NumberFacts, locate
from telsdk.hub.tries import EVERYBODY, OWNER, Refill, Tries, TriesUnavailable, Try
from telsdk.server.answers import HeaderField, warning
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ServerTransaction

log = logging.getLogger(__name__)

Bearer = Callable[[Request, str, Hop], Authority]
"""Returns for whom a session token speaks, and uses it up; raises AuthError or WalletToAsk."""


class AskedInClear(AuthError):
    """Somebody asked where others could read and change the answer."""

    status: ClassVar[int] = 403


class NotMine(AuthError):
    """The password of that number does not need this hub, or the hub serves no light logins."""

    status: ClassVar[int] = 404


class Retired(AuthError):
    """The password was set with a secret that the operator has retired."""

    status: ClassVar[int] = 410


class OtherPassword(AuthError):
    """The hub's copy of the chain names another epoch or nonce, and no owner asks for a new one."""

    status: ClassVar[int] = 412


class NotAllowed(AuthError):
    """The session is not one that may ask for that."""

    status: ClassVar[int] = 403


class Answers(Protocol):
    """Sends a response to a request that had to wait, unless its sender has cancelled."""

    def __call__(self, tx: ServerTransaction, response: Response, /) -> None: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits until it is counted."""

    tx: ServerTransaction
    request: Request
    count: Try | Refill
    respond: Callable[[], Response]  # called off the event loop


class LightLogins:
    """What one hub does for light logins. Use it on one event loop; close it.

    Args:
        tries: where tries are counted. It is closed with this.
        bearer: judges session tokens for this hub.
        answer: called on the loop with each response.
        most_waiting: how many requests may wait to be counted.
        retry_after: seconds that who cannot be counted is told to wait.
    """

    def __init__(
        self,
        directory: Directory,
        hub: int,
        secrets: HubSecrets,
        tries: Tries,
        bearer: Bearer,
        answer: Answers,
        *,
        most_waiting: int,
        retry_after: int,
    ) -> None:
        self._directory = directory
        self._hub = hub
        self._secrets = secrets
        self._tries = tries
        self._bearer = bearer
        self._answer = answer
        self._most_waiting = most_waiting
        self._retry_after = retry_after
        # One thread, because a commit waits for the disk; all that came meanwhile are in the next commit.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="count tries")
        self._waiting: list[_Waiting | Refill] = []
        self._counting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Leave what waits unanswered, and close the file."""
        self._waiting.clear()
        if self._counting is not None:
            await asyncio.gather(self._counting, return_exceptions=True)
        self._thread.shutdown()
        self._tries.close()

    def take(self, tx: ServerTransaction, request: Request) -> None:
        """Take a request for which `serves` is true. It is answered once it is counted.

        Raises:
            AuthError: it is refused.
            TelError: something in it is malformed, or nobody holds the number.
            WalletToAsk: a contract wallet has to be asked first.
        """
        if not tx.source.secure:
            raise AskedInClear(f"light logins are not served over {tx.source.transport}: ask over TLS")
        facts = locate(self._directory, request.from_.uri.user or "")
        if evaluation.is_question(request.content_type):
            self._wait(self._evaluation(tx, request, facts))
        else:
            self._wait(self._ticket(tx, request, facts))

    def logged_in(self, authority: Authority) -> None:
        """Take note of a login at this hub. One by the password gives the number's bucket back."""
        facts = self._directory.number(authority.number)
        if facts is None or not _by_password(authority, facts):
            return
        parameters = _parameters(facts)
        if parameters is not None and parameters.of(self._hub) is not None:
            self._wait(Refill(authority.number, authority.delegation.not_before))

    def _evaluation(self, tx: ServerTransaction, request: Request, facts: NumberFacts) -> _Waiting:
        question, element = Question.parse(request.headers.get("Content-Type") or ""), request.body
        oprf.check_element(element)
        password = Password(self._directory.domain, facts.number, facts.epoch, question.nonce)
        parameters = _parameters(facts)
        named = None if parameters is None or parameters.nonce != question.nonce else parameters.of(self._hub)
        if question.epoch != facts.epoch:
            raise OtherPassword(
                f"{facts.number} is in epoch {facts.epoch}, not {question.epoch}: look at the chain"
            )
        if named is not None:
            key, holder = self._key_of(named, facts), self._holder(request, named, password)
        elif parameters is not None and parameters.nonce == question.nonce:
            raise NotMine(f"the password of {facts.number} does not need hub {self._hub}")
        else:
            self._check_owner(tx, request, facts)
            key, holder = self._secrets.newest, OWNER

        def respond() -> Response:
            response = request.response(200, headers=[("Content-Type", evaluation.answer_type(key))])
            response.body = self._secrets.evaluate(key, password, element)
            return response

        return _Waiting(tx, request, Try(facts.number, holder), respond)

    def _ticket(self, tx: ServerTransaction, request: Request, facts: NumberFacts) -> _Waiting:
        parameters = _parameters(facts)
        named = None if parameters is None else parameters.of(self._hub)
        if parameters is None or named is None:
            raise NotMine(f"the password of {facts.number} does not need hub {self._hub}")
        key = self._key_of(named, facts)
        authority = self._bearer(request, _credentials(request, "Bearer") or "", tx.source)
        if not _by_password(authority, facts):
            raise NotAllowed("a ticket is for devices that logged in by the password")
        password = Password(self._directory.domain, facts.number, facts.epoch, parameters.nonce)
        ticket = self._secrets.ticket(key, password, authority.delegation.session_key)

        def respond() -> Response:
            response = request.response(200, headers=[("Content-Type", evaluation.TICKET_TYPE)])
            response.body = ticket.hex().encode()
            return response

        return _Waiting(tx, request, Refill(facts.number, authority.delegation.not_before), respond)

    def _key_of(self, named: Sealed, facts: NumberFacts) -> bytes:
        if named.key not in self._secrets:
            raise Retired(
                f"the password of {facts.number} was set with a secret that hub {self._hub} has retired: "
                "its owner sets a new one"
            )
        return named.key

    def _holder(self, request: Request, named: Sealed, password: Password) -> bytes:
        """Return in whose bucket a try counts. A ticket of an older password is none, and no reason to refuse."""
        shown = _credentials(request, evaluation.TICKET_SCHEME)
        if shown is None:
            return EVERYBODY
        return self._secrets.holder(named.key, password, evaluation.read_ticket(shown)) or EVERYBODY

    def _check_owner(self, tx: ServerTransaction, request: Request, facts: NumberFacts) -> None:
        """Let nobody but the owner ask for what is not the present password."""
        token = _credentials(request, "Bearer")
        if token is None:
            raise OtherPassword(
                f"this is not the password of {facts.number} as hub {self._hub} has it from the chain: "
                "try again in some seconds"
            )
        if self._bearer(request, token, tx.source).role is not Role.DEEP:
            raise NotAllowed("a new password is for the number's owner to set: a deep session is needed")

    # Counting

    def _wait(self, one: _Waiting | Refill) -> None:
        if len(self._waiting) >= self._most_waiting:
            if isinstance(one, _Waiting):
                self._refuse(one, self._retry_after, None, warning("too many light logins at once"))
            return
        self._waiting.append(one)
        if self._counting is None:
            self._counting = asyncio.get_running_loop().create_task(self._count(), name="count tries")

    async def _count(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await self._answer_all(batch)
                except Exception:
                    log.exception("a bug in light logins: %d tries are not answered", len(batch))
                    self._refuse_all(batch, "a bug keeps this hub from counting")
        finally:
            self._counting = None

    async def _answer_all(self, batch: Sequence[_Waiting | Refill]) -> None:
        now = Wall(time.time())
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(self._thread, self._counted, batch, now)
        except TriesUnavailable as error:
            log.error("%s", error)
            self._refuse_all(batch, "this hub cannot count tries at present")
            return
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(one, Refill):
                continue
            if isinstance(answer, Response):
                self._answer(one.tx, answer)
            else:
                number = one.count.number
                why = f"the password of {number} was tried too often at hub {self._hub}"
                self._refuse(one, ceil(answer), evaluation.TOO_MANY, warning(why))

    def _counted(self, batch: Sequence[_Waiting | Refill], now: Wall) -> list[Response | float]:
        """Count a batch, then make the answers to what was granted. Called on the thread."""
        waits = self._tries.commit([one if isinstance(one, Refill) else one.count for one in batch], now)
        return [
            wait if wait or isinstance(one, Refill) else one.respond()
            for one, wait in zip(batch, waits, strict=True)
        ]

    def _refuse_all(self, batch: Sequence[_Waiting | Refill], why: str) -> None:
        for one in batch:
            if isinstance(one, _Waiting):
                self._refuse(one, self._retry_after, None, warning(why))

    def _refuse(self, one: _Waiting, seconds: int, reason: str | None, why: HeaderField) -> None:
        self._answer(one.tx, one.request.response(503, reason, headers=[("Retry-After", str(seconds)), why]))


def serves(request: Request) -> bool:
    """Return whether `request` is for `LightLogins.take`."""
    return request.method == "OPTIONS" and (
        evaluation.is_question(request.content_type)
        or any(value.strip().lower() == evaluation.TICKET_TYPE for value in request.headers.all("Accept"))
    )


def _by_password(authority: Authority, facts: NumberFacts) -> bool:
    credential = authority.grant.credential
    return credential is not None and credential == facts.credential


def _parameters(facts: NumberFacts) -> Parameters | None:
    """Return what the chain says of a password by KDF 2; None: the number has none that anybody could use."""
    try:
        return _decoded(facts.kdf_parameters) if facts.kdf == WITH_HUBS else None
    except ParametersMalformed:
        return None


@lru_cache(maxsize=4_096)
def _decoded(parameters: bytes) -> Parameters:
    return Parameters.decode(parameters)


def _credentials(request: Request, scheme: str) -> str | None:
    """Return what stands behind `scheme` in an Authorization."""
    for value in request.headers.all("Authorization"):
        named, _, given = value.partition(" ")
        if named.lower() == scheme.lower():
            return given.strip()
    return None
