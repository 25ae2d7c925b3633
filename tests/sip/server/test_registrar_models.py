"""A registrar beside one that looks at everything, and beside a dictionary of deadlines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request
from telsdk.sip.server import Binding, Registrar
from tests.interpreted import interpreted
from tests.sip.server.test_registrar import CONTACT, DEVICE, FLOW, OUTBOUND, SECOND_VIA, register


class AllLookedAt(Registrar):
    """Takes nothing for a mere refresh."""

    def _again(self, *_: object) -> None:
        return None


refreshes = st.builds(
    lambda contacts, expires, call_id, cseq, headers: register(
        *contacts, expires=expires, call_id=call_id, cseq=cseq, headers=headers
    ),
    st.one_of(
        st.sampled_from([
            (CONTACT,), (CONTACT + ";expires=120",), (CONTACT + ";Expires=120",), (CONTACT + ";expires=5",),
            (CONTACT + ";q=0.5",), ("<sip:5551234@192.0.2.1:5060>;expires=0",), ("<SIP:5551234@192.0.2.1:5060>",),
            ("<sip:5551234@192.0.2.1:5060;x=1>",), (CONTACT + DEVICE + ";reg-id=1",),
            (CONTACT + DEVICE + ";reg-id=2",), ("<sip:b@192.0.2.2>",), ("*",), (), (CONTACT, "<sip:b@192.0.2.2>"),
        ]),
    ),
    st.sampled_from([None, 0, 5, 60, 600, 7200]),
    st.sampled_from(["c", "d"]),
    st.integers(1, 6),
    st.sampled_from([
        (), (), (), OUTBOUND, (SECOND_VIA,), (SECOND_VIA, *OUTBOUND), (("Require", "path"),), (("Require", "x"),),
        (("Path", "<sip:edge.example;lr>"),), (("Expires", "9"), ("Expires", "900")), (("Expires", "soon"),),
        (("Content-Type", "nonsense"),), (("Record-Route", "nonsense"),), (("Via", "SIP/2.0/TLS h, nonsense"),),
    ]),
)  # fmt: skip
hops = st.sampled_from(
    [FLOW, FLOW.on_flow(2), Hop("UDP", "192.0.2.1", 5060), Hop("UDP", "192.0.2.1", 5060, is_source=True)]
)


@interpreted("it has no subclass that is not")
@given(
    st.lists(
        st.tuples(refreshes, hops, st.sampled_from([0.0, 1.0, 90.0]), st.sampled_from([None, 30])), max_size=8
    )
)
def test_to_know_a_refresh_at_once_changes_nothing(
    sent: list[tuple[Request, Hop, float, int | None]],
) -> None:
    told: tuple[list[str], list[str]] = ([], [])
    both = (
        Registrar(flow_timer=90, on_change=told[0].append),
        AllLookedAt(flow_timer=90, on_change=told[1].append),
    )
    now = Monotonic(0.0)
    for request, hop, later, longest in sent:
        now = Monotonic(now + later)
        quick, slow = [bytes(one.process(request, now, hop, longest=longest)) for one in both]
        assert quick == slow
        quick_held, slow_held = [
            [tuple(getattr(one, name) for name in Binding.__slots__) for one in registrar.bindings("5551234")]
            for registrar in both
        ]
        assert quick_held == slow_held
        assert told[0] == told[1]
        assert both[0].expire(now) == both[1].expire(now)
        assert both[0].deadline() == both[1].deadline()


class RegistrarAgainstADictionary(RuleBasedStateMachine):
    """Any order of registrations, removals and time leaves what a dictionary of deadlines would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.registrar = Registrar(min_expires=1, max_contacts=3)
        self.model: dict[int, float] = {}
        self.now, self.cseq = Monotonic(0.0), 0

    @rule(host=st.integers(1, 5), seconds=st.sampled_from([0, 1, 5, 30]))
    def register(self, host: int, seconds: int) -> None:
        self.cseq += 1
        request = register(f"<sip:a@192.0.2.{host}>", expires=seconds, call_id=f"of-{host}", cseq=self.cseq)
        response = self.registrar.process(request, self.now, FLOW.on_flow(host))
        full = len(self.model) == 3 and host not in self.model and seconds
        assert response.status == (403 if full else 200)
        if seconds and not full:
            self.model[host] = self.now + seconds
        elif not seconds:
            self.model.pop(host, None)

    @rule(host=st.integers(1, 5))
    def cut(self, host: int) -> None:
        self.registrar.drop_flow(FLOW.on_flow(host))
        self.model.pop(host, None)

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0]))
    def pass_time(self, seconds: float) -> None:
        self.now = Monotonic(self.now + seconds)
        self.registrar.expire(self.now)
        self.model = {host: end for host, end in self.model.items() if end > self.now}

    @invariant()
    def they_agree(self) -> None:
        held = {int(one.contact.uri.host[-1]): one.expires_at for one in self.registrar.bindings("5551234")}
        assert held == self.model
        assert {host for host in range(1, 6) if self.registrar._flows.of(host)} == set(self.model)
        assert len(self.registrar._flows) == len(self.model)
        deadline = self.registrar.deadline()
        assert not self.model or (deadline is not None and deadline <= min(self.model.values()))


RegistrarAgainstADictionary.TestCase.settings = settings(max_examples=50, deadline=None)
TestRegistrar = RegistrarAgainstADictionary.TestCase
