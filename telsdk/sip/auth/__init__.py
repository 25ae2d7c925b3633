"""Prove and check who sends a request: session tokens, caller tokens and digests (RFC 8898, 8224, 7616)."""

from telsdk.sip.auth.digest import DigestError, DigestServer, StaleNonce
from telsdk.sip.auth.jws import TokenError
from telsdk.sip.auth.session_token import BearerVerifier, SingleUse, WrongNumber, challenge

__all__ = [
    "BearerVerifier",
    "DigestError",
    "DigestServer",
    "SingleUse",
    "StaleNonce",
    "TokenError",
    "WrongNumber",
    "challenge",
]
