"""How much of a UC's store strangers may fill, and what a text is answered that finds no room.

RFC 3428 section 7: a 2xx says that the text was delivered, and so it is given only for what is on the disk. 4xx and 5xx
say that it was not, and that the sender may try again; 6xx would say that the person refused it, which they did not.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from telsdk.uc.limits import StoreLimits, Usage
from telsdk.uc.store import Store

RETRY_AFTER: Final = 3600  # seconds (RFC 3261 20.33): room is made by a person, not by waiting a moment


def has_room(store: Store, limits: StoreLimits, proven: Collection[str], size: int) -> bool:
    """Return whether an event of `size` octets may be noted.

    Args:
        proven: the addresses that the sender has proven; none for one who proved nothing.

    Raises:
        StoreUnusable: the file cannot be read.
    """
    if not proven:
        return _fits(store.unverified_usage(), limits.unverified, size)
    if store.knows(proven):
        return True
    return _fits(store.usage_of(proven), limits.unknown_sender, size) and _fits(
        store.unknown_usage(), limits.unknown, size
    )


def _fits(usage: Usage, limit: Usage, size: int) -> bool:
    return usage.events < limit.events and usage.octets + size <= limit.octets
