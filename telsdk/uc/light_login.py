"""Log in by the password with the help of hubs (KDF 2), and set such a password."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from telsdk.clock import Wall
from telsdk.credential import kdf2, light
from telsdk.credential.delegation import DEFAULT_LIFETIME
from telsdk.credential.errors import WeakPassword
from telsdk.credential.evaluation import Question
from telsdk.credential.kdf2 import Evaluation, Opening, Parameters
from telsdk.credential.light import LightKey
from telsdk.credential.session import Login, open_light, wrong_password
from telsdk.directory import Domain, HubFacts, NumberFacts
from telsdk.errors import TelError
from telsdk.number import Number
from telsdk.uc.errors import HubRefused, HubSilent, HubsMissing, TriedTooOften
from telsdk.uc.hub_questions import HubQuestions

NOT_SERVED: Final = 404  # what a hub says that serves no light logins
HUBS: Final = 3  # that a new password needs, where there are as many operators
_Asked = Coroutine[Any, Any, Evaluation | TelError]
FindHub = Callable[[int], HubFacts | None]


async def log_in(
    password: str,
    facts: NumberFacts,
    domain: Domain,
    find_hub: FindHub,
    device: str,
    now: Wall,
    lifetime: int = DEFAULT_LIFETIME,
    *,
    tickets: Mapping[int, bytes] | None = None,
    questions: HubQuestions | None = None,
) -> Login:
    """Open a session by number and password, where the chain has KDF 2. Takes Argon2id and a round trip to the hubs.

    All hubs are asked at once, and the first that suffice are enough. The login has the tickets that they give.

    Args:
        find_hub: returns what the chain lists of a hub.
        device, lifetime: see `telsdk.credential.session.login_deep`.
        tickets: those that this device has from an earlier login, by hub.
        questions: what to ask the hubs by; by default it is made and closed here.

    Raises:
        WrongPassword: enough hubs answered, and the password is wrong. Or so many of them lie that it cannot be told.
        HubsMissing: too few answered: `retry_after` says when to try again.
        ParametersMalformed: what stands on chain is damaged: the owner sets the password anew.
        WeakPassword, DelegationMalformed: see `light.stretch` and `login_deep`.
    """
    parameters = Parameters.decode(facts.kdf_parameters)
    x = await asyncio.to_thread(light.stretch, password, domain, facts.number, facts.epoch)
    asking = questions or HubQuestions(facts.number)
    try:
        key = await _opened(asking, x, facts, parameters, find_hub, tickets or {})
        login = open_light(key, facts, domain, device, now, lifetime)
        hubs = [hub for one in parameters.hubs if (hub := find_hub(one.hub)) is not None]
        # Where a hub gives none now, that of an earlier login is still good.
        earlier = {one: ticket for one, ticket in (tickets or {}).items() if parameters.of(one) is not None}
        return replace(login, tickets=earlier | await _tickets(asking, hubs, login))
    finally:
        if questions is None:
            await asking.close()


async def _opened(
    asking: HubQuestions,
    x: bytes,
    facts: NumberFacts,
    parameters: Parameters,
    find_hub: FindHub,
    tickets: Mapping[int, bytes],
) -> LightKey:
    opening = Opening(x, parameters, facts.credential or b"")
    question = Question(facts.epoch, parameters.nonce)
    asked = [
        _evaluated(asking, one.hub, find_hub, x, question, tickets.get(one.hub)) for one in parameters.hubs
    ]
    failed: list[TelError] = []
    async with aclosing(_as_they_come(asked)) as answers:
        async for answer in answers:
            if isinstance(answer, TelError):
                failed.append(answer)
            elif (key := await asyncio.to_thread(opening.take, answer)) is not None:
                return key
    if opening.missing:
        raise _missing(facts.number, parameters, failed)
    raise wrong_password()


async def _evaluated(
    asking: HubQuestions, hub: int, find_hub: FindHub, x: bytes, question: Question, ticket: bytes | None
) -> Evaluation | TelError:
    listed = find_hub(hub)
    if listed is None:
        return HubSilent(f"hub {hub} is listed no more")
    try:
        return await asking.evaluate(listed, x, question, ticket=ticket)
    except TelError as error:
        return error


async def _as_they_come(asked: Iterable[_Asked]) -> AsyncGenerator[Evaluation | TelError, None]:
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _missing(number: Number, parameters: Parameters, failed: Sequence[TelError]) -> HubsMissing:
    """Say why too few hubs answered, and when so many of them will that it is enough."""
    waits = sorted(one.retry_after for one in failed if isinstance(one, TriedTooOften))
    lacking = parameters.threshold - (len(parameters.hubs) - len(failed))
    wait = waits[lacking - 1] if len(waits) >= lacking else None
    then = "try again later, or log in with the owner's key" if wait is None else f"try again in {wait} s"
    reasons = "; ".join(map(str, failed))
    return HubsMissing(
        f"the password of {number} needs {parameters.threshold} of {len(parameters.hubs)} hubs: {reasons}: {then}",
        wait,
    )


async def _tickets(asking: HubQuestions, hubs: Sequence[HubFacts], login: Login) -> dict[int, bytes]:
    """Return the tickets that the hubs give this device; of those that give none, nothing: they only spare a wait."""
    tickets: dict[int, bytes] = {}

    async def one(hub: HubFacts) -> None:
        with suppress(TelError):
            tickets[hub.id] = await asking.ticket(hub, login)

    await asyncio.gather(*map(one, hubs))
    return tickets


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password of KDF 2 that only has to be written to the chain."""

    key: LightKey
    parameters: Parameters
    hubs: tuple[HubFacts, ...]

    @property
    def alone(self) -> tuple[str, tuple[int, ...]] | None:
        """An operator with so many of the hubs that it can try passwords by itself, and which; None: there is none."""
        for operator in {hub.operator for hub in self.hubs}:
            own = tuple(hub.id for hub in self.hubs if hub.operator == operator)
            if len(own) >= self.parameters.threshold:
                return operator, own
        return None


async def make(
    password: str,
    facts: NumberFacts,
    owner: Login,
    candidates: Sequence[HubFacts],
    *,
    count: int | None = None,
    threshold: int | None = None,
    questions: HubQuestions | None = None,
) -> NewPassword:
    """Make a light key of a new password with hubs.

    Args:
        owner: a deep login of the number.
        candidates: the hubs to use, the best first.
        count: how many of them are wanted, where two are enough; None: all, and each has to answer.
        threshold: how many shall have to answer at a login; None: more than half.

    Raises:
        WeakPassword: it is the present password by KDF 1, which can be guessed from the chain for ever.
        HubsMissing: too few hubs answered; `silent` says whether some of them gave no answer.
        ParametersMalformed: fewer than two hubs, or a threshold that does not fit.
    """
    domain, number = owner.domain, facts.number
    x = await asyncio.to_thread(light.stretch, password, domain, number, facts.epoch)
    by_itself = LightKey.of(x).credential  # of KDF 1
    if facts.credential is not None and hmac.compare_digest(by_itself, facts.credential):
        raise WeakPassword(
            "this password is on the chain by KDF 1, where it can be guessed for ever: choose another"
        )
    nonce = kdf2.new_nonce()
    asking = questions or HubQuestions(number)
    try:
        wanted, enough = (len(candidates),) * 2 if count is None else (count, kdf2.MIN_THRESHOLD)
        found, failed = await _answers(asking, candidates, wanted, x, Question(facts.epoch, nonce), owner)
    finally:
        if questions is None:
            await asking.close()
    if len(found) < enough:
        silent = any(not isinstance(one, HubRefused) or one.status != NOT_SERVED for one in failed)
        reasons = "; ".join(map(str, failed)) or "there are no others"
        raise HubsMissing(f"{len(found)} of {wanted} hubs answer: {reasons}", silent=silent)
    answers = [answer for _, answer in found]
    key, parameters = await asyncio.to_thread(
        kdf2.seal, x, nonce, answers, len(answers) // 2 + 1 if threshold is None else threshold
    )
    return NewPassword(key, parameters, tuple(hub for hub, _ in found))


async def _answers(
    asking: HubQuestions,
    candidates: Sequence[HubFacts],
    count: int,
    x: bytes,
    question: Question,
    owner: Login,
) -> tuple[list[tuple[HubFacts, Evaluation]], list[TelError]]:
    """Ask hubs until `count` have answered. Those that fail give way to the next, and are told of."""
    left, found, failed = list(candidates), list[tuple[HubFacts, Evaluation]](), list[TelError]()
    while left and len(found) < count:
        batch, left = left[: count - len(found)], left[count - len(found) :]
        told = await asyncio.gather(
            *(asking.evaluate(hub, x, question, owner=owner) for hub in batch), return_exceptions=True
        )
        for hub, answer in zip(batch, told, strict=True):
            if isinstance(answer, TelError):
                failed.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.append((hub, answer))
    return found, failed


def choose(hubs: Iterable[HubFacts], number: Number, home: int | None) -> list[HubFacts]:
    """Return hubs for a new password, the best first, no two of one operator; that of the home hub is the first.

    The others come in an order of the number's own, so that the numbers of a chain are spread over all hubs.
    """
    ranked = sorted(hubs, key=lambda hub: (hub.id != home, sha256(b"%d %d" % (number, hub.id)).digest()))
    best: dict[str, HubFacts] = {}
    for hub in ranked:
        best.setdefault(hub.operator, hub)
    return list(best.values())
