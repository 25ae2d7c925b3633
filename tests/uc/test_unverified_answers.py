"""An answer that proves nothing is taken only where the user has said so: for the call, the contact or in general."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telsdk.uc.errors import CalleeDowngraded, CalleeUnverified
from telsdk.uc.settings import UcSettings, UnverifiedAnswer
from telsdk.uc.store import Store
from telsdk.uc.trust import Trust
from tests.answering_phone import answering
from tests.network import ALICE, BOB, CAROL, Network
from tests.phone import SECRET
from tests.uc.test_client import connect

REFUSE, ALLOW, ALWAYS = UnverifiedAnswer


@pytest.mark.parametrize("said", ["call", "contact", "settings"])
async def test_a_plain_phone_is_talked_to_where_the_user_has_said_so(tmp_path: Path, said: str) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(BOB, "bob.eth")
        settings = UcSettings(unverified_answers=ALLOW) if said == "settings" else UcSettings()
        with Store(tmp_path / "alice.db") as store:
            if said == "contact":
                store.add_contact("bob.eth", "Bob's phone", unverified=ALLOW)
            alice = await network.user(ALICE, settings=settings, store=store)
            async with answering(network, BOB) as (_, media):
                word = ALLOW if said == "call" else None
                call = await asyncio.wait_for(alice.call("bob.eth", unverified=word), 10)
                assert call.party is not None
                assert call.party.trust is Trust.UNVERIFIED
                await media.wait_for_audio(0.1)
                call.hang_up()
                await call.wait_ended(10)
            (logged,) = store.calls()
        assert (logged.trust, logged.holder is not None and logged.holder.number) == ("unverified", BOB)


@pytest.mark.parametrize("said", [REFUSE, None])
async def test_the_users_no_for_a_call_outweighs_what_they_said_of_all(said: UnverifiedAnswer | None) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(BOB)
        in_general = ALLOW if said is REFUSE else REFUSE
        alice = await network.user(ALICE, settings=UcSettings(unverified_answers=in_general))
        async with answering(network, BOB):
            with pytest.raises(CalleeUnverified, match="does not prove to be 5550002.*--unverified allow"):
                await asyncio.wait_for(alice.call(str(BOB), unverified=said), 10)


@pytest.mark.parametrize("word", [ALLOW, ALWAYS])
async def test_who_has_proven_themselves_before_is_held_to_it_unless_the_user_says_always(
    word: UnverifiedAnswer,
) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        await bob.close()
        async with answering(network, BOB) as (_, media):
            calling = alice.call(str(BOB), unverified=word)
            if word is ALLOW:
                with pytest.raises(
                    CalleeDowngraded, match="has answered with proof before, and does not now"
                ):
                    await asyncio.wait_for(calling, 10)
                return
            call = await asyncio.wait_for(calling, 10)
            await media.wait_for_audio(0.1)
            call.hang_up()
            await call.wait_ended(10)


async def test_a_new_owner_is_not_held_to_what_the_last_one_proved() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        await bob.close()
        buyer = network.own(CAROL)
        network.facts.sell(BOB, buyer.address)
        network.facts.change(BOB, hub=1)
        await network.taken_in()
        async with answering(network, BOB):
            call = await asyncio.wait_for(alice.call(str(BOB), unverified=ALLOW), 10)
            assert call.change is not None
            assert str(call.change) == str(alice.changes.get_nowait())
            call.hang_up()
            await call.wait_ended(10)
