"""What a flood does to those who are served can be measured; how much it is nobody's machine has to show here."""

from __future__ import annotations

import pytest

from benchmarks import floods
from telsdk.sip.message import Request, parse


@pytest.mark.parametrize("kind", [kind for kind in floods.DATAGRAMS if kind != "garbage"])
def test_each_datagram_is_a_request_of_its_own(kind: str) -> None:
    made = [parse(floods.DATAGRAMS[kind](at)) for at in range(3)]
    assert all(isinstance(one, Request) and one.method == kind.split(",")[0].split()[0] for one in made)
    assert len({one.call_id for one in made}) == 3


async def test_a_flood_is_measured_as_often_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "QUIET", 3)
    none, *rounds = await floods.run(["OPTIONS", "TCP connects"] * 2, 100, 0.5)
    assert none["flood"] == "none"
    assert [one["flood"] for one in rounds] == ["OPTIONS", "TCP connects"] * 2
    assert all(one["a second"] and one["calls"] for one in rounds)
