"""The key that a listed server shows, held against the keys that the chain lists for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from telsdk.errors import NotFound
from telsdk.net.pins import PinMismatch, TlsIdentity

log = logging.getLogger(__name__)


class OwnKey:
    """Changes only to a key that others will take.

    Args:
        who: names the server to people, such as "node 0 of hub 1".
        listed: its pins on the chain, as far as that is known here.
    """

    def __init__(self, who: str, identity: TlsIdentity, listed: Callable[[], Sequence[bytes]]) -> None:
        self.identity = identity
        self._who = who
        self._listed = listed
        self._was_listed = True

    def change(self, identity: TlsIdentity) -> None:
        """Takes the second key of a rotation for its own.

        Raises:
            PinMismatch: the chain does not list it, or not yet.
        """
        check(self._who, identity, self._listed())
        self.identity = identity

    def look(self) -> None:
        """Says it once, when the chain lists the key no longer: from then on everybody refuses it."""
        try:
            listed = self.identity.pin in self._listed()
        except NotFound:
            listed = False
        if self._was_listed and not listed:
            log.error("%s shows a key that the chain lists no longer: give it the listed one", self._who)
        self._was_listed = listed


def check(who: str, identity: TlsIdentity, pins: Sequence[bytes]) -> None:
    """Holds a server's key against those that the chain lists for it.

    Raises:
        PinMismatch: everybody would refuse it.
    """
    if identity.pin not in pins:
        listed = " and ".join(pin.hex() for pin in pins) or "none"
        raise PinMismatch(
            f"{who} is listed with the key {listed}, and this one is {identity.pin.hex()}: give its own --key-file, "
            "or list it first with `telsdk hubs rotate-key`"
        )
