from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import LimitExceeded, SipParseError
from telsdk.sip.subscription import xmlbody

BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><b>&b;</b>"""
OUTSIDE = b"""<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>"""
EXTERNAL = b"""<!DOCTYPE r SYSTEM "http://192.0.2.1/r.dtd"><r/>"""


@pytest.mark.parametrize("data", [BOMB, OUTSIDE, EXTERNAL, b"<!DOCTYPE r><r/>"])
def test_a_document_that_defines_anything_is_not_read(data: bytes) -> None:
    with pytest.raises(SipParseError, match="DOCTYPE"):
        xmlbody.read(data)


@pytest.mark.parametrize(
    "data", [b"", b"<a>", b"<a></b>", b"<a/><b/>", b"x", b"<a>&x;</a>", b"<a b=1/>", b"<a>\xff</a>"]
)
def test_what_is_not_well_formed_is_refused(data: bytes) -> None:
    with pytest.raises(SipParseError, match="not well-formed"):
        xmlbody.read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 17 + b"</a>" * 17,
        b"<r>" + b"<a/>" * 2000 + b"</r>",
        b"<r>" + b" " * 65_535 + b"</r>",
    ],
)
def test_what_is_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(LimitExceeded):
        xmlbody.read(data)


def test_what_is_just_within_the_limits_is_read() -> None:
    assert xmlbody.read(b"<a>" * 16 + b"</a>" * 16).tag == "a"
    assert len(xmlbody.read(b"<r>" + b"<a/>" * 1999 + b"</r>")) == 1999


def test_names_come_with_their_namespace() -> None:
    root = xmlbody.read(b'<p:r xmlns:p="urn:x" xmlns="urn:y" a="1" p:b="2"><c>t</c></p:r>')
    assert (root.tag, root.attrib) == ("{urn:x}r", {"a": "1", "{urn:x}b": "2"})
    assert root.findtext("{urn:y}c") == "t"


@given(st.text())
def test_any_text_can_be_written_and_what_xml_can_hold_comes_back(text: str) -> None:
    root = Element("r", a=xmlbody.clean(text))
    xmlbody.add(root, "t", text)
    again = xmlbody.read(xmlbody.write(root))
    assert (again.findtext("t") or "") == xmlbody.clean(text).replace("\r\n", "\n").replace("\r", "\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for candidate in (data, b"<r>" + data + b"</r>"):
        try:
            xmlbody.read(candidate)
        except SipParseError as error:
            assert error.status in (400, 513)  # noqa: PT017 - either outcome is right
