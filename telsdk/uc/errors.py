"""What can go wrong for a UC."""

from __future__ import annotations

from telsdk.errors import Refused, TelError


class RegistrationFailed(TelError):
    """Hub or node did not take the login."""


class SessionEnded(Refused):
    """The chain grants this UC's login no longer: its number was sold or moved, its password changed, its sessions were
    ended, or its time is over. Calls in progress stay, nothing new is begun."""


class NotRegistered(TelError):
    """There is no node yet to send through."""


class NoPhonePassword(TelError):
    """The node gave no phone password; the reason is its own."""


class CallRejected(TelError):
    """The call came to nothing.

    Attributes:
        status: the SIP status; 408 when nobody answered, 503 when nobody could be reached.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class CalleeRefused(Refused):
    """Somebody answered who is not the one that was called. The call was ended before any media flowed."""


class MessageNotDelivered(TelError):
    """A message was not taken."""
