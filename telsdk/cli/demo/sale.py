"""Let Bob sell his number to Carol: with that block his logins and tokens end."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from telsdk.address import aor
from telsdk.cli.demo.checks import Checks
from telsdk.cli.demo.report import Facts
from telsdk.cli.demo.stage import Stage
from telsdk.clock import Wall
from telsdk.credential.errors import WrongPassword
from telsdk.credential.session import login_light
from telsdk.errors import NotFound
from telsdk.sip.message import Request, Uri
from telsdk.uc.errors import RegistrationFailed
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Trust

PRICE = Decimal("0.5")  # ether


async def sell(stage: Stage, checks: Checks) -> Facts:
    """Play the sale and its consequences, and return the figures for the report."""
    world = stage.world
    bob, carol = world.bob, world.carol
    node = stage.node_of(stage.bob)
    user = str(bob.number)
    bound_before = len(node.registrar.bindings(user))
    block = await asyncio.to_thread(_trade, stage)
    for follower in (*(one.follower for one in stage.nodes), stage.hub.follower, stage.alice.follower):
        await follower.reach(block)
    bound_after = len(node.registrar.bindings(user))
    checks.note(
        "within the block of the sale bob's binding is gone",
        bound_before == 1 and bound_after == 0,
        f"{bound_before} binding before block {block}, {bound_after} after",
    )
    place = stage.bob.registration.node
    assert place is not None
    await checks.refused(
        "bob's session is refused at the node", stage.bob.registration.register_at(place), RegistrationFailed
    )
    await checks.refused("bob's password is refused", asyncio.to_thread(_log_in_again, stage), WrongPassword)
    _old_token(stage, checks)
    await checks.refused(
        "bob.eth no longer resolves", asyncio.to_thread(carol.client.lookup, "bob.eth"), NotFound
    )
    found = await asyncio.to_thread(carol.client.lookup, user)
    checks.note(
        f"telsdk lookup {user} shows carol",
        found.owner == carol.account.address,
        f"owner {found.owner}, epoch {found.epoch}",
    )
    return {
        "number": user,
        "price_wei": int(PRICE * 10**18),
        "block": block,
        "seller": bob.account.address,
        "buyer": carol.account.address,
        "owner": found.owner,
        "epoch": found.epoch,
        "name": None if found.name is None else str(found.name),
    }


def _trade(stage: Stage) -> int:
    """Let Bob list and Carol buy, and return the block of the sale."""
    bob, carol = stage.world.bob, stage.world.carol
    bob.client.market.list(bob.number, PRICE)
    offer = carol.client.market.offer(bob.number)
    if offer is None:
        raise NotFound(f"{bob.number} is not for sale, though it was just listed")
    return carol.client.market.buy(offer).block


def _log_in_again(stage: Stage) -> object:
    bob = stage.world.bob
    return login_light(
        bob.password or "", stage.facts(bob), stage.world.deployment.domain, "demo", Wall(time.time())
    )


def _old_token(stage: Stage, checks: Checks) -> None:
    """Let Alice's UC judge a caller token that is made with Bob's old delegation."""
    alice = stage.world.alice
    dest = aor(alice.number)
    request = Request(
        "INVITE",
        Uri.parse(dest),
        [
            ("From", f"<{aor(stage.bob.number)}>;tag=old"),
            ("To", f"<{dest}>"),
            ("Call-ID", "after-the-sale"),
            ("CSeq", "1 INVITE"),
        ],
    )
    request.headers.add(*Tokens(stage.bob.login).header(request, "INVITE", dest))
    party = Judge(stage.alice.directory, alice.number).request(request, Wall(time.time()))
    checks.note("bob's caller token is refused by alice's UC", party.trust is Trust.REFUSED, party.reason)
