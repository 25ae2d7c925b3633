"""Presence documents: whether somebody can be reached (RFC 3863). The package ``presence`` carries them (RFC 3856)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from telsdk.sip.errors import SipParseError
from telsdk.sip.subscription import xmlbody
from telsdk.sip.subscription.xmlbody import add, clean

CONTENT_TYPE: Final = "application/pidf+xml"
PACKAGE: Final = "presence"
NAMESPACE: Final = "urn:ietf:params:xml:ns:pidf"
_NS: Final = "{" + NAMESPACE + "}"


@dataclass(frozen=True, slots=True)
class Service:
    """One way in which somebody can be reached; a ``tuple`` of the RFC."""

    id: str
    open: bool | None  # None where the document does not say
    contact: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """What a document tells about somebody."""

    entity: str  # their URI
    services: tuple[Service, ...] = ()
    note: str | None = None

    @property
    def open(self) -> bool:
        """Whether some way is open."""
        return any(service.open for service in self.services)

    @classmethod
    def parse(cls, data: bytes) -> Presence:
        """Read the document in `data`. What extensions say is left out.

        Raises:
            SipParseError: it is no presence document.
        """
        root = xmlbody.read(data)
        entity = root.get("entity")
        if root.tag != _NS + "presence" or not entity:
            raise SipParseError("this is no presence document: no presence element with an entity (RFC 3863)")
        return cls(entity, tuple(_service(one) for one in root.findall(_NS + "tuple")), _text(root, "note"))

    def __bytes__(self) -> bytes:
        root = Element("presence", xmlns=NAMESPACE, entity=clean(self.entity))
        for service in self.services:
            one = SubElement(root, "tuple", id=clean(service.id))
            status = SubElement(one, "status")
            if service.open is not None:
                add(status, "basic", "open" if service.open else "closed")
            add(one, "contact", service.contact)
            add(one, "note", service.note)
        add(root, "note", self.note)
        return xmlbody.write(root)


def _service(element: Element) -> Service:
    name = element.get("id")
    if not name:
        raise SipParseError("a tuple without an id (RFC 3863 section 4.1.2)")
    basic = _text(element, "status", "basic")
    if basic not in (None, "open", "closed"):
        raise SipParseError(
            f"basic status {basic[:40]!r} is neither open nor closed (RFC 3863 section 4.1.4)"
        )
    return Service(
        name, None if basic is None else basic == "open", _text(element, "contact"), _text(element, "note")
    )


def _text(element: Element, *path: str) -> str | None:
    text = element.findtext("/".join(_NS + name for name in path))
    return text.strip() if text is not None else None
