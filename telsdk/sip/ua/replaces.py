"""An INVITE that takes the place of another call (RFC 3891): the last step of an attended transfer.

Whether the sender may do that is the application's to judge (section 3): it is told which call would end.
"""

from __future__ import annotations

from typing import Final

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import REPLACES, Replaces, Request
from telsdk.sip.ua.call import Call
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.dialogs import Dialogs

TAG: Final = "replaces"


def naming(dialog: Dialog, *, early_only: bool = False) -> Replaces:
    """Return what to send to somebody else so that they replace our call with the peer of this dialog."""
    return Replaces(dialog.call_id, dialog.remote.tag or "0", dialog.local.tag or "0", early_only)


def is_misplaced(calls: Dialogs, request: Request) -> bool:
    """Return whether the field stands in something else than an INVITE, which gets 400 (section 3)."""
    return TAG in calls.supported and request.method != "INVITE" and "Replaces" in request.headers


def replaced_by(calls: Dialogs, request: Request) -> Call | int | None:
    """Return the call that an INVITE is to replace; None if none, or the status to refuse it with (section 3)."""
    if TAG not in calls.supported:
        return None
    try:
        wanted = REPLACES.of(request)
    except SipParseError:
        return 400
    if wanted is None:
        return None
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
