"""Ask hubs for what a light login by KDF 2 needs, without being logged in: each by its key as the chain lists it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from telsdk.address import aor
from telsdk.clock import Monotonic
from telsdk.credential import evaluation, oprf
from telsdk.credential.errors import EvaluationMalformed, NoGroupElement
from telsdk.credential.evaluation import Question
from telsdk.credential.kdf2 import Evaluation
from telsdk.credential.session import Login
from telsdk.directory import HubFacts
from telsdk.net.driver import Driver, Wire
from telsdk.net.random_text import RandomText
from telsdk.net.route import NoRoute, hop_to
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import (
    ClientTransaction,
    Event,
    ResponseReceived,
    Stack,
    TimedOut,
    TransportFailed,
)
from telsdk.uc.answers import said
from telsdk.uc.errors import HubRefused, HubSilent, TriedTooOften
from telsdk.uc.tokens import Tokens

PATIENCE: Final = 10.0  # seconds that a hub has for an answer
_NOWHERE: Final = (
    "uc.invalid",
    5061,
)  # RFC 2606: nobody connects to us, answers come by the connection that we made


class HubQuestions:
    """The connections to some hubs. Make it inside a running event loop, and close it.

    Args:
        number: whose password it is about.
        patience: seconds that a hub has for an answer.
        tap: called with each message, for captures.
    """

    def __init__(
        self, number: Number, *, patience: float = PATIENCE, tap: Callable[[Wire], None] | None = None
    ) -> None:
        self._number = number
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._stack = Stack(sent_by=lambda _: _NOWHERE, token=RandomText())
        self._driver = Driver(self._stack, self, tap=tap)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.close()

    async def evaluate(
        self,
        hub: HubFacts,
        x: bytes,
        question: Question,
        *,
        ticket: bytes | None = None,
        owner: Login | None = None,
    ) -> Evaluation:
        """Let `hub` evaluate x, of which it learns nothing.

        Args:
            x: `telsdk.credential.light.stretch` of the password.
            ticket: that of this device, where the hub gave it one.
            owner: a deep login of the number, for a password that is not yet on the chain.

        Raises:
            HubSilent: it cannot be reached, or gives no answer.
            TriedTooOften: the password was tried too often there.
            HubRefused: it refuses, or its answer is none.
        """
        blinded = await asyncio.to_thread(oprf.blind, x)
        request = self._request(hub, [("Content-Type", str(question))], blinded.element)
        if owner is not None:
            request.headers.add(*Tokens(owner).session(request, hub.uri))
        elif ticket is not None:
            request.headers.add("Authorization", f"{evaluation.TICKET_SCHEME} {ticket.hex()}")
        response = await self._ask(hub, request)
        try:
            key = evaluation.key_in(response.headers.get("Content-Type"))
            rho = await asyncio.to_thread(oprf.finalize, x, blinded.scalar, response.body)
        except (EvaluationMalformed, NoGroupElement) as error:
            raise HubRefused(f"hub {hub.id} answers what is none: {error}") from error
        return Evaluation(hub.id, key, rho)

    async def ticket(self, hub: HubFacts, login: Login) -> bytes:
        """Return the ticket of a light login's device, by which the hub counts its tries for itself.

        Raises:
            HubSilent, HubRefused: as for `evaluate`.
        """
        request = self._request(hub, [("Accept", evaluation.TICKET_TYPE)])
        request.headers.add(*Tokens(login).session(request, hub.uri))
        response = await self._ask(hub, request)
        try:
            return evaluation.read_ticket(response.body.decode("ascii"))
        except ValueError as error:
            raise HubRefused(f"hub {hub.id} answers what is no ticket: {error}") from error

    def _request(self, hub: HubFacts, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Request:
        fields = [
            ("From", f"<{aor(self._number)}>;tag={self._stack.token()}"),
            ("To", f"<{hub.uri}>"),
            ("Call-ID", self._stack.token()),
            ("CSeq", "1 OPTIONS"),
            ("Max-Forwards", "70"),
        ]
        return Request("OPTIONS", hub.uri, [*fields, *headers], body=body)

    async def _ask(self, hub: HubFacts, request: Request) -> Response:
        future: asyncio.Future[Response | None] = self._loop.create_future()
        try:
            self._stack.request(request, hop_to(hub), self._driver.now(), owner=future)
            self._driver.kick()
            async with asyncio.timeout(self._patience):
                response = await future
        except NoRoute as error:
            raise HubSilent(f"hub {hub.id} cannot be asked: {error}") from error
        except TimeoutError as error:
            raise HubSilent(f"hub {hub.id} does not answer: try again later") from error
        if response is None:
            raise HubSilent(f"hub {hub.id} cannot be reached at {hub.uri}")
        if response.status == 503 and response.reason == evaluation.TOO_MANY:
            raise TriedTooOften(f"hub {hub.id}: {said(response)}", _seconds(response))
        if response.status != 200:
            raise HubRefused(f"hub {hub.id} refuses: {said(response)}", response.status)
        return response

    # What the driver calls

    def on_event(self, event: Event, now: Monotonic) -> None:
        del now
        match event:
            case ResponseReceived(tx=ClientTransaction(owner=asyncio.Future() as waits), response=response):
                if response.status >= 200 and not waits.done():
                    waits.set_result(response)
            case (
                TimedOut(tx=ClientTransaction(owner=asyncio.Future() as waits))
                | TransportFailed(tx=ClientTransaction(owner=asyncio.Future() as waits))
            ):
                if not waits.done():
                    waits.set_result(None)

    def role_events(self) -> list[Event]:
        return []

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        """Do nothing: there is no role here."""

    def give_up(self, event: Event, now: Monotonic) -> None:
        """Do nothing: whoever waits does so for a limited time."""

    def on_flow_closed(self, hop: Hop) -> None:
        """Do nothing: transactions are told by themselves."""


def _seconds(response: Response) -> int:
    """Return what Retry-After says (RFC 3261 20.33)."""
    digits = (response.headers.get("Retry-After") or "").partition(";")[0].strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0
