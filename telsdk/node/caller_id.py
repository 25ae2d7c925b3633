"""Caller ID for plain phones: what a phone is told of who calls, and how that is taken back for the caller.

A phone shows the From of a request as if it were true, and obeys what stands beside it. A UC judges the caller token
by itself and shows what the chain says; for a phone its node has to. So what leaves for a phone has a From that the
node vouches for (`proven`), or one that claims nothing (`ANONYMOUS`, RFC 3323 section 4.1), and none of the fields in
`CLAIMS`.

RFC 3261 lets no proxy change From, because peers of RFC 2543 know a dialog by the URIs in From and To. So each end has
to see one and the same pair as long as the dialog lasts. Answers get back the line that their request came with
(`telsdk.sip.server`). For the requests within the dialog a `Presentation` says what each end knows the other by. It
stands in the Record-Route of the node, where the keyed hash over the route covers it: no end can change it or leave it
out, and the node keeps nothing.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from typing import Final

from telsdk.address import REALM, aor
from telsdk.directory import NumberFacts
from telsdk.sip.limits import MAX_REMEMBERED, MAX_REMEMBERED_LENGTH
from telsdk.sip.message import Message, NameAddr, Request, Response, Uri, grammar

ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""RFC 3323 section 4.1."""

CLAIMS: Final = frozenset({
    "p-asserted-identity", "p-preferred-identity", "remote-party-id", "privacy",  # RFC 3325, RFC 3323
    "p-called-party-id", "p-served-user", "history-info", "diversion", "referred-by",  # who else had part in it
    "reply-to", "organization",
    "call-info", "alert-info", "answer-mode", "priv-answer-mode", "priority",  # how to ring, or not to: RFC 5373
})  # fmt: skip
"""The fields, by canonical key, in which a phone believes who calls, or rings or answers as they say."""

UNPROVEN_CLAIMS: Final = CLAIMS | {"subject"}
"""The same of a caller who is not proven: a subject can say "this is Alice" as well as a From can."""

MARK: Final = "unverified"
SEPARATOR: Final = "!"
"""Between route token and presentation, in the user part of a Record-Route: neither has it."""

MAX_ADDRESS: Final = 256
"""Characters of a URI that a peer chose and a Record-Route carries along."""

_MAX_MARKED: Final = 64
_not_shown = re.compile(r"[^A-Za-z0-9.+_*#-]").sub
_realm = re.compile(rf"@{REALM}(?=[>\n]|\Z)").sub
_no_realm = re.compile(r"@(?=[>\n]|\Z)").sub
_TO_URL = bytes.maketrans(b"+/", b"-_")  # RFC 4648 section 5
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def proven(facts: NumberFacts) -> str:
    """Return how a phone is told of a proven caller, without tag: the name, and the number, which it can call back."""
    name = "" if facts.name is None else f'"{facts.name}" '
    return f"{name}<{aor(facts.number)}>"


def marked(said: Uri) -> str:
    """Return the From of a caller who is not proven, without tag: what they say, marked as not proven.

    Nothing that is shown comes from their display name, and of their URI no more than user and host.
    """
    user = _not_shown("", said.user or "")[:_MAX_MARKED]
    if said.scheme not in ("sip", "sips") or not user or len(str(said.aor)) > MAX_ADDRESS:
        return ANONYMOUS
    return f'"{MARK} {user}" <{said.aor}>'


def is_anonymous(uri: Uri) -> bool:
    """Return whether a From names nobody (RFC 3323 section 4.1)."""
    return uri.host == "anonymous.invalid" or (uri.user or "").lower() == "anonymous"


def strip(message: Message, claims: frozenset[str] = CLAIMS) -> None:
    """Take the fields `claims` out of `message`."""
    headers = message.headers
    if headers.shape.meets(claims):
        headers.delete_lines([at for at, key in enumerate(headers.shape.keys) if key in claims])


def present(request: Request, shown: str, claims: frozenset[str]) -> None:
    """Make `request` ready for a phone: `shown` is its From but for the tag, and `claims` are taken out of it."""
    _readdress(request, "from", "From", shown)
    strip(request, claims)


def answer_to(response: Response, request: Request) -> None:
    """Give an answer the To of its request, and leave it its tag (RFC 3261 section 8.2.6.2)."""
    line = request.headers.raw[request.headers.shape.first["to"]]
    tag = "" if request.to_tag is not None else _tag_of(response.to)
    response.headers.change_line(response.headers.shape.first["to"], "to", line.rstrip(" \t\r\n") + tag)


class Presentation:
    """What each end of a dialog knows the other by, where a phone of ours is one of them.

    Attributes:
        caller: stands for the tag of whoever called.
        shown: the From that the callee's phone was told, without tag; empty where the callee is no phone.
        said: the URI in the From that the caller wrote; empty where it is the one that was shown, or too long to keep.
        dialled: the URI in the To that the caller's phone wrote; empty where the caller is no phone.
    """

    __slots__ = ("caller", "dialled", "said", "shown")

    def __init__(self, caller: str, shown: str, said: str, dialled: str) -> None:
        self.caller = caller
        self.shown = shown
        self.said = said
        self.dialled = dialled

    @classmethod
    def begin(cls, request: Request, shown: str, from_phone: bool, callee: str) -> Presentation:
        """Return that of the dialog which `request` begins; `request` is as it came.

        Args:
            shown: as the attribute.
            from_phone: whether the caller is a phone.
            callee: the URI of the callee, for when To is too long to keep.
        """
        said = dialled = ""
        if shown:
            said = _kept(request.from_.uri)
            if f"<{said}>" in shown:
                said = ""
        if from_phone:
            dialled = _kept(request.to.uri) or callee
        return cls(_short(request.from_tag), shown, said, dialled)

    @classmethod
    def read(cls, text: str) -> Presentation:
        """Return what `write` wrote; the hash over it was checked.

        Raises:
            ValueError: it did not.
        """
        known = _known.get(text)
        if known is not None:
            return known
        padded = text.encode().translate(_FROM_URL) + b"=="  # what is more than needed is passed over
        parts = _no_realm(f"@{REALM}", binascii.a2b_base64(padded).decode()).split("\n")
        caller, shown, said, dialled = parts
        return _keep(text, cls(caller, shown, said, dialled))

    def write(self) -> str:
        """Return it in characters that may stand in the user part of a URI."""
        text = _realm("@", f"{self.caller}\n{self.shown}\n{self.said}\n{self.dialled}").encode()
        written = binascii.b2a_base64(text, newline=False).translate(_TO_URL, b"=").decode()
        _keep(written, self)
        return written

    def apply(self, request: Request) -> None:
        """Give a request within the dialog the addresses that whoever it goes to knows.

        Who sends is told by the tags; a callee who took the caller's for their own counts as the callee.
        """
        if not self.goes_to_caller(request):
            if self.shown:
                present(request, self.shown, CLAIMS)
            return
        if self.said:
            _readdress(request, "to", "To", f"<{self.said}>")
        if self.dialled:
            present(request, f"<{self.dialled}>", CLAIMS)

    def goes_to_caller(self, request: Request) -> bool:
        """Return whether a request within the dialog goes to whoever began it."""
        return _short(request.to_tag) == self.caller


_known: dict[str, Presentation] = {}
"""What those say that calls of this moment bring again; made anew when it was emptied."""


def _keep(text: str, presentation: Presentation) -> Presentation:
    if len(text) <= MAX_REMEMBERED_LENGTH:  # peers choose how long they are
        if len(_known) >= MAX_REMEMBERED:
            _known.clear()
        _known[text] = presentation
    return presentation


def _readdress(request: Request, key: str, name: str, address: str) -> None:
    """Put `address` into From or To, whose tag stays."""
    headers = request.headers
    tag = request.from_tag if key == "from" else request.to_tag
    if tag is None:
        text = ""
    elif grammar.is_token(tag):
        text = f";tag={tag}"
    else:
        text = _tag_of(request.from_ if key == "from" else request.to)
    headers.change_line(headers.shape.first[key], key, f"{name}: {address}{text}")


def _tag_of(address: NameAddr) -> str:
    for name, value in address.params:
        if name == "tag" and value is not None:
            return f";tag={value}"
    return ""


def _kept(uri: Uri) -> str:
    text = str(uri)
    return text if len(text) <= MAX_ADDRESS else ""


def _short(tag: str | None) -> str:
    return hashlib.blake2b((tag or "").encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
