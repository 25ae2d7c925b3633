"""The four transaction machines of RFC 3261 section 17, as data.

A machine is a table from (state, input) to (next state, actions). `telsdk.sip.transaction.stack` feeds it inputs and
carries the actions out; nothing here knows bytes, sockets or roles. States and timers have the RFC's names.
RFC 6026 adds the Accepted state to both INVITE machines, so that a retransmitted INVITE or 2xx is taken for
what it is.

Three rules make the tables short:

- A timer that has no move in the next state is stopped on the way there.
- What a peer may send at any time has a move in every state, if only to stay; so bytes never raise. What is
  left out of a table is a mistake of the caller: `ProtocolStateError`, and nothing has changed.
- A timer among the actions means: start it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request
from telsdk.sip.transaction.timers import Timer


class State(StrEnum):
    CALLING = "Calling"
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    TERMINATED = "Terminated"


UNANSWERED: Final = (State.TRYING, State.PROCEEDING)
"""When a request that came still waits for its final response."""


class Input(StrEnum):
    """What can happen to a transaction, besides a timer that fires."""

    REQUEST = "request again"  # a retransmission came
    ACK = "ACK"
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    SEND_PROVISIONAL = "1xx from TU"
    SEND_SUCCESS = "2xx from TU"
    SEND_FAILURE = "300-699 from TU"
    ABANDON = "abandoned by TU"  # RFC 4320 4.2: a non-INVITE that no answer can reach in time
    CANCEL = "CANCEL sent"
    TRANSPORT_ERROR = "transport error"


class Action(StrEnum):
    SEND_REQUEST = "send request"
    SEND_ACK = "send ACK"
    SEND_RESPONSE = "send response"  # the one just given, else the last one sent
    SEND_100 = "send 100"
    STOP_100 = "no 100 any more"
    PASS_RESPONSE = "response to TU"
    PASS_ACK = "ACK to TU"
    TIMED_OUT = "timeout to TU"
    UNANSWERED = "silence of TU to TU"
    SEND_408 = "send 408"
    FAILED = "transport error to TU"


Trigger: TypeAlias = Input | Timer
Actions: TypeAlias = tuple[Action | Timer, ...]
Move: TypeAlias = tuple[State, Actions]
Moves: TypeAlias = Mapping[tuple[State, Trigger], Move]


@dataclass(frozen=True)
class Machine:
    """One of the four.

    Attributes:
        start: the first state and what is done on entering it.
        moves: the table.
        leaving: the same table, by the state and then by what happens.
    """

    name: str
    start: Move
    moves: Moves
    leaving: dict[State, dict[Trigger, Move]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for state in State:
            self.leaving[state] = {trigger: move for (s, trigger), move in self.moves.items() if s is state}

    def step(self, state: State, trigger: Trigger) -> Move:
        """Return the move from `state` on `trigger`.

        Raises:
            ProtocolStateError: the table has none.
        """
        move = self.leaving[state].get(trigger)
        if move is None:
            raise ProtocolStateError(f"{self.name} transaction is {state}: not the time for {trigger}")
        return move

    @property
    def states(self) -> frozenset[State]:
        """The states of this machine, Terminated among them."""
        return frozenset({s for s, _ in self.moves} | {s for s, _ in self.moves.values()})


def _stay(state: State, *triggers: Input) -> dict[tuple[State, Trigger], Move]:
    """Return the moves for what is taken in silence."""
    return {(state, trigger): (state, ()) for trigger in triggers}


INVITE_CLIENT = Machine(
    "INVITE client",  # RFC 3261 figure 5, RFC 6026 8.4
    (State.CALLING, (Action.SEND_REQUEST, Timer.A, Timer.B)),
    {
        (State.CALLING, Timer.A): (State.CALLING, (Action.SEND_REQUEST, Timer.A)),
        (State.CALLING, Timer.B): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.CALLING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.CALLING, Input.PROVISIONAL): (State.PROCEEDING, (Action.PASS_RESPONSE,)),
        (State.CALLING, Input.SUCCESS): (State.ACCEPTED, (Action.PASS_RESPONSE, Timer.M)),
        (State.CALLING, Input.FAILURE): (State.COMPLETED, (Action.SEND_ACK, Action.PASS_RESPONSE, Timer.D)),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.PASS_RESPONSE,)),
        (State.PROCEEDING, Input.SUCCESS): (State.ACCEPTED, (Action.PASS_RESPONSE, Timer.M)),
        (State.PROCEEDING, Input.FAILURE): (
            State.COMPLETED,
            (Action.SEND_ACK, Action.PASS_RESPONSE, Timer.D),
        ),
        # 9.1: a peer that answers neither way in 64*T1 after CANCEL will not answer.
        (State.PROCEEDING, Input.CANCEL): (State.PROCEEDING, (Timer.CANCEL,)),
        (State.PROCEEDING, Timer.CANCEL): (State.TERMINATED, (Action.TIMED_OUT,)),
        # Not in the figure: the response would have come by the connection that is gone.
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.ACCEPTED, Input.SUCCESS): (State.ACCEPTED, (Action.PASS_RESPONSE,)),
        (State.ACCEPTED, Timer.M): (State.TERMINATED, ()),
        **_stay(State.ACCEPTED, Input.PROVISIONAL, Input.FAILURE, Input.TRANSPORT_ERROR),
        (State.COMPLETED, Input.FAILURE): (State.COMPLETED, (Action.SEND_ACK,)),
        # The figure tells the TU; it has its final response already.
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
        (State.COMPLETED, Timer.D): (State.TERMINATED, ()),
        **_stay(State.COMPLETED, Input.PROVISIONAL, Input.SUCCESS),
    },
)

CLIENT = Machine(
    "non-INVITE client",  # RFC 3261 figure 6
    (State.TRYING, (Action.SEND_REQUEST, Timer.E, Timer.F)),
    {
        (State.TRYING, Timer.E): (State.TRYING, (Action.SEND_REQUEST, Timer.E)),
        (State.TRYING, Timer.F): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.TRYING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, (Action.PASS_RESPONSE,)),
        (State.TRYING, Input.SUCCESS): (State.COMPLETED, (Action.PASS_RESPONSE, Timer.K)),
        (State.TRYING, Input.FAILURE): (State.COMPLETED, (Action.PASS_RESPONSE, Timer.K)),
        (State.PROCEEDING, Timer.E): (State.PROCEEDING, (Action.SEND_REQUEST, Timer.E)),
        (State.PROCEEDING, Timer.F): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.PASS_RESPONSE,)),
        (State.PROCEEDING, Input.SUCCESS): (State.COMPLETED, (Action.PASS_RESPONSE, Timer.K)),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, (Action.PASS_RESPONSE, Timer.K)),
        (State.COMPLETED, Timer.K): (State.TERMINATED, ()),
        **_stay(State.COMPLETED, Input.PROVISIONAL, Input.SUCCESS, Input.FAILURE, Input.TRANSPORT_ERROR),
    },
)

INVITE_SERVER = Machine(
    "INVITE server",  # RFC 3261 figure 7, RFC 6026 8.5 and 8.8
    (State.PROCEEDING, (Timer.TRYING, Timer.DECIDE)),
    {
        (State.PROCEEDING, Timer.TRYING): (State.PROCEEDING, (Action.SEND_100,)),
        # Not in the figure: a TU that a bug has silenced would keep it for ever.
        (State.PROCEEDING, Timer.DECIDE): (State.PROCEEDING, (Action.UNANSWERED, Action.SEND_408)),
        (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
        (State.PROCEEDING, Input.SEND_PROVISIONAL): (
            State.PROCEEDING,
            (Action.STOP_100, Action.SEND_RESPONSE),
        ),
        (State.PROCEEDING, Input.SEND_SUCCESS): (State.ACCEPTED, (Action.SEND_RESPONSE, Timer.L)),
        (State.PROCEEDING, Input.SEND_FAILURE): (
            State.COMPLETED,
            (Action.SEND_RESPONSE, Timer.G, Timer.H),
        ),
        # RFC 6026 8.8: a response that cannot be sent ends nothing by itself.
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.PROCEEDING, (Action.FAILED,)),
        **_stay(State.PROCEEDING, Input.ACK),
        (State.ACCEPTED, Input.SEND_SUCCESS): (State.ACCEPTED, (Action.SEND_RESPONSE,)),
        (State.ACCEPTED, Input.ACK): (State.ACCEPTED, (Action.PASS_ACK,)),
        (State.ACCEPTED, Timer.L): (State.TERMINATED, ()),
        (State.ACCEPTED, Input.TRANSPORT_ERROR): (State.ACCEPTED, (Action.FAILED,)),
        **_stay(State.ACCEPTED, Input.REQUEST),
        (State.COMPLETED, Input.REQUEST): (State.COMPLETED, (Action.SEND_RESPONSE,)),
        (State.COMPLETED, Timer.G): (State.COMPLETED, (Action.SEND_RESPONSE, Timer.G)),
        (State.COMPLETED, Timer.H): (State.TERMINATED, (Action.TIMED_OUT,)),
        (State.COMPLETED, Input.ACK): (State.CONFIRMED, (Timer.I,)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.COMPLETED, (Action.FAILED,)),
        (State.CONFIRMED, Timer.I): (State.TERMINATED, ()),
        **_stay(State.CONFIRMED, Input.REQUEST, Input.ACK, Input.TRANSPORT_ERROR),
    },
)

SERVER = Machine(
    "non-INVITE server",  # RFC 3261 figure 8
    (State.TRYING, (Timer.ANSWER,)),
    {
        # Not in the figure, as above. Silence, because a 408 would come too late (RFC 4320 4.2).
        (State.TRYING, Timer.ANSWER): (State.TERMINATED, (Action.UNANSWERED,)),
        (State.PROCEEDING, Timer.ANSWER): (State.TERMINATED, (Action.UNANSWERED,)),
        (State.TRYING, Input.SEND_PROVISIONAL): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
        (State.TRYING, Input.SEND_SUCCESS): (State.COMPLETED, (Action.SEND_RESPONSE, Timer.J)),
        (State.TRYING, Input.SEND_FAILURE): (State.COMPLETED, (Action.SEND_RESPONSE, Timer.J)),
        (State.TRYING, Input.ABANDON): (State.TERMINATED, ()),
        **_stay(State.TRYING, Input.REQUEST, Input.TRANSPORT_ERROR),
        (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
        (State.PROCEEDING, Input.SEND_PROVISIONAL): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
        (State.PROCEEDING, Input.SEND_SUCCESS): (State.COMPLETED, (Action.SEND_RESPONSE, Timer.J)),
        (State.PROCEEDING, Input.SEND_FAILURE): (State.COMPLETED, (Action.SEND_RESPONSE, Timer.J)),
        (State.PROCEEDING, Input.ABANDON): (State.TERMINATED, ()),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.COMPLETED, Input.REQUEST): (State.COMPLETED, (Action.SEND_RESPONSE,)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.FAILED,)),
        (State.COMPLETED, Timer.J): (State.TERMINATED, ()),
    },
)

MACHINES = (INVITE_CLIENT, CLIENT, INVITE_SERVER, SERVER)


class Transaction:
    """What the two kinds share. Made by the stack; others read it, and set `owner`."""

    __slots__ = (
        "data",
        "gives_up_at",
        "hop",
        "id",
        "interval",
        "machine",
        "owner",
        "reliable",
        "request",
        "round",
        "state",
    )

    def __init__(self, machine: Machine, key: object, request: Request, hop: Hop) -> None:
        self.machine = machine
        self.reliable = hop.reliable
        self.hop = hop  # where our messages go: the request, or the responses (18.2.2)
        self.id = key
        self.request = request
        self.state = machine.start[0]
        self.owner: object | None = None  # free for the role above: whom events of this transaction are for
        self.gives_up_at = 0.0  # when a message is repeated for the last time; 0: it was not sent yet
        self.round = 0  # how often it has begun: timers of an earlier round mean nothing
        self.interval = 0.0  # seconds between the last two retransmissions
        self.data = b""  # what is sent again: the request and then its ACK, or the last response

    @property
    def ended(self) -> bool:
        return self.state is State.TERMINATED

    def __repr__(self) -> str:
        return f"<{self.machine.name} {self.request.method} {self.state} {self.id}>"


class ClientTransaction(Transaction):
    """A request that was sent, until its answers can no longer come."""

    __slots__ = ("cancel_wanted", "cancelled", "udp_is_left")

    def __init__(self, key: object, request: Request, hop: Hop) -> None:
        super().__init__(INVITE_CLIENT if request.method == "INVITE" else CLIENT, key, request, hop)
        self.cancel_wanted = False  # CANCEL asked for, and waiting for a provisional response
        self.cancelled = False  # CANCEL sent
        self.udp_is_left: Hop | None = (
            None  # it went by TCP for its size (18.1.1), and this way may do instead
        )


class ServerTransaction(Transaction):
    """A request that came, until its retransmissions can no longer come.

    Once the final response is sent, only method and URI are left of `request`.
    """

    __slots__ = ("credit", "merge_key", "news", "owes", "source", "to_tag")

    def __init__(self, key: object, request: Request, source: Hop, reply_hop: Hop) -> None:
        super().__init__(INVITE_SERVER if request.method == "INVITE" else SERVER, key, request, reply_hop)
        self.source = source  # where the request came from
        self.to_tag = ""  # 8.2.6.2: the same in every response of this transaction; empty: none given yet
        self.merge_key: object | None = None
        self.news = False  # whether the role has done something about it since it was last looked at
        # Bytes that may be sent to where it came from, as long as nothing is known to get there; -1: no limit.
        self.credit = -1
        self.owes = False  # the final response is there, and was not sent yet
