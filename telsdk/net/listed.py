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
    def id(self) -> int: ...

    @property
    def nodes(self) -> Sequence[ListedServer]: ...


class ListedHosts:
    """The hosts of every hub and node that the chain lists, of a list that is read again and again.

    A list may be long, and only the entries of those hubs are parsed that have changed.
    """

    def __init__(self) -> None:
        self._read: dict[int, tuple[ListedHub, frozenset[str]]] = {}  # by the hub's id
        self._all: frozenset[str] = frozenset()

    def of(self, hubs: Iterable[ListedHub]) -> frozenset[str]:
        """Return the hosts of these hubs and their nodes; a malformed address is left out.

        Args:
            hubs: immutable facts, the same objects as before where nothing has changed.
        """
        before, self._read = self._read, {}
        changed = False
        for hub in hubs:
            known = before.get(hub.id)
            if known is None or known[0] is not hub:
                known, changed = (hub, _hosts(hub)), True
            self._read[hub.id] = known
        if changed or len(before) != len(self._read):
            self._all = frozenset().union(*(hosts for _, hosts in self._read.values()))
        return self._all


def _hosts(hub: ListedHub) -> frozenset[str]:
    hosts: set[str] = set()
    for server in (hub, *hub.nodes):
        try:
            hosts.add(Uri.parse(server.uri).host)
        except SipParseError:
            continue
    return frozenset(hosts)
