"""What a light login costs: with hubs (KDF 2) beside the password alone (KDF 1), and what a hub bears.

    benchmarks/light_logins.py                  measure, and print the table
    benchmarks/light_logins.py --rate 500       evaluations a second that are asked of the hub
    benchmarks/light_logins.py --seconds 10     for so long
    benchmarks/light_logins.py --json           figures for a program

Logins are over TLS on loopback with three hubs in this process, so what they take beyond KDF 1 is work and not a way.
The hub under load is a process of its own, with the limits and the disk that it has in production; the asker is another
one, and both share the processors of one machine. Each number is asked for no oftener than its bucket allows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import secrets
import ssl
import statistics
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from eth_account import Account  # noqa: E402

from benchmarks.loopback.facts import Facts  # noqa: E402
from benchmarks.loopback.places import HOST  # noqa: E402
from telsdk.address import aor  # noqa: E402
from telsdk.clock import Wall  # noqa: E402
from telsdk.credential import light, oprf  # noqa: E402
from telsdk.credential.deep import KeystoreSigner  # noqa: E402
from telsdk.credential.evaluation import Question  # noqa: E402
from telsdk.credential.hubsecrets import HubSecrets, key_id  # noqa: E402
from telsdk.credential.kdf2 import Parameters, Sealed  # noqa: E402
from telsdk.credential.session import login_deep, login_light  # noqa: E402
from telsdk.directory import HubFacts, NumberFacts  # noqa: E402
from telsdk.hub.hub import Hub  # noqa: E402
from telsdk.hub.settings import HubSettings  # noqa: E402
from telsdk.net.pins import TlsIdentity  # noqa: E402
from telsdk.net.sockets import BoundSockets, bind  # noqa: E402
from telsdk.number import Number  # noqa: E402
from telsdk.server import memory  # noqa: E402
from telsdk.sip.message import Request  # noqa: E402
from telsdk.uc.light_login import log_in, make  # noqa: E402

DOMAIN = Facts().domain
NUMBER = Number(5_550_000)
PASSWORD = "mend the copper lantern before dusk"
NONCE = bytes(16)
SECRET = bytes(range(32))
LOGINS = 7
FLOWS = 16  # connections over which a hub is asked
TRIES = 10  # that a bucket holds


@dataclass
class Passwords(Facts):
    """Some hubs, and numbers with passwords: those that are named, and all others alike."""

    others: NumberFacts | None = None

    def number(self, number: Number) -> NumberFacts | None:
        named = super().number(number)
        return named if named or self.others is None else replace(self.others, number=number)


def listed(hub: int, sockets: BoundSockets, identity: TlsIdentity) -> HubFacts:
    return HubFacts(hub, f"0x{hub:040x}", f"sip:{HOST}:{sockets.port};transport=tls", (identity.pin,), ())


# A login


async def logins(rounds: int = LOGINS) -> dict[str, float]:
    """Median seconds of a login by each KDF."""
    account = Account.create()
    places = [(hub, bind(HOST), TlsIdentity.generate()) for hub in (1, 2, 3)]
    bob = NumberFacts(number=NUMBER, owner=account.address, epoch=1, session=0)
    facts = Passwords({NUMBER: bob}, tuple(listed(*place) for place in places))
    async with AsyncExitStack() as undo:
        folder = undo.enter_context(TemporaryDirectory())
        for hub, sockets, identity in places:
            secret = (HubSecrets([bytes([hub]) * 32]), Path(folder) / f"{hub}.db")
            running = await Hub.launch(facts, hub, sockets, identity, light=secret)
            undo.push_async_callback(running.stop)
        alone = light.derive(PASSWORD, DOMAIN, NUMBER, 1)
        by_1 = replace(bob, credential=alone.credential, kdf=light.DEFAULT_KDF)
        owner = login_deep(KeystoreSigner(account), bob, DOMAIN, "bench", Wall(time.time()))
        new = await make(PASSWORD, bob, owner, facts.hub_list)
        by_2 = replace(
            bob, credential=new.key.credential, kdf=light.WITH_HUBS, kdf_parameters=new.parameters.encode()
        )
        facts.numbers[NUMBER] = by_2
        one, two = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            login_light(PASSWORD, by_1, DOMAIN, "bench", Wall(time.time()))
            one.append(time.perf_counter() - began)
            began = time.perf_counter()
            await log_in(PASSWORD, by_2, DOMAIN, facts.hub, "bench", Wall(time.time()))
            two.append(time.perf_counter() - began)
    return {"login_kdf_1_s": statistics.median(one), "login_kdf_2_s": statistics.median(two)}


# A hub under load


def serve(pipe: Connection, folder: str) -> None:
    """Run a hub until the pipe says stop. It tells its port, and at the end what processor time it took."""
    asyncio.run(_serve(pipe, Path(folder)))


async def _serve(pipe: Connection, folder: Path) -> None:
    sockets, identity = bind(HOST), TlsIdentity.generate()
    facts = Passwords(hub_list=(listed(1, sockets, identity),))
    entries = (Sealed(1, key_id(SECRET), bytes(32)), Sealed(2, bytes(4), bytes(32)))
    facts.others = NumberFacts(
        number=NUMBER,
        owner="0x" + "11" * 20,
        epoch=1,
        session=0,
        credential=bytes(32),
        kdf=light.WITH_HUBS,
        kdf_parameters=Parameters(2, NONCE, entries).encode(),
    )
    hub = await Hub.launch(
        facts,
        1,
        sockets,
        identity,
        settings=HubSettings(),
        light=(HubSecrets([SECRET]), folder / "tries.db"),
    )
    lag: list[float] = []
    watching = asyncio.create_task(_watch(lag))
    async with memory.kept_clean():
        pipe.send(sockets.port)
        await asyncio.to_thread(pipe.recv)
        began = time.process_time()
        lag.clear()
        await asyncio.to_thread(pipe.recv)
        spent = time.process_time() - began
    watching.cancel()
    await hub.stop()
    pipe.send((spent, sorted(lag)))


async def _watch(lag: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        await asyncio.sleep(0.005)
        lag.append(loop.time() - began - 0.005)


def load(rate: int, seconds: float) -> dict[str, float]:
    """What a hub makes of `rate` evaluations a second."""
    with TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, folder))
        process.start()
        try:
            port = ours.recv()
            took, statuses, lasted = asyncio.run(_ask(ours, port, rate, seconds))
            spent, lag = ours.recv()
        finally:
            process.join(20)
        size = (Path(folder) / "tries.db").stat().st_size
    answered = statuses.count(200)
    return {
        "asked_a_second": rate,
        "answered_a_second": answered / lasted,
        "refused": len(statuses) - answered,
        "answer_median_ms": statistics.median(took) * 1_000,
        "answer_p99_ms": sorted(took)[int(len(took) * 0.99)] * 1_000,
        "hub_processor_us_an_evaluation": spent / len(statuses) * 1e6,
        "hub_lag_p99_ms": lag[int(len(lag) * 0.99)] * 1_000,
        "octets_a_number": size / (len(statuses) / TRIES),
    }


async def _ask(
    pipe: Connection, port: int, rate: int, seconds: float
) -> tuple[list[float], list[int], float]:
    loop = asyncio.get_running_loop()
    flows = [await Flow.connect(port) for _ in range(FLOWS)]
    requests = [question(port, at) for at in range(int(rate * seconds))]
    pipe.send("go")
    began = loop.time()
    for at, (branch, data) in enumerate(requests):
        if (wait := began + at / rate - loop.time()) > 0:
            await asyncio.sleep(wait)
        flows[at % FLOWS].send(branch, data)
    async with asyncio.timeout(20):
        for flow in flows:
            await flow.answered()
    lasted = max(flow.last for flow in flows) - began
    pipe.send("stop")
    for flow in flows:
        await flow.close()
    return [t for flow in flows for t in flow.took], [s for flow in flows for s in flow.statuses], lasted


def question(port: int, at: int) -> tuple[bytes, bytes]:
    """A request, and its branch. Every bucket is asked for what it holds."""
    branch = f"z9hG4bK{secrets.token_hex(8)}"
    uri = f"sip:{HOST}:{port};transport=tls"
    request = Request(
        "OPTIONS",
        uri,
        [
            ("Via", f"SIP/2.0/TLS {HOST}:9;branch={branch}"),
            ("From", f"<{aor(NUMBER + 1 + at // TRIES)}>;tag={at}"),
            ("To", f"<{uri}>"),
            ("Call-ID", branch),
            ("CSeq", "1 OPTIONS"),
            ("Max-Forwards", "70"),
            ("Content-Type", str(Question(1, NONCE))),
        ],
        body=oprf.hash_to_group(at.to_bytes(4, "big")),
    )
    return branch.encode(), bytes(request)


class Flow(asyncio.Protocol):
    """A connection to the hub: the time from each request to its answer."""

    def __init__(self) -> None:
        self.waiting: dict[bytes, float] = {}
        self.took: list[float] = []
        self.statuses: list[int] = []
        self.last = 0.0
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None
        self._idle: asyncio.Future[None] | None = None
        self._lost: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def connect(cls, port: int) -> Flow:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, flow = await asyncio.get_running_loop().create_connection(cls, HOST, port, ssl=context)
        return flow

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def send(self, branch: bytes, data: bytes) -> None:
        assert self._transport is not None
        self.waiting[branch] = self._loop.time()
        self._transport.write(data)

    async def answered(self) -> None:
        """Return once nothing waits for its answer."""
        self._idle = self._loop.create_future()
        if self.waiting:
            await self._idle

    async def close(self) -> None:
        assert self._transport is not None
        self._transport.close()
        await self._lost

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            branch = head.partition(b"branch=")[2][:23]
            self.last = self._loop.time()
            self.took.append(self.last - self.waiting.pop(branch))
            self.statuses.append(int(head[8:11]))
        if not self.waiting and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def measure(rate: int, seconds: float) -> dict[str, float]:
    """Figures by name."""
    return asyncio.run(logins()) | load(rate, seconds)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    arguments.add_argument("--rate", type=int, default=500, help="evaluations a second")
    arguments.add_argument("--seconds", type=float, default=10.0, help="how long the hub is asked")
    given = arguments.parse_args()
    figures = measure(given.rate, given.seconds)
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):<42}{value:>12.4g}")


if __name__ == "__main__":
    main()
