"""Strangers at a user client's own address have a share of what it looks at; its node is not kept waiting for them."""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.net.buckets import Rate
from telsdk.net.gatekeeper import DROP, PASS, REFUSE
from telsdk.sip.hop import Hop
from telsdk.uc.doorkeeper import Doorkeeper
from telsdk.uc.limits import ListeningLimits

LIMITS = ListeningLimits(opened=Rate(1, 5), source=Rate(1, 3), strangers=Rate(1, 7))
NOW = Monotonic(1.0)
NODE = Hop("TLS", "192.0.2.1", 5061, flow=1)


def stranger(host: str, transport: str = "UDP") -> Hop:
    if transport == "UDP":
        return Hop("UDP", host, 5060, is_source=True)
    return Hop(transport, host, 40_000, flow=9, taken_at=("198.51.100.1", 5061))


def verdicts(door: Doorkeeper, hop: Hop, times: int) -> list[int]:
    return [door.judge(hop, NOW, b"") for _ in range(times)]


def test_each_address_has_its_share_whatever_it_speaks() -> None:
    door = Doorkeeper(LIMITS)
    assert verdicts(door, stranger("203.0.113.1"), 4) == [PASS] * 3 + [DROP]
    assert verdicts(door, stranger("203.0.113.1", "TLS"), 1) == [DROP]
    assert verdicts(door, stranger("203.0.113.2", "TLS"), 1) == [PASS]
    assert door.judge(stranger("203.0.113.1"), Monotonic(2.0), b"") == PASS


def test_all_strangers_together_take_nothing_of_what_the_node_has() -> None:
    door = Doorkeeper(LIMITS)
    heard = [door.judge(stranger(f"203.0.113.{last}"), NOW, b"") for last in range(100)]
    assert heard == [PASS] * 7 + [DROP] * 93
    assert verdicts(door, NODE, 6) == [PASS] * 5 + [REFUSE], "and the node is told to wait"


def test_what_we_opened_is_never_cut_off_to_make_room() -> None:
    door = Doorkeeper(LIMITS)
    assert door.keeps(NODE, NOW)
    assert not door.keeps(stranger("203.0.113.1", "TLS"), NOW)
    assert not door.keeps(stranger("203.0.113.1"), NOW)
