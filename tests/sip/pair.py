"""Alice and Bob on one wire, without anybody between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from telsdk.clock import Monotonic
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Call, CallState, IncomingCall
from tests.sip.ladder import ANSWER, Client
from tests.sip.wire import Wire, no_message_is_left, udp

ALICE, BOB = udp("192.0.2.1"), udp("192.0.2.2")

Kind = TypeVar("Kind", bound=Event)


class Pair:
    """Two user agents who reach each other directly. Bob answers at once, unless `at_bob` says otherwise."""

    def __init__(
        self,
        *,
        loss: float = 0.0,
        seed: int = 0,
        supported: Sequence[str] = (),
        takes_refer: bool = False,
        delay: tuple[float, float] = (0.001, 0.02),
    ) -> None:
        self.alice = Client("alice", ALICE, seed=seed, supported=supported, takes_refer=takes_refer)
        self.bob = Client("bob", BOB, seed=seed, supported=supported, takes_refer=takes_refer)
        self.wire = Wire(self.alice, self.bob, loss=loss, seed=seed, delay=delay)
        self.bob.react = self.on_bob
        self.at_bob: Callable[[Call, Monotonic], None] = lambda call, now: self.bob.ua.accept(
            call, ANSWER, now
        )

    def on_bob(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            self.bob.calls.append(event.call)
            self.at_bob(event.call, now)

    @property
    def now(self) -> Monotonic:
        return self.wire.now

    def call(self) -> Call:
        return self.alice.call("bob", BOB, self.wire.now)

    def talk(self) -> tuple[Call, Call]:
        """A call that stands, as Alice and as Bob see it."""
        call = self.call()
        self.run(5.0)
        assert (call.state, self.bob.calls[-1].state) == (CallState.CONFIRMED, CallState.CONFIRMED)
        return call, self.bob.calls[-1]

    def run(self, seconds: float | None = None) -> None:
        self.wire.run(*([] if seconds is None else [self.wire.now + seconds]))

    def over(self) -> bool:
        """Whether nobody remembers anything."""
        self.run()
        return (
            no_message_is_left([self.alice, self.bob])
            and not self.alice.ua.dialogs
            and not self.bob.ua.dialogs
        )

    def sent(self, what: str) -> list[Request | Response]:
        """The messages of this kind, such as "UPDATE" or "200 UPDATE", in order."""
        return [sent.message for sent in self.wire.log if sent.what == what]

    def whats(self, since: int = 0) -> list[str]:
        """What was sent, from the given place on."""
        return [what for _, _, what in self.wire.whats()][since:]


def last(side: Client, kind: type[Kind]) -> Kind:
    event = side.seen[-1]
    assert isinstance(event, kind)
    return event


def names(side: Client) -> list[str]:
    return [type(event).__name__ for event in side.seen]
