"""What a proxy does to a request on its way (RFC 3261 sections 16.3 to 16.6): checks, Route, loops."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from hashlib import blake2b

from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.limits import MAX_FORWARDS
from telsdk.sip.message import (
    PROXY_REQUIRE,
    NameAddr,
    Refusal,
    Request,
    Response,
    Uri,
    Via,
    expect_route,
    split_list,
    value_of,
)
from telsdk.sip.transaction import Stack

IsLocal = Callable[[Uri], bool]


def check(request: Request, supported: Container[str] = ()) -> Refusal | None:
    """Return why a request goes no further, or None: 16.3, but for the loop and for authentication.

    Args:
        supported: option tags, in lower case.
    """
    if request.uri.scheme not in ("sip", "sips"):
        return Refusal(416)
    if request.max_forwards == 0:
        return Refusal(483)
    # 8.2.2.3: an ACK cannot be refused, so it demands nothing.
    if "proxy-require" in request.headers.shape.first and request.method != "ACK":
        try:
            unknown = [tag for tag in PROXY_REQUIRE.of(request) if tag.lower() not in supported]
        except SipParseError as error:
            return Refusal(400, error.reason)
        if unknown:
            return Refusal(420, None, (("Unsupported", ", ".join(unknown)),))
    return None


def loop_mark(request: Request) -> str:
    """Return a digest of all that decides where a request goes: the same again is a loop (16.6 step 8, RFC 5393)."""
    headers = request.headers
    text = (
        f"{request.uri_text}\n{request.call_id}\n{request.cseq.number}\n{request.from_tag}\n{request.to_tag}"
    )
    if "route" in headers.shape.first:
        text = "\n".join([text, *headers.all("Route")])
    return "." + blake2b(text.encode(), digest_size=6).hexdigest()


def is_looping(request: Request, mark: str, is_ours: Callable[[str, str, int | None], bool]) -> bool:
    """Return whether the request was here before with the same `mark` (16.3 step 4). Changed, it may pass again."""
    headers = request.headers
    if "via" not in headers.shape.doubled and "," not in headers.raw[headers.shape.first["via"]]:
        return False  # it comes from who made it
    # Most have no such text anywhere, and need not be taken apart to see that.
    return any(mark in value and _is_own(value, mark, is_ours) for value in request.headers.all("Via")[1:])


def _is_own(value: str, mark: str, is_ours: Callable[[str, str, int | None], bool]) -> bool:
    try:
        via = Via.parse(value)
    except SipParseError:
        return False
    return (via.branch or "").endswith(mark) and is_ours(via.transport, via.host, via.port)


def has_own_part(request: Request) -> bool:
    """Return whether `take_own_routes` may change the request."""
    return "route" in request.headers.shape.first or (bool(request.uri.params) and request.uri.has("maddr"))


def take_own_routes(request: Request, is_local: IsLocal) -> tuple[NameAddr, ...]:
    """Remove the Route values that name this element, and undo what a strict router did (16.4).

    A maddr that names this element has led the request here, and has done its work.
    """
    taken: list[NameAddr] = []
    routes, uri = request.routes, request.uri
    if routes and uri.params and uri.has("lr") and is_local(uri):
        # A strict router put our Record-Route into the Request-URI, and the target behind all routes.
        taken.append(NameAddr(uri))
        uri = request.uri = _as_request_uri(routes.pop().uri)
        request.headers.drop_last("Route")
    ours = 0
    while ours < len(routes) and is_local(routes[ours].uri):
        ours += 1
    if ours == 1:
        request.headers.drop_first("route")
    elif ours:
        request.headers.drop("Route", ours)
    taken += routes[:ours]
    maddr = uri.param("maddr") if uri.params else None
    if maddr and is_local(replace(uri, host=maddr.strip("[]").lower())):
        request.uri = replace(uri, port=None).without("maddr", "transport")
    return tuple(taken)


def prepare(request: Request, uri: Uri, record_routes: Sequence[Uri], routes: Sequence[NameAddr]) -> None:
    """Make `request` ready to leave for `uri` (16.6 steps 2 to 6)."""
    came_for = request.uri
    if came_for is not uri:
        uri = _as_request_uri(uri)
        if came_for != uri:
            request.uri = uri
    headers = request.headers
    first = headers.shape.first
    left = request.max_forwards
    if left is None:
        headers.add("Max-Forwards", str(MAX_FORWARDS))
    else:
        headers.change_line(first["max-forwards"], "max-forwards", f"Max-Forwards: {left - 1}")
    for own in reversed(record_routes):
        headers.insert_line(first.get("record-route", 0), "record-route", f"Record-Route: <{own}>")
        expect_route(own)
        first = headers.shape.first
    for route in reversed(routes):
        headers.insert("Route", str(route))
    if "route" in headers.shape.first:
        _obey_strict_router(request)


def _as_request_uri(uri: Uri) -> Uri:
    """Take off the method and headers by which a Contact wants to be asked: a Request-URI has none (19.1.1 table 1)."""
    if uri.headers or (uri.params and uri.has("method")):
        return replace(uri, headers="").without("method")
    return uri


def is_secure(request: Request) -> bool:
    """Return whether it may go over TLS alone: Request-URI or next Route is SIPS (16.6 step 4, RFC 5630 5.3)."""
    if request.uri.scheme == "sips":
        return True
    return "route" in request.headers.shape.first and any(
        one.uri.scheme == "sips" for one in request.routes[:1]
    )


def may_leave(came_secure: bool, leaves: Request, hop: Hop) -> bool:
    """Return whether it may go there so: what is SIPS stays SIPS, and goes by TLS alone (RFC 5630 5.3)."""
    return hop.secure if is_secure(leaves) else not came_secure


def secured(uris: Sequence[Uri]) -> Sequence[Uri]:
    """Return the same as SIPS URIs: what a request that `is_secure` gets for Record-Route."""
    return [replace(uri, scheme="sips") for uri in uris]


def _obey_strict_router(request: Request) -> None:
    """Make a first Route without lr the Request-URI, and the target the last Route (16.6 step 6)."""
    first = next(iter(request.routes), None)
    if first is not None and not first.uri.has("lr"):
        request.headers.pop_first("Route")
        request.headers.add("Route", f"<{request.uri}>")
        request.uri = _as_request_uri(first.uri)


def asked_by(request: Request) -> str:
    """Return the Via line of whoever sent this request here, as it came and was stamped: for `goes_back`."""
    at = request.headers.first_at("via")
    assert at is not None  # a request that was received has one
    return request.headers.raw[at]


def goes_back(response: Response, line: str) -> bool:
    """Return whether below our Via (now gone) stands that of whoever asked us: 16.7 step 3, and a bit more.

    Args:
        line: what `asked_by` says of the request.
    """
    headers = response.headers
    at = headers.shape.first.get("via")
    if at is not None and headers.raw[at] == line:
        return True  # as it is with nearly all
    at = headers.first_at("via")
    if at is None:
        return False
    below, asked = split_list(value_of(headers.raw[at]))[0], split_list(value_of(line))[0]
    if below == asked:
        return True
    try:
        return Via.parse(below).branch == Via.parse(asked).branch
    except SipParseError:
        return False


def changed_line(came: Request, leaves: Request, key: str) -> str | None:
    """Return the line of a field as it came, where another leaves: what an answer has to bring back (8.2.6.2).

    Args:
        key: canonical, of a field that both have.
    """
    line = came.headers.raw[came.headers.shape.first[key]]
    return None if leaves.headers.raw[leaves.headers.shape.first[key]] == line else line


def put_line(response: Response, key: str, line: str) -> None:
    """Put the line of a field, as `changed_line` has it, in the place of that in `response`."""
    headers = response.headers
    headers.change_line(headers.shape.first[key], key, line)


def best_for_caller(stack: Stack, request: Request, best: Response) -> Response:
    """Return what a caller is told in place of an answer that says something about us, not about whom they call."""
    if best.status == 430:
        return stack.make_response(request, 480)  # RFC 5626 11.5: a word between proxies, not for an endpoint
    if best.status == 503:
        # 16.7 step 6: 503 would say that this proxy is the one to avoid.
        return stack.make_response(request, 500, "Next Hop Unreachable")
    return best


def sips_not_allowed(stack: Stack, request: Request) -> Response:
    """Return the answer to a request that would have to leave TLS (RFC 5630 section 6.1)."""
    warning = f'380 {stack.server_name or "proxy"} "SIPS Not Allowed"'
    return stack.make_response(request, 480, None, ("Warning", warning))


def elsewhere(response: Response) -> list[NameAddr]:
    """Return where a 3xx says to ask; nowhere if that cannot be read, and then it is an answer like any other."""
    try:
        return response.contacts
    except SipParseError:
        return []
