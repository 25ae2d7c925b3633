"""What a registered user costs a node in memory.

    benchmarks/memory.py                  1,000 user clients over TLS and as many phones over UDP, and print the table
    benchmarks/memory.py --users 10000    more of them: what is remembered of the last few thousand counts less
    benchmarks/memory.py --trace udp      where it goes, by line, of one kind (tls, udp); slower
    benchmarks/memory.py --quick          transactions end after 3 s instead of 32 s, so fewer are there at once
    benchmarks/memory.py --json           figures for a program

The node is a process of its own; kB (1,024 bytes) of its PSS, from when its first users are there and it is quiet to
when all are. What their transactions took while they were open, and Python keeps for others, is in it. TLS users are
real connections over loopback, registered by a session token; UDP users are phones, each at its own port, registered by
digest. The facts of the chain are there before.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.loopback.facts import Facts  # noqa: E402
from benchmarks.loopback.places import Place  # noqa: E402
from benchmarks.loopback.registrants import prepare  # noqa: E402
from benchmarks.loopback.servers import QUICK, Held, Plan, Server, more_files, short  # noqa: E402
from telsdk.net.limits import MAX_CONNECTIONS  # noqa: E402
from telsdk.number import Number  # noqa: E402
from telsdk.sip.transaction import Timers  # noqa: E402

FIRST = 5_550_000
BEFORE = 50  # users who are there before anything is measured
SPARE_FILES = 100
SHOWN = 40  # lines of a trace
KINDS = ("tls", "udp")


def measure(kind: str, users: int, timers: Timers, *, trace: bool = False) -> tuple[float, list[Held]]:
    """The kB that each of `users` costs, and of what they are made where that is asked for."""
    facts, node = Facts(), Place.make()
    numbers = [Number(FIRST + n) for n in range(BEFORE + users)]
    for number in numbers:
        facts.own(number)
    facts.list(node, [node])  # nobody asks the hub
    connections: list[socket.socket] = []
    users_to_be = [prepare(kind, facts, number) for number in numbers]
    try:
        with Server(Plan(facts, node, 0, timers)) as server:
            connections += [register(node) for register in users_to_be[:BEFORE]]
            before = server.memory()
            if trace:
                server.ask("trace")
            connections += [register(node) for register in users_to_be[BEFORE:]]
            after = server.memory()
            registered = server.ask("users")
            assert registered == len(numbers), f"{registered} of {len(numbers)} users are registered"
            held = server.traced() if trace else []
    finally:
        for connection in connections:
            connection.close()
    return (after - before) / users / 1024, held


def show(held: list[Held], users: int) -> None:
    """Print what is held, the most first."""
    print(f"{'allocated at':<58} bytes a user  blocks")
    for file, line, size, blocks in sorted(held, key=lambda one: -one[2])[:SHOWN]:
        print(f"{short(file)}:{line}".ljust(58), f"{size / users:12.0f}{blocks / users:8.1f}")
    print(f"{'all that Python allocated':<58} {sum(one[2] for one in held) / users:12.0f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--users", type=int, default=1_000, help="of each kind (1,000)")
    arguments.add_argument("--trace", choices=KINDS, help="where the memory of one kind goes")
    arguments.add_argument("--quick", action="store_true", help="with short transactions")
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    wanted = arguments.parse_args()
    most = min(more_files() - SPARE_FILES, MAX_CONNECTIONS) - BEFORE
    if not 0 < wanted.users <= most:
        arguments.error(f"1 to {most} users can be measured here")
    timers = QUICK if wanted.quick else Timers()
    if wanted.trace:
        _, held = measure(wanted.trace, wanted.users, timers, trace=True)
        show(held, wanted.users)
        return
    figures = {f"{kind.upper()} user": measure(kind, wanted.users, timers)[0] for kind in KINDS}
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, kilobytes in figures.items():
        print(f"{name:<10}{kilobytes:8.1f} kB")


if __name__ == "__main__":
    main()
