from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Uri
from telsdk.sip.server import Binding, by_user_agent
from telsdk.sip.server.binding import first_hop_knows_flows, flow_id, is_direct, same_uri, split_expires


def bound(contact: str, updated_at: Monotonic = Monotonic(0.0), q: float = 1.0) -> Binding:
    hop = Hop("TLS", "192.0.2.1", 40000, flow=1)
    flow = flow_id(NameAddr.parse(contact))
    return Binding(contact, hop, Monotonic(60.0), "c", 1, q, (), updated_at, flow)


def device(name: str, flow: int, updated_at: Monotonic) -> Binding:
    return bound(f'<sip:a@192.0.2.{flow}>;+sip.instance="<urn:uuid:{name}>";reg-id={flow}', updated_at)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (';+sip.instance="<urn:uuid:1>";reg-id=1', ("<urn:uuid:1>", 1)),
        (';+sip.instance="<urn:uuid:1>";reg-id=2147483647', ("<urn:uuid:1>", 2147483647)),
        (';+sip.instance="<urn:uuid:1>"', None),
        (";reg-id=1", None),
        (';+sip.instance="<urn:uuid:1>";reg-id=0', None),
        (';+sip.instance="<urn:uuid:1>";reg-id=x', None),
        (';+sip.instance="<urn:uuid:1>";reg-id=2147483648', None),
        (';+sip.instance="<urn:uuid:1>";reg-id=99999999999999999999', None),
        (';+sip.instance="";reg-id=1', None),
    ],
)
def test_a_flow_has_an_instance_and_a_number(params: str, expected: tuple[str, int] | None) -> None:
    assert flow_id(NameAddr.parse("<sip:a@h>" + params)) == expected


@pytest.mark.parametrize(
    ("contact", "split"),
    [
        ("<sip:a@h>;expires=60", ("<sip:a@h>", "60")),
        ("sip:a@h ;expires=0", ("sip:a@h", "0")),
        ("<sip:a@h>;q=1;expires=60", ("<sip:a@h>;q=1", "60")),
        ("<sip:a@h;expires=60>", None),
        ("<sip:a@h>;expires=60;q=1", None),
        ("<sip:a@h>;Expires=60", None),
        ("<sip:a@h>;expires=soon", None),
        ("<sip:a@h>;expires=", None),
        ("<sip:a@h>;expires=٣", None),
        ('<sip:a@h>;x=";expires=60"', None),
        ("<sip:a@h>", None),
        ("*", None),
    ],
)
def test_the_time_at_the_end_of_a_contact_is_taken_off(contact: str, split: tuple[str, str] | None) -> None:
    assert split_expires(contact) == (split or (contact, None))
    if split is not None:
        assert NameAddr.parse(contact) == NameAddr.parse(split[0]).with_param("expires", split[1])


@pytest.mark.parametrize(
    ("via", "direct"),
    [
        (("SIP/2.0/UDP h",), True),
        (('SIP/2.0/UDP h;x=","',), True),
        (("SIP/2.0/UDP h, SIP/2.0/UDP g",), False),
        (("SIP/2.0/UDP h", "SIP/2.0/UDP g"), False),
    ],
)
def test_a_request_with_one_via_came_directly(via: tuple[str, ...], direct: bool) -> None:
    assert is_direct(Request("REGISTER", "sip:h", [("Via", value) for value in via])) == direct


def test_two_bindings_are_one_place_by_flow_or_else_by_equivalent_uri() -> None:
    assert device("1", 1, Monotonic(0.0)).is_same_place(device("1", 1, Monotonic(9.0)))
    assert not device("1", 1, Monotonic(0.0)).is_same_place(device("1", 2, Monotonic(0.0)))
    assert not device("1", 1, Monotonic(0.0)).is_same_place(bound("<sip:a@192.0.2.1>"))
    assert bound("<sip:a@192.0.2.1>").is_same_place(bound("<sip:a@192.0.2.1;x=1>"))
    assert not bound("<sip:a@192.0.2.1>").is_same_place(bound("<sip:a@192.0.2.1:5060>"))


def test_the_quick_look_never_says_other_than_the_rule() -> None:
    texts = ["sip:a@h", "sip:A@h", "sip:a@h;x=1", "sip:a@h;transport=tcp", "sips:a@h", "sip:a@H", "sip:%61@h"]
    for one in map(Uri.parse, texts):
        for other in map(Uri.parse, texts):
            assert same_uri(one, other) == one.equivalent(other)


def test_flows_of_one_device_stand_together_the_newest_first() -> None:
    old, new = device("1", 1, Monotonic(1.0)), device("1", 2, Monotonic(2.0))
    other, plain = device("2", 1, Monotonic(0.0)), bound("<sip:b@h>")
    assert by_user_agent([old, plain, other, new]) == [[new, old], [plain], [other]]


@pytest.mark.parametrize(
    ("vias", "path", "known"),
    [
        (1, None, True),
        (2, None, False),
        (2, "<sip:edge.example;lr>", False),
        (2, "<sip:edge.example;lr;ob>", True),
        (2, "<sip:inner.example;lr>, <sip:edge.example;lr;ob>", True),
        (2, "<sip:inner.example;lr;ob>, <sip:edge.example;lr>", False),
    ],
)
def test_the_server_next_to_the_user_agent_has_to_keep_the_flow(
    vias: int, path: str | None, known: bool
) -> None:
    request = Request("REGISTER", "sip:telprotocol")
    for number in range(vias):
        request.headers.add("Via", f"SIP/2.0/TLS 192.0.2.{number};branch=z9hG4bK{number}")
    if path is not None:
        request.headers.add("Path", path)
    assert first_hop_knows_flows(request) == known
