"""What a call costs that goes over two nodes and a hub, by TLS, with every token judged.

    benchmarks/two_nodes.py              measure, and print the table
    benchmarks/two_nodes.py --profile    where the processor time of the three goes, by module and function
    benchmarks/two_nodes.py --json       figures for a program

Hub and nodes are processes of their own; the users, half of them at each node, share one. Nobody sends sound. A call
is INVITE, 180, 200, ACK, BYE and 200; ACK and BYE go directly, as they do between user clients. Processor time is that
of all three servers, and their housekeeping besides; latency is what a caller sees while nobody else calls.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections import defaultdict
from contextlib import ExitStack
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.loopback.facts import CAPACITY, Facts  # noqa: E402
from benchmarks.loopback.places import Place  # noqa: E402
from benchmarks.loopback.servers import Function, Plan, Server, short  # noqa: E402
from benchmarks.loopback.telephone import Telephone, Timing  # noqa: E402
from telsdk.hub.placement import Candidate, ranked  # noqa: E402
from telsdk.number import Number  # noqa: E402

FIRST = 5_550_000
PAIRS = 8  # callers, and as many callees
SHOWN = 25  # rows of a profile


def numbers_at(node: int) -> list[Number]:
    """Numbers that the hub sends to that one of two nodes."""
    candidates = [Candidate(str(index), CAPACITY) for index in range(2)]
    there = (Number(one) for one in count(FIRST) if ranked(one, candidates)[0].key == str(node))
    return list(islice(there, PAIRS))


async def measure(calls: int, servers: list[Server], facts: Facts, *, profile: bool) -> dict[str, float]:
    """Make the calls: first one after the other, then those of all pairs at once."""
    here = [Telephone(facts, number) for number in numbers_at(0)]
    there = [Telephone(facts, number) for number in numbers_at(1)]
    try:
        for telephone in (*here, *there):
            await telephone.start()
        for caller, callee in zip(here, there, strict=True):  # every connection is open then
            await caller.call(callee.number)
        used = Used(servers)
        alone = [await here[n % PAIRS].call(there[n % PAIRS].number) for n in range(calls)]
        figures = {**_latency(alone), **used.since(calls, ", one call at a time")}
        if profile:
            for server in servers:
                server.ask("profile")
        used = Used(servers)
        pairs = list(zip(here, there, strict=True))
        await asyncio.gather(*(_in_turn(*pair, calls // PAIRS) for pair in pairs))
        return {**figures, **used.since(calls // PAIRS * PAIRS, f", {PAIRS} at once")}
    finally:
        for telephone in (*here, *there):
            await telephone.close()


class Used:
    """Processor time of hub, caller's node and callee's node from now on."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers
        self._before = [server.cpu() for server in servers]

    def since(self, calls: int, when: str) -> dict[str, float]:
        """Milliseconds a call, of each and of all."""
        now = [server.cpu() for server in self._servers]
        used = [(is_ - was) / calls * 1000 for is_, was in zip(now, self._before, strict=True)]
        names = ("hub", "caller's node", "callee's node", "all three")
        return {f"CPU of {name}{when}": one for name, one in zip(names, (*used, sum(used)), strict=True)}


async def _in_turn(caller: Telephone, callee: Telephone, calls: int) -> None:
    for _ in range(calls):
        await caller.call(callee.number)


def _latency(timings: list[Timing]) -> dict[str, float]:
    rings = sorted(one.ringing * 1000 for one in timings)
    answers = sorted(one.answered * 1000 for one in timings)
    return {
        "INVITE to 180, median": statistics.median(rings),
        "INVITE to 180, 99 %": rings[len(rings) * 99 // 100],
        "INVITE to 200, median": statistics.median(answers),
    }


def run(calls: int, *, profile: bool = False) -> tuple[dict[str, float], list[list[Function]]]:
    """Start all, measure, and stop all; milliseconds by what they are, and the profiles of hub and nodes."""
    facts, places = Facts(), [Place.make() for _ in range(3)]
    for number in (*numbers_at(0), *numbers_at(1)):
        facts.own(number)
    facts.list(places[0], places[1:])
    with ExitStack() as running:
        nodes = [running.enter_context(Server(Plan(facts, places[index + 1], index))) for index in range(2)]
        servers = [running.enter_context(Server(Plan(facts, places[0]))), *nodes]
        servers[0].wait("healthy", len(nodes))
        figures = asyncio.run(measure(calls, servers, facts, profile=profile))
        return figures, [server.profile() for server in servers] if profile else []


def show_profile(profiles: list[list[Function]], calls: int) -> None:
    """Print where the time went: by module, then by function, microseconds a call."""
    modules: dict[str, float] = defaultdict(float)
    functions: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for file, name, times, own in (function for profile in profiles for function in profile):
        modules[short(file)] += own
        known, spent = functions[f"{short(file)} {name}"]
        functions[f"{short(file)} {name}"] = (known + times, spent + own)
    print("\nmodule                                              us a call")
    for module, own in sorted(modules.items(), key=lambda one: -one[1])[:SHOWN]:
        print(f"{module:<50}{own / calls * 1e6:10.0f}")
    print("\nfunction                                                       us a call  times")
    for function, (times, own) in sorted(functions.items(), key=lambda one: -one[1][1])[:SHOWN]:
        print(f"{function:<62}{own / calls * 1e6:10.0f}{times / calls:7.1f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--calls", type=int, default=400, help="in each of the two rounds (400)")
    arguments.add_argument("--profile", action="store_true", help="where the time goes")
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    wanted = arguments.parse_args()
    figures, profiles = run(wanted.calls, profile=wanted.profile)
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, milliseconds in figures.items():
        print(f"{name:<45}{milliseconds:8.2f} ms")
    if profiles:
        show_profile(profiles, wanted.calls)


if __name__ == "__main__":
    main()
