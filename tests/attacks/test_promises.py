"""Attacks on a plain phone that calls a number which promises verified answers: its own node judges in its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import login_deep
from telsdk.directory import NumberFacts
from telsdk.node.call_policy import CallPolicy
from telsdk.node.node import Node
from telsdk.number import Number
from telsdk.sip.message import Request, Response
from telsdk.sip.server import Binding
from telsdk.sip.ua import Dialog
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected
from telsdk.uc.media import MediaSession
from tests.calling_phone import CallingPhone
from tests.network import ALICE, CAROL, HOST, Network
from tests.phone import SECRET

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SDP = ("Content-Type", "application/sdp")


class HostileCalls(CallPolicy):
    """Sends the calls of everybody to a plain phone, promise or not."""

    def _proving(self, callee: NumberFacts, bindings: Sequence[Binding]) -> list[Binding]:
        return list(self._registrar.bindings(str(CAROL), time.monotonic()))  # type: ignore[arg-type]


class HostileNode(Node):
    calls_class = HostileCalls


async def user_at(network: Network, place: int, *, contract: bool = False) -> tuple[Number, UserClient]:
    """A user client of a number that promises verified answers, at that node; the hub chooses nodes by the number."""
    for digits in range(5_560_000, 5_560_100):
        number = Number(digits)
        account = network.own(number)
        login = None
        if contract:
            facts = network.facts.change(number, owner=CONTRACT)
            wall = Wall(time.time())
            signer = KeystoreSigner(account)
            login = login_deep(signer, facts, network.facts.domain, "test", wall, contracts=network.facts)
        network.facts.change(number, answers_verified=True)
        user = await network.user(number, login=login)
        registered = await user.register()
        if registered.index == place:
            return number, user
        await user.close()
    raise AssertionError("the hub puts everybody at one node")


@asynccontextmanager
async def called_by_phone(
    node_class: type[Node] = Node, *, contract: bool = False
) -> AsyncIterator[tuple[Network, Number, UserClient, CallingPhone, MediaSession]]:
    """A plain phone at node 0, with an offer of its media, and whom it is about to call, at node 1."""
    async with Network(2) as network:
        if contract:
            network.facts.contracts = frozenset({CONTRACT})
            network.facts.wallets = lambda account, _digest, _signature: account == CONTRACT
        await network.start_node(0, phone_secrets=(SECRET,))
        await network.start_node(1, phone_secrets=(SECRET,), node_class=node_class)
        await network.start_hub()
        number, user = await user_at(network, 1, contract=contract)
        network.own(ALICE)
        with CallingPhone(network, ALICE) as phone:
            await phone.register()
            async with MediaSession(None, address=HOST) as media:
                yield network, number, user, phone, media


async def answer_of_user(user: UserClient) -> PhoneCall:
    call = await asyncio.wait_for(user.incoming.get(), 10)
    await call.answer()
    return call


@pytest.mark.parametrize("contract", [False, True], ids=["own key", "contract wallet"])
async def test_who_keeps_the_promise_is_reached_else_the_attacks_below_would_show_nothing(
    contract: bool,
) -> None:
    """The honest way, also where the node of the phone has to ask a contract wallet about the answer."""
    async with called_by_phone(contract=contract) as (network, number, user, phone, media):
        answering = asyncio.create_task(answer_of_user(user))
        dialog, answer = await phone.connected(await phone.invite(number, await media.offer()))
        call = await answering
        assert answer.body
        again = dialog.request("INVITE")
        again.headers.add(*SDP)
        again.body = call.call.remote_sdp
        await phone._send_within(again)
        changed = await phone.final(again)
        assert (changed.status, bool(changed.body)) == (200, True)
        await phone._send_within(dialog.request("ACK", cseq=again.cseq.number))
        after = await phone._send_within(dialog.request("OPTIONS"))
        assert (await phone.final(after)).status == 200  # so the ACK is there too
        holding = asyncio.create_task(call.hold())
        offer = await phone.asked("INVITE")
        assert offer.body
        await phone.say(offer.response(488))
        with pytest.raises(CallRejected):
            await holding
        assert network.nodes[0].calls.proxy.open == 0
        assert (await phone.hang_up(dialog)).status == 200


async def test_a_node_answers_a_plain_phone_in_place_of_a_number_that_promises_verified_answers() -> None:
    async with called_by_phone(HostileNode) as (network, number, _, phone, media):
        network.own(CAROL)
        with CallingPhone(network, CAROL, 1) as mallory:
            await mallory.register()
            call = await phone.invite(number, await media.offer())
            invite = await mallory.asked("INVITE")
            theirs = await media.offer()
            for status in (183, 200):
                answer = invite.response(status, to_tag="m", headers=[*contact(mallory, invite), SDP])
                answer.body = theirs
                await mallory.say(answer)
            seen = await answers(phone, call)
            assert [(one.status, one.body) for one in seen if one.status > 100] == [(183, b""), (502, b"")]
            assert f"{number} promises verified answers, and whoever answered proves nothing" in (
                seen[-1].headers.get("Warning") or ""
            )
            await phone.acknowledge_refusal(call, seen[-1])
            assert network.nodes[0].calls.proxy.open == 0


async def test_a_node_turns_the_media_of_a_plain_phone_to_itself_before_anybody_has_answered() -> None:
    async with called_by_phone(HostileNode) as (network, number, _, phone, media):
        network.own(CAROL)
        with CallingPhone(network, CAROL, 1) as mallory:
            await mallory.register()
            await phone.invite(number, await media.offer())
            invite = await mallory.asked("INVITE")
            await mallory.say(invite.response(180, to_tag="m", headers=contact(mallory, invite)))
            dialog = Dialog.of_callee(invite, "m", confirmed=False)
            turning = dialog.request("UPDATE")
            turning.headers.add(*SDP)
            turning.body = await media.offer()
            await mallory._send_within(turning)
            refused = await mallory.final(turning)
            assert refused.status == 438
            assert "who sent it is not proven" in (refused.headers.get("Warning") or "")
            await mallory._send_within(dialog.request("INFO"))
            # What brings no media passes, behind what did not.
            assert (await phone.asked("INFO")).method == "INFO"


async def test_a_plain_phone_of_a_number_that_promises_verified_answers_does_not_ring() -> None:
    """Nobody could talk to whoever took it up. The user clients of the number ring all the same."""
    async with called_by_phone() as (network, number, user, phone, media):
        with CallingPhone(network, number, 1) as desk:
            await desk.register()
            answering = asyncio.create_task(answer_of_user(user))
            dialog, _ = await phone.connected(await phone.invite(number, await media.offer()))
            await answering
            assert (await phone.hang_up(dialog)).status == 200
            await user.close()
            await network.taken_in()
            call = await phone.invite(number, await media.offer())
            refused = (await answers(phone, call))[-1]
            assert refused.status == 480
            assert "only plain phones of it are here" in (refused.headers.get("Warning") or "")
            network.facts.change(number, answers_verified=False)
            await network.taken_in()
            await phone.acknowledge_refusal(call, refused)
            await phone.invite(number, await media.offer())
            assert (await desk.asked("INVITE")).uri.user == str(number)


def contact(phone: CallingPhone, invite: Request) -> list[tuple[str, str]]:
    return [
        ("Contact", f"<sip:{phone.number}@{HOST}:{phone.port}>"),
        *(("Record-Route", str(route)) for route in invite.record_routes),
    ]


async def answers(phone: CallingPhone, request: Request) -> list[Response]:
    """The answers to a request up to the final one."""
    seen: list[Response] = []
    while not seen or seen[-1].status < 200:
        message = await phone.receive()
        if isinstance(message, Response) and message.cseq == request.cseq:
            seen.append(message)
    return seen
