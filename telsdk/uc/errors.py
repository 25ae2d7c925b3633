"""What can go wrong for a UC."""

from __future__ import annotations

from telsdk.errors import Refused, TelError


class RegistrationFailed(TelError):
    """The hub or the node refused the login."""


class SessionEnded(Refused):
    """The chain no longer grants this UC's login.

    The number was sold or moved, the password changed, the sessions were ended, or the login expired. Calls in progress
    go on, nothing new begins.
    """


class NotRegistered(TelError):
    """The UC is registered at no node yet, so it can send nothing."""


class NoPhonePassword(TelError):
    """The node gave no phone password; the text gives its reason."""


class HubSilent(TelError):
    """A hub that a light login needs cannot be reached, or gives no answer."""


class HubRefused(TelError):
    """A hub that a light login needs refuses, or answers what is no answer.

    Attributes:
        status: the SIP status; None: it was no refusal.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class TriedTooOften(Refused):
    """The password of a number was tried too often at a hub.

    Attributes:
        retry_after: seconds until the hub answers again.
    """

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class HubsMissing(TelError):
    """Too few hubs answer for a light login, or for a new password.

    Attributes:
        retry_after: seconds until enough of them answer again; None: nobody knows.
        silent: whether one of them gave no answer, which it may give later.
    """

    def __init__(self, text: str, retry_after: int | None = None, *, silent: bool = True) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.silent = silent


class CallRejected(TelError):
    """The call came to nothing.

    Attributes:
        status: the SIP status: 408 when nobody answered, 503 when nobody could be reached.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class CalleeRefused(Refused):
    """Somebody else than the callee answered, or may have. The call was ended before any media flowed."""


class CalleeUnverified(CalleeRefused):
    """Whoever answered proved nothing, and the user has not allowed that for this call or contact."""


class CalleeDowngraded(CalleeUnverified):
    """Whoever answered proved nothing, and the number has answered with proof before, in the same epoch."""


class CalleeBrokePromise(CalleeUnverified):
    """Whoever answered proved nothing, and the number's owner has promised on chain that whoever answers does.

    Nothing that the user has allowed helps: it is the owner of the number who rules out what else they might expect.
    """


class MessageNotDelivered(TelError):
    """The other side did not accept a message."""
