"""Whose message is looked at: strangers have their shares, and take nothing of what users and listed servers have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from telsdk.clock import Monotonic
from telsdk.directory import HubFacts, NodeFacts
from telsdk.net.buckets import Rate
from telsdk.net.listed import ListedHosts
from telsdk.server.gate import DROP, PASS, REFUSE, Gate, GateSettings
from telsdk.sip.hop import Hop

SETTINGS = GateSettings(
    user=Rate(1, 5),
    peer=Rate(1, 7),
    source=Rate(1, 3),
    unproven=Rate(1, 10),
    refusals=Rate(1, 2),
    remembered=8,
)
USER = Hop("UDP", "198.51.100.1", 5060, is_source=True)
NOW = Monotonic(1.0)


@dataclass
class World:
    """What a gate asks, as the test has it."""

    users: dict[Hop, int] = field(default_factory=lambda: {USER: 1})
    proven: set[Hop] = field(default_factory=set)
    looks: int = 0

    def __post_init__(self) -> None:
        self.gate = Gate(
            SETTINGS,
            listed=self.listed,
            users_at=lambda hop: self.users.get(hop, 0),
            is_proven=lambda hop: hop in self.proven,
            is_expected=lambda data, _: data == b"expected",
        )

    def listed(self) -> frozenset[str]:
        self.looks += 1
        return frozenset({"203.0.113.1"})

    def judged(self, hop: Hop, times: int, data: bytes | None = b"x", now: Monotonic = NOW) -> list[int]:
        return [self.gate.judge(hop, now, data) for _ in range(times)]


def stranger(at: int, transport: str = "UDP") -> Hop:
    return Hop(transport, f"192.0.2.{at}", 5060, flow=None if transport == "UDP" else at)


def test_who_sends_too_much_is_told_for_a_while_and_then_hears_nothing() -> None:
    world = World()
    assert world.judged(stranger(1), 7) == [PASS] * 3 + [REFUSE] * 2 + [DROP] * 2
    assert (world.gate.refused, world.gate.dropped) == (2, 2)


def test_one_stranger_takes_nothing_from_another_while_there_is_enough_for_all() -> None:
    world = World()
    world.judged(stranger(1), 100)
    assert world.judged(stranger(2), 3) == [PASS] * 3


def test_however_many_addresses_strangers_write_from_a_user_is_heard() -> None:
    world = World()
    passed = [world.judged(stranger(at % 250), 1)[0] for at in range(1_000)].count(PASS)
    assert passed == 10
    assert world.judged(USER, 5) == [PASS] * 5


def test_forged_datagrams_take_nothing_from_those_who_have_answered_or_have_a_connection() -> None:
    world = World()
    for at in range(200):
        world.judged(stranger(at), 1)
    assert world.judged(stranger(250), 1) == [DROP]
    world.proven.add(stranger(251))
    assert world.judged(stranger(251), 3) == [PASS] * 3
    assert world.judged(stranger(252, "TLS"), 3, None) == [PASS] * 3


def test_a_forger_at_a_users_own_address_does_not_stop_what_shows_that_it_is_the_users() -> None:
    world = World()
    assert world.judged(USER, 50)[-1] == DROP
    assert world.judged(USER, 5, b"expected") == [PASS] * 5
    assert world.judged(USER, 1, b"expected") == [DROP]  # nor is that without a limit


def test_the_users_behind_one_proxy_have_each_their_rate() -> None:
    world = World()
    world.users[USER] = 10
    assert world.judged(USER, 60).count(PASS) == 50


def test_a_listed_server_has_more_but_only_by_a_connection() -> None:
    world = World()
    assert world.judged(Hop("TLS", "203.0.113.1", 5061, flow=1), 20, None).count(PASS) == 7
    assert world.judged(Hop("UDP", "203.0.113.1", 5060), 20).count(PASS) == 3


def test_the_list_is_not_read_for_each_message() -> None:
    world = World()
    world.judged(stranger(1, "TLS"), 50, None)
    assert world.looks == 1
    world.judged(stranger(1, "TLS"), 1, None, Monotonic(NOW + 1))
    assert world.looks == 2


def test_whose_connection_is_kept() -> None:
    world = World()
    assert world.gate.keeps(USER, NOW)
    assert world.gate.keeps(Hop("TLS", "203.0.113.1", 5061, flow=1), NOW)
    assert not world.gate.keeps(stranger(1, "TLS"), NOW)


def test_listed_hosts_are_those_of_hubs_and_nodes_that_can_be_read() -> None:
    nodes = (
        NodeFacts(1, 0, "sip:n.example;transport=tls", (), 1, True),
        NodeFacts(1, 1, "nonsense", (), 1, True),
    )
    listed = ListedHosts()
    hub = HubFacts(1, "0x", "sip:192.0.2.1", (), nodes)
    assert listed.of([hub]) == {"n.example", "192.0.2.1"}
    other = HubFacts(2, "0x", "sip:192.0.2.2", (), ())
    assert listed.of([hub, other]) == {"n.example", "192.0.2.1", "192.0.2.2"}
    assert listed.of([replace(hub, uri="sip:192.0.2.3"), other]) == {"n.example", "192.0.2.3", "192.0.2.2"}
    assert listed.of([other]) == {"192.0.2.2"}


def test_a_long_list_is_read_again_only_where_it_has_changed() -> None:
    read: list[object] = []

    class Watched:
        def __init__(self, index: int) -> None:
            self.id = index
            self.uri = f"sip:192.0.2.{index}"

        @property
        def nodes(self) -> tuple[NodeFacts, ...]:
            read.append(self)
            return ()

    hubs = [Watched(index) for index in range(3)]
    listed = ListedHosts()
    first = listed.of(hubs)
    assert len(read) == 3
    assert listed.of(tuple(hubs)) == first
    assert len(read) == 3
