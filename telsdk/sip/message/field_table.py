"""Every header field that has a type: one line each, from its name to what reads its values.

`ALLOW.of(message)` gives the typed value or values of a message, `FIELDS` has them all by their key, and `typed` looks
one up. Nothing is read before it is asked for, so what nobody here asks for may be malformed, and passes a proxy byte
for byte (RFC 3261 section 16.3). What every element asks for is checked by the parser and is besides a property of
`Message`: those come from `telsdk.sip.message.readers`, which knows them at a glance.

To write a value, take its `str`; values of a list may stand in one line between commas, but those of WWW-Authenticate,
Authorization, their Proxy- twins, Authentication-Info and Identity, which take a line each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import values
from telsdk.sip.message.auth_fields import AuthenticationInfo, Challenge, Credentials
from telsdk.sip.message.call_fields import MAX_RSEQ, RAck, ReferSub, Replaces
from telsdk.sip.message.content_fields import ContentDisposition, MediaType, MimeVersion, Preference
from telsdk.sip.message.core_fields import CSeq, Via
from telsdk.sip.message.event_fields import EventType, SubscriptionState
from telsdk.sip.message.headers import Headers
from telsdk.sip.message.identity_fields import Identity, Privacy
from telsdk.sip.message.info_fields import Info, Reason, Software, WarningValue
from telsdk.sip.message.message import Message
from telsdk.sip.message.names import key_of
from telsdk.sip.message.time_fields import Date, RetryAfter, SessionExpires, Timestamp, min_se
from telsdk.sip.message.uri import NameAddr

T_co = TypeVar("T_co", covariant=True)


class SingleField(Generic[T_co]):
    """A field that may occur once in a message.

    Attributes:
        key: the canonical key of `name`.
        parse: makes the value of the text, or raises SipParseError.
        defined: where its grammar is.
    """

    __slots__ = ("defined", "key", "name", "parse")

    def __init__(self, name: str, parse: Callable[[str], T_co], defined: str) -> None:
        self.name = name
        self.key = key_of(name)
        self.parse = parse
        self.defined = defined

    def of(self, message: Message) -> T_co | None:
        """Return the value in a message; None where the field is absent.

        Raises:
            SipParseError: it is malformed, or there twice.
        """
        return message.headers.typed(self.key, self.read)

    def read(self, headers: Headers) -> T_co | None:
        """Return the value in a header section; ask with `Headers.typed`, which remembers it."""
        lines = headers.all(self.key)
        if len(lines) > 1:
            raise SipParseError("occurs more than once (RFC 3261 section 7.3.1)")
        return self.parse(lines[0]) if lines else None


class ListField(Generic[T_co]):
    """A field of any number of values, on one line between commas or on several. Attributes as `SingleField`."""

    __slots__ = ("defined", "key", "name", "parse")

    def __init__(self, name: str, parse: Callable[[str], T_co], defined: str) -> None:
        self.name = name
        self.key = key_of(name)
        self.parse = parse
        self.defined = defined

    def of(self, message: Message) -> tuple[T_co, ...]:
        """Return the values in a message, in order; none where the field is absent, or there without a value.

        Raises:
            SipParseError: one of them is malformed.
        """
        return message.headers.typed(self.key, self.read)

    def read(self, headers: Headers) -> tuple[T_co, ...]:
        """Return the values in a header section; ask with `Headers.typed`, which remembers them."""
        return tuple([self.parse(value) for value in headers.all(self.key)])


ACCEPT: Final = ListField("Accept", MediaType.parse_range, "RFC 3261 section 20.1")
ACCEPT_ENCODING: Final = ListField("Accept-Encoding", Preference.parse, "RFC 3261 section 20.2")
ACCEPT_LANGUAGE: Final = ListField("Accept-Language", Preference.parse_language, "RFC 3261 section 20.3")
ALERT_INFO: Final = ListField("Alert-Info", Info.parse, "RFC 3261 section 20.4")
ALLOW: Final = ListField("Allow", values.token, "RFC 3261 section 20.5")
AUTHENTICATION_INFO: Final = ListField(
    "Authentication-Info", AuthenticationInfo.parse, "RFC 3261 section 20.6"
)
AUTHORIZATION: Final = ListField("Authorization", Credentials.parse, "RFC 3261 section 20.7")
CALL_ID: Final = SingleField("Call-ID", values.call_id, "RFC 3261 section 20.8")
CALL_INFO: Final = ListField("Call-Info", Info.parse, "RFC 3261 section 20.9")
CONTACT: Final = ListField("Contact", values.contact, "RFC 3261 section 20.10")
CONTENT_DISPOSITION: Final = SingleField(
    "Content-Disposition", ContentDisposition.parse, "RFC 3261 section 20.11"
)
CONTENT_ENCODING: Final = ListField("Content-Encoding", values.token, "RFC 3261 section 20.12")
CONTENT_LANGUAGE: Final = ListField("Content-Language", values.language_tag, "RFC 3261 section 20.13")
CONTENT_LENGTH: Final = SingleField("Content-Length", values.number, "RFC 3261 section 20.14")
CONTENT_TYPE: Final = SingleField("Content-Type", MediaType.parse, "RFC 3261 section 20.15")
CSEQ: Final = SingleField("CSeq", CSeq.parse, "RFC 3261 section 20.16")
DATE: Final = SingleField("Date", Date.parse, "RFC 3261 section 20.17")
ERROR_INFO: Final = ListField("Error-Info", Info.parse, "RFC 3261 section 20.18")
EXPIRES: Final = SingleField("Expires", values.number, "RFC 3261 section 20.19")
FROM: Final = SingleField("From", NameAddr.parse, "RFC 3261 section 20.20")
IN_REPLY_TO: Final = ListField("In-Reply-To", values.call_id, "RFC 3261 section 20.21")
MAX_FORWARDS: Final = SingleField("Max-Forwards", values.integer(255), "RFC 3261 section 20.22")
MIN_EXPIRES: Final = SingleField("Min-Expires", values.number, "RFC 3261 section 20.23")
MIME_VERSION: Final = SingleField("MIME-Version", MimeVersion.parse, "RFC 3261 section 20.24")
ORGANIZATION: Final = SingleField("Organization", values.text_utf8, "RFC 3261 section 20.25")
PRIORITY: Final = SingleField("Priority", values.token, "RFC 3261 section 20.26")
PROXY_AUTHENTICATE: Final = ListField("Proxy-Authenticate", Challenge.parse, "RFC 3261 section 20.27")
PROXY_AUTHORIZATION: Final = ListField("Proxy-Authorization", Credentials.parse, "RFC 3261 section 20.28")
PROXY_REQUIRE: Final = ListField("Proxy-Require", values.token, "RFC 3261 section 20.29")
RECORD_ROUTE: Final = ListField("Record-Route", NameAddr.parse, "RFC 3261 section 20.30")
REPLY_TO: Final = SingleField("Reply-To", NameAddr.parse, "RFC 3261 section 20.31")
REQUIRE: Final = ListField("Require", values.token, "RFC 3261 section 20.32")
RETRY_AFTER: Final = SingleField("Retry-After", RetryAfter.parse, "RFC 3261 section 20.33")
ROUTE: Final = ListField("Route", NameAddr.parse, "RFC 3261 section 20.34")
SERVER: Final = SingleField("Server", Software.parse, "RFC 3261 section 20.35")
SUBJECT: Final = SingleField("Subject", values.text_utf8, "RFC 3261 section 20.36")
SUPPORTED: Final = ListField("Supported", values.token, "RFC 3261 section 20.37")
TIMESTAMP: Final = SingleField("Timestamp", Timestamp.parse, "RFC 3261 section 20.38")
TO: Final = SingleField("To", NameAddr.parse, "RFC 3261 section 20.39")
UNSUPPORTED: Final = ListField("Unsupported", values.token, "RFC 3261 section 20.40")
USER_AGENT: Final = SingleField("User-Agent", Software.parse, "RFC 3261 section 20.41")
VIA: Final = ListField("Via", Via.parse, "RFC 3261 section 20.42")
WARNING: Final = ListField("Warning", WarningValue.parse, "RFC 3261 section 20.43")
WWW_AUTHENTICATE: Final = ListField("WWW-Authenticate", Challenge.parse, "RFC 3261 section 20.44")

RSEQ: Final = SingleField("RSeq", values.integer(MAX_RSEQ, 1), "RFC 3262 section 7.1")
RACK: Final = SingleField("RAck", RAck.parse, "RFC 3262 section 7.2")
PRIVACY: Final = SingleField("Privacy", Privacy.parse, "RFC 3323 section 4.2")
# Whoever is on the way can write it. RFC 3325 believes it within a network of friends: here nothing does.
P_ASSERTED_IDENTITY: Final = ListField("P-Asserted-Identity", NameAddr.parse, "RFC 3325 section 9.1")
REASON: Final = ListField("Reason", Reason.parse, "RFC 3326 section 2")
PATH: Final = ListField("Path", NameAddr.parse, "RFC 3327 section 4")
REFER_TO: Final = SingleField("Refer-To", NameAddr.parse, "RFC 3515 section 2.1")
SERVICE_ROUTE: Final = ListField("Service-Route", NameAddr.parse, "RFC 3608 section 5")
REPLACES: Final = SingleField("Replaces", Replaces.parse, "RFC 3891 section 6.1")
REFERRED_BY: Final = SingleField("Referred-By", NameAddr.parse, "RFC 3892 section 3")
SIP_ETAG: Final = SingleField("SIP-ETag", values.token, "RFC 3903 section 11.3.1")
SIP_IF_MATCH: Final = SingleField("SIP-If-Match", values.token, "RFC 3903 section 11.3.2")
SESSION_EXPIRES: Final = SingleField("Session-Expires", SessionExpires.parse, "RFC 4028 section 4")
MIN_SE: Final = SingleField("Min-SE", min_se, "RFC 4028 section 5")
REFER_SUB: Final = SingleField("Refer-Sub", ReferSub.parse, "RFC 4488 section 4")
MAX_BREADTH: Final = SingleField("Max-Breadth", values.number, "RFC 5393 section 5.3.3")
FLOW_TIMER: Final = SingleField("Flow-Timer", values.number, "RFC 5626 section 10")
EVENT: Final = SingleField("Event", EventType.parse, "RFC 6665 section 8.2.1")
ALLOW_EVENTS: Final = ListField("Allow-Events", values.token, "RFC 6665 section 8.2.2")
SUBSCRIPTION_STATE: Final = SingleField(
    "Subscription-State", SubscriptionState.parse, "RFC 6665 section 8.2.3"
)
IDENTITY: Final = ListField("Identity", Identity.parse, "RFC 8224 section 4")

FieldType = SingleField[object] | ListField[object]

_ALL: Final[tuple[FieldType, ...]] = (
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALERT_INFO, ALLOW, AUTHENTICATION_INFO, AUTHORIZATION, CALL_ID,
    CALL_INFO, CONTACT, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE,
    CSEQ, DATE, ERROR_INFO, EXPIRES, FROM, IN_REPLY_TO, MAX_FORWARDS, MIN_EXPIRES, MIME_VERSION, ORGANIZATION,
    PRIORITY, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, PROXY_REQUIRE, RECORD_ROUTE, REPLY_TO, REQUIRE,
    RETRY_AFTER, ROUTE, SERVER, SUBJECT, SUPPORTED, TIMESTAMP, TO, UNSUPPORTED, USER_AGENT, VIA, WARNING,
    WWW_AUTHENTICATE,
    RSEQ, RACK, PRIVACY, P_ASSERTED_IDENTITY, REASON, PATH, REFER_TO, SERVICE_ROUTE, REPLACES, REFERRED_BY,
    SIP_ETAG, SIP_IF_MATCH, SESSION_EXPIRES, MIN_SE, REFER_SUB, MAX_BREADTH, FLOW_TIMER, EVENT, ALLOW_EVENTS,
    SUBSCRIPTION_STATE, IDENTITY,
)  # fmt: skip

FIELDS: Final[Mapping[str, FieldType]] = {field.key: field for field in _ALL}
"""By canonical key (`telsdk.sip.message.names.key_of`). Which may stand once says `telsdk.sip.message.names.SINGLE`."""


def typed(message: Message, name: str) -> object:
    """Return what a field says, by its name in any spelling: one value or None; of a list a tuple of its values.

    A field that is not in `FIELDS` has its lines in a tuple, as text.

    Raises:
        SipParseError: it is malformed, or `name` is no name.
    """
    field = FIELDS.get(key_of(name))
    return tuple(message.headers.all(name)) if field is None else field.of(message)
