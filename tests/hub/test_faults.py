"""A bug in what a hub does about one request harms no other."""

from __future__ import annotations

import asyncio
import logging

import pytest

from telsdk.address import aor
from telsdk.faults import Fault
from tests.network import ALICE, HOST, Network
from tests.peer import Peer


async def test_a_question_that_meets_a_bug_gets_500_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        hub, port = network.hub, network.listed_hub.sockets.port

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        with Peer() as peer:
            with monkeypatch.context() as broken:
                broken.setattr(hub, "_on_request", fail)
                for method in ("INVITE", "MESSAGE", "REGISTER"):
                    assert (await peer.ask(peer.request(method, aor(ALICE)), HOST, port)).status == 500
            assert hub.faults.counts[Fault.EVENT] == hub.faults.total == 3
            assert sum(one.levelno >= logging.ERROR for one in caplog.records) == 1  # one line for all three
            caplog.clear()
            assert (await peer.ask(peer.request("MESSAGE", aor(ALICE)), HOST, port)).status == 302


async def test_a_listing_that_cannot_be_probed_keeps_no_other_node_from_its_probe(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(2) as network:
        for index in range(2):
            await network.start_node(index)
        hub = await network.start_hub()
        health, probe = hub.health, hub.health._probe_one

        def fail_at_the_first(node: object) -> None:
            if getattr(node, "index", None) == 0:
                raise ZeroDivisionError
            probe(node)  # type: ignore[arg-type]

        monkeypatch.setattr(health, "_probe_one", fail_at_the_first)
        before = health._location.health(1)
        async with asyncio.timeout(10):
            while health._location.health(1) == before:
                health._heard.clear()
                await health._heard.wait()
        assert hub.faults.counts[Fault.TIMER] >= 1
        caplog.clear()
