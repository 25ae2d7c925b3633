"""The user agent: dialogs and calls (RFC 3261 sections 8, 12 to 15)."""

from telsdk.sip.ua.agent import UserAgent
from telsdk.sip.ua.call import (
    Answered,
    Call,
    CallConfirmed,
    CallEnded,
    CallFailed,
    CallState,
    IncomingCall,
    IncomingRequest,
    LateAnswer,
    OfferAnswered,
    OfferFailed,
    Redirected,
    Reinvited,
    RequestAnswered,
    Ringing,
)
from telsdk.sip.ua.dialog import Dialog, DialogId, dialog_id
from telsdk.sip.ua.negotiation import has_sdp
from telsdk.sip.ua.transfer import ReferAnswered, Referral, Referred, TransferProgress

__all__ = [
    "Answered",
    "Call",
    "CallConfirmed",
    "CallEnded",
    "CallFailed",
    "CallState",
    "Dialog",
    "DialogId",
    "IncomingCall",
    "IncomingRequest",
    "LateAnswer",
    "OfferAnswered",
    "OfferFailed",
    "Redirected",
    "ReferAnswered",
    "Referral",
    "Referred",
    "Reinvited",
    "RequestAnswered",
    "Ringing",
    "TransferProgress",
    "UserAgent",
    "dialog_id",
    "has_sdp",
]
