"""Our node beside Kamailio: what a call and a registration cost, how many of them it carries, and how soon it answers.

    python -m benchmarks.node --quick         a minute or two: one round, short steps, no search but for calls
    python -m benchmarks.node                 a quarter of an hour: three rounds, a search for each, memory, pauses
    python -m benchmarks.node --compiled      besides, the core that scripts/compile_core built

Needs Linux with two cores, and sipp (Debian: sip-tester). Kamailio (Debian: kamailio) is measured where it is
installed. The server has one core and sipp the other. On another machine every figure differs: what counts are the
ratios, of servers that take turns in one run, each at the same part of its own maximum. On a machine that others use
at the same time the maxima are too low and the latencies too high; it says how much of the server's core others took,
and `--urgent` leaves them next to nothing while a step lasts.
Everything stays on 127.0.0.1, and ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.sipload.comparison import FULL, QUICK, ROWS, compare
from benchmarks.sipload.server import Kind, Place
from benchmarks.sipload.table import table

ROOT = Path(__file__).resolve().parent.parent
COMPILED = ROOT / ".build" / "core"
BEGIN, BEGIN_KAMAILIO = 800.0, 3_000.0
"""Calls a second where the searches begin."""


def main() -> None:
    wanted = _arguments()
    if shutil.which("sipp") is None:
        sys.exit("sipp is missing: it makes the calls (Debian: apt install sip-tester)")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("two cores are needed: one for the server, the other for sipp")
    kinds = [node("node", ROOT)]
    if wanted.compiled:
        kinds.append(_compiled())
    if shutil.which("kamailio") is None:
        print("Kamailio is not installed (Debian: apt install kamailio): no ratios to it", file=sys.stderr)
    else:
        kinds.insert(0, kamailio())
    with tempfile.TemporaryDirectory(prefix="sipload-") as folder:
        server, load = (Place(core, wanted.urgent) for core in cores[:2])
        figures = compare(kinds, QUICK if wanted.quick else FULL, server, load, Path(folder))
    print(json.dumps(figures) if wanted.json else "\n" + table(ROWS, figures))


def node(name: str, core: Path) -> Kind:
    """Our node, with telsdk from the folder `core`."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = ["env", f"PYTHONPATH={paths}", sys.executable, "-m", "benchmarks.bench_node"]
    command += ["--core", str(core), "--port", "{port}"]
    return Kind(name, command, [*command, "--auth"], BEGIN, core)


def _compiled() -> Kind:
    if not any((COMPILED / "telsdk" / "node").glob("node.*.so")):
        sys.exit("there is no compiled core in .build/core: make it with scripts/compile_core")
    return node("node, compiled", COMPILED)


def kamailio() -> Kind:
    """Kamailio with its quick allocator: Debian's takes one for finding faults by itself, and is three times slower."""
    config = str(ROOT / "benchmarks" / "sipload" / "kamailio.cfg")
    command = ["kamailio", "-f", config, "-DD", "-E", "-x", "fm", "-X", "fm", "-m", "512", "-M", "16",
               "-b", str(4 * 1024 * 1024), "-l", "udp:127.0.0.1:{port}"]  # fmt: skip
    return Kind("Kamailio", command, [*command, "-A", "PASSWORDS"], BEGIN_KAMAILIO, None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a minute or two")
    parser.add_argument("--compiled", action="store_true", help="the core in .build/core besides")
    parser.add_argument("--urgent", action="store_true", help="before all others on these cores; for root")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    return parser.parse_args()


if __name__ == "__main__":
    main()
