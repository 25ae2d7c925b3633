"""What a peer sends never raises in a role, and leaves nothing behind: any order of any odd messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri, parse
from telsdk.sip.server import Arrived, Proxy, Redirect3xx, Registrar, Target
from telsdk.sip.subscription import Notifier, Package, StateWanted, SubscribeAsked
from telsdk.sip.subscription.subscriber import Subscriber
from telsdk.sip.transaction import Event
from tests.sip.wire import Core, no_message_is_left, udp

HERE, PEER = udp("192.0.2.11"), udp("192.0.2.1")
FLOW = Hop("TLS", "192.0.2.1", 40000, flow=1)

POOL = {
    "Via": [
        "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa",
        "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb;rport",
        "SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKloop, SIP/2.0/TCP x;branch=1",
        "SIP/2.0/UDP [::1]:5;branch=z9hG4bK;maddr=192.0.2.9",
        "SIP/2.0/SCTP h",
    ],
    "From": ["<sip:a@h>;tag=f", "a <sip:a@h>", '"\\\x01" <sips:h>;tag=g', "<tel:+1-2>;tag=h", "sip:a@h;tag=x"],
    "To": ["<sip:b@telprotocol>", "<sip:b@telprotocol>;tag=t", "<urn:x:y>", "<sip:b@telprotocol>;tag=o"],
    "Call-ID": ["c", "d@h"],
    "CSeq": ["{n} {m}", "0 {m}", "2147483647 {m}"],
    "Contact": ["<sip:a@192.0.2.1>", "*", "<sip:a@h?x=y>;expires=0;q=5", '<sip:a@h>;+sip.instance="<x>";reg-id=1',
                "<tel:5;phone-context=+>;q=-1;expires=x", "<sip:a@h;lr;maddr=192.0.2.11>, <sips:b@h>"],
    "Expires": ["0", "1", "60", "4294967295"],
    "Event": ["presence", "presence;id=1", 'presence;id="a b"', "x;;", ""],
    "Subscription-State": ["active", "terminated;reason=probation;retry-after=1", "active;expires=0",
                           "pending;expires=9", "?"],
    "Accept": ["application/pidf+xml", "*/*;q=0", ",", "x"],
    "Route": ["<sip:192.0.2.11;lr>", "<sip:192.0.2.9>", "", "<sip:192.0.2.11;lr>,<sips:h;lr>,<tel:1>"],
    "Record-Route": ["<sip:192.0.2.9;lr>", "<sip:192.0.2.9>", ","],
    "Path": ["<sip:e;lr;ob>", "<", "<tel:1>, <sip:e>"],
    "Supported": ["outbound, path", ""],
    "Require": ["path", "x,y", ""],
    "Proxy-Require": ["x", "", ","],
    "Max-Forwards": ["0", "1", "70", "255"],
    "Max-Breadth": ["0", "1", "x", "60"],
    "Min-Expires": ["0", "70", "x", "9999999999"],
    "Retry-After": ["1", "x", "5 (soon);duration=3"],
    "Content-Type": ["application/pidf+xml", "text/plain", "x"],
}  # fmt: skip
ALWAYS = ("Via", "From", "To", "Call-ID", "CSeq")
METHODS = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REGISTER", "x"]
URIS = ["sip:b@telprotocol", "sip:192.0.2.11;lr", "sips:b@telprotocol", "tel:+12", "sip:b@h;maddr=192.0.2.11",
        "sip:a@192.0.2.11", "sip:b@telprotocol?x=y"]  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from(METHODS))
    lines = [
        draw(
            st.sampled_from([f"{method} {uri} SIP/2.0" for uri in URIS] + ["SIP/2.0 200 OK", "SIP/2.0 481 x"])
        )
    ]
    for name, values in POOL.items():
        if name in ALWAYS or draw(st.integers(0, 3)) == 0:
            value = draw(st.sampled_from(values))
            lines.append(f"{name}: {value.format(n=draw(st.integers(1, 4)), m=method)}")
    body = draw(st.sampled_from([b"", b"<x/>", b"\xff"]))
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def understood(data: bytes) -> Request | Response | None:
    try:
        return parse(data)
    except SipParseError:
        return None


class Element(Core):
    """All roles over one stack, and an application that says yes to everything."""

    def __init__(self) -> None:
        super().__init__("node", HERE, Hop("TCP", "192.0.2.11", 5060), Hop("TLS", "192.0.2.11", 5061))
        self.notifier = Notifier(
            self.stack, [Package("presence", "application/pidf+xml")], contact=lambda _: "<sip:x@h>"
        )
        self.subscriber = Subscriber(self.stack, contact=lambda _: "<sip:y@h>")
        self.proxy = Proxy(
            self.stack,
            is_local=lambda uri: uri.host in ("192.0.2.11", "telprotocol"),
            record_route=lambda _ctx, _target: [Uri.parse("sip:192.0.2.11;lr")],
        )
        self.roles = [self.notifier, self.subscriber, self.proxy]
        self.react = self.agree
        self.now = Monotonic(0.0)
        self.sent: list[Request] = []

    def agree(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, Arrived | Redirect3xx):
            uris = [Uri.parse("sip:p@192.0.2.77?x=y"), Uri.parse("sips:q@192.0.2.78")]
            targets = [Target(uri, udp(uri.host), q=q) for uri, q in zip(uris, (0.9, 0.1), strict=True)]
            self.proxy.forward(event.ctx, targets, now)
        elif isinstance(event, SubscribeAsked):
            self.notifier.accept(event, now)
        elif isinstance(event, StateWanted):
            self.notifier.notify(event.subscription, b"<x/>", now)

    def take(self, message: Request | Response) -> None:
        self.stack.receive(message, PEER, self.now)
        self.settle()

    def settle(self) -> None:
        self.pump(self.now)
        for out in self.stack.take_outgoing():
            sent = parse(out.data)  # what we write has to be read by others
            if isinstance(sent, Request):
                self.sent.append(sent)
        self.pump(self.now)

    def pass_time(self, until: float) -> None:
        while (when := self.deadline()) is not None and when <= until:
            self.now = Monotonic(max(self.now, when))
            self.advance(self.now)
            self.settle()
        self.now = Monotonic(max(self.now, until))


@given(st.data())
def test_no_peer_makes_a_role_raise_or_keep_anything_for_ever(data: st.DataObject) -> None:
    node = Element()
    local = NameAddr.parse("<sip:me@telprotocol>")
    accept = "application/pidf+xml"
    sub = node.subscriber.subscribe(
        Uri.parse("sip:b@h"), PEER, Monotonic(0.0), local=local, event="presence", accept=accept
    )
    node.settle()
    for _ in range(data.draw(st.integers(1, 6))):
        message = understood(data.draw(messages()))
        answered = data.draw(st.integers(0, 2))
        if isinstance(message, Response) and node.sent and answered:
            # An answer to what was really sent reaches deeper than one to nothing.
            request = data.draw(st.sampled_from(node.sent))
            status = data.draw(st.sampled_from([100, 183, 200, 202, 302, 408, 423, 430, 481, 503, 603]))
            for name in ALWAYS:
                message.headers.remove(name)
            made = request.response(status, to_tag="z")
            made.headers.extend(message.headers)
            message = understood(bytes(made))
        elif isinstance(message, Request) and message.method == "NOTIFY" and answered:
            message.headers.set("To", str(sub.local))
            message.headers.set("Call-ID", sub.call_id)
        if message is not None:
            node.take(message)
        node.pass_time(node.now + data.draw(st.sampled_from([0.0, 0.3, 40.0, 400.0])))
    node.subscriber.unsubscribe(sub, node.now)
    node.pass_time(node.now + 10_000.0)
    assert len(node.notifier) == 0
    assert node.proxy.open == 0
    assert no_message_is_left([node])


@given(st.lists(messages(), min_size=1, max_size=6))
def test_no_registration_makes_the_registrar_raise(sent: list[bytes]) -> None:
    registrar = Registrar(flow_timer=90)
    for at, data in enumerate(sent):
        message = understood(data)
        if isinstance(message, Request):
            answer = registrar.process(message, Monotonic(float(at)), FLOW.on_flow(at % 2))
            assert parse(bytes(answer)).cseq == message.cseq
    registrar.drop_flow(FLOW.on_flow(0))
    registrar.expire(Monotonic(1e9))
    assert (registrar.users, len(registrar._flows)) == (0, 0)
