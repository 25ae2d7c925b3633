"""Addresses of the protocol: ``sip:bob.eth@telprotocol``, ``sip:5551234@telprotocol``.

`REALM` is a realm, not a DNS name: the hub list on the chain says where to send.
"""

from __future__ import annotations

REALM = "telprotocol"


def aor(user: object) -> str:
    """Return the address of record (RFC 3261 6) of a number or name, as a SIP URI."""
    return f"sip:{user}@{REALM}"


def user_of(address: str) -> str:
    """Return the number or name in `address`, which a person typed or a SIP URI is.

    ``bob.eth``, ``sip:bob.eth@telprotocol`` and ``sip:bob.eth@192.0.2.7:5061;transport=tls`` all give ``bob.eth``,
    ``tel:5551234;phone-context=telprotocol`` (RFC 3966) gives ``5551234``: the chain says whose number it is, not the
    host.
    """
    text = address.strip()
    if text.lower().startswith(("sip:", "sips:", "tel:")):
        text = text.partition(":")[2]
    return text.partition("@")[0].partition(";")[0]
