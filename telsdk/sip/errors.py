"""What can go wrong below a SIP stack.

```
TelError
`-- SipError
    |-- SipParseError    the peer sent what RFC 3261 does not allow
    |   |-- LimitExceeded    ... or more of it than `telsdk.sip.limits` allows
    |   `-- SdpError         a session description that RFC 8866 does not allow
    |-- Unwritable       the caller asks to write what would not be SIP any more
    |-- ProtocolStateError   ... or for what a transaction, dialog or call is not ready for
    `-- AuthError        nobody, or somebody else, is proven by a request; `telsdk.sip.auth` has the ways to fail
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
        status: what to answer, where it can be answered at all: 400, 505, 513 ...
        reason: the cause, one line; fit for a reason phrase or a Warning.
        refused: the request that was refused for it, where somebody can be told; `telsdk.sip.message.refused_request`
            gives it as what it is. None for a response or for what nobody can answer: be silent.
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
    """A value cannot be written into a message: it would break out of its line, or is not of the grammar."""


class ProtocolStateError(SipError):
    """The transaction, dialog or call is in a state that does not allow this; nothing was changed."""


class AuthError(SipError, Refused):
    """Who asks did not prove who they are."""

    status: ClassVar[int] = 401

    @property
    def reason(self) -> str:
        """One line for a person; holds no secret."""
        return str(self)
