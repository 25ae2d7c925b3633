"""Let Bob set a password with three hubs and log in by it, and let somebody guess at it."""

from __future__ import annotations

import asyncio
import secrets
import time

from telsdk.cli.demo.checks import Checks
from telsdk.cli.demo.stage import Stage
from telsdk.cli.demo.world import Person
from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.evaluation import Question
from telsdk.credential.kdf2 import Evaluation, Opening, Parameters
from telsdk.credential.light import WIDE, WITH_HUBS
from telsdk.credential.session import Login, login_deep
from telsdk.directory import HubFacts
from telsdk.net.buckets import Rate
from telsdk.uc.errors import TriedTooOften
from telsdk.uc.hub_questions import HubQuestions
from telsdk.uc.light_login import choose, log_in, make


async def set_password(stage: Stage, person: Person) -> None:
    """Set the password of `person` with a hub of each operator, and wait until all of these know it."""
    facts = await asyncio.to_thread(stage.facts, person)
    owner = login_deep(
        KeystoreSigner(person.account), facts, stage.world.deployment.domain, "demo", Wall(time.time())
    )
    chosen = choose(await asyncio.to_thread(_hubs, stage), person.number, facts.hub)
    new = await make(person.password or "", facts, owner, chosen)
    receipt = await asyncio.to_thread(
        person.client.records.set_credential,
        person.number,
        new.key.credential,
        WITH_HUBS,
        new.parameters.encode(),
    )
    for hub in stage.hubs:
        await hub.follower.reach(receipt.block)


async def log_in_light(stage: Stage, person: Person) -> Login:
    """Log `person` in by their password, with the hubs."""
    facts = await asyncio.to_thread(stage.facts, person)
    hubs = {hub.id: hub for hub in await asyncio.to_thread(_hubs, stage)}
    domain = stage.world.deployment.domain
    return await log_in(person.password or "", facts, domain, hubs.get, "demo", Wall(time.time()))


async def guess(stage: Stage, checks: Checks, person: Person, tries: Rate) -> None:
    """Let somebody guess at a password for as long as the hubs answer, and note how long that is.

    The guesses are of what Argon2id makes of passwords, so that they take no time.
    """
    facts = await asyncio.to_thread(stage.facts, person)
    parameters = Parameters.decode(facts.kdf_parameters)
    question = Question(facts.epoch, parameters.nonce)
    named = {one.hub for one in parameters.hubs}
    hubs = [hub for hub in await asyncio.to_thread(_hubs, stage) if hub.id in named]
    answered = right = 0
    wait: int | None = None
    async with HubQuestions(person.number) as asking:
        while wait is None and answered < 2 * tries.burst:
            x = secrets.token_bytes(WIDE)
            opening = Opening(x, parameters, facts.credential or b"")
            told = await asyncio.gather(*(_tried(asking, hub, x, question) for hub in hubs))
            waits = [one.retry_after for one in told if isinstance(one, TriedTooOften)]
            if waits:
                wait = min(waits)
                break
            answered += 1
            right += any(opening.take(one) is not None for one in told if isinstance(one, Evaluation))
    ok = answered == tries.burst and right == 0 and wait is not None
    checks.note(
        f"a guesser gets {tries.burst:.0f} tries of {person.label}'s password",
        ok,
        f"{answered} guesses, {right} right; then each hub says: again in {wait} s",
    )


async def _tried(
    asking: HubQuestions, hub: HubFacts, x: bytes, question: Question
) -> Evaluation | TriedTooOften:
    try:
        return await asking.evaluate(hub, x, question)
    except TriedTooOften as refused:
        return refused


def _hubs(stage: Stage) -> tuple[HubFacts, ...]:
    with stage.world.index() as index:
        index.load()
        return index.hubs()
