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


async def test_a_flood_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "DATAGRAMS", {"OPTIONS": floods.DATAGRAMS["OPTIONS"]})
    monkeypatch.setattr(floods, "CONNECTS", {})
    monkeypatch.setattr(floods, "QUIET", 3)
    none, options = await floods.run(100, 0.5)
    assert (none["flood"], options["flood"]) == ("none", "OPTIONS")
    assert options["a second"]
    assert options["calls"]
