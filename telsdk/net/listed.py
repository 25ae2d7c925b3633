"""The hosts of the servers that the chain lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Uri


class ListedServer(Protocol):
    """A hub or a node in the list."""

    @property
    def uri(self) -> str: ...


class ListedHub(ListedServer, Protocol):
    """A hub in the list, with its nodes."""

    @property
    def nodes(self) -> Sequence[ListedServer]: ...


def listed_hosts(hubs: Iterable[ListedHub]) -> frozenset[str]:
    """Return the hosts of every hub and node that the chain lists; a malformed address is left out."""
    hosts: set[str] = set()
    for hub in hubs:
        for server in (hub, *hub.nodes):
            try:
                hosts.add(Uri.parse(server.uri).host)
            except SipParseError:
                continue
    return frozenset(hosts)
