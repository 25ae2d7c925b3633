"""What every transaction of the contracts costs, by its receipt. Writes ``gas.json`` and the table in docs/gas.md.

    benchmarks/gas.py            measure, and write both
    benchmarks/gas.py --check    measure, and exit 1 when an operation grew by more than 1 % or has no figure
    benchmarks/gas.py --table    print the table from the figures written last

The chain is the embedded one: it is in this process, needs no program besides, and nothing in it depends on when
it runs, so each run gives the same figures to the last gas. tests/contracts/test_gas.py holds that anvil agrees.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.gastable import TableError, table, with_table  # noqa: E402
from benchmarks.operations import measure  # noqa: E402
from benchmarks.world import Figures  # noqa: E402
from scripts.manifest import CompileError  # noqa: E402
from scripts.toolchain import ToolchainError  # noqa: E402
from telsdk.chain.development.embedded import EmbeddedChain  # noqa: E402

FIGURES = ROOT / "benchmarks/gas.json"
PAGE = ROOT / "docs/gas.md"
MARGIN = 0.01
"""By what part an operation may grow before somebody has to say that it should."""


def load() -> Figures:
    """The figures written last; none if there are none yet."""
    figures: Figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return figures


def flat(figures: Figures) -> dict[str, int]:
    """The figures by "contract.function: variant"."""
    return {
        f"{contract}.{function}: {variant}": gas
        for contract, functions in figures.items()
        for function, variants in functions.items()
        for variant, gas in variants.items()
    }


def complaints(written: Figures, measured: Figures) -> list[str]:
    """What is wrong with `measured` when `written` is what it should be."""
    old, new = flat(written), flat(measured)
    found = [f"{key} has no figure in gas.json, and takes {new[key]:,}" for key in new.keys() - old.keys()]
    found += [f"{key} is in gas.json, and nothing measures it" for key in old.keys() - new.keys()]
    for key in old.keys() & new.keys():
        if new[key] > old[key] * (1 + MARGIN):
            found.append(f"{key} grew by {new[key] / old[key] - 1:.1%}, from {old[key]:,} to {new[key]:,}")
    return sorted(found)


def gains(written: Figures, measured: Figures) -> list[str]:
    """What takes less than was written by more than the margin."""
    old, new = flat(written), flat(measured)
    fallen = [key for key in old.keys() & new.keys() if new[key] < old[key] * (1 - MARGIN)]
    return sorted(f"{key} fell from {old[key]:,} to {new[key]:,}" for key in fallen)


def check() -> int:
    """Says on stderr what is wrong, and gives the exit status."""
    written, measured = load(), measure(EmbeddedChain())
    wrong = complaints(written, measured)
    if not wrong and PAGE.read_text() != with_table(PAGE.read_text(), written):
        wrong = ["the table in docs/gas.md is not that of gas.json"]
    for line in wrong + gains(written, measured):
        print(line, file=sys.stderr)
    if wrong:
        print("If this is meant, run benchmarks/gas.py and say why in the commit", file=sys.stderr)
    return 1 if wrong else 0


def write() -> None:
    figures = measure(EmbeddedChain())
    page = with_table(PAGE.read_text(), figures)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    PAGE.write_text(page)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure what the contracts' operations cost in gas.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="only say what grew by more than 1 %% or is missing"
    )
    what.add_argument(
        "--table", action="store_true", help="only print the table from the figures written last"
    )
    chosen = parser.parse_args(arguments)
    try:
        if chosen.table:
            print(table(load()), end="")
        elif chosen.check:
            return check()
        else:
            write()
    except (CompileError, ToolchainError, TableError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyError as error:
        print(f"gas.json has no figure for {error}: run benchmarks/gas.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
