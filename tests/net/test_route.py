"""From URIs to hops."""

from dataclasses import dataclass

import pytest

from telsdk.net.route import NoRoute, find, hop_of, hop_to, pin_text
from telsdk.sip.hop import Hop
from telsdk.sip.message import Uri

PIN = bytes(range(32))


@dataclass(frozen=True)
class Server:
    uri: str
    pins: tuple[bytes, ...] = ()


def test_a_uri_names_transport_host_and_port() -> None:
    assert hop_of(Uri.parse("sip:bob@192.0.2.7:5070;transport=tls")) == Hop("TLS", "192.0.2.7", 5070)
    assert hop_of(Uri.parse("sip:[2001:db8::7];transport=tcp")) == Hop("TCP", "2001:db8::7", 5060)


def test_the_pin_in_a_contact_says_who_answers_there() -> None:
    uri = Uri.parse(f"sip:bob@192.0.2.7:5070;transport=tls;pin={pin_text(PIN)}")
    assert hop_of(uri).pins == {PIN}


def test_pins_that_are_known_outweigh_the_one_in_the_uri() -> None:
    uri = Uri.parse(f"sip:bob@192.0.2.7:5070;transport=tls;pin={pin_text(PIN)}")
    assert hop_of(uri, [bytes(32)]).pins == {bytes(32)}


@pytest.mark.parametrize(
    "text",
    [
        "tel:+15551234",
        "sip:bob@192.0.2.7;transport=sctp",
        "sip:b@192.0.2.7;pin=abc",
        "sip:b@192.0.2.7;pin=!!",
    ],
)
def test_what_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(NoRoute):
        hop_of(Uri.parse(text))


def test_a_listed_server_is_found_by_where_it_is() -> None:
    servers = [Server("broken"), Server("sip:192.0.2.7:5071;transport=tls", (PIN,))]
    assert find(servers, Uri.parse("sip:bob.eth@192.0.2.7:5071;transport=tls")) is servers[1]
    assert find(servers, Uri.parse("sip:bob.eth@192.0.2.7:5071")) is None
    assert find(servers, Uri.parse("sip:bob.eth@192.0.2.8:5071;transport=tls")) is None


def test_a_malformed_listing_is_named() -> None:
    with pytest.raises(NoRoute, match="operator"):
        hop_to(Server("sip:"))
