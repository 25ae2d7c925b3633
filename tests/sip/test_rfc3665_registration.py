"""The registrations of RFC 3665 section 2, message by message over the wire in memory."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic, Wall
from telsdk.sip.auth import DigestServer, digest
from telsdk.sip.errors import SipError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Challenge, Credentials, Request, Response, Uri
from telsdk.sip.server import Registrar
from telsdk.sip.transaction import Event, RequestReceived, ResponseReceived, Stack
from tests.sip.wire import Core, Wire, no_message_is_left, udp

BOB, SERVER = udp("192.0.2.201"), udp("192.0.2.111")
OFFICE, LAPTOP = "<sip:bob@192.0.2.201>", "<sip:+1-972-555-2222@192.0.2.210;user=phone>"
REALM, USER, PASSWORD = "biloxi.example.com", "bob", "zanzibar"


class RegistrarServer:
    """Asks for the password, then lets the registrar do its work."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.registrar = Registrar()
        self.digest = DigestServer(REALM, bytes(32), algorithm="MD5")

    def handle(self, event: Event, now: Monotonic) -> bool:
        if isinstance(event, RequestReceived):
            self.stack.respond(event.tx, self.answer(event.request, event.source, now), now)
        return True

    def answer(self, request: Request, source: Hop, now: Monotonic) -> Response:
        try:
            credentials = Credentials.parse(request.headers.get("Authorization") or "")
            self.digest.verify(credentials, request.method, Wall(now), source.host, lambda user: (PASSWORD,))
        except SipError:
            challenge = self.digest.challenge(Wall(now), source.host)
            return request.response(401, headers=[("WWW-Authenticate", challenge)])
        return self.registrar.process(request, now, source)

    def take_events(self) -> list[Event]:
        return []


class Phone:
    """Registers, with the password once it is asked for it."""

    def __init__(self, stack: Stack, password: str) -> None:
        self.stack = stack
        self.password = password
        self.cseq = 0
        self.answers: list[Response] = []
        self.fields: list[tuple[str, str]] = []

    def register(self, now: Monotonic, *fields: tuple[str, str]) -> None:
        self.fields = [*fields]
        self.send(now)

    def send(self, now: Monotonic, *more: tuple[str, str]) -> None:
        self.cseq += 1
        request = Request("REGISTER", Uri.parse(f"sip:{REALM}"))
        request.headers.extend([
            ("From", f"<sip:{USER}@{REALM}>;tag=a73kszlfl{self.cseq}"),
            ("To", f"<sip:{USER}@{REALM}>"),
            ("Call-ID", "1j9FpLxk3uxtm8tn@192.0.2.201"),
            ("CSeq", f"{self.cseq} REGISTER"),
            ("Max-Forwards", "70"),
            *self.fields,
            *more,
        ])  # fmt: skip
        self.stack.request(request, SERVER, now)

    def handle(self, event: Event, now: Monotonic) -> bool:
        if isinstance(event, ResponseReceived):
            self.answers.append(event.response)
            value = event.response.headers.get("WWW-Authenticate")
            if value is not None and "Authorization" not in event.tx.request.headers:
                answer = digest.answer(
                    Challenge.parse(value),
                    method="REGISTER",
                    uri=f"sip:{REALM}",
                    user=USER,
                    password=self.password,
                    cnonce="0a4f113b",
                )
                self.send(now, ("Authorization", answer))
        return True

    def take_events(self) -> list[Event]:
        return []


class Pair:
    def __init__(self, password: str = PASSWORD, seed: int = 0, loss: float = 0.0) -> None:
        bob, server = Core("bob", BOB, seed=seed), Core("server", SERVER, seed=seed)
        self.phone, self.server = Phone(bob.stack, password), RegistrarServer(server.stack)
        bob.roles.append(self.phone)
        server.roles.append(self.server)
        self.wire = Wire(bob, server, seed=seed, loss=loss)

    def register(self, *fields: tuple[str, str]) -> Response:
        """The final answer; nothing of it is left."""
        self.phone.register(self.wire.now, *fields)
        self.wire.run()
        assert no_message_is_left(self.wire.cores)
        return self.phone.answers[-1]


@pytest.fixture
def pair() -> Pair:
    return Pair()


def names(pair: Pair) -> list[str]:
    return [what for _, _, what in pair.wire.whats()]


def test_2_1_a_phone_registers_for_the_first_time(pair: Pair) -> None:
    answer = pair.register(("Contact", OFFICE))
    assert names(pair) == ["REGISTER", "401 REGISTER", "REGISTER", "200 REGISTER"]
    assert answer.headers.all("Contact") == [OFFICE + ";expires=3600"]


def test_2_2_a_phone_adds_another_place(pair: Pair) -> None:
    pair.register(("Contact", OFFICE))
    answer = pair.register(("Contact", LAPTOP))
    assert [str(one.without("expires")) for one in answer.contacts] == [OFFICE, LAPTOP]


def test_2_3_a_phone_asks_where_its_user_is(pair: Pair) -> None:
    pair.register(("Contact", OFFICE), ("Contact", LAPTOP))
    before = pair.server.registrar.bindings(USER)
    answer = pair.register()
    assert [str(one.without("expires")) for one in answer.contacts] == [OFFICE, LAPTOP]
    assert pair.server.registrar.bindings(USER) == before


def test_2_4_a_phone_takes_all_places_away(pair: Pair) -> None:
    pair.register(("Contact", OFFICE), ("Contact", LAPTOP))
    answer = pair.register(("Expires", "0"), ("Contact", "*"))
    assert (answer.status, answer.contacts, pair.server.registrar.users) == (200, [], 0)


def test_2_5_a_phone_with_a_wrong_password_is_not_registered() -> None:
    pair = Pair(password="wrong")
    answer = pair.register(("Contact", OFFICE))
    assert names(pair) == ["REGISTER", "401 REGISTER", "REGISTER", "401 REGISTER"]
    assert (answer.status, pair.server.registrar.users) == (401, 0)


@pytest.mark.parametrize("seed", range(10))
def test_a_network_that_loses_a_third_changes_nothing_of_it(seed: int) -> None:
    pair = Pair(seed=seed, loss=0.3)
    answer = pair.register(("Contact", OFFICE))
    assert answer.headers.all("Contact") == [OFFICE + ";expires=3600"]
    assert len(pair.server.registrar.bindings(USER)) == 1
