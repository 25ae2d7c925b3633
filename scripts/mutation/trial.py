"""Runs the contracts' tests against one build of the contracts, in a child process with a time limit.

The child is forked from a process that has imported what the tests need: importing takes longer than most trials.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from scripts.manifest import ROOT
from scripts.mutation.compiler import Artefacts

TIME_LIMIT = 60  # seconds for all tests of one mutant; without one they take about four
TESTS = ROOT / "tests/contracts"
LEFT_OUT = {
    "test_gas.py",  # most mutants cost another amount
    "test_model.py",  # random steps: what they catch, an example has to catch too, each time
    "test_tools.py",  # says that the built contracts are not of these sources, which no mutant is
    "test_forge.py",  # compiles the sources themselves
}
FIRST = {
    "EnsOwners": "test_ens_owners.py",
    "HubList": "test_hubs.py",
    "SipUri": "test_hubs.py",
    "Label": "test_alias.py",
    "NameAlias": "test_alias.py",
    "NumberMarket": "test_market.py",
    "NumberRecords": "test_records.py",
    "NumberRegistrar": "test_registrar.py",
    "Digits": "test_registrar.py",
    "OwnerSigned": "test_records.py",
}
"""The tests that most likely catch a mutant of a source; elsewhere those of the registry."""

_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Verdict:
    """What the tests said: `caught`, `survived` or `timed out`; and the test that caught it."""

    outcome: str
    test: str = ""


class _FirstFailure:
    """A pytest plugin that notices the first test that fails."""

    test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid.rpartition("/")[2]


def _rounds(source: str) -> list[list[str]]:
    """The test files: first the one that most likely fails, which saves collecting the others."""
    files = sorted(f.name for f in TESTS.glob("test_*.py") if f.name not in LEFT_OUT)
    first = FIRST.get(Path(source).stem, "test_registry.py")
    others = [name for name in files if name != first]
    return [[str(TESTS / first)], [str(TESTS / name) for name in others]]


def _run_tests(source: str, manifest: str, answer: Connection) -> None:
    """In the child: the tests, quietly; the exit code and the first failure go to the parent."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.environ["TELSDK_TEST_MANIFEST"] = manifest
    settings.register_profile(
        "mutation", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
    )
    settings.load_profile("mutation")
    failure = _FirstFailure()
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    # Hypothesis is imported before pytest could rewrite it, which is as well.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code: int = pytest.ExitCode.OK
    for files in _rounds(source):
        if code == pytest.ExitCode.OK:
            code = pytest.main([*options, *files], plugins=[failure])
    answer.send((int(code), failure.test))


def tested(source: str, artefacts: Artefacts, base: Artefacts) -> Verdict:
    """The tests' verdict on contracts of which some (`artefacts`) come from another build of `source`.

    Raises:
        RuntimeError: pytest did not get as far as the tests.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        manifest = Path(folder) / "manifest.json"
        manifest.write_text(json.dumps({"contracts": {**base, **artefacts}}))
        ours, theirs = _fork.Pipe(duplex=False)
        child = _fork.Process(target=_run_tests, args=(source, str(manifest), theirs))
        child.start()
        theirs.close()
        try:
            if not ours.poll(TIME_LIMIT):
                return Verdict("timed out")
            code, test = ours.recv()
        except EOFError:
            code, test = pytest.ExitCode.INTERNAL_ERROR, ""
        finally:
            child.kill()
            child.join()
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {code}: run `pytest tests/contracts` by hand")
    return Verdict("caught", test) if code else Verdict("survived")
