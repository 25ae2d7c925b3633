"""Where a request within a dialog goes on to: what the dialog's own messages have told, and nothing else."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.directory import NodeFacts
from telsdk.net.route import NoRoute, pin_text
from telsdk.net.sockets import Addresses
from telsdk.node.flows import ForgedRoute
from telsdk.node.ways import MAX_MOVED, Ways
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import Context, Registrar, Target

HERE = ("192.0.2.100", 5060)
PIN, OTHER_PIN = bytes(32), bytes(range(32))
PHONE = Hop("UDP", "192.0.2.1", 40_001, is_source=True)
BOB = Hop("TLS", "192.0.2.2", 40_002, flow=9)
NODE_B = NodeFacts(1, 1, "sip:192.0.2.200:5061;transport=tls", (PIN,), 100, True)
BY_NODE_B = Hop("TLS", "192.0.2.200", 5061, pins=frozenset({PIN}))
UC = f"<sip:bob@192.0.2.50:6000;transport=tls;pin={pin_text(PIN)}>"


class Desk:
    """The ways of one node, in a list that the test changes."""

    def __init__(self) -> None:
        self.listed = [NODE_B]
        self.registrar = Registrar()
        self.ways = Ways(self.registrar, Addresses(HERE), (1, 0), self._node_at)

    def _node_at(self, hub: int, index: int) -> NodeFacts | None:
        return next((node for node in self.listed if (node.hub, node.index) == (hub, index)), None)

    def pass_on(self, target: Target, *, key: str = "", source: Hop = PHONE, **fields: str) -> Request:
        """Alice's INVITE as it leaves."""
        ctx = Context(invite(**fields), source, None, (), "")
        keyed = NameAddr.parse(key).uri if key else None
        uris = self.ways.write(ctx, target, "5550002", "5550001", keyed)
        for uri in reversed(uris):
            ctx.request.headers.insert("Record-Route", f"<{uri}>")
        return ctx.request

    def answer(
        self, request: Request, target: Target, status: int = 200, *, tag: str = "b", **fields: str
    ) -> Response:
        """Bob's answer as Alice gets it."""
        routes = [("Record-Route", str(route)) for route in request.record_routes]
        more = [(name.replace("_", "-"), value) for name, value in fields.items()]
        response = request.response(status, to_tag=tag, headers=[*more, *routes])
        if target.recorded:
            self.ways.learn(target, response)
        return response

    def on(
        self,
        message: Request | Response,
        *,
        back: bool = False,
        tag: str = "b",
        uri: str = "sip:x@192.0.2.66",
    ) -> Hop:
        """Where a request by the route in `message` goes that its caller sends; or with `back`, its callee."""
        values = [value for value in message.headers.all("Record-Route") if f"@{HERE[0]}:{HERE[1]}" in value]
        own = [NameAddr.parse(value) for value in values]
        within = invite(uri)
        ends = ["<sip:alice@telprotocol>;tag=a", f"<sip:bob@telprotocol>;tag={tag}"]
        for name, end in zip(("From", "To"), reversed(ends) if back else ends, strict=True):
            within.headers.set(name, end)
        return self.ways.on(within, own if back else own[::-1])


def invite(uri: str = "sip:bob@telprotocol", **fields: str) -> Request:
    own = {
        "Via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        "From": "<sip:alice@telprotocol>;tag=a",
        "To": "<sip:bob@telprotocol>",
        "Call-ID": "call",
        "CSeq": "1 INVITE",
        "Contact": "<sip:alice@192.0.2.1>",
    }
    more = {name.replace("_", "-"): value for name, value in fields.items()}
    return Request("INVITE", uri, list({**own, **more}.items()))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def at_node_b() -> Target:
    return Target(Uri.parse("sip:bob@telprotocol"), BY_NODE_B)


def test_both_ends_at_the_node_are_reached_by_their_flows_whatever_is_asked_for(desk: Desk) -> None:
    request = desk.pass_on(Target(Uri.parse("sip:bob@10.0.0.1"), BOB))
    answer = desk.answer(request, at_node_b(), Contact="<sip:evil@192.0.2.66>")
    assert desk.on(answer) == BOB
    assert desk.on(request, back=True) == PHONE
    assert desk.on(request, back=True).is_source


def test_a_user_who_has_come_by_another_flow_since_is_reached_by_that_but_no_other_user(desk: Desk) -> None:
    request = desk.pass_on(Target(Uri.parse("sip:bob@10.0.0.1"), BOB))
    for user, flow in (("5550002", 20), ("5550003", 30)):
        register = invite(To=f"<sip:{user}@telprotocol>", Contact=f"<sip:{user}@10.0.0.1>")
        register.method = "REGISTER"
        register.headers.set("CSeq", "1 REGISTER")
        assert desk.registrar.process(register, Monotonic(0.0), BOB.on_flow(flow)).status == 200
    assert desk.on(request, uri="sip:5550002@10.0.0.1") == BOB.on_flow(20)
    assert desk.on(request, uri="sip:5550003@10.0.0.1") == BOB


@pytest.mark.parametrize("status", [180, 183, 200])
def test_the_way_to_a_callee_elsewhere_is_the_key_in_their_answer(desk: Desk, status: int) -> None:
    target = at_node_b()
    request = desk.pass_on(target)
    with pytest.raises(NoRoute, match="nothing in this call has told yet"):
        desk.on(request)
    answer = desk.answer(request, target, status, Contact=UC)
    assert desk.on(answer) == Hop("TLS", "192.0.2.50", 6000, pins=frozenset({PIN}))
    assert desk.on(request, back=True) == PHONE


def test_each_branch_of_a_forked_call_has_a_way_of_its_own(desk: Desk) -> None:
    target = at_node_b()
    request = desk.pass_on(target)
    other = UC.replace("192.0.2.50", "192.0.2.51")
    one = desk.answer(request, target, 180, tag="b", Contact=UC)
    two = desk.answer(request, target, 200, tag="c", Contact=other)
    assert (desk.on(one, tag="b").host, desk.on(two, tag="c").host) == ("192.0.2.50", "192.0.2.51")
    for answer, tag in ((one, "c"), (two, "b")):
        with pytest.raises(ForgedRoute):
            desk.on(answer, tag=tag)


def test_the_way_to_a_callee_whose_node_stays_is_that_node_by_the_key_it_has_now(desk: Desk) -> None:
    target = at_node_b()
    request = desk.pass_on(target)
    request.headers.insert("Record-Route", "<sip:token@192.0.2.200:5061;transport=tls;lr;tel-node=1.1>")
    answer = desk.answer(request, target, Contact="<sip:bob@10.0.0.1>")
    assert desk.on(answer) == BY_NODE_B
    desk.listed = [NodeFacts(1, 1, NODE_B.uri, (OTHER_PIN,), 100, True)]
    assert desk.on(answer).pins == {OTHER_PIN}
    desk.listed = []
    with pytest.raises(NoRoute, match=r"192\.0\.2\.200:5061 is no longer in the list"):
        desk.on(answer)


@pytest.mark.parametrize(
    ("above", "contact"),
    [
        ("", "<sip:bob@192.0.2.50:6000;transport=tls>"),
        ("", f"<sip:bob@192.0.2.50:6000;transport=tcp;pin={pin_text(PIN)}>"),
        ("", "<sip:bob@192.0.2.50:6000;transport=tls;pin=short>"),
        ("", "<tel:5550002>"),
        ("", "malformed <"),
        ("<sip:192.0.2.66:5060;lr>", UC),
        ("<sip:192.0.2.66:5060;transport=tls;lr>", UC),
        ("malformed <", UC),
    ],
)
def test_an_answer_that_names_no_key_and_no_node_leads_nowhere(desk: Desk, above: str, contact: str) -> None:
    target = at_node_b()
    request = desk.pass_on(target)
    answer = request.response(200, to_tag="b", headers=[("Contact", contact)])
    for route in (above, *map(str, request.record_routes)):
        if route:
            answer.headers.add("Record-Route", route)
    before = answer.headers.all("Record-Route")
    desk.ways.learn(target, answer)
    assert answer.headers.all("Record-Route") == before
    with pytest.raises(NoRoute):
        desk.on(request)


@pytest.mark.parametrize(
    ("fields", "key", "source", "leads"),
    [
        ({}, "", PHONE, PHONE),
        ({}, UC, BOB, Hop("TLS", "192.0.2.50", 6000, pins=frozenset({PIN}))),
        ({"Record_Route": "<sip:192.0.2.200:5061;transport=tls;lr;tel-node=1.1>"}, "", BOB, BY_NODE_B),
        # An address alone says not whose it is: whoever operates a hub may list it, with a key of their own.
        ({"Record_Route": "<sip:192.0.2.200:5061;transport=tls;lr>"}, "", BOB, BOB),
        ({"Record_Route": "<sip:192.0.2.200:5061;transport=tls;lr;tel-node=1.2>"}, "", BOB, BOB),
        ({"Record_Route": "<sip:192.0.2.66:5061;transport=tls;lr;tel-node=1.1>"}, "", BOB, BOB),
        # A proxy takes connections at another port than it sends from: its host is the one it comes from.
        ({"Record_Route": "<sip:192.0.2.2:5070;transport=tls;lr>"}, "", BOB, Hop("TLS", "192.0.2.2", 5070)),
        ({"Record_Route": "<sip:192.0.2.66:5070;transport=tls;lr>"}, "", BOB, BOB),
        ({"Record_Route": "<sip:192.0.2.2:22;transport=tcp;lr>"}, "", BOB, BOB),
        ({"Record_Route": "<sip:proxy.example.net;transport=tls;lr>"}, "", BOB, BOB),
        ({"Record_Route": "malformed <"}, "", BOB, BOB),
        ({"Record_Route": "<sip:192.0.2.66;transport=tls;lr>"}, UC, BOB, BOB),
    ],
)
def test_the_way_back_to_a_caller_is_where_they_come_from_or_show_their_key(
    desk: Desk, fields: dict[str, str], key: str, source: Hop, leads: Hop
) -> None:
    request = desk.pass_on(Target(Uri.parse("sip:bob@10.0.0.1"), PHONE), key=key, source=source, **fields)
    assert desk.on(request, back=True) == leads


def test_a_phone_behind_a_proxy_is_reached_by_that_and_not_by_the_connection_it_had(desk: Desk) -> None:
    path = NameAddr.parse("<sip:192.0.2.2:5070;transport=tls;lr>")
    request = desk.pass_on(Target(Uri.parse("sip:bob@10.0.0.1"), BOB, routes=(path,)))
    assert desk.on(request) == Hop("TLS", "192.0.2.2", 5070)
    elsewhere = NameAddr.parse("<sip:192.0.2.66:5070;transport=tls;lr>")
    assert desk.on(desk.pass_on(Target(Uri.parse("sip:bob@10.0.0.1"), BOB, routes=(elsewhere,)))) == BOB


def moved(desk: Desk, contact: str, answered: str, call_id: str = "call") -> None:
    """Bob invites anew, and Alice takes it."""
    again = invite(
        From="<sip:bob@telprotocol>;tag=b",
        To="<sip:alice@telprotocol>;tag=a",
        Contact=contact,
        Call_ID=call_id,
    )
    desk.ways.moved(again, again.response(200, headers=[("Contact", answered)]))


def test_a_client_that_moves_within_a_call_is_followed_if_it_names_its_key(desk: Desk) -> None:
    target = at_node_b()
    answer = desk.answer(desk.pass_on(target), target, Contact=UC)
    for contact in ("<sip:evil@192.0.2.66>", "<sip:x@192.0.2.66;transport=tls>", "malformed <"):
        moved(desk, contact, contact)
        assert desk.on(answer).host == "192.0.2.50"
    moved(desk, UC.replace("192.0.2.50", "192.0.2.51"), "<sip:alice@192.0.2.1>")
    assert desk.on(answer) == Hop("TLS", "192.0.2.51", 6000, pins=frozenset({PIN}))


def test_who_moves_takes_no_flow_and_no_other_call_along(desk: Desk) -> None:
    target = at_node_b()
    request = desk.pass_on(target)
    answer = desk.answer(request, target, Contact=UC)
    elsewhere = UC.replace("192.0.2.50", "192.0.2.51")
    moved(desk, elsewhere, elsewhere, call_id="another")
    assert desk.on(answer).host == "192.0.2.50"
    moved(desk, elsewhere, elsewhere)
    assert desk.on(request, back=True) == PHONE


def test_of_those_who_moved_few_are_remembered_and_those_shortly(desk: Desk) -> None:
    target = at_node_b()
    answer = desk.answer(desk.pass_on(target), target, Contact=UC)
    moved(desk, UC.replace("192.0.2.50", "192.0.2.51"), "<sip:a@192.0.2.1>")
    moved(desk, UC, UC, call_id="c" * 30_000)
    assert not any(len(call_id) > 100 for call_id, _ in desk.ways._moved)
    for n in range(MAX_MOVED):
        moved(desk, UC, "<sip:a@192.0.2.1>", call_id=f"{n}")
    assert len(desk.ways._moved) == MAX_MOVED
    assert desk.on(answer).host == "192.0.2.50"
