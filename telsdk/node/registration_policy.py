"""REGISTER at a node: judged by the chain, then bound to the connection it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import formatdate

from telsdk.clock import Monotonic, Wall
from telsdk.compiling import mypyc_attr
from telsdk.directory import Directory, locate
from telsdk.errors import TelError
from telsdk.node.admission import Admission
from telsdk.node.edges import edge_of
from telsdk.node.logins import BoundLogin, Logins
from telsdk.node.settings import NodeSettings
from telsdk.server.answers import later, warning
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, malformation
from telsdk.sip.server import Binding, Registrar


@mypyc_attr(allow_interpreted_subclasses=True)
@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """Answers REGISTER requests of one node."""

    directory: Directory
    admission: Admission
    registrar: Registrar
    logins: Logins
    settings: NodeSettings

    def answer(
        self, request: Request, source: Hop, now: Monotonic, wall: Wall, *, chain_age: float
    ) -> Response:
        """The response to `request`; what it grants is noted.

        Args:
            now: monotonic seconds.
            wall: seconds since 1970.
            chain_age: seconds since the chain was last read.
        """
        if (malformed := malformation(request)) is not None:
            return request.response(malformed.status, malformed.reason)
        if chain_age > self.settings.stale_after:
            return later(request, self.settings.retry_after, "Chain Behind")
        try:
            login = self.admission.login(request, source, wall)
            number = locate(self.directory, request.to.uri.user or "").number
        except AuthError as refused:
            headers = [warning(refused)]
            if refused.status == 401:
                headers.append(("WWW-Authenticate", self.admission.challenge(refused, source, wall)))
            return request.response(refused.status, headers=headers)
        except TelError as error:
            return request.response(404, headers=[warning(error)])
        if login.number != number:
            return request.response(403, headers=[warning(Exception(f"the login is of {login.number}"))])
        user = str(number)
        if user not in self.registrar and self.registrar.users >= self.settings.max_users:
            return later(request, self.settings.retry_after, "Node Full")
        # Whole seconds, counted down: the right to it may end within the last one.
        response = self.registrar.process(
            request, now, source, user=user, longest=max(0, int(login.expiry - wall))
        )
        if response.status == 200:
            response.headers.add("Date", formatdate(wall, usegmt=True))  # RFC 3261 10.3 step 8
            login = replace(login, proxied=len(request.vias) > 1)
            self._note(login, source, self.registrar.bindings(user, now))
        return response

    def _note(self, login: BoundLogin, source: Hop, bindings: list[Binding]) -> None:
        """A login lasts as long as a binding leads there: phones change their port, and proxies their users."""
        self.logins.add(source, login)
        hops = []
        for one in bindings:
            edge = edge_of(one)
            hops += [one.hop] if edge is None else [one.hop, edge]
            if edge is not None and one.hop == source:
                self.logins.add(edge, login)
        self.logins.keep(login.number, hops)
