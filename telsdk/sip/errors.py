"""What can go wrong below a SIP stack.

```
TelError
`-- SipError
    |-- SipParseError    the peer sent what RFC 3261 does not allow
    |   |-- LimitExceeded    ... or more of it than `telsdk.sip.limits` allows
    |   `-- SdpError         a session description that RFC 8866 does not allow
    |-- Unwritable       our own code asks to write what would not be SIP any more
    |-- ProtocolStateError   ... or asks for what a transaction, dialog or call is not ready for
    `-- AuthError        a request does not prove who sends it; `telsdk.sip.auth` has the ways to fail
```
"""

from __future__ import annotations

from typing import ClassVar

from telsdk.errors import Refused, TelError


class SipError(TelError):
    """Something about SIP that telsdk foresaw went wrong."""


class SipParseError(SipError, ValueError):
    """A peer's message, or a part of it, is malformed.

    Attributes:
        status: the status to answer with, if it can be answered at all: 400, 505, 513 ...
        reason: the cause in one line, fit for a reason phrase or a Warning.
        refused: the request to answer; `telsdk.sip.message.refused_request` returns it with its type. It is None for a
            response, and for a request that cannot be answered: then be silent.
    """

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.refused: object | None = None


class LimitExceeded(SipParseError):
    """A peer's message is larger, longer or more numerous in its parts than `telsdk.sip.limits` allows."""


class SdpError(SipParseError):
    """A session description is malformed (RFC 8866). Answer 400."""


class Unwritable(SipError, ValueError):
    """A value cannot be written into a message: it would break out of its line, or break the grammar."""


class ProtocolStateError(SipError):
    """The transaction, dialog or call is in a state that does not allow this; nothing was changed."""


class AuthError(SipError, Refused):
    """The sender did not prove who they are."""

    status: ClassVar[int] = 401

    @property
    def reason(self) -> str:
        """One line for a person; holds no secret."""
        return str(self)
