"""A dialog: what two user agents agree on about each other (RFC 3261 section 12)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.limits import MAX_FORWARDS
from telsdk.sip.message import Message, NameAddr, Request, Response, Uri
from telsdk.sip.ua.negotiation import Negotiation

DialogId: TypeAlias = tuple[str, str, str]  # Call-ID, local tag, remote tag

TARGET_REFRESH = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})  # 12.2, RFC 3311, 6665, 3515


class Dialog:
    """One dialog, seen from one end. `confirmed` tells an answered from an early one.

    Each early dialog of a forked call has its own `negotiation`: its callee answers for itself.
    """

    __slots__ = (
        "call_id",
        "confirmed",
        "local",
        "local_seq",
        "negotiation",
        "remote",
        "remote_seq",
        "remote_target",
        "route_set",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local: NameAddr,
        remote: NameAddr,
        local_seq: int,
        remote_seq: int | None,
        remote_target: Uri,
        route_set: tuple[NameAddr, ...],
        confirmed: bool,
    ) -> None:
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.local_seq = local_seq
        self.remote_seq = remote_seq
        self.remote_target = remote_target
        self.route_set = route_set
        self.confirmed = confirmed
        self.negotiation = Negotiation()

    @classmethod
    def of_caller(cls, request: Request, response: Response) -> Dialog:
        """Make the dialog of a response to our INVITE (12.1.2).

        A response without the Contact it should have is taken as reachable where the request went.
        """
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            local_seq=request.cseq.number,
            remote_seq=None,
            remote_target=_target(response) or request.uri,
            route_set=tuple(reversed(response.record_routes)),
            confirmed=response.status >= 200,
        )

    @classmethod
    def of_callee(cls, request: Request, local_tag: str, *, confirmed: bool) -> Dialog:
        """Make the dialog of our response to an INVITE (12.1.1).

        Raises:
            SipParseError: the request has no Contact.
        """
        target = _target(request)
        if target is None:
            raise SipParseError("no Contact: a request that makes a dialog has one (RFC 3261 section 12.1.1)")
        return cls(
            call_id=request.call_id,
            local=request.to.with_param("tag", local_tag),
            remote=request.from_,
            local_seq=0,
            remote_seq=request.cseq.number,
            remote_target=target,
            route_set=tuple(request.record_routes),
            confirmed=confirmed,
        )

    def confirm(self, response: Response) -> None:
        """Take target and route set of the 2xx that answers the caller's early dialog (13.2.2.4)."""
        self.confirmed = True
        self.refresh(response)
        self.route_set = tuple(reversed(response.record_routes))

    @property
    def id(self) -> DialogId:
        """What a message of this dialog is known by."""
        return (self.call_id, self.local.tag or "", self.remote.tag or "")

    @property
    def next_uri(self) -> Uri:
        """Where a request goes next: the first route, else the peer itself (12.2.1.1)."""
        return self.route_set[0].uri if self.route_set else self.remote_target

    def request(self, method: str, *, contact: str | None = None, cseq: int | None = None) -> Request:
        """Make the next request within the dialog (12.2.1.1). For an ACK `cseq` names the INVITE.

        Raises:
            ProtocolStateError: an ACK without `cseq`.
        """
        if cseq is None:
            if method == "ACK":
                raise ProtocolStateError("an ACK has the CSeq of its INVITE: say which")
            self.local_seq += 1
            cseq = self.local_seq
        uri, routes = self.remote_target, [str(route) for route in self.route_set]
        if self.route_set and not self.route_set[0].uri.has("lr"):
            # A strict router of RFC 2543 takes the request by its URI, and the target goes last.
            uri, routes = _requestable(self.route_set[0].uri), [*routes[1:], f"<{self.remote_target}>"]
        request = Request(method, uri, [("Route", route) for route in routes])
        headers = request.headers
        headers.add("Max-Forwards", str(MAX_FORWARDS))
        headers.add("From", str(self.local))
        headers.add("To", str(self.remote))
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{cseq} {method}")
        if contact is not None:
            headers.add("Contact", contact)
        return request

    def receive(self, request: Request) -> bool:
        """Note a request of the peer; False when it is out of order and gets 500 (12.2.2).

        It moves the remote target only once it is accepted: see `refresh`.
        """
        number = request.cseq.number
        if self.remote_seq is not None and number < self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def refresh(self, message: Message) -> None:
        """Take the peer's new Contact, where it gave one (12.2.1.2, 12.2.2).

        To be called with a 2xx to a target refresh request, or with such a request when it gets its 2xx: one
        that is refused changes nothing (RFC 6141 section 4.7).
        """
        self.remote_target = _target(message) or self.remote_target


def dialog_id(request: Request) -> DialogId:
    """Return the dialog that a received request belongs to, with empty tags where it has none."""
    return (request.call_id, request.to_tag or "", request.from_tag or "")


def _target(message: Message) -> Uri | None:
    contacts = message.contacts
    return _requestable(contacts[0].uri) if contacts else None


def _requestable(uri: Uri) -> Uri:
    """Take the headers off, which a Contact may have and a Request-URI may not (19.1.1)."""
    return replace(uri, headers="") if uri.headers else uri
