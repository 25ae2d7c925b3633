"""The driver on real sockets: two endpoints on loopback."""

import asyncio
import contextlib
import logging
import socket
import ssl
from dataclasses import replace

import pytest

from telsdk.clock import Monotonic
from telsdk.faults import Fault
from telsdk.net.limits import DATAGRAMS_A_READ
from telsdk.net.pins import TlsIdentity, client_context
from telsdk.net.sockets import bind
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, parse
from telsdk.sip.transaction import Event, RequestReceived, ResponseReceived, TimedOut, Timers, TransportFailed
from tests.interpreted import interpreted
from tests.net.endpoint import HOST, Endpoint, endpoint, options


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WS", "WSS"])
async def test_a_request_is_answered_over_every_transport(transport: str) -> None:
    async with endpoint() as alice, endpoint(tls=transport == "TLS", web=["WS", "WSS"]) as bob:
        alice.options(bob.hop(transport))
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.status == 200
        assert [wire.direction for wire in alice.wires] == ["sent", "received"]
        assert alice.wires[0].data == bob.wires[0].data


async def test_one_connection_serves_many_requests() -> None:
    async with endpoint() as alice, endpoint() as bob:
        for _ in range(5):
            alice.options(bob.hop("TLS"))
        async with asyncio.timeout(10):
            while len(alice.events) < 5:
                alice.changed.clear()
                await alice.changed.wait()
        assert len({wire.hop.flow for wire in bob.wires}) == 1


async def test_who_takes_a_connection_knows_where_it_was_opened_to() -> None:
    async with endpoint() as alice, endpoint(web=["TLS"]) as bob:
        hop = bob.hop("TLS")
        for host, port in (bob.besides["TLS"], bob.addresses.main):
            alice.options(replace(hop, host=host, port=port))
        async with asyncio.timeout(10):
            while len(alice.events) < 2:
                alice.changed.clear()
                await alice.changed.wait()
        assert {wire.hop.taken_at for wire in bob.wires} == {bob.besides["TLS"], bob.addresses.main}
        assert {wire.hop.taken_at for wire in alice.wires} == {None}


async def test_a_peer_with_another_key_gets_not_one_byte() -> None:
    async with endpoint() as alice, endpoint() as mallory:
        alice.options(mallory.hop("TLS", pins=frozenset({TlsIdentity.generate().pin})))
        await alice.saw(TransportFailed)
        assert mallory.wires == []


async def test_tls_without_a_known_key_is_not_used() -> None:
    async with endpoint() as alice, endpoint() as bob:
        alice.options(bob.hop("TLS", pins=frozenset()))
        await alice.saw(TransportFailed)
        assert bob.wires == []


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a" * 300, "..", "x..y"])
async def test_a_host_that_can_be_no_name_is_told_and_leaves_nothing(transport: str, host: str) -> None:
    async with endpoint() as alice:
        alice.options(Hop(transport, host, 5060, pins=frozenset({b"x" * 32})))
        await alice.saw(TransportFailed)
        assert alice.stack.transactions == 0
        assert alice.driver.faults.total == 0


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_a_hop_that_cannot_even_be_asked_for_fails_and_is_counted(
    transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A port that no socket takes is a bug of whoever made the hop: what waits for it does not wait for ever."""
    async with endpoint() as alice:
        alice.options(Hop(transport, HOST, 70_000))
        await alice.saw(TransportFailed)
        assert alice.stack.transactions == 0
        async with asyncio.timeout(5):
            while not alice.driver.faults.total:  # noqa: ASYNC110 - counted when the failed task is looked at
                await asyncio.sleep(0)
    assert alice.driver.faults.total == 1
    assert logged_bugs(caplog) == 1


class Told(Event):
    """What a role tells."""

    def __init__(self, number: int) -> None:
        self.number = number


@interpreted("no event but its own can be made")
async def test_of_many_events_of_roles_one_meets_a_bug_and_the_others_are_acted_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Event] = [Told(number) for number in range(5)]
    acted, given_up = [], []

    def role_events() -> list[Event]:
        taken, told[:] = told.copy(), []
        return taken

    def on_role_event(event: Event, now: Monotonic) -> None:
        assert isinstance(event, Told)
        if event.number == 1:
            raise ZeroDivisionError
        acted.append(event.number)

    def give_up(event: Event, now: Monotonic) -> None:
        assert isinstance(event, Told)
        given_up.append(event.number)
        raise ZeroDivisionError

    async with endpoint() as bob:
        for handler in (role_events, on_role_event, give_up):
            monkeypatch.setattr(bob, handler.__name__, handler)
        bob.driver.kick()
        assert (acted, given_up) == ([0, 2, 3, 4], [1])
        counts = bob.driver.faults.counts
        assert (counts[Fault.EVENT], counts[Fault.GIVING_UP]) == (1, 1)
    assert logged_bugs(caplog) == 2


@interpreted("no event but its own can be made")
async def test_handlers_that_never_come_to_rest_are_told_of_and_stop_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with endpoint() as bob:
        with Phone(bob) as phone:
            with monkeypatch.context() as restless:
                restless.setattr(bob, "role_events", lambda: [Told(0)])
                restless.setattr(bob, "on_role_event", lambda event, now: None)
                phone.send(bytes(phone.request()))
                assert (await phone.received()).status == 200
            phone.send(bytes(phone.request()))
            assert (await phone.received()).status == 200
        assert bob.driver.faults.counts[Fault.UNREST] >= 1
    caplog.clear()


async def test_nobody_there_is_told_at_once() -> None:
    nobody = bind("127.0.0.1")
    async with endpoint() as alice:
        alice.options(Hop("TCP", "127.0.0.1", nobody.port))
        await alice.saw(TransportFailed)
    nobody.close()


async def test_a_closed_connection_is_told_with_its_flow() -> None:
    async with endpoint() as bob:
        async with endpoint() as alice:
            alice.options(bob.hop("TLS"))
            await alice.saw(ResponseReceived)
        await asyncio.wait_for(bob.changed_flows(), 10)
        assert bob.closed_flows == [bob.wires[0].hop.flow]


async def test_a_malformed_datagram_is_answered_with_400_and_its_reason() -> None:
    async with endpoint() as bob:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
            raw.setblocking(False)
            raw.bind(("127.0.0.1", 0))
            request = bytes(options("127.0.0.1", raw.getsockname()[1])).replace(b"1 OPTIONS", b"nonsense")
            via = f"Via: SIP/2.0/UDP 127.0.0.1:{raw.getsockname()[1]};branch=z9hG4bKx;rport\r\n".encode()
            head, _, rest = request.partition(b"\r\n")
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(raw, head + b"\r\n" + via + rest, (bob.host, bob.port))
            answer = await asyncio.wait_for(loop.sock_recv(raw, 65535), 10)
        assert answer.startswith(b"SIP/2.0 400 ")
        assert bob.events == []


async def test_a_ping_is_answered_with_a_pong() -> None:
    async with endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\r\n"
        writer.close()
        await writer.wait_closed()


async def test_a_stream_of_nonsense_is_closed_and_others_are_not_touched() -> None:
    async with endpoint() as alice, endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"GET / HTTP/1.1\r\n" + b"x" * 100_000)
        # Closed all the same, when it is closed with bytes of ours unread.
        with contextlib.suppress(ConnectionResetError, ssl.SSLError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        alice.options(bob.hop("TLS"))
        await alice.saw(ResponseReceived)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_large_request_goes_by_tcp_or_where_that_is_not_taken_by_udp(tls: bool) -> None:
    async with endpoint(tls=False) as alice, endpoint(tls=tls) as bob:
        alice.options(bob.hop("UDP"), body=b"x" * 1300)
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.via.transport == ("UDP" if tls else "TCP")
        assert event.source.transport == ("UDP" if tls else "TCP")


class Phone:
    """A UDP socket in the hands of a test."""

    def __init__(self, there: Endpoint) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((HOST, 0))
        self.there = (there.host, there.port)
        self.sent = 0

    def request(self, method: str = "OPTIONS") -> Request:
        port = self.socket.getsockname()[1]
        made = options(HOST, port)
        made.method = method
        self.sent += 1
        made.headers.set("CSeq", f"{self.sent} {method}")
        made.headers.insert("Via", f"SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK{self.sent}")
        return made

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.there)

    async def received(self) -> Response:
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 65_535), 10)
        message = parse(data)
        assert isinstance(message, Response)
        return message

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def logged_bugs(caplog: pytest.LogCaptureFixture) -> int:
    """How many bugs were logged; they are meant, and so forgotten: any other fails the test."""
    found = [record for record in caplog.records if record.name == "telsdk.faults" and record.exc_info]
    caplog.clear()
    return len(found)


class Ticks:
    """Tells a test that the clock was looked at."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()

    def advance(self, now: float) -> None:
        del now
        self.seen.set()

    def deadline(self) -> Monotonic | None:
        return None


def fail_once(there: Endpoint, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Let the next event meet a bug in its handler; return the events that did."""
    met: list[Event] = []
    handle = there.on_event

    def on_event(event: Event, now: float) -> None:
        if not met:
            met.append(event)
            raise ZeroDivisionError
        handle(event, Monotonic(now))

    monkeypatch.setattr(there, "on_event", on_event)
    return met


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
async def test_a_request_whose_handler_fails_is_answered_500_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    ticks = Ticks()
    async with endpoint(timers=Timers(t1=0.01, t2=0.04, t4=0.05), roles=[ticks]) as bob:
        with Phone(bob) as phone:
            met = fail_once(bob, monkeypatch)
            phone.send(bytes(phone.request(method)))
            answer = await phone.received()
            assert (answer.status, answer.cseq.method) == (500, method)
            assert isinstance(met[0], RequestReceived)
            phone.send(bytes(phone.request()))  # and the next is served
            while (answer := await phone.received()).cseq.number != 2:
                assert answer.status == 500  # once more: nobody acknowledges it
            assert answer.status == 200
            async with asyncio.timeout(10):
                while bob.stack.transactions:
                    ticks.seen.clear()
                    await ticks.seen.wait()
    assert logged_bugs(caplog) == 1


async def test_a_handler_that_fails_after_it_answered_answers_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with endpoint() as bob:
        handle = bob.on_event

        def on_event(event: Event, now: float) -> None:
            handle(event, Monotonic(now))
            raise ZeroDivisionError

        monkeypatch.setattr(bob, "on_event", on_event)
        with Phone(bob) as phone:
            for _ in range(2):
                phone.send(bytes(phone.request()))
                assert (await phone.received()).status == 200
    assert logged_bugs(caplog) == 2


async def test_of_a_batch_one_request_meets_a_bug_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with endpoint() as bob:
        fail_once(bob, monkeypatch)
        with Phone(bob) as phone:
            for _ in range(5):
                phone.send(bytes(phone.request()))
            answers = [await phone.received() for _ in range(5)]
    assert sorted((answer.cseq.number, answer.status) for answer in answers) == [
        (1, 500), (2, 200), (3, 200), (4, 200), (5, 200),
    ]  # fmt: skip
    assert logged_bugs(caplog) == 1


async def test_every_datagram_of_more_than_one_batch_is_answered_whatever_lies_between() -> None:
    async with endpoint() as bob:
        with Phone(bob) as phone:
            many = DATAGRAMS_A_READ + 10
            for number in range(many):
                phone.send(bytes(phone.request()))
                if number % 5 == 0:
                    phone.send(b"\r\n\r\n")
                    phone.send(b"OPTIONS nonsense SIP/2.0\r\n\r\n")
            answers = [await phone.received() for _ in range(many)]
    assert [answer.cseq.number for answer in answers] == list(range(1, many + 1))
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\0", b"\0\0\0\0"])
async def test_a_keep_alive_is_no_message(caplog: pytest.LogCaptureFixture, data: bytes) -> None:
    caplog.set_level(logging.INFO)
    async with endpoint() as bob:
        with Phone(bob) as phone:
            phone.send(data)
            phone.send(bytes(phone.request()))
            assert (await phone.received()).status == 200
            assert len(bob.events) == 1
    assert "malformed" not in caplog.text


async def test_a_timer_fires_though_nothing_comes_any_more() -> None:
    async with endpoint(timers=Timers(t1=0.02, t2=0.04)) as alice, endpoint() as bob:
        with Phone(bob) as silent:
            port = silent.socket.getsockname()[1]
            alice.options(Hop("UDP", HOST, port))
            asked = [await asyncio.wait_for(asyncio.get_running_loop().sock_recv(silent.socket, 65_535), 10)]
            asked.append(
                await asyncio.wait_for(asyncio.get_running_loop().sock_recv(silent.socket, 65_535), 10)
            )
            assert asked[0] == asked[1]
            await alice.saw(TimedOut)
            assert alice.stack.transactions == 0


async def test_a_role_whose_clock_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def advance(self, now: float) -> None:
            raise ZeroDivisionError

        def deadline(self) -> Monotonic | None:
            return None

    async with endpoint(timers=Timers(t1=0.02, t2=0.04), roles=[Broken()]) as alice, endpoint() as bob:
        with Phone(bob) as silent:
            alice.options(Hop("UDP", HOST, silent.socket.getsockname()[1]))
            await alice.saw(TimedOut)
    assert logged_bugs(caplog) >= 1
