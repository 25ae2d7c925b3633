"""The ways to the two ends of a dialog that passes this node, as the dialog's own messages say.

Within a dialog a sender writes Request-URI and Route themselves, and what they write is never followed: each token in
our Record-Route holds where the other end is, and only a request with that token goes there. What is known when:

    the caller      from the INVITE: the proxy before them, the key in their Contact, or where the INVITE came from
    a user of ours  when they are called: the flow of their binding, and by now any binding of theirs with that Contact
    anybody else    from their answer, by the proxy or the key in it: our Record-Route there is written anew (RFC 3261
                    16.7 step 8), with the callee's tag, so that each answer of a forked call has a way of its own

A host is believed where a message comes from it, a key where it is shown. A Contact that moves within the dialog (12.2)
is remembered for as long as there is room, if it names a key; else the first one stands. Nothing else is kept: a node
that is started anew refuses the routes of calls from before, whose flows are gone as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from telsdk.net.egress import ANYWHERE, EgressPolicy
from telsdk.net.route import (
    PLACE_PARAM,
    FindNode,
    NoRoute,
    hop_of,
    hop_to,
    is_at,
    node_named,
    place_text,
)
from telsdk.net.sockets import Addresses
from telsdk.node.caller_id import SEPARATOR, Presentation
from telsdk.node.edges import edge_at
from telsdk.node.flows import FlowTokens, Way, WayKind
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.limits import MAX_REMEMBERED_LENGTH
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import Context, Registrar, Target

MAX_MOVED: Final = 4_096
"""Contacts that have moved within a dialog and are remembered; of more, the first stand again."""

_MAX_PLACES: Final = 256

_Params: TypeAlias = tuple[tuple[str, str | None], ...]
_Place: TypeAlias = tuple[str, int, _Params]


class Ways:
    """Writes our Record-Route, and says where a request with it goes.

    Args:
        registrar: of this node.
        addresses: where this node listens.
        own_place: the hub and index of this node in the list on chain.
        find_node: returns the node at such a place.
        egress: where this node may send to.
    """

    def __init__(
        self,
        registrar: Registrar,
        addresses: Addresses,
        own_place: tuple[int, int],
        find_node: FindNode,
        egress: EgressPolicy = ANYWHERE,
    ) -> None:
        self._egress = egress
        self._registrar = registrar
        self._addresses = addresses
        self._find_node = find_node
        self._listed_as: _Params = ((PLACE_PARAM, place_text(*own_place)),)
        self._tokens = FlowTokens()
        self._moved: dict[tuple[str, str], Hop] = {}  # by Call-ID and the tag of who has moved
        # By transport and where a peer came to; made anew when it was emptied.
        self._places: dict[tuple[str, tuple[str, int] | None], _Place] = {}

    def is_listed(self, uri: Uri) -> bool:
        """Return whether `uri` names a node of the list on chain, by its place there."""
        return node_named(uri, self._find_node) is not None

    def write(
        self, ctx: Context, target: Target, callee: str, caller: str, key: Uri | None, presented: str = ""
    ) -> Sequence[Uri]:
        """Return our Record-Route, the side of the callee first: two where the sides differ (RFC 5658).

        Args:
            callee, caller: the users of this node that they are; empty where they are none.
            key: the Contact of a caller who is reached there by the key in it, and needs no node for that.
            presented: what the ends are told of each other (`telsdk.node.caller_id.Presentation`), as written; the
                token is bound to it.
        """
        request = ctx.request
        to_callee = self._to_callee(target, callee)
        to_caller = self._to_caller(request, ctx.source, caller, key)
        call_id = _bound(request.call_id, presented)
        token = self._tokens.write(call_id, request.from_tag or "", to_callee, to_caller)
        if presented:
            token = f"{token}{SEPARATOR}{presented}"
        if to_callee is None:
            target.recorded = token
        by_us, from_us = self._place(target.hop), self._place(ctx.source)
        if by_us == from_us:
            return (_uri_of(by_us, token),)
        return (_uri_of(by_us, token), _uri_of(from_us, token))

    def learn(self, target: Target, response: Response) -> None:
        """Write into our Record-Route of an answer the way that it tells."""
        way = self._beyond(target, response)
        if way is None:
            return
        tags = response.from_.tag or "", response.to.tag or ""
        _, separator, presented = target.recorded.partition(SEPARATOR)
        token = self._tokens.write_answered(_bound(response.call_id, presented), *tags, way)
        token = f"{token}{separator}{presented}"
        headers = response.headers
        for at, name in enumerate(headers.shape.keys):
            if name == "record-route":
                headers.change_line(at, name, headers.raw[at].replace(target.recorded, token))

    def moved(self, request: Request, response: Response) -> None:
        """Take note of where both ends are now: a 2xx has come to a request that may say so (RFC 3261 12.2)."""
        call_id = request.call_id
        for tag, message in ((request.from_tag or "", request), (request.to_tag or "", response)):
            hop = _keyed(message)
            if hop is not None and len(call_id) + len(tag) <= MAX_REMEMBERED_LENGTH:
                self._moved.pop((call_id, tag), None)
                if len(self._moved) >= MAX_MOVED:
                    del self._moved[next(iter(self._moved))]
                self._moved[call_id, tag] = hop

    def on(self, request: Request, own_routes: Sequence[NameAddr]) -> Hop:
        """Return where a request within a dialog goes on to.

        Raises:
            ForgedRoute: a Route names this node that it did not write into this dialog.
            NoRoute: the way was never learned, or its node is no longer listed.
        """
        call_id, from_tag, to_tag = request.call_id, request.from_tag or "", request.to_tag or ""
        way: Way | None = None
        for route in own_routes:  # the last is that of the far side, and names the place that it came to
            uri = route.uri
            place = None if uri.port is None else (uri.host, uri.port)
            token, _, presented = (uri.user or "").partition(SEPARATOR)
            way = self._tokens.read(_bound(call_id, presented), token, from_tag, to_tag, place)
        if way is None:
            raise NoRoute("nothing in this call has told yet how its other end is reached")
        if way.user and "route" not in request.headers.shape.first:
            binding = self._registrar.at(way.user, request.uri)
            if binding is not None:
                return binding.hop
        if way.kind is WayKind.END:
            return way.hop
        if way.kind is WayKind.KEY:
            return self._moved.get((call_id, to_tag), way.hop)
        if way.listed is None:
            return way.hop
        node = self._find_node(*way.listed)
        if node is None or not is_at(node, way.hop):
            raise NoRoute(f"the node at {way.hop} is no longer in the list on chain")
        return hop_to(node)

    def _to_callee(self, target: Target, user: str) -> Way | None:
        hop = target.hop
        if hop.pins:
            return None  # a server of the list: who it sends us to is told by the answer
        edge = edge_at(target.routes[0].uri, hop) if target.routes else None
        return Way(WayKind.END, hop, user) if edge is None else Way(WayKind.PROXY, edge, user)

    def _to_caller(self, request: Request, source: Hop, user: str, key: Uri | None) -> Way | None:
        if "record-route" in request.headers.shape.first:
            way = self._by_route(_first_route(request), source, user)
            if way is not None:
                return way
        elif key is not None:
            return Way(WayKind.KEY, hop_of(key), user)
        if not user and source.flow is None and self._egress.refusal(source.host) is not None:
            return None  # anybody can write that a datagram comes from there; its answers are all that goes there
        return Way(WayKind.END, source, user)

    def _beyond(self, target: Target, response: Response) -> Way | None:
        """Return the way that follows us in an answer: the Record-Route above ours, or else the Contact."""
        try:
            routes = response.record_routes
        except SipParseError:
            return None
        for at, route in enumerate(routes):
            if route.uri.user == target.recorded:
                if at:
                    return self._by_route(routes[at - 1].uri, target.hop, "")
                hop = _keyed(response)
                return None if hop is None else Way(WayKind.KEY, hop)
        return None

    def _by_route(self, uri: Uri | None, source: Hop, user: str) -> Way | None:
        if uri is None:
            return None
        node = node_named(uri, self._find_node)
        if node is not None:
            return Way(WayKind.LISTED, hop_of(uri, ()), user, (node.hub, node.index))
        edge = edge_at(uri, source)
        return None if edge is None else Way(WayKind.PROXY, edge, user)

    def _place(self, hop: Hop) -> _Place:
        """Return host, port and parameters by which whoever is behind `hop` reaches us.

        Where that is our listed address, the parameters say whose it is: a peer looks up our key there.
        """
        key = (hop.transport, hop.taken_at)
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= _MAX_PLACES:
                self._places.clear()
            address, transport = self._addresses.reached_by(hop), hop.uri_transport
            listed = self._listed_as if transport == "tls" and address == self._addresses.main else ()
            place = self._places[key] = (*address, (("transport", transport), ("lr", None), *listed))
        return place


def presentation_in(own_routes: Sequence[NameAddr]) -> Presentation | None:
    """Return what the ends of a dialog know each other by, as our Route says it; None where no phone has part in it.

    Args:
        own_routes: found good by `Ways.on`; each says the same.
    """
    presented = (own_routes[-1].uri.user or "").partition(SEPARATOR)[2]
    return Presentation.read(presented) if presented else None


def _bound(call_id: str, presented: str) -> str:
    """Return what a route token is bound to: the call, and what its ends are told of each other."""
    return f"{call_id}\n{presented}" if presented else call_id


def _first_route(request: Request) -> Uri | None:
    try:
        return request.record_routes[0].uri
    except SipParseError:
        return None


def _keyed(message: Request | Response) -> Hop | None:
    """Return where a Contact says that its end is, with the key that it has to show there; None without one."""
    try:
        contacts = message.contacts
        hop = hop_of(contacts[0].uri) if contacts else None
    except (SipParseError, NoRoute):
        return None
    return hop if hop is not None and hop.secure and hop.pins else None


def _uri_of(place: _Place, token: str) -> Uri:
    host, port, params = place
    return Uri("sip", token, host, port, params=params)
