"""What a proxy tells its application, and where it waits to be told how to go on."""

from __future__ import annotations

from dataclasses import dataclass

from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response
from telsdk.sip.server.fork import Context, Target
from telsdk.sip.transaction import Event, ServerTransaction


@dataclass(slots=True, init=False)
class Arrived(Event):
    """A request waits for the application: `Proxy.forward` or `Proxy.reply`. `tx` is None for an ACK."""

    ctx: Context
    request: Request
    source: Hop
    tx: ServerTransaction | None

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.request = ctx.request
        self.source = ctx.source
        self.tx = ctx.tx


@dataclass(slots=True)
class Redirect3xx(Event):
    """A branch was told to try elsewhere: `Proxy.forward` there, or `Proxy.relay` the response."""

    ctx: Context
    response: Response
    contacts: list[NameAddr]
    target: Target


@dataclass(slots=True, init=False)
class Finished(Event):
    """The caller has a final response, or none can come any more. For INVITE another 2xx may still pass."""

    ctx: Context
    response: Response | None  # None: nobody answered a request in time (RFC 4320)
    target: Target | None  # who took it, for a 2xx

    def __init__(self, ctx: Context, response: Response | None, target: Target | None) -> None:
        self.ctx = ctx
        self.response = response
        self.target = target
