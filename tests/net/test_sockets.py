"""Addresses that are ours before anybody serves on them."""

import pytest

from telsdk.net.sockets import Addresses, Listener, ListenError, bind, bind_stream
from telsdk.sip.hop import Hop


def test_udp_and_stream_share_one_port() -> None:
    bound = bind("127.0.0.1")
    assert bound.udp.getsockname() == bound.stream.getsockname() == (bound.host, bound.port)
    bound.close()


def test_a_taken_port_is_named() -> None:
    bound = bind("127.0.0.1")
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{bound.port}"):
        bind("127.0.0.1", bound.port)
    bound.close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ListenError, match="cannot listen on 192.0.2.1"):
        bind("192.0.2.1")


@pytest.mark.parametrize("transport", ["TCP", "WS"])
def test_a_listener_is_what_others_are_told_for_its_transport(transport: str) -> None:
    """On the main port of a node TLS is spoken: who came there with anything else would not be understood."""
    with bind_stream("127.0.0.1") as sock:
        listener = Listener(transport, sock)
        addresses = Addresses(("127.0.0.1", 5061), [listener])
        assert addresses.sent_by(transport) == listener.address
        assert addresses.sent_by("UDP") == addresses.sent_by("TLS") == ("127.0.0.1", 5061)
        assert listener.address in addresses


def test_who_connected_is_told_to_come_again_where_he_got_through() -> None:
    tcp = Listener("TCP", bind_stream("127.0.0.1"))
    addresses = Addresses(("127.0.0.1", 5061), [tcp])
    certified = ("127.0.0.1", 5071)
    assert addresses.towards(Hop("TLS", "192.0.2.7", 40123, flow=1, local=certified)) == certified
    assert addresses.towards(Hop("TLS", "192.0.2.7", 40123)) == ("127.0.0.1", 5061)
    assert addresses.towards(Hop("UDP", "192.0.2.7", 5060)) == ("127.0.0.1", 5061)
    # The main port speaks TLS to who connects.
    assert addresses.towards(Hop("TCP", "192.0.2.7", 5060)) == tcp.address
    tcp.socket.close()
