"""Calls and registrations, many at a time, played to a node by hand: stage by stage, and each stage timed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

from benchmarks.sipload.facts import PASSWORD
from benchmarks.sipload.messages import CALLEE, CALLER, Call, Received, respond
from benchmarks.sipload.replay import Datagram, Replay

Address = tuple[str, int]


class Unanswered(Exception):
    """The node did not send what the script waits for."""


class Script:
    """What a generator does over a `Replay`.

    Args:
        auth: the node asks for passwords.

    Attributes:
        rate: operations a second, by the replay's clock; None: no time passes.
        took: seconds of processor time of each stage, all operations together.
        longest: the longest that one batch of one stage took, in seconds.
        done: operations that are through.
    """

    def __init__(self, replay: Replay, *, auth: bool, rate: float | None) -> None:
        self._replay = replay
        self._auth = auth
        self.rate = rate
        self._next = count(1)
        self.reset()

    def reset(self) -> None:
        """Begin to count anew."""
        self.took: defaultdict[str, float] = defaultdict(float)
        self.longest = 0.0
        self.done = 0

    async def register(self, users: Sequence[str]) -> None:
        """Have these users register, all at once."""
        calls = [Call(next(self._next), user) for user in users]
        requests = [call.register() for call in calls]
        if self._auth:
            refused = await self._stage("REGISTER", CALLER, requests, "SIP/2.0 401", self._passes(users))
            requests = [
                call.register(call.credentials(refusal, "REGISTER", PASSWORD))
                for call, refusal in zip(calls, refused, strict=True)
            ]
            await self._stage("REGISTER with password", CALLER, requests, "SIP/2.0 200")
        else:
            await self._stage("REGISTER", CALLER, requests, "SIP/2.0 200", self._passes(users))
        self.done += len(users)

    async def call(self, users: Sequence[str]) -> None:
        """Have these users called, all at once: INVITE, 180, 200, ACK, BYE, 200."""
        calls = [Call(next(self._next), user) for user in users]
        reached = await self._invite(calls)
        await self._respond("180", reached, "180 Ringing")
        accepted = await self._respond("200", reached, "200 OK")
        await self._within("ACK", calls, accepted)
        ended = await self._within("BYE", calls, accepted)
        await self._respond("200 to BYE", ended, "200 OK")
        self.done += len(users)

    async def _invite(self, calls: Sequence[Call]) -> list[Received]:
        requests = [call.invite() for call in calls]
        if not self._auth:
            return await self._stage("INVITE", CALLER, requests, "INVITE ", self._passes(calls))
        refused = await self._stage("INVITE", CALLER, requests, "SIP/2.0 407", self._passes(calls))
        both = list(zip(calls, refused, strict=True))
        await self._stage(
            "ACK of the 407", CALLER, [call.ack_refusal(refusal) for call, refusal in both], None
        )
        requests = [call.invite(call.credentials(refusal, "INVITE", PASSWORD)) for call, refusal in both]
        return await self._stage("INVITE with password", CALLER, requests, "INVITE ")

    async def _respond(self, stage: str, reached: Sequence[Received], status: str) -> list[Received]:
        responses = [respond(request, status, n) for n, request in enumerate(reached)]
        return await self._stage(stage, CALLEE, responses, f"SIP/2.0 {status}")

    async def _within(
        self, method: str, calls: Sequence[Call], accepted: Sequence[Received]
    ) -> list[Received]:
        requests = [call.within(method, answer) for call, answer in zip(calls, accepted, strict=True)]
        return await self._stage(method, CALLER, requests, f"{method} ")

    async def _stage(
        self, stage: str, source: Address, messages: Sequence[bytes], wanted: str | None, seconds: float = 0.0
    ) -> list[Received]:
        """What the node sends on of these messages.

        Raises:
            Unanswered: it is not one message that begins with `wanted` for each of them.
        """
        datagrams: list[Datagram] = [(message, source) for message in messages]
        sent, took = await self._replay.feed(datagrams, seconds)
        self.took[stage] += took
        self.longest = max(self.longest, took)
        if wanted is None:
            return []
        found = [Received.of(data) for data in sent if data.startswith(wanted.encode())]
        if len(found) != len(messages):
            starts = sorted({data.partition(b"\r\n")[0].decode() for data in sent})
            raise Unanswered(f"{stage}: {len(found)} of {len(messages)} times {wanted!r}; sent was {starts}")
        return found

    def _passes(self, operations: Sequence[object]) -> float:
        return 0.0 if self.rate is None else len(operations) / self.rate
