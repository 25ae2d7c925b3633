"""sipp at our node: phones that play strict scenarios, where every message has to be the one that comes next."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from telsdk.uc.errors import CallRejected
from telsdk.uc.media import DescriptionRefused
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.trust import Trust
from tests.interop.sipp_runner import ANY_CALL_ID, Stage
from tests.network import ALICE, BOB, CAROL

pytestmark = pytest.mark.interop

TRANSPORTS = ("UDP", "TCP")
ANSWERS = ("called", "ring", "answer", "acked")
CALLS = ("call", "trying", "rings", "answered")
CHALLENGED = ["> INVITE", "< 407 INVITE", "> ACK", "> INVITE", "< 100 INVITE"]


async def test_a_phone_registers_refreshes_and_unregisters(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        phone = await stage.registered(ALICE)
        await phone.ended()
        (first,) = stage.bindings(ALICE)
        assert str(first.contact.uri) == f"sip:{ALICE}@127.0.0.1:{phone.port};transport=UDP"

        await (await stage.start(ALICE, "register:1800", port=phone.port, base_cseq=2)).ended()
        (refreshed,) = stage.bindings(ALICE)
        assert refreshed.contact == first.contact
        assert refreshed.expires_at - first.expires_at >= 1200

        await (await stage.start(ALICE, "register:0", port=phone.port, base_cseq=4)).ended()
        assert stage.bindings(ALICE) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_registration_is_challenged_and_then_told_how_long_it_lasts(
    tmp_path: Path, transport: str
) -> None:
    async with Stage(tmp_path, transport=transport) as stage:
        await (await stage.start(ALICE, "register:600", "register:9999", "register:0")).ended()
        answers = stage.answers_to("REGISTER")
        assert [one.status for one in answers] == [401, 200, 401, 200, 401, 200]
        assert all((one.headers.get("WWW-Authenticate") or "").startswith("Digest ") for one in answers[::2])
        # No longer than the node grants, and nothing is left in the end.
        assert [[one.param("expires") for one in answer.contacts] for answer in answers[1::2]] == [
            ["600"],
            ["3600"],
            [],
        ]
        assert stage.network.nodes[0].registrar.users == 0


@pytest.mark.parametrize(("caller", "callee"), [("UDP", "UDP"), ("TCP", "TCP"), ("UDP", "TCP")])
async def test_a_phone_calls_a_phone_and_the_node_stays_in_the_call(
    tmp_path: Path, caller: str, callee: str
) -> None:
    async with Stage(tmp_path) as stage:
        bob = await stage.registered(BOB, *ANSWERS, "hung_up", transport=callee)
        alice = await stage.registered(ALICE, *CALLS, "hang_up", peer=BOB, transport=caller)
        await stage.ended()
        assert stage.ladder(alice) == [
            *CHALLENGED, "< 180 INVITE", "< 200 INVITE", "> ACK", "> BYE", "< 200 BYE",
        ]  # fmt: skip
        assert stage.ladder(bob) == [
            "< INVITE", "> 180 INVITE", "> 200 INVITE", "< ACK", "< BYE", "> 200 BYE",
        ]  # fmt: skip
        _, invite = stage.messages(bob)[0]
        routes = [one.uri for one in invite.record_routes]
        # One where both come by the same listener; else one for each side, the callee's on top (RFC 5658).
        sides = dict.fromkeys((stage.port(side), side.lower()) for side in (callee, caller))
        assert [(one.port, one.param("transport")) for one in routes] == list(sides)
        assert invite.via.port == stage.port(callee)


async def test_who_is_called_sees_nothing_of_the_password(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        bob = await stage.registered(BOB, "called", "refuse:486 Busy Here")
        alice = await stage.registered(ALICE, "call", "trying", "refused:486", peer=BOB)
        await stage.ended()
        sent = [message.headers.get("Proxy-Authorization") for _, message in stage.messages(alice)]
        assert [value is not None for value in sent] == [False, False, False, True, False, False, False]
        assert not any("Proxy-Authorization" in message.headers for _, message in stage.messages(bob))


async def test_a_phone_whose_connection_is_gone_is_no_longer_registered(tmp_path: Path) -> None:
    async with Stage(tmp_path, transport="TCP") as stage:
        phone = await stage.registered(ALICE, "called")
        phone.process.kill()
        await stage.until(lambda: not stage.bindings(ALICE))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_caller_who_gives_up_ends_the_ringing(tmp_path: Path, transport: str) -> None:
    async with Stage(tmp_path, transport=transport) as stage:
        bob = await stage.registered(BOB, "called", "ring", "cancelled")
        alice = await stage.registered(ALICE, "call", "trying", "rings", "cancel", "refused:487", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice) == [
            *CHALLENGED, "< 180 INVITE", "> CANCEL", "< 200 CANCEL", "< 487 INVITE", "> ACK",
        ]  # fmt: skip
        assert stage.ladder(bob) == [
            "< INVITE", "> 180 INVITE", "< CANCEL", "> 200 CANCEL", "> 487 INVITE", "< ACK",
        ]  # fmt: skip


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("refusal", ["486 Busy Here", "603 Decline"])
async def test_a_refusal_comes_back_as_it_was_given(tmp_path: Path, transport: str, refusal: str) -> None:
    async with Stage(tmp_path, transport=transport) as stage:
        status = refusal.partition(" ")[0]
        bob = await stage.registered(BOB, "called", "ring", f"refuse:{refusal}")
        alice = await stage.registered(ALICE, "call", "trying", "rings", f"refused:{status}", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice) == [*CHALLENGED, "< 180 INVITE", f"< {status} INVITE", "> ACK"]
        assert stage.ladder(bob) == ["< INVITE", "> 180 INVITE", f"> {status} INVITE", "< ACK"]


async def test_a_number_that_nobody_has_is_told_at_once(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        alice = await stage.registered(ALICE, "invite", "refused:404", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice) == ["> INVITE", "< 404 INVITE", "> ACK"]


async def test_a_number_that_is_not_registered_anywhere_is_unavailable(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        stage.network.own(BOB)
        alice = await stage.registered(ALICE, "call", "trying", "refused:480", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice) == [*CHALLENGED, "< 480 INVITE", "> ACK"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_either_side_holds_and_resumes_and_the_callee_hangs_up(tmp_path: Path, transport: str) -> None:
    ours = ("hold:sendonly:recvonly", "hold:sendrecv:sendrecv")
    theirs = ("held:sendonly:recvonly", "held:sendrecv:sendrecv")
    async with Stage(tmp_path, transport=transport) as stage:
        bob = await stage.registered(BOB, *ANSWERS, *theirs, *ours, "hang_up")
        alice = await stage.registered(ALICE, *CALLS, *ours, *theirs, "hung_up", peer=BOB)
        await stage.ended()
        offers = ["> INVITE", "< 100 INVITE", "< 200 INVITE", "> ACK"] * 2
        taken = ["< INVITE", "> 200 INVITE", "< ACK"] * 2
        assert stage.ladder(alice) == [
            *CHALLENGED, "< 180 INVITE", "< 200 INVITE", "> ACK", *offers, *taken, "< BYE", "> 200 BYE",
        ]  # fmt: skip
        assert stage.ladder(bob) == [
            "< INVITE", "> 180 INVITE", "> 200 INVITE", "< ACK", *taken, *offers, "> BYE", "< 200 BYE",
        ]  # fmt: skip


async def test_all_phones_of_a_number_ring_and_one_that_answers_silences_the_other(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        desk = await stage.registered(BOB, *ANSWERS, "hung_up")
        mobile = await stage.registered(BOB, "called", "ring", "cancelled")
        alice = await stage.registered(ALICE, "call", "may_ring", "answered", "hang_up", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice)[-4:] == ["< 200 INVITE", "> ACK", "> BYE", "< 200 BYE"]
        assert stage.ladder(desk) == [
            "< INVITE", "> 180 INVITE", "> 200 INVITE", "< ACK", "< BYE", "> 200 BYE",
        ]  # fmt: skip
        assert stage.ladder(mobile) == [
            "< INVITE", "> 180 INVITE", "< CANCEL", "> 200 CANCEL", "> 487 INVITE", "< ACK",
        ]  # fmt: skip


async def test_a_phone_of_less_preference_rings_when_the_other_is_busy(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        mobile = await stage.registered(BOB, *ANSWERS, "hung_up", params=";q=0.4")
        desk = await stage.registered(BOB, "called", "refuse:486 Busy Here", params=";q=0.9")
        await stage.registered(ALICE, *CALLS, "hang_up", peer=BOB)
        await stage.ended()
        assert stage.ladder(desk) == ["< INVITE", "> 486 INVITE", "< ACK"]
        ladder = stage.ladder()
        first, second = (at for at, word in enumerate(ladder) if word == "< INVITE")
        assert first < ladder.index("> 486 INVITE") < second
        assert stage.ladder(mobile)[:2] == ["< INVITE", "> 180 INVITE"]


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ("486 Busy Here", "486 Busy Here", "486"),
        ("503 Service Unavailable", "486 Busy Here", "486"),
        ("404 Not Found", "500 Server Internal Error", "404"),
    ],
)
async def test_of_refusals_by_all_phones_the_best_comes_back(
    tmp_path: Path, first: str, second: str, best: str
) -> None:
    async with Stage(tmp_path) as stage:
        phones = [await stage.registered(BOB, "called", f"refuse:{one}") for one in (first, second)]
        alice = await stage.registered(ALICE, "call", "trying", f"refused:{best}", peer=BOB)
        await stage.ended()
        assert stage.ladder(alice) == [*CHALLENGED, f"< {best} INVITE", "> ACK"]
        for phone, refusal in zip(phones, (first, second), strict=True):
            assert stage.ladder(phone) == ["< INVITE", f"> {refusal[:3]} INVITE", "< ACK"]


async def test_who_declines_declines_for_all_phones(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        mobile = await stage.registered(BOB, "called", "ring", "cancelled")
        await stage.registered(BOB, "called", "refuse:603 Decline")
        await stage.registered(ALICE, "call", "may_ring", "refused:603", peer=BOB)
        await stage.ended()
        assert stage.ladder(mobile) == [
            "< INVITE", "> 180 INVITE", "< CANCEL", "> 200 CANCEL", "> 487 INVITE", "< ACK",
        ]  # fmt: skip


async def test_calls_come_about_though_the_caller_loses_every_tenth_message(tmp_path: Path) -> None:
    """The callee loses none: sipp takes an INVITE that it lost once for a new one when it comes twice more."""
    calls = 20  # so many that some loss is certain
    options = ("-m", str(calls), "-r", str(calls), "-max_retrans", "20")
    async with Stage(tmp_path) as stage:
        alice = await stage.registered(ALICE)
        await alice.ended()
        bob = await stage.waiting(BOB, "called", "ring", "answer", "may_be_acked", "hung_up", options=options)
        await stage.start(
            ALICE, "call", "may_ring", "answered", "hang_up",
            peer=BOB, port=alice.port, options=(*options, "-lost", "10"), call_id=ANY_CALL_ID,
        )  # fmt: skip
        await stage.ended()
        assert Counter(stage.ladder(bob))["> 200 BYE"] == calls
        assert Counter((one.direction, one.data) for one in stage.wire).most_common(1)[0][1] > 1


# With a user client, which takes no media but DTLS-SRTP


async def test_a_uc_refuses_a_call_without_encryption_before_it_rings(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        carol = await stage.network.user(CAROL)
        alice = await stage.registered(ALICE, "call", "trying", "refused:488", peer=CAROL)
        await stage.ended()
        assert carol.incoming.empty()
        assert stage.ladder(alice) == [*CHALLENGED, "< 488 INVITE", "> ACK"]


async def test_a_uc_takes_a_call_with_encryption_until_the_phone_hangs_up(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        carol = await stage.network.user(CAROL)
        await stage.registered(ALICE, *CALLS, "hang_up", peer=CAROL, sdp="dtls")
        call = await asyncio.wait_for(carol.incoming.get(), 15)
        assert call.party is not None
        assert (call.party.trust, call.call.request.from_.uri.user) == (Trust.UNVERIFIED, str(ALICE))
        await call.answer()
        await call.wait_ended(15)
        assert call.ended_by == "remote"
        await stage.ended()


async def test_a_uc_hangs_up_on_who_answers_without_encryption(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        carol = await stage.network.user(CAROL)
        alice = await stage.waiting(ALICE, *ANSWERS, "hung_up")
        with pytest.raises(DescriptionRefused, match="DTLS-SRTP"):
            await asyncio.wait_for(carol.call(str(ALICE), unverified=UnverifiedAnswer.ALLOW), 15)
        await stage.ended()
        assert stage.ladder(alice) == [
            "< INVITE", "> 180 INVITE", "> 200 INVITE", "< ACK", "< BYE", "> 200 BYE",
        ]  # fmt: skip


async def test_a_uc_is_told_that_the_phone_is_busy(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        carol = await stage.network.user(CAROL)
        await stage.waiting(ALICE, "called", "ring", "refuse:486 Busy Here")
        with pytest.raises(CallRejected) as refusal:
            await asyncio.wait_for(carol.call(str(ALICE), unverified=UnverifiedAnswer.ALLOW), 15)
        assert refusal.value.status == 486
        await stage.ended()
