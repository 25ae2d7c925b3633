"""Registration state: where somebody is bound (RFC 3680). The package ``reg`` carries it.

We write documents of the full state only, so that a subscriber need not have seen the ones before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.server import Binding
from telsdk.sip.subscription import xmlbody
from telsdk.sip.subscription.xmlbody import add, clean

CONTENT_TYPE: Final = "application/reginfo+xml"
PACKAGE: Final = "reg"
NAMESPACE: Final = "urn:ietf:params:xml:ns:reginfo"
_NS: Final = "{" + NAMESPACE + "}"


@dataclass(frozen=True, slots=True)
class BoundContact:
    """One binding."""

    id: str  # the same for one place as long as it is bound
    uri: str
    active: bool = True
    event: str = "registered"  # what made it so: registered, created, refreshed, expired, unregistered ...
    expires: int | None = None  # seconds left
    q: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class RegistrationEntry:
    """All bindings of one address of record."""

    aor: str
    id: str
    state: str  # init, active or terminated
    contacts: tuple[BoundContact, ...] = ()


@dataclass(frozen=True, slots=True)
class RegistrationInfo:
    """What one NOTIFY tells."""

    version: int  # counts the documents of one subscription from 0
    registrations: tuple[RegistrationEntry, ...] = ()
    full: bool = True  # False: what the document does not name is as before

    @classmethod
    def of(cls, version: int, aor: str, bindings: Sequence[Binding], now: Monotonic) -> RegistrationInfo:
        """Return the full state of one user: init when never bound, terminated when no longer bound."""
        contacts = tuple(_contact(one, now) for one in bindings)
        gone = "terminated" if version else "init"
        return cls(version, (RegistrationEntry(aor, _id(aor), "active" if contacts else gone, contacts),))

    @classmethod
    def parse(cls, data: bytes) -> RegistrationInfo:
        """Read the document in `data`. What extensions say is left out.

        Raises:
            SipParseError: it is no reginfo document.
        """
        root = xmlbody.read(data)
        if root.tag != _NS + "reginfo" or root.get("state") not in ("full", "partial"):
            raise SipParseError("this is no reginfo document with a state (RFC 3680 section 5)")
        found = tuple(_registration(one) for one in root.findall(_NS + "registration"))
        return cls(_number(root, "version") or 0, found, root.get("state") == "full")

    def __bytes__(self) -> bytes:
        root = Element(
            "reginfo", xmlns=NAMESPACE, version=str(self.version), state="full" if self.full else "partial"
        )
        for one in self.registrations:
            registration = SubElement(
                root, "registration", aor=clean(one.aor), id=clean(one.id), state=one.state
            )
            for contact in one.contacts:
                _add_contact(registration, contact)
        return xmlbody.write(root)


def _contact(binding: Binding, now: Monotonic) -> BoundContact:
    return BoundContact(
        _id(f"{binding.flow_id or binding.contact.uri}"),
        str(binding.contact.uri),
        expires=max(0, round(binding.expires_at - now)),
        q=binding.contact.param("q"),
        display=binding.contact.display,
    )


def _id(text: str) -> str:
    return blake2s(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _add_contact(parent: Element, contact: BoundContact) -> None:
    attributes = {
        "id": clean(contact.id),
        "state": "active" if contact.active else "terminated",
        "event": contact.event,
    }
    if contact.expires is not None:
        attributes["expires"] = str(contact.expires)
    if contact.q is not None:
        attributes["q"] = clean(contact.q)
    element = SubElement(parent, "contact", attributes)
    add(element, "uri", contact.uri)
    add(element, "display-name", contact.display)


def _registration(element: Element) -> RegistrationEntry:
    contacts = tuple(_read_contact(one) for one in element.findall(_NS + "contact"))
    state = element.get("state")
    if state not in ("init", "active", "terminated"):
        raise SipParseError("a registration is init, active or terminated (RFC 3680 section 5.2)")
    return RegistrationEntry(_needed(element, "aor"), _needed(element, "id"), state, contacts)


def _read_contact(element: Element) -> BoundContact:
    state = element.get("state")
    if state not in ("active", "terminated"):
        raise SipParseError("a contact is active or terminated (RFC 3680 section 5.3)")
    uri, display = element.findtext(_NS + "uri"), element.findtext(_NS + "display-name")
    return BoundContact(
        _needed(element, "id"),
        (uri or "").strip(),
        state == "active",
        _needed(element, "event"),
        _number(element, "expires"),
        element.get("q"),
        display,
    )


def _needed(element: Element, name: str) -> str:
    value = element.get(name)
    if not value:
        raise SipParseError(f"{element.tag.rpartition('}')[2]} has no {name} (RFC 3680 section 5)")
    return value


def _number(element: Element, name: str) -> int | None:
    value = element.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 10:
        raise SipParseError(f"{name} {value[:40]!r} is no number (RFC 3680 section 5)")
    return int(value)
