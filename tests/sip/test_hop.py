from __future__ import annotations

import pytest

from telsdk.sip.hop import DEFAULT_PORTS, Hop


@pytest.mark.parametrize(
    ("transport", "reliable", "secure"),
    [
        ("UDP", False, False),
        ("TCP", True, False),
        ("TLS", True, True),
        ("WS", True, False),
        ("WSS", True, True),
    ],
)
def test_a_hop_knows_what_its_transport_promises(transport: str, reliable: bool, secure: bool) -> None:
    hop = Hop(transport, "192.0.2.1", DEFAULT_PORTS[transport])
    assert (hop.reliable, hop.secure) == (reliable, secure)


def test_a_failed_connection_covers_only_what_went_over_it() -> None:
    first = Hop("TLS", "192.0.2.1", 5061, flow=1)
    assert first.covers(first)
    assert not first.covers(first.on_flow(2))
    assert first.on_flow(2).flow == 2


def test_a_failed_address_covers_what_had_no_connection_yet() -> None:
    wanted = Hop("TLS", "192.0.2.1", 5061, pins=frozenset({b"pin"}))
    assert Hop("TLS", "192.0.2.1", 5061).covers(wanted)
    assert Hop("TLS", "192.0.2.1", 5061, flow=3).covers(wanted)
    assert not Hop("TLS", "192.0.2.1", 5062).covers(wanted)
    assert not Hop("TCP", "192.0.2.1", 5061).covers(wanted)


def test_a_hop_reads_as_an_address() -> None:
    assert str(Hop("UDP", "2001:db8::1", 5060)) == "UDP [2001:db8::1]:5060"
    assert str(Hop("TLS", "192.0.2.1", 5061, flow=4)) == "TLS 192.0.2.1:5061 flow 4"
