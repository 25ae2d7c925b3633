"""Where a server may send and connect to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.net.egress import ANYWHERE, MAX_JUDGED, EgressPolicy, EgressRefused
from telsdk.net.resolve import places
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.endpoint import endpoint

PUBLIC = [
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.128.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00::1",
]
NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "private": ["10.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.255.255", "fc00::1", "fdff::1"],
    "behind a carrier's NAT": ["100.64.0.0", "100.127.255.255"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"],
    "site-local": ["fec0::1"],
    "for examples": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "for benchmarks": ["198.18.0.1", "198.19.255.255"],
    "of the protocols": ["192.0.0.170", "2001::1", "2001:0:7f00:1::"],
    "6to4 relay": ["192.88.99.1"],
    "local address of NAT64": ["64:ff9b:1::7f00:1"],
}
NEVER = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "broadcast": ["255.255.255.255", "240.0.0.1"],
}
EMBEDDINGS = ["::ffff:{0}", "::{0}", "64:ff9b::{0}"]
PLAIN = EgressPolicy()
v4 = st.ip_addresses(v=4)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_reached(address: str) -> None:
    assert PLAIN.refusal(address) is None
    assert ANYWHERE.refusal(address) is None


@pytest.mark.parametrize(
    ("what", "address"), [(what, one) for what, all_ in NOT_PUBLIC.items() for one in all_]
)
def test_what_is_not_public_is_refused_unless_its_network_is_allowed(what: str, address: str) -> None:
    refusal = PLAIN.refusal(address) or ""
    assert refusal.startswith(f"{address} is a")
    assert what in refusal
    assert "--allow-network" in refusal
    assert ANYWHERE.refusal(address) is None
    allowed = ipaddress.ip_network(address.partition("%")[0])
    assert EgressPolicy([allowed]).refusal(address) is None


@pytest.mark.parametrize(("what", "address"), [(what, one) for what, all_ in NEVER.items() for one in all_])
def test_where_no_server_is_nothing_is_sent_whatever_is_allowed(what: str, address: str) -> None:
    for policy in (PLAIN, ANYWHERE, EgressPolicy([ipaddress.ip_network(address)])):
        assert what in (policy.refusal(address) or "")


@pytest.mark.parametrize(
    "address", ["localhost", "example.net", "", "127.1", "0x7f000001", "2130706433", "1.1.1.1 "]
)
def test_what_is_no_address_is_never_taken_for_one(address: str) -> None:
    assert PLAIN.refusal(address) == f"{address!r} is no IP address"


@given(v4)
def test_what_is_permitted_is_public_by_the_registry_too(address: ipaddress.IPv4Address) -> None:
    assert PLAIN.refusal(str(address)) is not None or (address.is_global and not address.is_multicast)


@given(
    v4 | st.sampled_from([*map(ipaddress.IPv4Address, ["127.0.0.1", "10.0.0.1", "224.0.0.1", *PUBLIC[:5]])])
)
def test_an_address_that_stands_for_another_is_judged_as_that(address: ipaddress.IPv4Address) -> None:
    if int(address) > 1:
        texts = [one.format(address) for one in EMBEDDINGS]
        texts.append(str(ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80) | 1)))
        wanted = PLAIN.refusal(str(address)) is None
        assert [PLAIN.refusal(text) is None for text in texts] == [wanted] * len(texts)


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_a_network_that_is_allowed_is_so_however_its_addresses_are_written(embedding: str) -> None:
    policy = EgressPolicy([ipaddress.ip_network("10.1.0.0/16")])
    assert policy.refusal(embedding.format("10.1.2.3")) is None
    assert policy.refusal(embedding.format("10.2.2.3")) is not None


@pytest.mark.parametrize(
    ("listed_at", "reached", "refused"),
    [
        ("127.0.0.1", ["127.0.0.9", "::1"], ["10.0.0.1", "169.254.169.254"]),
        ("::1", ["127.0.0.9", "::1"], ["fd00::1"]),
        ("10.1.2.3", ["10.1.2.250"], ["10.1.3.1", "127.0.0.1", "192.168.0.1"]),
        ("fd00:1::5", ["fd00:1::9"], ["fd00:2::9", "::1"]),
        ("100.64.3.1", ["100.64.3.7"], ["100.65.0.1"]),
        ("1.1.1.1", [], ["1.0.0.127", "127.0.0.1", "10.0.0.1"][1:]),
        ("localhost", [], ["127.0.0.1"]),
        ("node.example.net", [], ["10.0.0.1"]),
        ("0.0.0.0", [], ["0.0.0.0", "10.0.0.1"]),
        (None, [], ["127.0.0.1"]),
    ],
)
def test_a_server_that_is_listed_in_a_network_reaches_that_and_no_other(
    listed_at: str | None, reached: list[str], refused: list[str]
) -> None:
    policy = EgressPolicy(listed_at=listed_at)
    assert [policy.refusal(one) for one in reached] == [None] * len(reached)
    assert None not in [policy.refusal(one) for one in refused]


def test_what_is_remembered_is_bounded() -> None:
    policy = EgressPolicy()
    for n in range(MAX_JUDGED + 10):
        policy.refusal(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(policy._judged) <= MAX_JUDGED


class Resolver:
    """Names of the test's own, each time the next of their answers."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = answers

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in self._answers[host].pop(0)
        ]


async def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[list[str] | str]:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", Resolver(name=[*answers]).getaddrinfo)
    found: list[list[str] | str] = []
    for _ in answers:
        try:
            found.append([host for host, _ in await places("name", 5061, socket.SOCK_STREAM, PLAIN)])
        except EgressRefused as refused:
            found.append(str(refused))
    return found


async def test_a_name_that_leads_elsewhere_the_next_time_is_judged_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await looked_up(
        monkeypatch, ["1.1.1.1"], ["127.0.0.1"], ["10.0.0.1", "::ffff:127.0.0.1"], ["1.1.1.1"]
    )
    assert found[0] == found[3] == ["1.1.1.1"]
    assert str(found[1]).startswith("127.0.0.1 is a loopback address")
    assert "10.0.0.1 is a private address" in str(found[2])
    assert "::ffff:127.0.0.1 is a loopback address" in str(found[2])


async def test_of_several_addresses_of_a_name_only_those_are_used_that_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await looked_up(monkeypatch, ["127.0.0.1", "1.1.1.1", "1.1.1.1", "10.0.0.1"]) == [["1.1.1.1"]]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WS", "WSS"])
async def test_a_server_sends_nothing_to_where_it_must_not_and_tells_why(
    transport: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "telsdk.net")
    async with endpoint(egress=PLAIN) as alice, endpoint(web=["WS", "WSS"]) as bob:
        alice.options(replace(bob.hop(transport), host=host))
        await alice.saw(TransportFailed)
        assert "127.0.0.1 is a loopback address: its network has to be allowed" in caplog.text
        # Whoever is there hears nothing of it; and what comes from there is answered where it came from.
        for by in ("UDP", "TLS"):
            bob.options(alice.hop(by))
            await bob.saw(ResponseReceived)
            bob.events.clear()
        assert len([wire for wire in bob.wires if wire.direction == "received"]) == 2


async def test_a_name_is_reached_at_the_first_of_its_addresses_that_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with endpoint() as alice, endpoint() as bob:
        resolver = Resolver(name=[["127.0.0.2", "127.0.0.1"]])
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver.getaddrinfo)
        alice.options(replace(bob.hop("TLS"), host="name"))
        await alice.saw(ResponseReceived)


async def test_a_name_of_which_no_address_answers_is_told_as_the_first_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "telsdk.net")
    async with endpoint() as alice, endpoint() as bob:
        resolver = Resolver(name=[["127.0.0.3", "127.0.0.2"]])
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver.getaddrinfo)
        alice.options(replace(bob.hop("TLS"), host="name"))
        await alice.saw(TransportFailed)
        assert "127.0.0.3" in caplog.text
