"""Every (state, input) pair of the four machines, as RFC 3261 figures 5 to 8 and RFC 6026 have them.

`FIGURES` is written from the RFCs, apart from the tables it judges: for each machine and state what each
input leads to. An input that a figure does not know is illegal.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.transaction import RequestReceived, State
from telsdk.sip.transaction.engine import Transactions
from telsdk.sip.transaction.machines import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    MACHINES,
    SERVER,
    Input,
    Machine,
    Transaction,
    Trigger,
)
from telsdk.sip.transaction.timers import Timer
from tests.sip.wire import Core, udp

TRIGGERS: list[Trigger] = [*Input, *Timer]

# "1xx -> Proceeding: response to TU"; several inputs may share a line. "-" stays silent where it is.
FIGURES = {
    "INVITE client": """
        Calling:
            A -> Calling: send request, A
            B -> Terminated: timeout to TU
            transport error -> Terminated: transport error to TU
            1xx -> Proceeding: response to TU
            2xx -> Accepted: response to TU, M
            300-699 -> Completed: send ACK, response to TU, D
        Proceeding:
            1xx -> Proceeding: response to TU
            2xx -> Accepted: response to TU, M
            300-699 -> Completed: send ACK, response to TU, D
            CANCEL sent -> Proceeding: CANCEL
            CANCEL -> Terminated: timeout to TU
            transport error -> Terminated: transport error to TU
        Accepted:
            2xx -> Accepted: response to TU
            1xx | 300-699 | transport error -> Accepted:
            M -> Terminated:
        Completed:
            300-699 -> Completed: send ACK
            1xx | 2xx -> Completed:
            transport error -> Terminated:
            D -> Terminated:
    """,
    "non-INVITE client": """
        Trying:
            E -> Trying: send request, E
            F -> Terminated: timeout to TU
            transport error -> Terminated: transport error to TU
            1xx -> Proceeding: response to TU
            2xx | 300-699 -> Completed: response to TU, K
        Proceeding:
            E -> Proceeding: send request, E
            F -> Terminated: timeout to TU
            transport error -> Terminated: transport error to TU
            1xx -> Proceeding: response to TU
            2xx | 300-699 -> Completed: response to TU, K
        Completed:
            1xx | 2xx | 300-699 | transport error -> Completed:
            K -> Terminated:
    """,
    "INVITE server": """
        Proceeding:
            100 -> Proceeding: send 100
            DECIDE -> Proceeding: silence of TU to TU, send 408
            request again -> Proceeding: send response
            ACK -> Proceeding:
            1xx from TU -> Proceeding: no 100 any more, send response
            2xx from TU -> Accepted: send response, L
            300-699 from TU -> Completed: send response, G, H
            transport error -> Proceeding: transport error to TU
        Accepted:
            request again -> Accepted:
            ACK -> Accepted: ACK to TU
            2xx from TU -> Accepted: send response
            transport error -> Accepted: transport error to TU
            L -> Terminated:
        Completed:
            request again -> Completed: send response
            G -> Completed: send response, G
            H -> Terminated: timeout to TU
            ACK -> Confirmed: I
            transport error -> Completed: transport error to TU
        Confirmed:
            request again | ACK | transport error -> Confirmed:
            I -> Terminated:
    """,
    "non-INVITE server": """
        Trying:
            ANSWER -> Terminated: silence of TU to TU
            request again | transport error -> Trying:
            1xx from TU -> Proceeding: send response
            2xx from TU | 300-699 from TU -> Completed: send response, J
            abandoned by TU -> Terminated:
        Proceeding:
            ANSWER -> Terminated: silence of TU to TU
            request again -> Proceeding: send response
            1xx from TU -> Proceeding: send response
            2xx from TU | 300-699 from TU -> Completed: send response, J
            abandoned by TU -> Terminated:
            transport error -> Terminated: transport error to TU
        Completed:
            request again -> Completed: send response
            transport error -> Terminated: transport error to TU
            J -> Terminated:
    """,
}

Expected = dict[tuple[State, str], tuple[State, list[str]]]


def figure(machine: Machine) -> Expected:
    moves: Expected = {}
    state = None
    for line in map(str.strip, FIGURES[machine.name].strip().splitlines()):
        if "->" not in line:
            state = State(line.rstrip(":"))
            continue
        assert state is not None
        inputs, _, outcome = line.partition(" -> ")
        after, _, actions = outcome.partition(":")
        for one in inputs.split(" | "):
            moves[state, one] = (State(after), [a.strip() for a in actions.split(",") if a.strip()])
    return moves


PAIRS = [
    pytest.param(machine, state, trigger, id=f"{machine.name}-{state}-{type(trigger).__name__}-{trigger}")
    for machine in MACHINES
    for state, trigger in product(sorted(machine.states), TRIGGERS)
]
ILLEGAL = [
    (machine, state, trigger)
    for machine in MACHINES
    for state, trigger in product(sorted(machine.states - {State.TERMINATED}), TRIGGERS)
    if (state, trigger) not in machine.moves
]


@pytest.mark.parametrize(("machine", "state", "trigger"), PAIRS)
def test_each_input_in_each_state_does_what_the_figure_says(
    machine: Machine, state: State, trigger: Trigger
) -> None:
    expected = figure(machine).get((state, str(trigger)))
    if expected is None:
        with pytest.raises(ProtocolStateError, match="not the time for"):
            machine.step(state, trigger)
    else:
        after, actions = machine.step(state, trigger)
        assert (after, [str(action) for action in actions]) == expected


def asked(method: str) -> Request:
    return Request(
        method,
        Uri.parse("sip:bob@192.0.2.2"),
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa"),
            ("From", "<sip:alice@telprotocol>;tag=1"),
            ("To", "<sip:bob@telprotocol>"),
            ("Call-ID", "c"),
            ("CSeq", f"1 {method}"),
        ],
    )


def test_no_input_and_timer_share_a_name_where_both_are_legal() -> None:
    for machine in MACHINES:
        names = [(state, str(trigger)) for state, trigger in machine.moves]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_but_terminated_has_a_way_to_its_end(machine: Machine) -> None:
    ends = {State.TERMINATED}
    for _ in machine.states:
        ends |= {before for (before, _), (after, _) in machine.moves.items() if after in ends}
    assert machine.states <= ends


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_what_a_peer_or_the_network_does_is_never_illegal_while_it_lives(machine: Machine) -> None:
    client = machine in (INVITE_CLIENT, CLIENT)
    foreign = (
        [Input.PROVISIONAL, Input.SUCCESS, Input.FAILURE, Input.TRANSPORT_ERROR]
        if client
        else [Input.REQUEST, Input.TRANSPORT_ERROR]
    )
    if machine is INVITE_SERVER:
        foreign.append(Input.ACK)
    for state in machine.states - {State.TERMINATED}:
        for trigger in foreign:
            machine.step(state, trigger)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_timer_that_was_started_has_a_move_where_it_can_fire(machine: Machine) -> None:
    started = [(machine.start[0], a) for a in machine.start[1] if isinstance(a, Timer)]
    started += [
        (after, a) for after, actions in machine.moves.values() for a in actions if isinstance(a, Timer)
    ]
    for state, timer in started:
        assert (state, timer) in machine.moves


def test_a_timer_stops_where_it_has_no_move_and_runs_on_where_it_has() -> None:
    for machine, timer, before, after in [
        (INVITE_CLIENT, Timer.A, State.CALLING, State.PROCEEDING),
        (INVITE_CLIENT, Timer.B, State.CALLING, State.PROCEEDING),
        (INVITE_SERVER, Timer.G, State.COMPLETED, State.CONFIRMED),
        (INVITE_SERVER, Timer.H, State.COMPLETED, State.CONFIRMED),
        (SERVER, Timer.J, State.COMPLETED, State.TERMINATED),
    ]:
        assert timer in machine.leaving[before]
        assert timer not in machine.leaving[after]
    for timer in (Timer.E, Timer.F):
        assert timer in CLIENT.leaving[State.TRYING]
        assert timer in CLIENT.leaving[State.PROCEEDING]


@pytest.mark.parametrize("reliable", [False, True], ids=["UDP", "TCP"])
@pytest.mark.parametrize(("machine", "state", "trigger"), ILLEGAL)
def test_an_illegal_input_leaves_everything_as_it_was(
    machine: Machine, state: State, trigger: Trigger, reliable: bool
) -> None:
    core = Core("bob", udp("192.0.2.2"), Hop("TCP", "192.0.2.2", 5060))
    hop = Hop("TCP", "192.0.2.1", 5060, flow=1) if reliable else Hop("UDP", "192.0.2.1", 5060)
    tx, transactions = begun(core, machine, hop)
    for step in way_to(machine, state):
        if (tx.state, step) in machine.moves:  # a timer that has no time to run has fired already
            transactions.step(tx, step, Monotonic(0.0), *came(tx, step))
    if tx.state is not state:
        assert reliable  # where nothing is sent again, nobody waits in Completed and Confirmed
        assert tx.ended
        return
    before = (tx.state, tx.data, tx.interval, core.stack.deadline(), core.stack.transactions)
    core.stack.take_outgoing()
    core.stack.take_events()
    with pytest.raises(ProtocolStateError, match=f"{machine.name} transaction is {state}: not the time"):
        transactions.step(tx, trigger, Monotonic(0.0), *came(tx, trigger))
    assert (tx.state, tx.data, tx.interval, core.stack.deadline(), core.stack.transactions) == before
    assert (core.stack.take_outgoing(), core.stack.take_events()) == ([], [])


def begun(core: Core, machine: Machine, hop: Hop) -> tuple[Transaction, Transactions[Any]]:
    """A transaction of that kind in its first state, and what runs it."""
    request = asked("INVITE" if machine in (INVITE_CLIENT, INVITE_SERVER) else "OPTIONS")
    if machine in (INVITE_CLIENT, CLIENT):
        return core.stack.request(request, hop, Monotonic(0.0)), core.stack._clients
    core.stack.receive(request, hop, Monotonic(0.0))
    (event,) = core.stack.take_events()
    assert isinstance(event, RequestReceived)
    return event.tx, core.stack._servers


def way_to(machine: Machine, state: State) -> list[Trigger]:
    """Inputs that lead from the first state to `state`, as few as can be."""
    ways: dict[State, list[Trigger]] = {machine.start[0]: []}
    for _ in machine.states:
        for (before, trigger), (after, _actions) in machine.moves.items():
            if before in ways and after not in ways:
                ways[after] = [*ways[before], trigger]
    return ways[state]


def came(tx: Transaction, trigger: Trigger) -> tuple[Request | Response, Hop] | tuple[()]:
    """The message that comes with an input."""
    if trigger in (Input.PROVISIONAL, Input.SUCCESS, Input.FAILURE):
        return tx.request.response(200), tx.hop
    return (tx.request, tx.hop) if trigger in (Input.REQUEST, Input.ACK) else ()


def test_an_illegal_response_of_the_role_leaves_the_transaction_as_it_was() -> None:
    core = Core("bob", udp("192.0.2.2"))
    core.stack.receive(asked("INVITE"), Hop("UDP", "192.0.2.1", 5060), Monotonic(0.0))
    (event,) = core.stack.take_events()
    tx = event.tx  # type: ignore[attr-defined]
    core.stack.answer(tx, 486, Monotonic(0.0))
    core.stack.take_outgoing()
    before = (tx.state, tx.data, core.stack.deadline())
    with pytest.raises(ProtocolStateError, match="Completed: not the time for 2xx from TU"):
        core.stack.respond(tx, asked("INVITE").response(200), Monotonic(0.0))
    with pytest.raises(ProtocolStateError, match="has its final response: not the time for 200"):
        core.stack.answer(tx, 200, Monotonic(0.0))
    assert (tx.state, tx.data, core.stack.deadline()) == before
    assert core.stack.take_outgoing() == []
