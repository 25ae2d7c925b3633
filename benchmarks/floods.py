"""What a flood does to those whom a node serves: their call set-up, and the node's memory.

    benchmarks/floods.py                 measure each flood, and print the table
    benchmarks/floods.py --seconds 10    how long each lasts
    benchmarks/floods.py --rate 5000     packets, or connections, a second at the most
    benchmarks/floods.py --only TCP --only TLS --rounds 4    these, one after the other, four times: does memory grow?
    benchmarks/floods.py --json          figures for a program

Hub and node are processes of their own, the node with the limits that it has in production; so is who floods, from
another address than the users'. One user calls another again and again, by TLS: INVITE to 180 is the set-up. All share
the processors of one machine, the flooder too: where it has few, part of what users wait for is the flooder's doing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import ssl
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.loopback.facts import Facts  # noqa: E402
from benchmarks.loopback.places import HOST, Place  # noqa: E402
from benchmarks.loopback.servers import Plan, Server  # noqa: E402
from benchmarks.loopback.telephone import Telephone  # noqa: E402
from telsdk.number import Number  # noqa: E402
from telsdk.sip.transaction import Timers  # noqa: E402

CALLER, CALLEE = Number(5_550_000), Number(5_550_001)
ELSEWHERE = "127.0.0.77"  # where the flood comes from
QUIET = 60  # calls that are measured before the floods
GOAL = (2.0, 0.1)  # times the quiet median, and seconds more
PAUSE = 0.07  # seconds between two calls: a callee takes 1,000 tokens of one caller a minute
BATCH = 20  # packets between two looks at the clock

Flood = Callable[[int], bytes]


def request(method: str, user: str = "", more: str = "", to_tag: str = "") -> Flood:
    """Datagrams of a method, each another transaction."""
    uri = f"sip:{user + '@' if user else ''}telprotocol"

    def made(at: int) -> bytes:
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {ELSEWHERE}:5060;rport;branch=z9hG4bK{at:x}\r\n"
            f"From: <sip:a@b>;tag={at:x}\r\nTo: <{uri}>{to_tag}\r\nCall-ID: {at:x}\r\nCSeq: 1 {method}\r\n"
            f"Max-Forwards: 70\r\nContact: <sip:a@{ELSEWHERE}>\r\n{more}Content-Length: 0\r\n\r\n"
        ).encode()

    return made


_WRONG = (
    'Authorization: Digest username="5550000.1.0.1999999999", realm="telprotocol", uri="sip:telprotocol", '
    f'nonce="{"0" * 48}", response="{"0" * 32}", qop=auth, nc=00000001, cnonce="x", algorithm=MD5\r\n'
)
DATAGRAMS: dict[str, Flood] = {
    "OPTIONS": request("OPTIONS"),
    "REGISTER": request("REGISTER"),
    "REGISTER, wrong password": request("REGISTER", more=_WRONG),
    "INVITE to nobody": request("INVITE", "99999"),
    "INVITE to a user": request("INVITE", str(CALLEE)),
    "BYE of no call": request("BYE", str(CALLEE), to_tag=";tag=x"),
    "garbage": lambda at: bytes((at * 7 + one) % 251 + 1 for one in range(400)),
}
CONNECTS = {"TCP connects": False, "TLS connects": True}


def datagrams(kind: str, port: int, rate: int, seconds: float) -> int:
    """Send them from one socket, and return how many."""
    make, sent, began = DATAGRAMS[kind], 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ELSEWHERE, 0))
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * rate:
                for _ in range(BATCH):
                    with suppress(OSError):
                        sock.sendto(make(sent), (HOST, port))
                    sent += 1
            time.sleep(0.001)
    return sent


def connects(kind: str, port: int, rate: int, seconds: float) -> int:
    """Open connections that say nothing, or begin TLS, and hold each for a while; return how many."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    made, held, began = 0, list[socket.socket](), time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        while made < passed * rate:
            made += 1
            with suppress(OSError):
                sock = socket.create_connection((HOST, port), 1, source_address=(ELSEWHERE, 0))
                held.append(sock)
                if CONNECTS[kind]:
                    hello, answer = ssl.MemoryBIO(), ssl.MemoryBIO()
                    with suppress(ssl.SSLWantReadError):
                        context.wrap_bio(answer, hello).do_handshake()
                    sock.sendall(hello.read())
        while len(held) > 500:
            held.pop(0).close()
        time.sleep(0.001)
    for sock in held:
        sock.close()
    return made


def flood(kind: str, port: int, rate: int, seconds: float, told: Connection) -> None:
    """Run in a process of its own, and tell how many came of it."""
    told.send((connects if kind in CONNECTS else datagrams)(kind, port, rate, seconds))


async def set_ups(caller: Telephone, until: Callable[[int], bool]) -> list[float]:
    """Call until it is enough; return how long each took until it rang, in seconds."""
    taken: list[float] = []
    while not until(len(taken)):
        taken.append((await caller.call(CALLEE)).ringing)
        await asyncio.sleep(PAUSE)
    return taken


async def measure(
    node: Server, port: int, caller: Telephone, kinds: list[str], rate: int, seconds: float
) -> list[dict[str, object]]:
    """Measure the floods, one after the other."""
    quiet = await set_ups(caller, lambda done: done >= QUIET)
    median = statistics.median(quiet)
    rows: list[dict[str, object]] = [row("none", 0, quiet, [node.held()] * 3, median)]
    context = multiprocessing.get_context("spawn")
    for kind in kinds:
        before = node.held()
        told, tells = context.Pipe(duplex=False)
        process = context.Process(target=flood, args=(kind, port, rate, seconds, tells), daemon=True)
        process.start()
        ends = time.monotonic() + seconds + 0.5
        during = await set_ups(caller, lambda _, ends=ends: time.monotonic() > ends)  # type: ignore[misc]
        height = node.held()
        sent = await asyncio.to_thread(told.recv)
        process.join()
        await asyncio.to_thread(node.ask, "collect")
        rows.append(row(kind, sent / seconds, during, [before, height, node.held()], median))
    return rows


def row(kind: str, rate: float, taken: list[float], memory: list[int], quiet: float) -> dict[str, object]:
    """Return what one flood did."""
    median = statistics.median(taken)
    return {
        "flood": kind,
        "a second": round(rate),
        "median ms": round(median * 1000, 1),
        "worst ms": round(max(taken) * 1000, 1),
        "calls": len(taken),
        "before MB": round(memory[0] / 1e6, 1),
        "height MB": round(memory[1] / 1e6, 1),
        "after MB": round(memory[2] / 1e6, 1),
        "within the goal": median <= GOAL[0] * quiet + GOAL[1],
    }


async def run(kinds: list[str], rate: int, seconds: float) -> list[dict[str, object]]:
    """Start hub and node, register two users, and measure."""
    hub, place = Place.make(), Place.make()
    facts = Facts()
    for number in (CALLER, CALLEE):
        facts.own(number)
    facts.list(hub, [place])
    with ExitStack() as stack:
        node = stack.enter_context(Server(Plan(facts, place, 0, timers=Timers(), limited=True)))
        at_hub = stack.enter_context(Server(Plan(facts, hub)))
        await asyncio.to_thread(at_hub.wait, "healthy", 1)
        telephones = [Telephone(facts, one) for one in (CALLER, CALLEE)]
        try:
            for telephone in telephones:
                await telephone.start()
            return await measure(node, place.port, telephones[0], kinds, rate, seconds)
        finally:
            for telephone in telephones:
                await telephone.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--only", action="append", help="the floods whose name begins so")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    wanted = tuple(arguments.only or ("",))
    kinds = [kind for kind in (*DATAGRAMS, *CONNECTS) if kind.startswith(wanted)]
    if not kinds:
        parser.error(
            f"no flood begins with {' or '.join(wanted)}: there are {', '.join((*DATAGRAMS, *CONNECTS))}"
        )
    rows = asyncio.run(run(kinds * arguments.rounds, arguments.rate, arguments.seconds))
    if arguments.json:
        print(json.dumps(rows))
        return
    for name in (names := list(rows[0])):
        print(f"{name:>26}" if name == "flood" else f"{name:>16}", end="")
    print()
    for one in rows:
        print("".join(f"{one[name]!s:>26}" if name == "flood" else f"{one[name]!s:>16}" for name in names))


if __name__ == "__main__":
    main()
