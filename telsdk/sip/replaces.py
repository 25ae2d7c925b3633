"""An INVITE that takes the place of another call (RFC 3891): the last step of an attended transfer.

Whether the sender may do that is the application's to judge (section 3): it is told which call would end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telsdk.sip.call import Call
from telsdk.sip.calls import Calls
from telsdk.sip.dialog import Dialog
from telsdk.sip.errors import SipParseError
from telsdk.sip.grammar import CALLID, TOKEN, UNRESERVED, unescape
from telsdk.sip.message import Request
from telsdk.sip.uri import Uri

TAG: Final = "replaces"

_is_call_id = re.compile(CALLID).fullmatch
_is_token = re.compile(TOKEN).fullmatch
_reserved = re.compile(rf"[^{UNRESERVED}]")


@dataclass(frozen=True, slots=True)
class Replaces:
    """The field of that name: a dialog as the one who gets it knows it."""

    call_id: str
    to_tag: str  # the receiver's own tag
    from_tag: str  # the tag of his peer
    early_only: bool = False  # not if it has been answered

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """Raises SipParseError where it is malformed (section 6.1)."""
        call_id, *rest = (part.strip() for part in value.split(";"))
        params = {}
        for part in rest:
            name, _, given = part.partition("=")
            if name.strip().lower() in params:
                raise SipParseError(f"Replaces: {name.strip()} occurs twice")
            params[name.strip().lower()] = given.strip()
        to_tag, from_tag = params.get("to-tag", ""), params.get("from-tag", "")
        if not (_is_call_id(call_id) and _is_token(to_tag) and _is_token(from_tag)):
            raise SipParseError(
                f"Replaces: {value[:80]!r} is not Call-ID, to-tag and from-tag (RFC 3891 section 6.1)"
            )
        return cls(call_id, to_tag, from_tag, "early-only" in params)

    @classmethod
    def of(cls, dialog: Dialog, *, early_only: bool = False) -> Replaces:
        """What to send to somebody else so that he replaces our call with the peer of this dialog."""
        return cls(dialog.call_id, dialog.remote.tag or "0", dialog.local.tag or "0", early_only)

    @classmethod
    def asked_by(cls, target: Uri) -> Replaces | None:
        """What the URI of a Refer-To asks to put into the INVITE. Raises SipParseError."""
        for item in target.headers.split("&"):
            name, _, value = item.partition("=")
            if name.lower() == TAG:
                return cls.parse(unescape(value))
        return None

    def __str__(self) -> str:
        end = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{end}"

    def into(self, uri: Uri) -> Uri:
        """The URI with this field in it, for a Refer-To (RFC 3261 section 19.1.1)."""
        field = "Replaces=" + _reserved.sub(lambda match: f"%{ord(match[0]):02X}", str(self))
        headers = f"{uri.headers}&{field}" if uri.headers else field
        return Uri(uri.scheme, uri.user, uri.host, uri.port, uri.password, uri.params, headers)


def is_misplaced(calls: Calls, request: Request) -> bool:
    """Whether the field stands in something else than an INVITE, which gets 400 (section 3)."""
    return TAG in calls.supported and request.method != "INVITE" and "Replaces" in request.headers


def replaced_by(calls: Calls, request: Request) -> Call | int | None:
    """The call that an INVITE is to replace; None if none, or the status to refuse the INVITE with (section 3)."""
    value = request.headers.get("Replaces")
    if value is None or TAG not in calls.supported:
        return None
    try:
        wanted = Replaces.parse(value)
    except SipParseError:
        return 400
    dialog_id = (wanted.call_id, wanted.to_tag, wanted.from_tag)
    known = calls.dialogs.get(dialog_id)
    if known is None and wanted.from_tag == "0":
        known = calls.dialogs.get((*dialog_id[:2], ""))  # a peer of RFC 2543 has no tag
    if known is None:
        return 603 if dialog_id in calls.finished else 481
    call, dialog = known
    if dialog.confirmed:
        return 486 if wanted.early_only else call
    return call if call.outgoing else 481
