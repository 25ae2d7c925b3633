"""The call flows of RFC 3665 for registration (section 2) and session establishment (section 3), one test each.

Each test lists the messages as the RFC draws them. Two departures are written out where they occur: our
proxies answer 408, not 480, for a phone that is silent (3.10, RFC 3261 section 16.8), and challenge by what
this project's digest server makes.
"""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from telsdk.clock import Monotonic, Wall
from telsdk.sip.auth import DigestServer
from telsdk.sip.auth.digest import answer
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Challenge, Credentials, NameAddr, Request, Response, Uri
from telsdk.sip.server import Arrived, Redirect, RedirectAsked, Registrar, Target
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    IncomingCall,
    Redirected,
    Reinvited,
    RequestAnswered,
    Ringing,
)
from telsdk.sip.ua.call import CallConfirmed
from tests.sip.ladder import ANSWER, OFFER, Client, Node, hop_of
from tests.sip.wire import Core, Wire, no_message_is_left, udp

BOB_URI = Uri.parse("sip:bob@telprotocol")
PASSWORDS = {"alice": "wonderland", "bob": "zanzibar"}


class Server(Node):
    """A proxy and registrar of the RFC: it may ask who calls, and stays in the dialogs that it carries."""

    def __init__(self, name: str, address: str, *, asks: bool = False, record_route: bool = True) -> None:
        super().__init__(name, udp(address), record_route=record_route)
        self.registrar = Registrar()
        self.digest = DigestServer(f"{name}.telprotocol", b"k" * 32)
        self.asks = asks

    def route(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, Arrived) and event.tx is not None and not event.ctx.in_dialog:
            if event.request.method == "REGISTER":
                self._register(event, now)
                return
            if (
                self.asks
                and event.request.method == "INVITE"
                and not self._proven(event, "Proxy-Authorization", now)
            ):
                challenge = self.digest.challenge(Wall(now), "alice")
                self.proxy.reply(event.ctx, 407, now, headers=[("Proxy-Authenticate", challenge)])
                return
        super().route(event, now)

    def _proven(self, event: Arrived, field: str, now: Monotonic) -> bool:
        for value in event.request.headers.all(field):
            credentials = Credentials.parse(value)
            if credentials.get("realm") == f"{self.name}.telprotocol":
                try:
                    self.digest.verify(credentials, event.request.method, Wall(now), "alice", PASSWORDS.get)
                except AuthError:
                    return False
                return True
        return False

    def _register(self, event: Arrived, now: Monotonic) -> None:
        if not self._proven(event, "Authorization", now):
            challenge = self.digest.challenge(Wall(now), "alice")
            self.proxy.reply(event.ctx, 401, now, headers=[("WWW-Authenticate", challenge)])
            return
        response = self.registrar.process(event.request, now, event.source)
        fields = [(name, value) for name in ("Contact", "Path") for value in response.headers.all(name)]
        self.proxy.reply(event.ctx, response.status, now, response.reason, fields)


class Prover:
    """A user who answers challenges, and counts how often he has used each nonce (RFC 7616 section 3.4)."""

    def __init__(self, who: str, password: str) -> None:
        self.who, self.password = who, password
        self.used: Counter[str] = Counter()

    def prove(self, request: Request, refusal: Response) -> None:
        """Add what each challenge of a 401 or 407 asks for (22.2, 22.3)."""
        for field, proof in (
            ("WWW-Authenticate", "Authorization"),
            ("Proxy-Authenticate", "Proxy-Authorization"),
        ):
            for value in refusal.headers.all(field):
                challenge = Challenge.parse(value)
                nonce = challenge.get("nonce") or ""
                self.used[nonce] += 1
                credentials = answer(
                    challenge,
                    method=request.method,
                    uri=str(request.uri),
                    user=self.who,
                    password=self.password,
                    nc=self.used[nonce],
                    cnonce="c0ffee",
                )
                request.headers.add(proof, credentials)


# 2. Registration


class Registration:
    def __init__(self) -> None:
        self.bob = Client("bob", udp("192.0.2.2"))
        self.server = Server("server", "192.0.2.10")
        self.wire = Wire(self.bob, self.server, delay=(0.01, 0.01))

    def register(self, *fields: tuple[str, str], password: str | None = None) -> Response:
        """One REGISTER, and again with what it is asked for; the last response."""
        response = self._send(fields, None, password)
        return self._send(fields, response, password) if response.status == 401 else response

    def _send(
        self, fields: tuple[tuple[str, str], ...], refusal: Response | None, password: str | None
    ) -> Response:
        request = self.bob.ua.new_request("REGISTER", Uri.parse("sip:telprotocol"))
        request.headers.remove("Contact")
        request.headers.extend(fields)
        if refusal is not None:
            Prover("bob", password or PASSWORDS["bob"]).prove(request, refusal)
        self.bob.ua.send(request, self.server.own, self.wire.now)
        self.wire.run(until=self.wire.now + 1.0)
        event = self.bob.seen[-1]
        assert isinstance(event, RequestAnswered)
        assert event.response is not None
        return event.response

    def flow(self) -> list[str]:
        return [what for _, _, what in self.wire.whats()]


def contacts(response: Response) -> list[str]:
    return [str(contact.uri) for contact in response.contacts]


CHALLENGED = ["REGISTER", "401 REGISTER", "REGISTER", "200 REGISTER"]


def test_2_1_successful_new_registration() -> None:
    made = Registration()
    response = made.register(("Contact", "<sip:bob@192.0.2.2>"))
    assert contacts(response) == ["sip:bob@192.0.2.2"]
    assert response.contacts[0].param("expires") == "3600"
    assert made.flow() == CHALLENGED


def test_2_2_update_of_contact_list() -> None:
    made = Registration()
    made.register(("Contact", "<sip:bob@192.0.2.2>"))
    response = made.register(("Contact", "<mailto:bob@biloxi.example.com>"))
    assert set(contacts(response)) == {"sip:bob@192.0.2.2", "mailto:bob@biloxi.example.com"}


def test_2_3_request_for_current_contact_list() -> None:
    made = Registration()
    made.register(("Contact", "<sip:bob@192.0.2.2>, <sip:bob@192.0.2.3>;q=0.1"))
    before = made.server.registrar.bindings("bob")
    response = made.register()
    assert contacts(response) == ["sip:bob@192.0.2.2", "sip:bob@192.0.2.3"]
    assert made.server.registrar.bindings("bob") == before


def test_2_4_cancellation_of_registration() -> None:
    made = Registration()
    made.register(("Contact", "<sip:bob@192.0.2.2>"))
    response = made.register(("Contact", "*"), ("Expires", "0"))
    assert (response.status, contacts(response)) == (200, [])
    assert "bob" not in made.server.registrar


def test_2_5_unsuccessful_registration() -> None:
    made = Registration()
    response = made.register(("Contact", "<sip:bob@192.0.2.2>"), password="guessed")
    assert response.status == 401
    assert response.headers.get("WWW-Authenticate")
    assert "bob" not in made.server.registrar
    assert made.flow() == ["REGISTER", "401 REGISTER"] * 2


# 3. Session establishment


class Flow:
    """Alice, the servers between, and Bob, who rings, and answers a second later unless told otherwise."""

    def __init__(self, *servers: Core) -> None:
        self.alice, self.bob = Client("alice", udp("192.0.2.1")), Client("bob", udp("192.0.2.2"))
        self.cores: list[Core] = [self.alice, *servers, self.bob]
        self.wire = Wire(*self.cores, delay=(0.01, 0.01))
        self.answers = True
        self.prover = Prover("alice", PASSWORDS["alice"])
        self.bob.react = self.at_bob
        for server, following in itertools.pairwise([*servers, self.bob]):
            if isinstance(server, Server):
                uri = Uri.parse("sip:bob@192.0.2.2:5060") if following is self.bob else BOB_URI
                server.routes["bob"] = [Target(uri, following.addresses["UDP"])]

    def at_bob(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            self.bob.calls.append(event.call)
            self.bob.ua.ring(event.call, now)
            if self.answers:
                self.wire.at(now + 1.0, lambda: self.bob.ua.accept(event.call, ANSWER, self.wire.now))

    def invite(
        self,
        hop: Hop,
        *refusals: Response,
        after: Call | None = None,
        body: bytes = OFFER,
        uri: Uri = BOB_URI,
    ) -> Call:
        """An INVITE, or one that tries again what `after` failed at."""
        known = after.request if after is not None else None
        request = self.alice.ua.new_request(
            "INVITE",
            uri,
            to=BOB_URI,
            call_id=known.call_id if known else None,
            cseq=known.cseq.number + 1 if known else None,
            body=body,
        )
        for refusal in refusals:
            self.prover.prove(request, refusal)
        call = self.alice.ua.invite(request, hop, self.wire.now)
        self.alice.calls.append(call)
        self.run(4.0)
        return call

    def refused(self, status: int) -> Response:
        event = self.alice.seen[-1]
        assert isinstance(event, CallFailed)
        assert event.response is not None
        assert event.status == status
        return event.response

    def run(self, seconds: float) -> None:
        self.wire.run(until=self.wire.now + seconds)

    def bob_hangs_up(self) -> None:
        self.bob.ua.hang_up(self.bob.calls[-1], self.wire.now)
        self.run(1.0)

    def over(self) -> bool:
        self.wire.run()
        return no_message_is_left(self.cores) and not self.alice.ua.dialogs and not self.bob.ua.dialogs

    def flow(self) -> list[str]:
        return [f"{source} {destination} {what}" for source, destination, what in self.wire.whats()]


def through(*names: str, what: str) -> list[str]:
    """The same message on each leg of a way."""
    return [f"{a} {b} {what}" for a, b in itertools.pairwise(names)]


WAY = ("alice", "P1", "P2", "bob")
BACK = WAY[::-1]


def asked(by: str = "P1") -> list[str]:
    return [f"alice {by} INVITE", f"{by} alice 407 INVITE", f"alice {by} ACK"]


INVITED = [
    *("alice P1 INVITE", "P1 P2 INVITE", "P1 alice 100 INVITE"),
    *("P2 bob INVITE", "P2 P1 100 INVITE"),
    *through(*BACK, what="180 INVITE"),
]
TALKED = [
    *through(*BACK, what="200 INVITE"),
    *through(*WAY, what="ACK"),
    *through(*BACK, what="BYE"),
    *through(*WAY, what="200 BYE"),
]


def two_proxies(*, first_asks: bool = False, second_asks: bool = False) -> tuple[Flow, Server]:
    first = Server("P1", "192.0.2.11", asks=first_asks)
    second = Server("P2", "192.0.2.12", asks=second_asks)
    return Flow(first, second), first


def test_3_1_successful_session_establishment() -> None:
    made = Flow()
    call = made.invite(udp("192.0.2.2"))
    assert call.state is CallState.CONFIRMED
    made.bob_hangs_up()
    assert made.flow() == [
        *("alice bob INVITE", "bob alice 180 INVITE", "bob alice 200 INVITE", "alice bob ACK"),
        *("bob alice BYE", "alice bob 200 BYE"),
    ]
    assert made.over()


def test_3_2_session_establishment_through_two_proxies() -> None:
    made, first = two_proxies(first_asks=True)
    call = made.invite(first.own)
    call = made.invite(first.own, made.refused(407), after=call)
    assert call.state is CallState.CONFIRMED
    made.bob_hangs_up()
    assert made.flow() == [*asked(), *INVITED, *TALKED]
    assert made.over()


def test_3_3_session_with_multiple_proxy_authentication() -> None:
    made, first = two_proxies(first_asks=True, second_asks=True)
    call = made.invite(first.own)
    one = made.refused(407)
    call = made.invite(first.own, one, after=call)
    # What the first proxy was shown is to be shown again, besides (22.3).
    call = made.invite(first.own, one, made.refused(407), after=call)
    assert call.state is CallState.CONFIRMED
    made.bob_hangs_up()
    assert made.flow() == [
        *asked(),
        *("alice P1 INVITE", "P1 P2 INVITE", "P1 alice 100 INVITE"),
        *("P2 P1 407 INVITE", "P1 P2 ACK", "P1 alice 407 INVITE", "alice P1 ACK"),
        *INVITED,
        *TALKED,
    ]
    assert made.over()


def test_3_4_successful_session_with_proxy_failure() -> None:
    second = Server("P2", "192.0.2.12", asks=True)
    made = Flow(second)
    made.invite(udp("192.0.2.11"))  # where nobody is any more
    made.run(40.0)
    failed = made.alice.seen[-1]
    assert isinstance(failed, CallFailed)
    assert (failed.status, failed.response) == (408, None)
    assert len([sent for sent in made.wire.log if sent.lost]) == 7
    call = made.invite(second.own)
    call = made.invite(second.own, made.refused(407), after=call)
    assert call.state is CallState.CONFIRMED
    made.bob_hangs_up()
    assert made.flow()[:3] == asked("P2")
    assert made.flow()[-3:] == ["P2 alice BYE", "alice P2 200 BYE", "P2 bob 200 BYE"]
    assert made.over()


class Alg(Server):
    """An application layer gateway: a proxy that puts itself into the session descriptions too."""

    OWN = b"192.0.2.77"

    def route(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, Arrived):
            event.ctx.request.body = event.ctx.request.body.replace(b"192.0.2.1", self.OWN)
        super().route(event, now)


def test_3_5_session_through_a_sip_alg() -> None:
    made = Flow(Alg("P1", "192.0.2.11"), Server("P2", "192.0.2.12"))
    call = made.invite(udp("192.0.2.11"))
    assert call.state is CallState.CONFIRMED
    assert Alg.OWN in made.bob.calls[0].request.body
    assert b"192.0.2.1\r" not in made.bob.calls[0].request.body
    made.bob_hangs_up()
    assert made.flow() == [*INVITED, *TALKED]
    assert made.over()


class Redirector(Core):
    def __init__(self, contact: str) -> None:
        super().__init__("R", udp("192.0.2.20"))
        self.role = Redirect(self.stack)
        self.roles = [self.role]
        self.contact = NameAddr.parse(contact)
        self.react = self.point

    def point(self, event: Event, now: Monotonic) -> None:
        assert isinstance(event, RedirectAsked)
        self.role.answer(event.tx, [self.contact], now)


def test_3_6_session_via_redirect_and_proxy_servers_with_sdp_in_ack() -> None:
    redirector, proxy = Redirector("<sip:bob@192.0.2.13>"), Server("P3", "192.0.2.13")
    made = Flow(proxy)
    made.cores.append(redirector)
    made.wire.cores.append(redirector)
    first = made.invite(redirector.addresses["UDP"], body=b"")
    redirected = made.alice.seen[-1]
    assert isinstance(redirected, Redirected)
    target = redirected.response.contacts[0].uri
    call = made.invite(hop_of(target), after=first, body=b"", uri=target)
    answered = made.alice.seen[-1]
    assert isinstance(answered, Answered)
    assert (answered.ack, answered.response.body) == (True, ANSWER)
    assert "alice P3 ACK" not in made.flow()
    made.alice.ua.acknowledge(call, OFFER)
    made.run(1.0)
    confirmed = made.bob.seen[-1]
    assert isinstance(confirmed, CallConfirmed)
    assert confirmed.ack.body == OFFER
    assert confirmed.ack.content_type == "application/sdp"
    made.bob_hangs_up()
    flow = [
        line for line in made.flow() if "P3 alice 200 INVITE" not in line and "bob P3 200 INVITE" not in line
    ]
    assert flow == [
        *("alice R INVITE", "R alice 302 INVITE", "alice R ACK"),
        *("alice P3 INVITE", "P3 bob INVITE", "P3 alice 100 INVITE"),
        *("bob P3 180 INVITE", "P3 alice 180 INVITE"),
        *("alice P3 ACK", "P3 bob ACK"),
        *("bob P3 BYE", "P3 alice BYE", "alice P3 200 BYE", "P3 bob 200 BYE"),
    ]
    assert made.over()


def test_3_7_session_with_re_invite() -> None:
    proxy = Server("P2", "192.0.2.12", record_route=False)
    made = Flow(proxy)
    call = made.invite(proxy.own)
    theirs = made.bob.calls[0]
    moved = udp("192.0.2.102")
    made.bob.addresses["UDP"] = moved
    made.bob.ua.contact = NameAddr.parse("<sip:bob@192.0.2.102>")
    request = made.bob.ua.within(theirs, "INVITE")
    request.body = ANSWER.replace(b"192.0.2.2", b"192.0.2.102")
    made.bob.ua.offer(theirs, request, made.wire.now)
    made.run(0.1)
    event = made.alice.seen[-1]
    assert isinstance(event, Reinvited)
    made.alice.ua.accept_offer(call, event.tx, OFFER, made.wire.now)
    made.run(1.0)
    made.alice.ua.hang_up(call, made.wire.now)
    made.run(1.0)
    assert made.flow()[-5:] == [
        *("bob alice INVITE", "alice bob 200 INVITE", "bob alice ACK"),
        *("alice bob BYE", "bob alice 200 BYE"),  # to where he is now
    ]
    assert call.remote_sdp == b""  # over
    assert made.over()


def test_3_8_unsuccessful_no_answer() -> None:
    made, first = two_proxies()
    made.answers = False
    call = made.invite(first.own)
    made.alice.ua.hang_up(call, made.wire.now)
    assert made.over()
    cancelled = made.flow()[len(INVITED) :]
    assert made.flow()[: len(INVITED)] == INVITED
    for leg, back in (("alice P1", "P1 alice"), ("P1 P2", "P2 P1"), ("P2 bob", "bob P2")):
        told = [line for line in cancelled if line.startswith((leg, back))]
        assert told == [f"{leg} CANCEL", f"{back} 200 CANCEL", f"{back} 487 INVITE", f"{leg} ACK"]
    assert [type(event) for event in made.alice.seen] == [Ringing, CallEnded]


def unanswered_with(status: int, *, rings: bool) -> list[str]:
    """What two proxies and both ends say when Bob answers with this."""
    made, first = two_proxies()
    made.answers = False

    def refuse(event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            if rings:
                made.bob.ua.ring(event.call, now)
            made.bob.ua.reject(event.call, now, status=status)

    made.bob.react = refuse
    made.invite(first.own)
    made.refused(status)
    assert made.over()
    return made.flow()


def refused_on_each_leg(flow: list[str], status: int) -> bool:
    """Whether each leg has the refusal and then its own ACK (17.1.1.3)."""
    for leg, back in (("alice P1", "P1 alice"), ("P1 P2", "P2 P1"), ("P2 bob", "bob P2")):
        told = [line for line in flow if line in (f"{leg} ACK", f"{back} {status} INVITE")]
        if told != [f"{back} {status} INVITE", f"{leg} ACK"]:
            return False
    return True


def test_3_9_unsuccessful_busy() -> None:
    flow = unanswered_with(486, rings=False)
    assert not [line for line in flow if "180" in line]
    assert refused_on_each_leg(flow, 486)


def test_3_10_unsuccessful_no_response_from_user_agent() -> None:
    made, first = two_proxies()
    made.wire.cores.remove(made.bob)
    made.cores.remove(made.bob)
    made.invite(first.own)
    made.run(40.0)
    made.refused(408)  # the RFC draws 480; 16.8 counts silence as 408
    assert len([sent for sent in made.wire.log if sent.lost]) == 7
    assert [line for line in made.flow() if "408" in line] == ["P2 P1 408 INVITE", "P1 alice 408 INVITE"]
    assert made.over()


def test_3_11_unsuccessful_temporarily_unavailable() -> None:
    flow = unanswered_with(480, rings=True)
    assert [line for line in flow if "180" in line] == through(*BACK, what="180 INVITE")
    assert refused_on_each_leg(flow, 480)


@pytest.mark.parametrize("loss", [0.1, 0.3])
def test_the_longest_of_them_ends_over_a_bad_line_too(loss: float) -> None:
    talked = 0
    for seed in range(10):
        made, first = two_proxies(first_asks=True)
        made.wire = Wire(*made.cores, seed=seed, loss=loss)
        call = made.invite(first.own)
        made.run(40.0)
        failed = made.alice.seen[-1]
        if not isinstance(failed, CallFailed) or failed.response is None:
            continue  # every copy of the INVITE or its answer was lost
        call = made.invite(first.own, failed.response, after=call)
        made.run(60.0)
        talked += call.state is CallState.CONFIRMED
        made.alice.ua.hang_up(call, made.wire.now)
        assert made.over()
    assert talked > 5
