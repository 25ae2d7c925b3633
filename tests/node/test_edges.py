"""Which proxy a binding leads by, and which one a request comes from."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.node.edges import edge_of, sending_edge
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request
from telsdk.sip.server import Binding

CAME_BY = Hop("TCP", "192.0.2.7", 40123, flow=3)


def binding(*path: str) -> Binding:
    contact = "<sip:5550001@10.0.0.9>"
    return Binding(
        contact, CAME_BY, Monotonic(60.0), "call", 1, path=tuple(NameAddr.parse(one) for one in path)
    )


def test_a_binding_leads_by_the_proxy_next_to_us() -> None:
    ours = "<sip:192.0.2.7:5070;transport=tcp;lr>"
    assert edge_of(binding(ours, "<sip:10.0.0.1;lr>")) == Hop("TCP", "192.0.2.7", 5070)
    assert edge_of(binding()) is None


@pytest.mark.parametrize(
    "path",
    [
        "<sip:203.0.113.1:5070;transport=tcp;lr>",
        "<sip:192.0.2.7:5070;lr>",
        "<sip:192.0.2.7:5070;transport=carrier-pigeon;lr>",
    ],
)
def test_a_path_to_where_the_proxy_does_not_come_from_leads_nowhere(path: str) -> None:
    assert edge_of(binding(path)) is None


@pytest.mark.parametrize(("sent_by", "port"), [("192.0.2.7:5070", 5070), ("10.0.0.1", 5060)])
def test_a_request_tells_the_port_of_its_proxy_and_its_connection_the_host(sent_by: str, port: int) -> None:
    request = Request("OPTIONS", "sip:telprotocol", [("Via", f"SIP/2.0/TCP {sent_by};branch=z9hG4bK1")])
    assert sending_edge(request, CAME_BY) == Hop("TCP", "192.0.2.7", port)
