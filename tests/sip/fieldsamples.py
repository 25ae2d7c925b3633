"""What each typed header field may hold, and what it may not: one `Sample` a field, beside `fuzz.fieldexamples`."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from hypothesis import strategies as st

from telsdk.sip.message import (
    Challenge,
    Credentials,
    EventType,
    Identity,
    RAck,
    Replaces,
    SessionExpires,
    SubscriptionState,
)
from telsdk.sip.message.auth_fields import AuthenticationInfo
from telsdk.sip.message.call_fields import ReferSub
from telsdk.sip.message.content_fields import ContentDisposition, MediaType, MimeVersion, Preference
from telsdk.sip.message.identity_fields import Privacy
from telsdk.sip.message.info_fields import Info, Product, Reason, Software, WarningValue
from telsdk.sip.message.time_fields import Date, RetryAfter, Timestamp
from tests.sip.messages import addresses, cseqs, hosts, other_uris, params, sip_uris, texts, tokens, vias


@dataclass(frozen=True)
class Sample:
    """One field: values that it may have, each in the place of one in a list, and what is none of it."""

    values: st.SearchStrategy[object]
    malformed: tuple[str, ...]  # whole lines


_words = tokens.map(str.lower)
_numbers = st.integers(0, 2**32 - 1)
_call_ids = st.text(string.ascii_letters + "01.!%*_+`'~()<>:\\/[]?{}-", min_size=1, max_size=12)
_languages = st.from_regex(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,2}", fullmatch=True)
_plain_texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
_comments = st.recursive(
    st.text(string.ascii_letters + " ;,/ü", max_size=6).map("({})".format),
    lambda inner: st.lists(inner, max_size=2).map(lambda found: f"(a{''.join(found)}\\)b)"),
    max_leaves=3,
).filter(lambda text: max(text[:at].replace("\\)", "").count("(") for at in range(len(text))) <= 4)
_qs = st.sampled_from(["0", "1", "0.5", "1.000", "0.001"])
_other = params.map(lambda found: tuple(one for one in found if one[0] not in ("q", "cause")))
_weighted = _other | st.tuples(_other, _qs).map(lambda found: (*found[0], ("q", found[1])))
_media = st.builds(MediaType, type=_words, subtype=_words, params=_other)
_infos = st.builds(Info, uri=sip_uris | other_uris, params=params)
_auth_params = st.dictionaries(_words, texts, min_size=1, max_size=4)
_token68s = st.from_regex(r"[A-Za-z0-9._~+/-]{1,20}={0,2}", fullmatch=True)
_challenges = st.builds(Challenge, scheme=tokens, params=_auth_params)
_credentials = st.builds(Credentials, scheme=tokens, params=_auth_params) | st.builds(
    Credentials, scheme=tokens, token68=_token68s
)
_software = st.builds(
    Software,
    st.lists(st.builds(Product, tokens, st.none() | tokens) | _comments, min_size=1, max_size=3).map(tuple),
)
_seconds = st.none() | _numbers

_NOT_TOKENS: Final = ("a b", "<a>", "a,,b", "ü", '"a"')
_NOT_NUMBERS: Final = ("", "-1", "1.5", "x", "4294967296", "99999999999", "٣")
_NOT_ADDRESSES: Final = ("nobody", "<sip:a", "<sip:>", '"a <sip:b@c>', "<sip:a@b>;x=1;x=2", "<sip:a@b> x")
_NOT_INFOS: Final = ("http://h/x", "<>", "<http://h/x", "<h>", "<http://h/x>;a=1;A=2", "<http://h/x> x")
_NOT_AUTH: Final = ("", "Digest a b", "Digest a=1,a=2", 'Digest a="1', "Digest a=1 b=2", "@")
_NOT_SOFTWARE: Final = ("", "a/", "(a", "a)", "a/b/c", "a,b", "\x00")

SAMPLES: Final[Mapping[str, Sample]] = {
    "accept": Sample(
        st.builds(MediaType, type=_words, subtype=_words, params=_weighted),
        ("text", "text/", "/html", "text/html;q=2", "text/html;q=0.1234", "text/html;q", "a/b c", "a/b,"),
    ),
    "accept-encoding": Sample(st.builds(Preference, tokens, _weighted), (*_NOT_TOKENS, "gzip;q=x", "a;b;b")),
    "accept-language": Sample(
        st.builds(Preference, _languages, _weighted),
        ("englishman", "en_gb", "en-", "en;q=1.1", ",en"),
    ),
    "alert-info": Sample(_infos, _NOT_INFOS),
    "allow": Sample(tokens, _NOT_TOKENS),
    "authentication-info": Sample(
        st.builds(AuthenticationInfo, _auth_params),
        ("", "nextnonce", 'nextnonce="1', "nc=1,nc=2", "nc=1 qop=auth"),
    ),
    "authorization": Sample(
        _credentials,
        _NOT_AUTH,
    ),
    "call-id": Sample(
        _call_ids,
        ("", "a b", "a@b@c", "a@", "a;b", "ü"),
    ),
    "call-info": Sample(
        _infos,
        _NOT_INFOS,
    ),
    "contact": Sample(
        addresses,
        (*_NOT_ADDRESSES, "**"),
    ),
    "content-disposition": Sample(
        st.builds(ContentDisposition, _words, params),
        ("", "a b", "a;;b"),
    ),
    "content-encoding": Sample(tokens, _NOT_TOKENS),
    "content-language": Sample(_languages, ("*", "en_gb", "fr;q=1", "123456789")),
    "content-length": Sample(_numbers, _NOT_NUMBERS),
    "content-type": Sample(
        _media,
        ("", "text", "text/", "a/b/c", "a/b;c=", "a/b;c=1;C=2"),
    ),
    "cseq": Sample(cseqs, ("", "4711", "INVITE 4711", "2147483648 INVITE", "1 A B")),
    "date": Sample(
        st.builds(Date, st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))),
        (
            "",
            "Sat, 13 Nov 2010 23:29:00 EST",
            "Sat, 31 Feb 2010 23:29:00 GMT",
            "Sat, 13 Nov 2010 25:00:00 GMT",
            "Sat, 13 Nov 0000 23:29:00 GMT",
            "sat, 13 nov 2010 23:29:00 gmt",
        ),
    ),
    "error-info": Sample(_infos, _NOT_INFOS),
    "expires": Sample(_numbers, _NOT_NUMBERS),
    "from": Sample(
        addresses,
        ("", *_NOT_ADDRESSES),
    ),
    "in-reply-to": Sample(
        # A "<" or a quote is a letter here and nowhere else: a comma behind one is not seen as such.
        _call_ids.filter(lambda text: "<" not in text),
        ("a b", "a@b@c", "a,,b"),
    ),
    "max-forwards": Sample(st.integers(0, 255), (*_NOT_NUMBERS, "256")),
    "min-expires": Sample(_numbers, _NOT_NUMBERS),
    "mime-version": Sample(
        st.builds(MimeVersion, st.integers(0, 9), st.integers(0, 99)),
        ("", "1", "1.", "1.0.0", "a.b"),
    ),
    "organization": Sample(_plain_texts, ("a\x00b", "\x7f")),
    "priority": Sample(tokens, ("", *_NOT_TOKENS)),
    "proxy-authenticate": Sample(
        _challenges,
        _NOT_AUTH,
    ),
    "proxy-authorization": Sample(
        _credentials,
        _NOT_AUTH,
    ),
    "proxy-require": Sample(tokens, _NOT_TOKENS),
    "record-route": Sample(addresses, _NOT_ADDRESSES),
    "reply-to": Sample(addresses, ("", *_NOT_ADDRESSES)),
    "require": Sample(tokens, _NOT_TOKENS),
    "retry-after": Sample(
        st.builds(RetryAfter, _numbers, st.none() | _comments, params),
        ("", "soon", "-1", "4294967296", "5 (a", "5 a", "5 ;;", "(a) 5"),
    ),
    "route": Sample(addresses, _NOT_ADDRESSES),
    "server": Sample(_software, _NOT_SOFTWARE),
    "subject": Sample(_plain_texts, ("\x00", "a\x1bb")),
    "supported": Sample(tokens, _NOT_TOKENS),
    "timestamp": Sample(
        st.builds(Timestamp, st.decimals(0, 10**9, places=3), st.none() | st.decimals(0, 10**9, places=2)),
        ("", "x", "-1", ".5", "1 2 3", "1e3", "1 .", "1,5"),
    ),
    "to": Sample(
        addresses,
        ("", *_NOT_ADDRESSES),
    ),
    "unsupported": Sample(tokens, _NOT_TOKENS),
    "user-agent": Sample(_software, _NOT_SOFTWARE),
    "via": Sample(
        vias,
        ("SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h;;", "SIP/2.0/UDP h;a=1;a=2"),
    ),
    "warning": Sample(
        st.builds(WarningValue, st.integers(0, 999), hosts.map(lambda host: host.replace(":", ".")), texts),
        ("307", '307 "x"', "307 isi.edu x", '30 isi.edu "x"', '307 isi.edu "x', '307  isi.edu "x"'),
    ),
    "www-authenticate": Sample(
        _challenges,
        _NOT_AUTH,
    ),
    "rseq": Sample(st.integers(1, 2**32 - 1), (*_NOT_NUMBERS, "0")),
    "rack": Sample(st.builds(RAck, _numbers, _numbers, tokens), ("", "1 INVITE", "1 2", "1 2 A B")),
    "privacy": Sample(
        st.builds(Privacy, st.lists(_words, min_size=1, max_size=4).map(tuple)),
        ("", ";", "id;", "a b", "id,user"),
    ),
    "p-asserted-identity": Sample(addresses, _NOT_ADDRESSES),
    "reason": Sample(
        st.builds(Reason, tokens, _other)
        | st.builds(lambda cause: Reason("Q.850", (("cause", str(cause)),)), st.integers(0, 10**9 - 1)),
        ("SIP;cause=x", "SIP;cause", "SIP cause=1", ";cause=1", "SIP;cause=1;cause=2", "SIP;text=a b"),
    ),
    "path": Sample(addresses, _NOT_ADDRESSES),
    "refer-to": Sample(
        addresses,
        ("", *_NOT_ADDRESSES),
    ),
    "service-route": Sample(addresses, _NOT_ADDRESSES),
    "replaces": Sample(
        st.builds(Replaces, _call_ids, tokens, tokens, st.booleans()),
        ("", "c", "c;to-tag=a", "c;to-tag=a;from-tag=", "c d;to-tag=a;from-tag=b", "c;to-tag=a:b;from-tag=c"),
    ),
    "referred-by": Sample(
        addresses,
        ("", *_NOT_ADDRESSES),
    ),
    "sip-etag": Sample(tokens, ("", *_NOT_TOKENS)),
    "sip-if-match": Sample(tokens, ("", *_NOT_TOKENS)),
    "session-expires": Sample(
        st.builds(SessionExpires, _numbers, st.sampled_from([None, "uac", "uas"])),
        (*_NOT_NUMBERS, "90;;", "90 uac", "90;refresher=uac;refresher=uas"),
    ),
    "min-se": Sample(_numbers, (*_NOT_NUMBERS, "90;;", "90 x")),
    "refer-sub": Sample(st.builds(ReferSub, st.booleans()), ("", "no", "true false", "0")),
    "max-breadth": Sample(_numbers, _NOT_NUMBERS),
    "flow-timer": Sample(_numbers, _NOT_NUMBERS),
    "event": Sample(
        st.builds(EventType, tokens, st.none() | tokens),
        ("", "a b", "a;id=1;id=2", "a;"),
    ),
    "allow-events": Sample(tokens, _NOT_TOKENS),
    "subscription-state": Sample(
        st.builds(SubscriptionState, _words, _seconds, st.none() | _words, _seconds),
        ("", "active;expires=x", "active expires=1", "active;expires=1;expires=2", "a;retry-after"),
    ),
    "identity": Sample(
        st.builds(
            lambda token, uri, found: Identity(
                token, (("info", f"<{uri}>"), *(one for one in found if one[0] != "info"))
            ),
            st.from_regex(r"[A-Za-z0-9_./+-]{1,20}", fullmatch=True),
            other_uris,
            params,
        ),
        ("", '"sv5CTo05="', "a b", "a;info=<nothing>", "a;info=<https://h", "a;alg=1;alg=2", "a;;"),
    ),
}
