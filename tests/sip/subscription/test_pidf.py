from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.subscription import Presence, Service

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cc", "Zs"]), min_size=1
)
services = st.builds(
    Service, id=words, open=st.none() | st.booleans(), contact=st.none() | words, note=st.none() | words
)
documents = st.builds(
    Presence, entity=words, services=st.lists(services, max_size=3).map(tuple), note=st.none() | words
)

# In the manner of RFC 3863 section 4.3: extensions among what is known, and prefixes.
FOREIGN = b"""<?xml version="1.0" encoding="UTF-8"?>
<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf" xmlns:other="urn:example:other" entity="pres:a@example.com">
  <impp:tuple id="s1">
    <impp:status><impp:basic> open </impp:basic><other:place>home</other:place></impp:status>
    <impp:contact priority="0.8">sip:a@example.com</impp:contact>
    <impp:note xml:lang="en">Here</impp:note>
    <impp:timestamp>2026-10-27T16:49:29Z</impp:timestamp>
  </impp:tuple>
  <impp:tuple id="s2"><impp:status/></impp:tuple>
  <other:thing/>
</impp:presence>"""


@given(documents)
def test_a_written_document_reads_as_itself(presence: Presence) -> None:
    assert Presence.parse(bytes(presence)) == presence


def test_what_others_write_is_understood_and_extensions_are_passed_over() -> None:
    presence = Presence.parse(FOREIGN)
    assert presence.entity == "pres:a@example.com"
    assert presence.services == (Service("s1", True, "sip:a@example.com", "Here"), Service("s2", None))
    assert presence.open
    assert not Presence("x", (Service("s", False),)).open


@pytest.mark.parametrize(
    "data",
    [
        b"<presence entity='a'/>",
        b"<presence xmlns='urn:ietf:params:xml:ns:pidf'/>",
        b"<x xmlns='urn:ietf:params:xml:ns:pidf' entity='a'/>",
        b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><tuple/></presence>",
        b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a'><tuple id='1'><status><basic>ajar</basic>"
        b"</status></tuple></presence>",
    ],
)
def test_what_is_no_presence_document_is_refused(data: bytes) -> None:
    with pytest.raises(SipParseError):
        Presence.parse(data)
