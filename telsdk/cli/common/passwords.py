"""Make a light key of a new password: with hubs where that is better and possible, else by the password alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import working
from telsdk.clock import Wall

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from telsdk.chain.client import Client
    from telsdk.credential.light import LightKey
    from telsdk.directory import HubFacts, NumberFacts
    from telsdk.uc.light_login import NewPassword

_SESSION = 600  # seconds that the deep session lasts by which hubs are asked; it is kept nowhere


@dataclass(frozen=True)
class Made:
    """What is written to the chain, and what a person is told of it."""

    key: LightKey
    kdf: int
    parameters: bytes
    hubs: tuple[int, ...]
    threshold: int | None
    why: str  # it is this KDF and no other
    warnings: tuple[str, ...] = ()


def by_password_alone(password: str, client: Client, facts: NumberFacts, why: str, *warnings: str) -> Made:
    """Make a light key by KDF 1."""
    from telsdk.credential import light

    with working("making the light key (Argon2id)"):
        key = light.derive(password, client.domain, facts.number, facts.epoch)
    return Made(key, light.DEFAULT_KDF, b"", (), None, why, warnings)


def with_hubs(
    password: str,
    client: Client,
    account: LocalAccount,
    facts: NumberFacts,
    named: Sequence[int],
    threshold: int | None,
) -> Made:
    """Make a light key by KDF 2; by KDF 1 where no hubs are named and those of one operator alone would serve.

    Args:
        account: the owner's, for a short session by which the hubs know it.
        named: the ids of the hubs to use; empty for a choice of three operators, the home hub's first.
        threshold: how many of them have to answer at a login; None: more than half.

    Raises:
        Failure: a hub that is named is not in the list.
        HubsMissing: a hub that is named, or so many others that it would be too few, give no answer now.
        TelError: see `telsdk.uc.light_login.make`.
    """
    from telsdk.credential.deep import KeystoreSigner
    from telsdk.credential.light import WITH_HUBS
    from telsdk.credential.session import login_deep
    from telsdk.uc.errors import HubsMissing
    from telsdk.uc.light_login import HUBS, choose, make

    with working("reading the list of hubs"):
        candidates = _named(client, named) if named else choose(_listed(client), facts.number, facts.hub)
    if not named and len(candidates) < 2:
        return _lone(
            password, client, facts, f"the chain lists the hubs of {len(candidates) or 'no'} operator"
        )
    owner = login_deep(
        KeystoreSigner(account),
        facts,
        client.domain,
        "telsdk credential set",
        Wall(time.time()),
        _SESSION,
        contracts=client,
    )
    with working("making the light key (Argon2id) with hubs"):
        try:
            made = asyncio.run(
                make(password, facts, owner, candidates, count=None if named else HUBS, threshold=threshold)
            )
        except HubsMissing as error:
            if named or error.silent:
                raise Failure(f"{error}: try again later, or name others by --hubs") from error
            return _lone(password, client, facts, f"too few hubs serve such logins ({error})")
    hubs = tuple(hub.id for hub in made.hubs)
    why = f"each guess has to be asked of {made.parameters.threshold} of its {len(hubs)} hubs, which count"
    return Made(
        made.key,
        WITH_HUBS,
        made.parameters.encode(),
        hubs,
        made.parameters.threshold,
        why,
        tuple(_warnings(made)),
    )


def _lone(password: str, client: Client, facts: NumberFacts, why: str) -> Made:
    return by_password_alone(
        password,
        client,
        facts,
        why,
        "its hash is on the chain, where anybody can guess it for ever: a generated passphrase is safer",
    )


def _warnings(made: NewPassword) -> list[str]:
    told = []
    if made.alone is not None:
        operator, own = made.alone
        told.append(
            f"hubs {', '.join(map(str, own))} are run by one operator, {operator}, who can guess the password alone: "
            "name hubs of others by --hubs"
        )
    if made.parameters.threshold == len(made.hubs):
        told.append("every one of these hubs has to answer at each login: with one more, one could fail")
    return told


def _listed(client: Client) -> list[HubFacts]:
    from telsdk.directory import HubFacts

    return [HubFacts(one.id, one.operator, one.uri, one.pins, ()) for one in client.hubs.all() if one.bond]


def _named(client: Client, hubs: Sequence[int]) -> list[HubFacts]:
    found = []
    for hub in dict.fromkeys(hubs):
        facts = client.hubs.facts(hub)
        if facts is None:
            raise Failure(f"hub {hub} is not in the list on chain: see `telsdk hubs list`")
        found.append(facts)
    return found
