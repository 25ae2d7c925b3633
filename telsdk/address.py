"""Addresses of the protocol: ``sip:bob.eth@telprotocol``, ``sip:5551234@telprotocol``.

`REALM` is a realm, not a DNS name: where to send is said by the list on chain.
"""

from __future__ import annotations

REALM = "telprotocol"


def aor(user: object) -> str:
    """The address of record (RFC 3261 6) of a number or name, as a SIP URI."""
    return f"sip:{user}@{REALM}"


def user_of(address: str) -> str:
    """The number or name that a person, or a SIP URI, means by `address`.

    ``bob.eth``, ``sip:bob.eth@telprotocol`` and ``sip:bob.eth@192.0.2.7:5061;transport=tls`` all give ``bob.eth``:
    whose number it is, is said by the chain and not by the host.
    """
    text = address.strip()
    if text.lower().startswith(("sip:", "sips:")):
        text = text.partition(":")[2]
    return text.partition("@")[0].partition(";")[0]
