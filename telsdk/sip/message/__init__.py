"""Messages: their grammar, header fields and wire form (RFC 3261 sections 7, 19, 20 and 25)."""

from telsdk.sip.message.auth_fields import Challenge, Credentials
from telsdk.sip.message.call_fields import RAck, Replaces
from telsdk.sip.message.content_fields import weight
from telsdk.sip.message.core_fields import Via
from telsdk.sip.message.event_fields import (
    NEVER_RESUBSCRIBE,
    RESUBSCRIBE_AT_ONCE,
    EventType,
    SubscriptionState,
)
from telsdk.sip.message.field_table import (
    ACCEPT,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    EVENT,
    MIN_EXPIRES,
    MIN_SE,
    PATH,
    PROXY_REQUIRE,
    RACK,
    REFER_SUB,
    REFER_TO,
    REPLACES,
    REQUIRE,
    RSEQ,
    SESSION_EXPIRES,
    SUBSCRIPTION_STATE,
)
from telsdk.sip.message.grammar import write_host
from telsdk.sip.message.headers import Headers, split_list, value_of
from telsdk.sip.message.identity_fields import Identity
from telsdk.sip.message.inspection import Refusal, inspection, malformation
from telsdk.sip.message.message import REASONS, Message, Request, Response
from telsdk.sip.message.parser import (
    PING,
    PONG,
    KeepAlive,
    Malformed,
    StreamEvent,
    StreamParser,
    parse,
    refused_request,
)
from telsdk.sip.message.readers import expect_route
from telsdk.sip.message.time_fields import SessionExpires
from telsdk.sip.message.uri import NameAddr, Uri

__all__ = [
    "ACCEPT",
    "CONTENT_DISPOSITION",
    "CONTENT_ENCODING",
    "EVENT",
    "MIN_EXPIRES",
    "MIN_SE",
    "NEVER_RESUBSCRIBE",
    "PATH",
    "PING",
    "PONG",
    "PROXY_REQUIRE",
    "RACK",
    "REASONS",
    "REFER_SUB",
    "REFER_TO",
    "REPLACES",
    "REQUIRE",
    "RESUBSCRIBE_AT_ONCE",
    "RSEQ",
    "SESSION_EXPIRES",
    "SUBSCRIPTION_STATE",
    "Challenge",
    "Credentials",
    "EventType",
    "Headers",
    "Identity",
    "KeepAlive",
    "Malformed",
    "Message",
    "NameAddr",
    "RAck",
    "Refusal",
    "Replaces",
    "Request",
    "Response",
    "SessionExpires",
    "StreamEvent",
    "StreamParser",
    "SubscriptionState",
    "Uri",
    "Via",
    "expect_route",
    "inspection",
    "malformation",
    "parse",
    "refused_request",
    "split_list",
    "value_of",
    "weight",
    "write_host",
]
