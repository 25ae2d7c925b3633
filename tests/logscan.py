"""A pytest plugin: no test may leave a secret in a log line, nor a command in what it prints.

Every record that reaches the root logger is looked through, with all of telsdk's own down to DEBUG; so is what commands
print, in this process or another, and what a test lets fall on stdout and stderr. The secrets that are looked for are
those that `tests.secrets_made` saw being made since the run began, and what has the form of one.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.secrets_made import MADE, SHOWN_ONCE, watch

NAME = "log-scan"


class LogScan(logging.Handler):
    """Keeps what was written since the last look, and looks for secrets in it."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self._plain = logging.Formatter("%(message)s")  # with tracebacks
        self._texts: list[tuple[str, str, bool]] = []  # where, what, whether it is for a person who asked
        self.left_over: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append((f"a record of {record.name}", self._plain.format(record), False))

    def printed(self, where: str, text: str | bytes | None) -> None:
        """Takes what a command printed, or a test."""
        if text:
            self._texts.append(
                (where, text if isinstance(text, str) else text.decode(errors="replace"), True)
            )

    def leaks(self) -> list[str]:
        """Where secrets stood since the last look, and of which kind; not the secrets."""
        texts, self._texts = self._texts, []
        found = []
        for where, text, asked_for in texts:
            kinds = MADE.found_in(text) - (SHOWN_ONCE if asked_for else frozenset())
            found += [f"{kind} in {where}" for kind in sorted(kinds)]
        return found

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        logging.getLogger("telsdk").setLevel(logging.DEBUG)  # a test of the command may have changed it

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "teardown":
            for title, text in report.sections:
                if " log " not in title:  # records come to `emit`, all of them
                    self.printed(title, text)
            leaks = self.leaks()
            if leaks:
                report.outcome = "failed"
                report.longrepr = "\n".join(["a secret was written where it can be read:", *leaks])
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.left_over = self.leaks()
        if self.left_over:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for leak in self.left_over:
            terminalreporter.write_line(f"outside of the tests: {leak}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Begins to look. Called by pytest for ``-p tests.logscan``, and by tests/conftest.py."""
    if config.pluginmanager.has_plugin(NAME):
        return
    watch()
    scan = LogScan()
    logging.getLogger().addHandler(scan)
    config.add_cleanup(lambda: logging.getLogger().removeHandler(scan))
    _listen_to_commands(scan, config)
    config.pluginmanager.register(scan, NAME)


def _is_ours(args: Any) -> bool:
    """Whether a process runs telsdk; the folder of the checkout, which others name too, may have any name."""
    parts = [args] if isinstance(args, str | bytes | os.PathLike) else list(args)
    texts = [os.fsdecode(part) for part in parts]
    return any(
        Path(text).name == "telsdk" or "import telsdk" in text or "from telsdk" in text for text in texts
    )


def _listen_to_commands(scan: LogScan, config: pytest.Config) -> None:
    from click.testing import CliRunner, Result

    patch = pytest.MonkeyPatch()
    invoke, communicate = CliRunner.invoke, subprocess.Popen.communicate

    def heard(*args: Any, **kwargs: Any) -> Result:
        result = invoke(*args, **kwargs)
        scan.printed("what a command printed", result.output)
        if result.stderr_bytes is not None:
            scan.printed("what a command told on stderr", result.stderr)
        return result

    def read(process: subprocess.Popen[Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        out, err = communicate(process, *args, **kwargs)
        if _is_ours(process.args):
            scan.printed("what a command printed", out)
            scan.printed("what a command told on stderr", err)
        return out, err

    patch.setattr(CliRunner, "invoke", heard)
    patch.setattr(subprocess.Popen, "communicate", read)
    config.add_cleanup(patch.undo)
