"""What can go wrong below a SIP stack.

```
TelError
`-- SipError
    |-- SipParseError    the peer sent what RFC 3261 does not allow
    |   |-- LimitExceeded    ... or more of it than `telsdk.sip.limits` allows
    |   `-- SdpError         a session description that RFC 8866 does not allow
    `-- Unwritable       the caller asks to write what would not be SIP any more
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telsdk.errors import TelError

if TYPE_CHECKING:
    from telsdk.sip.message import Request


class SipError(TelError):
    """Something about SIP that telsdk foresaw went wrong."""


class SipParseError(SipError, ValueError):
    """A peer's message, or a part of it, is malformed.

    Attributes:
        status: what to answer, where it can be answered at all: 400, 505, 513 ...
        reason: the cause, one line; fit for a reason phrase or a Warning.
        request: the request as far as it could be read, when start line and top Via were readable, so that
            ``error.request.response(error.status)`` can be sent. Its typed properties may raise, except
            `via`. None for a response or for what nobody can answer: be silent.
    """

    def __init__(self, reason: str, *, status: int = 400, request: Request | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request = request


class LimitExceeded(SipParseError):
    """A peer's message is larger, longer or more numerous in its parts than `telsdk.sip.limits` allows."""


class SdpError(SipParseError):
    """A session description is malformed (RFC 8866). Answer 400."""


class Unwritable(SipError, ValueError):
    """A value cannot be written into a message: it would break out of its line, or is not of the grammar."""
