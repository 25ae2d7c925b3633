"""The key that a listed server shows, compared with the keys that the chain lists for the server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from telsdk.errors import NotFound
from telsdk.net.pins import PinMismatch, TlsIdentity

log = logging.getLogger(__name__)


class OwnKey:
    """A server's own key. It changes only to a key that others will accept.

    Args:
        who: names the server to people, such as "node 0 of hub 1".
        listed: returns the server's pins, by this process's copy of the chain.
    """

    def __init__(self, who: str, identity: TlsIdentity, listed: Callable[[], Sequence[bytes]]) -> None:
        self.identity = identity
        self._who = who
        self._listed = listed
        self._was_listed = True

    def change(self, identity: TlsIdentity) -> None:
        """Change to the second key of a rotation.

        Raises:
            PinMismatch: the chain does not list that key, or not yet.
        """
        check(self._who, identity, self._listed())
        self.identity = identity

    def look(self) -> None:
        """Log once that the chain lists the key no longer: from then on everybody refuses it."""
        try:
            listed = self.identity.pin in self._listed()
        except NotFound:
            listed = False
        if self._was_listed and not listed:
            log.error("%s shows a key that the chain lists no longer: give it the listed one", self._who)
        self._was_listed = listed


def check(who: str, identity: TlsIdentity, pins: Sequence[bytes]) -> None:
    """Check that a server's key is one that the chain lists for it.

    Raises:
        PinMismatch: it is not: everybody would refuse it.
    """
    if identity.pin not in pins:
        listed = " and ".join(pin.hex() for pin in pins) or "none"
        raise PinMismatch(
            f"{who} is listed with the key {listed}, and this one is {identity.pin.hex()}: give its own --key-file, "
            "or list it first with `telsdk hubs rotate-key`"
        )
