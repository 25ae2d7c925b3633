"""Session descriptions, and how two sides agree on one (RFC 8866, RFC 3264)."""

from telsdk.sip.session.agreement import Agreement
from telsdk.sip.session.offer import DescriptionMismatch, codecs, sends
from telsdk.sip.session.sdp import Media, SessionDescription

__all__ = [
    "Agreement",
    "DescriptionMismatch",
    "Media",
    "SessionDescription",
    "codecs",
    "sends",
]
