"""Read XML bodies without the dangers of XML: entities, external parts, endless nesting.

What SIP carries needs none of them. A document with a DOCTYPE is refused before anything in it is looked at, so there
are no entities but the five of XML itself; size and depth have limits. It uses Python's own expat. defusedxml does the
same with the same parser, and has had no release since 2021.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, tostring
from xml.parsers import expat

from telsdk.sip.errors import LimitExceeded, SipParseError

MAX_XML: Final = 65_535
"""Bytes of a document: as many as a body may have."""

MAX_DEPTH: Final = 16
"""Elements within one another. Presence and registration state need five."""

MAX_ELEMENTS: Final = 2_000
"""Elements in a document: enough for two hundred devices with all that can be said about each."""


def read(data: bytes) -> Element:
    """Parse a document, and return its root. Names are written ``{namespace}name``.

    Raises:
        SipParseError: it is not well-formed, or has a DOCTYPE.
        LimitExceeded: it is too large, too deep, or has too many elements.
    """
    if len(data) > MAX_XML:
        raise LimitExceeded(f"{len(data)} bytes of XML are more than {MAX_XML}", status=513)
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SipParseError(f"the XML is not well-formed: {error}") from None
    return reader.builder.close()


def write(root: Element) -> bytes:
    """Write the document with `root`, which names the namespace in an attribute ``xmlns``; element names have none."""
    data: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return data


def add(parent: Element, name: str, text: str | None, **attributes: str) -> None:
    """Add an element with `text` to `parent`, unless it is None. Characters that XML cannot hold are left out."""
    if text is not None:
        SubElement(parent, name, attributes).text = clean(text)


def clean(text: str) -> str:
    """Return `text` without the characters that no XML document may have, escaped or not (XML 1.0 section 2.2)."""
    return _not_xml("", text)


_not_xml = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").sub


class _Reader:
    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self._depth = self._elements = 0
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data

    def _doctype(self, *_: object) -> None:
        raise SipParseError("XML with a DOCTYPE is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise LimitExceeded(
                f"XML with more than {MAX_ELEMENTS} elements, or {MAX_DEPTH} within one another"
            )
        self.builder.start(_name(name), {_name(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.builder.end(_name(name))


def _name(name: str) -> str:
    return "{" + name if "}" in name else name
