"""Breaks the contracts one place at a time, and says which breaks their tests do not notice.

    scripts/mutate.py                  all mutants; exit 1 when one survives that is not explained
    scripts/mutate.py --sample 80      so many of them, the same ones each time
    scripts/mutate.py --only Label     those whose name holds the word
    scripts/mutate.py --write          all, and write the numbers down

``tests/contracts/mutants.json`` holds the numbers of the last whole run and, for each mutant that no test can notice,
why that is so. Works on copies of the sources, in memory. Needs what scripts/check brings.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.manifest import CONTRACTS, CompileError  # noqa: E402
from scripts.mutation.compiler import Artefacts, Compiler, Project, parse  # noqa: E402
from scripts.mutation.mutants import Mutant, mutants_of  # noqa: E402
from scripts.mutation.trial import Verdict, tested  # noqa: E402
from scripts.toolchain import ToolchainError  # noqa: E402

RECORD = ROOT / "tests/contracts/mutants.json"
WORKERS = 2
SEED = 20_250_101
"""Of the sample: the same mutants each time, so that a failure can be seen again."""


class _Worker:
    """What each worker process keeps: its compiler, and the contracts as they are."""

    def __init__(self, project: Project, base: Artefacts) -> None:
        self.compiler = Compiler()
        self.project = project
        self.base = base

    def judge(self, mutant: Mutant) -> Verdict:
        changed = mutant.applied(self.project.sources[mutant.path])
        try:
            built = self.compiler.build(self.project.users[mutant.path], {mutant.path: changed})
        except CompileError:
            return Verdict("did not compile")
        if all(built[name]["bytecode"] == self.base[name]["bytecode"] for name in built):
            return Verdict("same bytecode")
        return tested(mutant.path, built, self.base)


_worker: _Worker


def _begin(project: Project, base: Artefacts) -> None:
    global _worker
    _worker = _Worker(project, base)


def _judge(mutant: Mutant) -> tuple[Mutant, Verdict]:
    return mutant, _worker.judge(mutant)


@dataclass
class Report:
    """What came out, held against what is on record."""

    explained: dict[str, str]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    surviving: list[Mutant] = field(default_factory=list)

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        self.verdicts[mutant.key] = verdict
        print(f"{verdict.outcome:16}{mutant.name}  {verdict.test}", flush=True)
        if verdict.outcome in ("survived", "timed out"):
            self.surviving.append(mutant)

    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(v.outcome for v in self.verdicts.values()).items()))

    def complaints(self, all_keys: set[str]) -> list[str]:
        """What must be put right, one line each."""
        found = [
            f"survived and is not explained: {m.name}" for m in self.surviving if m.key not in self.explained
        ]
        for key in self.explained:
            if key not in all_keys:
                found.append(f"explained, but there is no such mutant any more: {key}")
            elif key in self.verdicts and self.verdicts[key].outcome not in ("survived", "timed out"):
                found.append(f"explained, but {self.verdicts[key].outcome}: {key}")
        return found


def _all_mutants(project: Project) -> list[Mutant]:
    return [
        mutant
        for path, tree in project.trees.items()
        for mutant in mutants_of(path, project.sources[path], tree)
    ]


def _chosen(mutants: list[Mutant], options: argparse.Namespace) -> list[Mutant]:
    chosen = [m for m in mutants if options.only in m.name]
    if options.sample and options.sample < len(chosen):
        picked = set(random.Random(SEED).sample(range(len(chosen)), options.sample))
        chosen = [m for position, m in enumerate(chosen) if position in picked]
    return chosen


def _run(mutants: list[Mutant], project: Project, base: Artefacts, report: Report) -> None:
    if (plain := tested("", {}, base)).outcome != "survived":
        raise RuntimeError(f"the tests fail without any mutant: {plain.test}")
    pool = ProcessPoolExecutor(WORKERS, get_context("fork"), _begin, (project, base))
    with pool:
        for done in as_completed([pool.submit(_judge, mutant) for mutant in mutants]):
            report.add(*done.result())


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Break the contracts one place at a time and run their tests."
    )
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, the same ones each time")
    parser.add_argument("--only", default="", metavar="WORD", help="only mutants whose name holds the word")
    parser.add_argument("--list", action="store_true", help="only name the mutants")
    parser.add_argument("--write", action="store_true", help="write the numbers of a whole run down")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    record: dict[str, Any] = json.loads(RECORD.read_text())
    began = time.monotonic()
    try:
        compiler = Compiler()
        project = parse(compiler)
        base = compiler.build(list(CONTRACTS), {})
        compiler.close()
        mutants = _all_mutants(project)
        chosen = _chosen(mutants, options)
        if options.list:
            print("\n".join(m.name for m in chosen))
            return 0
        report = Report(record["equivalent"])
        _run(chosen, project, base, report)
    except (CompileError, ToolchainError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    counts = report.counts()
    print(f"{len(chosen)} of {len(mutants)} mutants in {time.monotonic() - began:.0f} s: {counts}")
    complaints = report.complaints({m.key for m in mutants})
    if len(chosen) == len(mutants):
        if options.write:
            record["counts"] = counts
            RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        elif record["counts"] != counts:
            complaints.append(f"{RECORD.name} has other numbers: run scripts/mutate.py --write")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
