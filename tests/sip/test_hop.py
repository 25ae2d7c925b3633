from __future__ import annotations

import pytest

from telsdk.sip.hop import TRANSPORTS, Hop


@pytest.mark.parametrize(
    ("transport", "port", "said", "reliable", "secure", "web"),
    [
        ("UDP", 5060, "udp", False, False, False),
        ("TCP", 5060, "tcp", True, False, False),
        ("TLS", 5061, "tls", True, True, False),
        ("WS", 80, "ws", True, False, True),
        ("WSS", 443, "ws", True, True, True),
    ],
)
def test_a_hop_knows_what_its_transport_promises(
    transport: str, port: int, said: str, reliable: bool, secure: bool, web: bool
) -> None:
    assert TRANSPORTS[transport].port == port
    hop = Hop(transport, "192.0.2.1", port)
    assert (hop.uri_transport, hop.reliable, hop.secure, hop.web) == (said, reliable, secure, web)


def test_a_transport_that_nobody_here_speaks_is_none_of_the_special_ones() -> None:
    hop = Hop("SCTP", "192.0.2.1", 5060)
    assert (hop.reliable, hop.secure, hop.web) == (True, False, False)


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
