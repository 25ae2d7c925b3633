"""A proxy changes only what it must: all else passes byte for byte, however oddly it was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.message import Response, parse
from telsdk.sip.server import Arrived
from tests.sip.desk import ALICE, PHONES, Desk, target

OWN = frozenset({"via", "v", "max-forwards", "route", "record-route", "content-length", "l"})
"""What a proxy, or the transport below it, may write anew."""

blanks = st.sampled_from(["", " ", "\t", "  ", "\r\n ", " \r\n\t "])
words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), max_size=8
)
odd_names = st.sampled_from(
    [
        "X-Unknown",
        "x-unknown",
        "SUBJECT",
        "s",
        "k",
        "Supported",
        "P-Odd.~Name",
        "m",
        "Contact",
        "Accept",
        "u",
        "o",
    ]
)
VALUES = {
    "m": "<sip:a@192.0.2.1>;q=0.70",
    "contact": '"A,\\"B"   <sip:a@192.0.2.1;x=%41>',
    "accept": "application/sdp;level=1, , text/plain",
    "k": "100rel,timer ,  path",
    "supported": "gruu",
}


@st.composite
def odd_lines(draw: st.DrawFn) -> str:
    name = draw(odd_names)
    before = draw(st.sampled_from(["", " ", "\t"]))
    value = VALUES.get(name.lower())
    if value is None:
        value = draw(blanks).join(draw(st.lists(words, min_size=1, max_size=4)))
    return f"{name}{before}:{draw(blanks)}{value}{draw(st.sampled_from(['', ' ', chr(9)]))}"


def _distinct(lines: list[str]) -> list[str]:
    """Without a second line of a field that may stand only once."""
    single = {"s": "subject", "o": "event"}
    seen: set[str] = set()
    kept = []
    for line in lines:
        name = line.partition(":")[0].strip().lower()
        name = single.get(name, name)
        if name not in ("subject", "event") or name not in seen:
            kept.append(line)
        seen.add(name)
    return kept


@st.composite
def odd_messages(draw: st.DrawFn, first: str, via: str, to_tag: str = "") -> bytes:
    froms = ["f: <sip:alice@telprotocol>;tag=f", "FROM :\t Alice  <sip:%61lice@telprotocol> ; tag=f"]
    tos = [f"t:<sip:bob@telprotocol>{to_tag}", f"to  : \r\n <sip:bob@telprotocol>;x= y{to_tag}"]
    needed = [
        via,
        draw(st.sampled_from(froms)),
        draw(st.sampled_from(tos)),
        draw(st.sampled_from(["i:c", "Call-id: \tc@h"])),
        draw(st.sampled_from(["CSeq: 0001   MESSAGE", "cseq:1 MESSAGE"])),
        draw(st.sampled_from(["Max-Forwards: 70", "MAX-FORWARDS:  070"])),
    ]
    lines = draw(st.permutations([*needed, *_distinct(draw(st.lists(odd_lines(), max_size=6)))]))
    body = draw(st.binary(max_size=30))
    return "\r\n".join([first, *lines, f"l: {len(body)}", "", ""]).encode() + body


def kept(data: bytes) -> tuple[list[str], bytes]:
    """The lines a proxy must not touch, folded ones with all their parts, and the body."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields: list[str] = []
    for line in head.decode().split("\r\n")[1:]:
        if line[:1] in (" ", "\t"):
            fields[-1] += "\r\n" + line
        else:
            fields.append(line)
    return [field for field in fields if field.partition(":")[0].strip().lower() not in OWN], body


@given(
    odd_messages("MESSAGE sip:b%6Fb@telprotocol SIP/2.0", "v : SIP / 2.0/UDP 192.0.2.1 ; branch = z9hG4bKa")
)
def test_a_request_passes_as_it_was_written_but_for_a_proxys_own_fields(data: bytes) -> None:
    desk = Desk()
    desk.stack.receive(parse(data), ALICE, Monotonic(0.0))
    desk.pump()
    (event,) = desk.events
    assert isinstance(event, Arrived)
    desk.proxy.forward(event.ctx, [target(0)], Monotonic(0.0))
    (out,) = desk.stack.take_outgoing()
    assert kept(out.data) == kept(data)
    sent = parse(out.data)
    assert (sent.max_forwards, len(sent.vias)) == (69, 2)


@given(odd_messages("SIP/2.0 200  odd  Reason ", "Via: VIA", ";tag=t"))
def test_a_response_passes_as_it_was_written_but_for_our_via(data: bytes) -> None:
    desk = Desk()
    (message,) = desk.forward(desk.arrive("MESSAGE"), 0)
    data = data.replace(b"Via: VIA", f"Via:{','.join(str(via) for via in message.vias)}".encode())
    answer = parse(data)
    assert isinstance(answer, Response)
    desk.stack.receive(answer, PHONES[0], Monotonic(0.0))
    desk.pump()
    (out,) = desk.stack.take_outgoing()
    assert out.hop == ALICE
    assert out.data.split(b"\r\n", 1)[0] == b"SIP/2.0 200  odd  Reason "
    assert kept(out.data) == kept(data)
