from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr
from telsdk.sip.server import Binding
from telsdk.sip.server.binding import flow_id
from telsdk.sip.subscription import RegistrationInfo
from telsdk.sip.subscription.reginfo import BoundContact, RegistrationEntry

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cc", "Zs"]), min_size=1
)
numbers = st.integers(0, 2**32 - 1)
contacts = st.builds(
    BoundContact,
    id=words,
    uri=words,
    active=st.booleans(),
    event=st.sampled_from(["registered", "created", "expired"]),
    expires=st.none() | numbers,
    q=st.none() | st.just("0.5"),
    display=st.none() | words,
)
registrations = st.builds(
    RegistrationEntry,
    aor=words,
    id=words,
    state=st.sampled_from(["init", "active", "terminated"]),
    contacts=st.lists(contacts, max_size=3).map(tuple),
)
documents = st.builds(
    RegistrationInfo,
    version=numbers,
    registrations=st.lists(registrations, max_size=2).map(tuple),
    full=st.booleans(),
)

# In the manner of RFC 3680 section 5: attributes and elements that are not kept here.
FOREIGN = b"""<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="7" state="partial">
  <registration aor="sip:joe@example.com" id="a7" state="active">
    <contact id="76" state="active" event="registered" duration-registered="7322" q="0.8" callid="x" cseq="2">
      <uri>sip:joe@pc34.example.com</uri><unknown-param name="x">y</unknown-param>
    </contact>
  </registration>
</reginfo>"""


def bound(contact: str) -> Binding:
    flow = flow_id(NameAddr.parse(contact))
    return Binding(contact, Hop("UDP", "192.0.2.1", 5060), Monotonic(160.4), "c", 1, flow_id=flow)


@given(documents)
def test_a_written_document_reads_as_itself(info: RegistrationInfo) -> None:
    assert RegistrationInfo.parse(bytes(info)) == info


def test_what_others_write_is_understood() -> None:
    info = RegistrationInfo.parse(FOREIGN)
    contact = BoundContact("76", "sip:joe@pc34.example.com", True, "registered", None, "0.8")
    assert info == RegistrationInfo(
        7, (RegistrationEntry("sip:joe@example.com", "a7", "active", (contact,)),), False
    )


def test_bindings_are_told_in_full_with_the_time_they_have_left() -> None:
    info = RegistrationInfo.of(3, "sip:a@h", [bound('"A" <sip:a@192.0.2.1>;q=0.5')], Monotonic(100.0))
    (registration,) = info.registrations
    (contact,) = registration.contacts
    assert (info.full, info.version, registration.state, registration.aor) == (True, 3, "active", "sip:a@h")
    assert (contact.uri, contact.expires, contact.q, contact.display) == ("sip:a@192.0.2.1", 60, "0.5", "A")


def test_the_same_place_keeps_its_id() -> None:
    flow = ';+sip.instance="<urn:uuid:1>";reg-id=1'
    ids = [
        RegistrationInfo.of(0, "sip:a@h", [bound(text)], Monotonic(0.0)).registrations[0].contacts[0].id
        for text in ("<sip:a@192.0.2.1>" + flow, "<sip:a@192.0.2.2>" + flow, "<sip:a@192.0.2.1>")
    ]
    assert ids[0] == ids[1] != ids[2]


def test_who_was_never_bound_is_told_from_who_is_no_more() -> None:
    assert [RegistrationInfo.of(n, "sip:a@h", [], Monotonic(0.0)).registrations[0].state for n in (0, 1)] == [
        "init",
        "terminated",
    ]


@pytest.mark.parametrize(
    "inner",
    [
        b"<x/>",
        b"<reginfo state='full'/>",
        b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo'/>",
        b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full' version='x'/>",
        b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full'><registration id='1' aor='a'/></reginfo>",
        b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full'><registration state='init' aor='a'/></reginfo>",
        b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full'><registration state='init' aor='a' id='1'>"
        b"<contact id='1' event='created'/></registration></reginfo>",
    ],
)
def test_what_is_no_registration_state_is_refused(inner: bytes) -> None:
    with pytest.raises(SipParseError):
        RegistrationInfo.parse(inner)
