from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Via
from telsdk.sip.message.core_fields import CSeq, _via_by_grammar
from tests.sip.messages import cseqs, hosts, ports, tokens, vias


@given(vias)
def test_a_written_via_reads_as_itself(via: Via) -> None:
    assert Via.parse(str(via)) == via


@given(cseqs)
def test_a_written_cseq_reads_as_itself(cseq: CSeq) -> None:
    assert CSeq.parse(str(cseq)) == cseq


def test_parts_of_a_via_are_told_apart() -> None:
    via = Via.parse(
        "SIP / 2.0 / udp  [2001:DB8::9:1] : 5070 ;branch=z9hG4bK1 ; Received=2001:db8::2;rport=99;ttl=1"
    )
    assert (via.protocol, via.transport, via.host, via.port) == ("SIP/2.0", "UDP", "2001:db8::9:1", 5070)
    assert (via.branch, via.received, via.rport, via.param("TTL")) == ("z9hG4bK1", "2001:db8::2", 99, "1")
    assert str(via).startswith("SIP/2.0/UDP [2001:db8::9:1]:5070;branch=z9hG4bK1;received=2001:db8::2")
    assert Via.parse("SIP/2.0/UDP h;received=[::1]").received == "::1"


def test_rport_is_asked_for_then_filled_in() -> None:
    via = Via.parse("SIP/2.0/UDP h;rport;branch=1")
    assert (via.has("rport"), via.rport) == (True, None)
    filled = via.with_param("rport", "4711").with_param("received", "192.0.2.1")
    assert str(filled) == "SIP/2.0/UDP h;rport=4711;branch=1;received=192.0.2.1"
    assert str(filled.without("rport", "received")) == "SIP/2.0/UDP h;branch=1"
    assert Via.parse("SIP/2.0/UDP h;rport=123456").rport is None


@pytest.mark.parametrize(
    "text", ["", "SIP/2.0/UDP", "SIP/2.0 UDP h", "SIP/2.0/UDP h;;", "SIP/2.0/UDP h;branch=1;branch=2",
             "SIP/2.0/UDP h:0", "SIP/2.0/UDP 1.2.3.256", "SIP/2.0/UDP h h", "SIP/2.0/UDPh", "SIP/2.0/UDP <h>"],
)  # fmt: skip
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        Via.parse(text)


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "-1 INVITE", "1 IN VITE", "2147483648 A", "9" * 40 + " A", "٣ A"]
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        CSeq.parse(text)


def test_the_largest_cseq_is_2147483647() -> None:
    assert CSeq.parse("02147483647 \t ACK") == CSeq(2**31 - 1, "ACK")


@st.composite
def usual_vias(draw: st.DrawFn) -> str:
    """Vias as most programs write them, and some that only nearly are."""
    transport = draw(st.sampled_from(["UDP", "TLS", "WSS", "udp"]))
    host, port = draw(hosts), draw(ports)
    sent_by = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    branch = f";branch={draw(tokens)}"
    params = draw(
        st.sampled_from(
            [
                branch,
                ";rport" + branch,
                branch + ";rport",
                branch + ";rport=5060",
                ";rport=1" + branch,
                ";rport",
            ]
        )
    )
    received = draw(
        st.sampled_from(["", ";received=192.0.2.1", ";received=2001:db8::1", ";received=256.1.1.1"])
    )
    return f"SIP/2.0/{transport} {sent_by}{params}{received}"


@given(usual_vias())
def test_a_via_in_the_usual_form_reads_as_by_the_whole_grammar(text: str) -> None:
    quick, whole = Via.parse(text), _via_by_grammar(text)
    assert (quick.branch, str(quick)) == (whole.branch, str(whole))  # before its parameters are taken apart
    assert quick == whole
    assert hash(quick) == hash(whole)
    assert (quick.received, quick.rport, quick.has("rport")) == (
        whole.received,
        whole.rport,
        whole.has("rport"),
    )
    assert quick.with_param("received", "h") == whole.with_param("received", "h")


def test_vias_are_the_same_by_all_their_parts_and_by_nothing_else() -> None:
    via = Via("UDP", "h", 5060, (("branch", "z9"),))
    assert via == Via.parse("SIP/2.0/UDP h:5060;branch=z9")
    for other in ("SIP/2.0/TCP h:5060;branch=z9", "SIP/2.0/UDP h;branch=z9", "SIP/2.0/UDP h:5060;branch=z8",
                  "SIP/2.0/UDP i:5060;branch=z9", "SIP/2.1/UDP h:5060;branch=z9"):  # fmt: skip
        assert via != Via.parse(other)
    assert via != "SIP/2.0/UDP h:5060;branch=z9"
    assert repr(via) == "<Via SIP/2.0/UDP h:5060;branch=z9>"


def test_a_change_of_a_via_leaves_it_as_it_was() -> None:
    via = Via.parse("SIP/2.0/UDP h;branch=z9;rport")
    assert str(via.with_param("rport", "9")) == "SIP/2.0/UDP h;branch=z9;rport=9"
    assert str(via.without("rport")) == "SIP/2.0/UDP h;branch=z9"
    assert str(via) == "SIP/2.0/UDP h;branch=z9;rport"


def test_a_branch_is_what_stands_behind_its_name_and_not_in_another_parameter() -> None:
    assert Via.parse('SIP/2.0/UDP h;x=";branch=1";branch=2').branch == "2"
    assert Via.parse("SIP/2.0/UDP h;branch=1;received=192.0.2.1").branch == "1"
    assert Via.parse("SIP/2.0/UDP h").branch is None
