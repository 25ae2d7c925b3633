"""Where the microseconds of one call go: the real node, fed by hand, without a kernel.

    python -m benchmarks.profile_call                 a call: INVITE, 180, 200, ACK, BYE, 200
    python -m benchmarks.profile_call --auth          the same, the INVITE challenged by 407
    python -m benchmarks.profile_call --register      a REGISTER; with --auth challenged by 401
    python -m benchmarks.profile_call --functions 30  besides, the functions that take longest
    python -m benchmarks.profile_call --pause         the longest pause, with 10,000 users and 80,000 transactions
    python -m benchmarks.profile_call --core DIR      with telsdk from there, as scripts/compile_core builds it

Microseconds are processor time on this machine; calls of functions and allocations are the same on any. What the kernel
takes for receiving, sending and waking up comes on top: benchmarks/node.py has that, beside another server's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.sipload.profile import Cost, Pause

USERS, TIMES = 1_000, 2_000
PAUSE_USERS, PAUSE_TIMES = 10_000, 20_000
"""A call is four transactions: INVITE and BYE, of the caller and to the callee."""


def main() -> None:
    wanted = _arguments()
    if wanted.core is not None:
        sys.path.insert(0, str(wanted.core.resolve()))
    # Not before: `--core` says where telsdk comes from, and its users are to be named before the node is imported.
    from benchmarks.sipload.facts import name_users

    name_users()
    from benchmarks.sipload import profile
    from benchmarks.sipload.replay import ReplayLoop

    loop = ReplayLoop()
    try:
        if wanted.pause:
            users, times = wanted.users or PAUSE_USERS, wanted.times or PAUSE_TIMES
            paused = loop.run_until_complete(profile.pause(loop, users=users, calls=times))
            print(json.dumps(vars(paused)) if wanted.json else _told(paused))
            return
        load = profile.Load(
            "register" if wanted.register else "call",
            auth=wanted.auth,
            users=wanted.users or USERS,
            times=wanted.times or TIMES,
            batch=wanted.batch,
            rate=wanted.rate,
        )
        cost = loop.run_until_complete(profile.cost(loop, load))
    finally:
        loop.close()
    if wanted.json:
        print(json.dumps(summary(cost)))
    else:
        show(cost, wanted.functions, layers=not profile.is_compiled())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--register", action="store_true", help="a REGISTER in place of a call")
    parser.add_argument("--auth", action="store_true", help="the node asks for passwords")
    parser.add_argument("--times", type=int, help=f"operations that are timed ({TIMES}; {PAUSE_TIMES})")
    parser.add_argument("--users", type=int, help=f"how many are registered ({USERS}; {PAUSE_USERS})")
    parser.add_argument("--rate", type=float, default=100.0, help="operations a second by the node's clock")
    parser.add_argument("--batch", type=int, default=4, help="operations, hence datagrams, at once")
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="list the N dearest functions")
    parser.add_argument("--pause", action="store_true", help="the longest pause alone")
    parser.add_argument("--core", type=Path, help="where telsdk is imported from")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    return parser.parse_args()


def _told(pause: Pause) -> str:
    return (
        f"{pause.users} users registered, {4 * pause.calls} transactions at once: the longest datagram took "
        f"{pause.longest * 1e3:.1f} ms, the longest garbage collection {pause.collection * 1e3:.1f} ms"
    )


def summary(cost: Cost) -> dict[str, object]:
    """The figures that can be held against another run's."""
    return {
        "us": cost.us,
        "stages": cost.stages,
        "python": sum(cost.python.values()),
        "native": sum(cost.native.values()),
        "allocated": cost.allocated,
        "kept": cost.kept,
        "kept_bytes": cost.kept_bytes,
        "cycles": cost.cycles,
    }


def show(cost: Cost, functions: int, *, layers: bool) -> None:
    """Print the tables; `layers` as far as functions can be seen."""
    print(f"{'message that came':<26}     us")
    for stage, microseconds in cost.stages.items():
        print(f"{stage:<26}{microseconds:7.1f}")
    print(f"{'all of them':<26}{cost.us:7.1f}")
    if layers:
        _show_functions(cost, functions)
    allocated = "unknown without a C compiler" if cost.allocated is None else f"{cost.allocated:.0f}"
    print(f"\nblocks allocated            {allocated}")
    print(f"kept while timers run       {cost.kept:.0f} blocks, {cost.kept_bytes:.0f} bytes")
    print(f"left to the collector       {cost.cycles:.1f} objects")


def _show_functions(cost: Cost, most: int) -> None:
    from benchmarks.sipload.layers import by_layer

    us, python, native = by_layer(cost.functions), by_layer(cost.python), by_layer(cost.native)
    print(f"\n{'layer':<26}     us  calls: Python      C")
    for layer in sorted(us.keys() | python.keys(), key=lambda layer: -us.get(layer, 0)):
        print(f"{layer:<26}{us.get(layer, 0):7.1f}{python.get(layer, 0):15.1f}{native.get(layer, 0):7.1f}")
    totals = [sum(column.values()) for column in (us, python, native)]
    print(f"{'all of them':<26}{totals[0]:7.1f}{totals[1]:15.1f}{totals[2]:7.1f}")
    if most:
        print(f"\n{'function':<66}     us  calls: Python      C")
    for function in sorted(cost.functions, key=lambda function: -cost.functions[function])[:most]:
        figures = [column.get(function, 0) for column in (cost.functions, cost.python, cost.native)]
        print(f"{' '.join(function):<66}{figures[0]:7.1f}{figures[1]:15.1f}{figures[2]:7.1f}")


if __name__ == "__main__":
    main()
