"""REGISTER at a node: judged by the chain, then bound to the connection it came by."""

from __future__ import annotations

from telsdk.clock import Monotonic, Wall
from telsdk.compiling import mypyc_attr
from telsdk.directory import Directory, locate
from telsdk.errors import TelError
from telsdk.freshness import Freshness
from telsdk.node.admission import Admission
from telsdk.node.edges import edge_of
from telsdk.node.logins import BoundLogin, Logins
from telsdk.node.settings import NodeSettings
from telsdk.server.answers import behind, date, later, refusal
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, malformation
from telsdk.sip.server import Registrar, is_direct


@mypyc_attr(allow_interpreted_subclasses=True)
class RegistrationPolicy:
    """Answers REGISTER requests of one node."""

    def __init__(
        self,
        directory: Directory,
        admission: Admission,
        registrar: Registrar,
        logins: Logins,
        settings: NodeSettings,
    ) -> None:
        self.directory = directory
        self.admission = admission
        self.registrar = registrar
        self.logins = logins
        self.settings = settings

    def answer(
        self, request: Request, source: Hop, now: Monotonic, wall: Wall, *, chain: Freshness
    ) -> Response:
        """Return the response to `request`; what it grants is noted.

        Args:
            now: monotonic seconds.
            wall: seconds since 1970.
            chain: how old this node's copy of the chain is.
        """
        if chain.stale:
            return _malformed(request) or behind(request, self.settings.retry_after, chain)
        # What is malformed is refused by the registrar too: so it is looked for here only where that is not asked.
        try:
            login = self.admission.login(request, source, wall)
            number = locate(self.directory, request.to.uri.user or "").number
        except AuthError as refused:
            return _malformed(request) or self._refused(request, refused, source, wall)
        except TelError as error:
            return _malformed(request) or refusal(request, 404, error)
        if login.grant.number != number:
            foreign = Exception(f"the login is of {login.number}")
            return _malformed(request) or refusal(request, 403, foreign)
        user = f"{number:d}"
        if user not in self.registrar and self.registrar.users >= self.settings.max_users:
            return _malformed(request) or later(request, self.settings.retry_after, "Node Full")
        # Whole seconds, counted down: the right to it may end within the last one.
        longest = max(0, int(login.expiry - wall))
        response = self.registrar.process(request, now, source, user=user, longest=longest)
        if response.status == 200:
            name, value = date(wall)  # RFC 3261 10.3 step 8
            response.headers.insert_line(len(response.headers.raw), "date", f"{name}: {value}")
            self._note(login if is_direct(request) else login.by_proxy(), source, user, now)
        return response

    def _refused(self, request: Request, error: AuthError, source: Hop, wall: Wall) -> Response:
        response = refusal(request, error.status, error)
        if error.status == 401:
            response.headers.add("WWW-Authenticate", self.admission.challenge(error, source, wall))
        return response

    def _note(self, login: BoundLogin, source: Hop, user: str, now: Monotonic) -> None:
        """Note a login for as long as a binding leads there: phones change their port, and proxies their users."""
        self.logins.add(source, login)
        bindings = self.registrar.bindings(user, now)
        if len(bindings) == 1 and not bindings[0].path:
            self.logins.keep_one(login.grant.number, bindings[0].hop)
            return
        hops: list[Hop] = []
        for one in bindings:
            edge = edge_of(one)
            hops += [one.hop] if edge is None else [one.hop, edge]
            if edge is not None and one.hop == source:
                self.admission.proven.add(edge)  # the host is that of the source: see `edge_of`
                self.logins.add(edge, login)
        self.logins.keep(login.grant.number, hops)


def _malformed(request: Request) -> Response | None:
    malformed = malformation(request)
    return None if malformed is None else request.response(malformed.status, malformed.reason)
