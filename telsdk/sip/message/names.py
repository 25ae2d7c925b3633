"""Header field names: their one canonical key, and which fields are lists (RFC 3261 sections 7.3 and 20)."""

from __future__ import annotations

from typing import Final

from telsdk.sip.errors import SipParseError
from telsdk.sip.message.grammar import is_token

COMPACT: Final = {
    "a": "accept-contact",  # RFC 3841
    "b": "referred-by",  # RFC 3892
    "c": "content-type",
    "d": "request-disposition",  # RFC 3841
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",  # RFC 3841
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",  # RFC 4474
    "o": "event",  # RFC 6665
    "r": "refer-to",  # RFC 3515
    "s": "subject",
    "t": "to",
    "u": "allow-events",  # RFC 6665
    "v": "via",
    "x": "session-expires",  # RFC 4028
    "y": "identity",  # RFC 8224
}
"""The compact forms that IANA has registered."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LISTS: Final = _words("""
    accept accept-contact accept-encoding accept-language accept-resource-priority alert-info allow
    allow-events call-info contact content-encoding content-language diversion error-info feature-caps
    geolocation history-info in-reply-to p-access-network-info p-asserted-identity p-associated-uri
    p-early-media p-preferred-identity path permission-missing policy-contact proxy-require reason
    record-route recv-info reject-contact request-disposition require resource-priority route
    security-client security-server security-verify service-route supported trigger-consent unsupported via
    warning
""")
"""Fields whose value is a comma-separated list, so that one line with commas means the same as several lines.

Every other field is taken whole: a comma in Date, Subject, Call-ID, WWW-Authenticate, Authorization,
Identity or in a field unknown here separates nothing.
"""

SINGLE: Final = _words("""
    call-id content-disposition content-length content-type cseq date event expires flow-timer from
    max-breadth max-forwards mime-version min-expires min-se organization priority privacy rack refer-sub
    refer-to referred-by replaces reply-to retry-after rseq server session-expires sip-etag sip-if-match
    subject subscription-state target-dialog timestamp to user-agent
""")
"""Fields that may occur only once in a message (RFC 3261 section 7.3.1: no list, so no second line)."""

_USUAL: Final = _words("""
    Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization
    Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length
    Content-Type CSeq Date Error-Info Event Expires Flow-Timer From Identity In-Reply-To Max-Breadth
    Max-Forwards MIME-Version Min-Expires Min-SE Organization P-Asserted-Identity P-Preferred-Identity
    Path Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route
    Refer-Sub Refer-To Referred-By Replaces Reply-To Require Retry-After Route RSeq Server Service-Route
    Session-Expires SIP-ETag SIP-If-Match Subject Subscription-State Supported Timestamp To Unsupported
    User-Agent Via Warning WWW-Authenticate
""")


def _spellings() -> dict[str, str]:
    known = {spelling: name.lower() for name in _USUAL for spelling in (name, name.lower(), name.upper())}
    for letter, name in COMPACT.items():
        known[letter] = known[letter.upper()] = known.setdefault(name, name)
    return known


KEYS: Final = _spellings()
"""Key by the usual spellings of a name: a table made once, so that no peer can make it grow."""


def key_of(name: str) -> str:
    """Return the canonical key of a field name: lower case, long form.

    Raises:
        SipParseError: the name is not a token.
    """
    known = KEYS.get(name)
    if known is not None:
        return known
    # RFC 3261 section 7.3.1 lets blanks stand before the colon.
    stripped = name.rstrip(" \t")
    if not is_token(stripped):
        raise SipParseError(f"{name[:40]!r} is not a header name (RFC 3261 section 7.3.1)")
    lower = stripped.lower()
    return COMPACT.get(lower, lower)
