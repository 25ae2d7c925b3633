"""What a proxy does with a request that comes, before the application is asked: refuse it, or begin its context."""

from __future__ import annotations

from collections.abc import Callable

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Refusal, Request
from telsdk.sip.server.fork import Context, max_breadth
from telsdk.sip.server.proxy_settings import ProxySettings
from telsdk.sip.server.routing import IsLocal, check, has_own_part, take_own_routes
from telsdk.sip.transaction import ServerTransaction


def refusal_of(request: Request, in_dialog: bool, settings: ProxySettings, pending: int) -> Refusal | None:
    """Return why a request goes no further, or None (16.3, but for the loop).

    Args:
        pending: how many requests wait for an answer already.
    """
    if settings.max_open is not None and not in_dialog and pending >= settings.max_open:
        # What has begun may go on: to refuse a BYE would only make more work.
        return Refusal(503, "Overloaded", (("Retry-After", str(settings.retry_after)),))
    refusal = check(request, settings.supported)
    if refusal is None and "max-breadth" in request.headers.shape.first and max_breadth(request) == 0:
        return Refusal(440)  # RFC 5393 5.3.3
    return refusal


def begin(
    request: Request,
    source: Hop,
    tx: ServerTransaction | None,
    mark: str,
    is_local: IsLocal,
    closer: Callable[[Context, Monotonic], None],
) -> Context:
    """Take our own Routes off (16.4), from a copy: the transaction answers the request as it came."""
    if not has_own_part(request):
        return Context(request, source, tx, (), mark, closer)
    request = request.copy()
    return Context(request, source, tx, take_own_routes(request, is_local), mark, closer)
