"""The demo, act by act: what happens, and what has to be seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telsdk.cli.demo.capture import Captured
from telsdk.cli.demo.checks import Checks
from telsdk.cli.demo.data import back_up_and_restore
from telsdk.cli.demo.hostile import HostileNode, change_fingerprint, forge_token
from telsdk.cli.demo.ladder import LadderEntry
from telsdk.cli.demo.light import guess, log_in_light, set_password
from telsdk.cli.demo.probe import answers_over_udp
from telsdk.cli.demo.report import DemoReport, MediaFigures
from telsdk.cli.demo.sale import sell
from telsdk.cli.demo.stage import ALICE_HZ, BOB_HZ, Stage
from telsdk.cli.demo.world import OnProgress, World
from telsdk.hub.settings import HubSettings
from telsdk.sip.message import Request
from telsdk.uc.call import PhoneCall
from telsdk.uc.errors import CallRejected
from telsdk.uc.media import MediaStats
from telsdk.uc.trust import Party, Trust

HEARD = 1.5  # seconds of audio that each side has to hear before the figures are taken
TOLERANCE = 5.0  # Hz

LADDER = (
    ("alice.eth", "node A", "INVITE"),
    ("node A", "alice.eth", "100"),
    ("node A", "node B", "INVITE"),
    ("node B", "node A", "100"),
    ("node B", "bob.eth", "INVITE"),
    ("bob.eth", "node B", "180"),
    ("node B", "node A", "180"),
    ("node A", "alice.eth", "180"),
    ("bob.eth", "node B", "200"),
    ("node B", "node A", "200"),
    ("node A", "alice.eth", "200"),
    ("alice.eth", "bob.eth", "ACK"),
    ("bob.eth", "alice.eth", "BYE"),
    ("alice.eth", "bob.eth", "200"),
)
"""The 14 messages that the design promises, and no other, between the four parties."""


class Play:
    """One run of the whole demo."""

    def __init__(self, rpc: str | None, folder: Path, progress: OnProgress) -> None:
        self._rpc = rpc
        self._folder = folder
        self._progress = progress
        self._checks = Checks()

    async def run(self) -> DemoReport:
        """Play everything, from an empty chain to the sold number.

        Raises:
            TelError, TimeoutError: something failed before it could be checked.
        """
        world = World(self._rpc, self._progress)
        try:
            await asyncio.to_thread(world.build)
            async with Stage(world, self._folder) as stage:
                return await self._acts(stage)
        finally:
            world.close()

    async def _acts(self, stage: Stage) -> DemoReport:
        await self._start(stage)
        await self._log_in(stage)
        ladder, media = await self._call(stage)
        await self._attacks(stage)
        await self._message(stage)
        assert stage.alice.store is not None
        stage.alice.store.add_contact("bob.eth", "Bob")
        self._progress("alice backs up, loses everything but her key, and restores")
        backup = await back_up_and_restore(stage, self._checks)
        self._progress("bob sells his number to carol")
        sale = await sell(stage, self._checks)
        return DemoReport(ladder=ladder, media=media, checks=self._checks.list, backup=backup, sale=sale)

    async def _start(self, stage: Stage) -> None:
        self._progress("hub, node A and node B load the chain and start")
        await stage.start_servers()
        world = stage.world
        names = ("the hub", "the first node", "the second node")
        for name, server in zip(names, (world.hub, *world.nodes), strict=True):
            status = await answers_over_udp(server.sockets.host, server.sockets.port)
            self._checks.note(f"{name} answers over UDP", status.startswith("SIP/2.0 200"), status)

    async def _log_in(self, stage: Stage) -> None:
        world = stage.world
        self._progress(
            "bob sets a password with three hubs, so that nobody can guess it offline (Argon2id, OPRF)"
        )
        await set_password(stage, world.bob)
        self._progress("alice logs in with her key, bob with his password and the hubs")
        alice, bob = await asyncio.gather(
            asyncio.to_thread(stage.log_in, world.alice), log_in_light(stage, world.bob)
        )
        self._progress("somebody guesses at bob's password")
        await guess(stage, self._checks, world.bob, HubSettings().tries)
        stage.alice = await stage.start_client(world.alice, alice)
        stage.bob = await stage.start_client(world.bob, bob)
        self._progress("both register: the hub redirects each to a node")
        at_a = await stage.alice.register()
        at_b = await stage.bob.register()
        stage.capture.names |= {f"node {at_a.index}": "node A", f"node {at_b.index}": "node B"}
        self._checks.note(
            "alice logs in deep, bob light",
            (alice.delegation.role, bob.delegation.role) == ("deep", "light"),
            f"{alice.delegation.role}, {bob.delegation.role}",
        )
        self._checks.note(
            "the hub puts them on two nodes",
            at_a.index != at_b.index,
            f"alice on {at_a.uri}, bob on {at_b.uri}",
        )

    async def _call(self, stage: Stage) -> tuple[list[LadderEntry], dict[str, MediaFigures]]:
        self._progress("alice.eth calls bob.eth")
        outgoing, incoming = await _connect(stage)
        self._see_party("bob sees who calls", incoming.party, "deep")
        self._see_party("alice sees who answers", outgoing.party, "light")
        assert outgoing.media is not None
        assert incoming.media is not None
        self._progress("they hear each other, encrypted end to end")
        await asyncio.gather(outgoing.media.wait_for_audio(HEARD), incoming.media.wait_for_audio(HEARD))
        heard = {"alice.eth": await outgoing.media.stats(), "bob.eth": await incoming.media.stats()}
        incoming.hang_up()
        captured = await stage.capture.until(outgoing.id, "BYE")
        await outgoing.wait_ended(10)
        ladder = _ladder(captured)
        self._see_ladder(ladder)
        return ladder, {
            "alice.eth": self._see_media("alice.eth", heard["alice.eth"], BOB_HZ),
            "bob.eth": self._see_media("bob.eth", heard["bob.eth"], ALICE_HZ),
        }

    def _see_party(self, what: str, party: Party | None, role: str) -> None:
        proven = party is not None and party.trust is Trust.VERIFIED and party.media_bound
        self._checks.note(f"{what}, against the chain", proven and party.role == role, party)  # type: ignore[union-attr]

    def _see_ladder(self, ladder: list[LadderEntry]) -> None:
        seen = [(one["from"], one["to"], one["what"].split(" ")[0]) for one in ladder if one["n"]]
        odd = set(seen) ^ set(LADDER)
        in_order = [one for one in seen if one[0] == "alice.eth"] == [
            one for one in LADDER if one[0] == "alice.eth"
        ]
        ok = sorted(seen) == sorted(LADDER) and in_order
        self._checks.note(
            "the call takes the 14 messages of the ladder",
            ok,
            f"{len(seen)} messages" + (f", odd: {odd}" if odd else ""),
        )

    def _see_media(self, party: str, stats: MediaStats, expected: float) -> MediaFigures:
        ok = abs(stats.frequency_hz - expected) < TOLERANCE and stats.packets_received > 0
        self._checks.note(
            f"{party} hears the other's tone",
            ok,
            f"{stats.frequency_hz:.1f} Hz of {expected:.0f}, {stats.codec}, {stats.cipher}",
        )
        return MediaFigures(
            frequency_hz=round(stats.frequency_hz, 2),
            expected_hz=expected,
            packets=stats.packets_received,
            lost=stats.packets_lost,
            jitter_ms=round(stats.jitter_s * 1000, 3),
        )

    async def _attacks(self, stage: Stage) -> None:
        self._progress("node A turns hostile: it forges a token, then changes a media key")
        node = stage.node_of(stage.alice)
        assert isinstance(node, HostileNode)
        for what, attack in (("a forged token", forge_token), ("a changed media key", change_fingerprint)):
            node.turn(attack)
            await self._checks.refused(
                f"alice's call fails when node A sends {what}", stage.alice.call("bob.eth"), CallRejected
            )
            party = await asyncio.wait_for(stage.bob.refused.get(), 10)
            self._checks.note(f"bob's UC refuses {what}", party.trust is Trust.REFUSED, party.reason)
        node.turn(None)

    async def _message(self, stage: Stage) -> None:
        self._progress("bob.eth writes to alice.eth")
        text = "See you at six."
        await stage.bob.message("alice.eth", text)
        party, received = await asyncio.wait_for(stage.alice.messages.get(), 10)
        ok = party.trust is Trust.VERIFIED and party.number == stage.world.bob.number and received == text
        self._checks.note("bob's message arrives, proven to be his", ok, f"{received!r} from {party}")


async def _connect(stage: Stage) -> tuple[PhoneCall, PhoneCall]:
    """Let Alice call and Bob answer."""
    calling = asyncio.create_task(stage.alice.call("bob.eth", stage.alice_tone))
    ringing = asyncio.create_task(stage.bob.incoming.get())
    done, _ = await asyncio.wait({calling, ringing}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    if ringing not in done:
        ringing.cancel()
        if calling not in done:
            calling.cancel()
            raise TimeoutError("bob's telephone does not ring")
        calling.result()  # raises what became of the call
    incoming = ringing.result()
    await incoming.answer(stage.bob_tone)
    return await asyncio.wait_for(calling, 20), incoming


def _ladder(captured: list[Captured]) -> list[LadderEntry]:
    """Return the arrows between the four parties, without the question to the hub in between."""
    parties = {party for source, target, _ in LADDER for party in (source, target)}
    shown = [one for one in captured if {one.source, one.target} <= parties]
    start = shown[0].sent if shown else 0.0
    entries: list[LadderEntry] = []
    for number, one in enumerate(shown, start=1):
        entries.append(
            {
                "n": number,
                "time_ms": round((one.sent - start) * 1000, 1),
                "from": one.source,
                "to": one.target,
                "what": _what(one),
            }
        )
        if isinstance(one.message, Request) and one.message.method == "ACK":
            entries.append(
                {
                    "n": 0,
                    "time_ms": round((one.received - start) * 1000, 1),
                    "from": "alice.eth",
                    "to": "bob.eth",
                    "what": "media: DTLS-SRTP, Opus",
                    "kind": "media",
                }
            )
    return entries


def _what(captured: Captured) -> str:
    message = captured.message
    return message.method if isinstance(message, Request) else str(message.status)
