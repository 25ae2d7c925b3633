"""How commands end that cannot do what they were asked to."""

from __future__ import annotations

import errno

import pytest

from telsdk.cli.common.failure import Failure, extra, failing
from telsdk.errors import NotFound, TelError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (TelError("it is broken: mend it"), "it is broken: mend it"),
        (NotFound("nobody"), "nobody"),
        (TimeoutError(), "it took too long: no answer came; try again"),
        (FileNotFoundError(errno.ENOENT, "No such file", "keys.json"), "keys.json: No such file"),
        (OSError("odd"), "odd"),
    ],
)
def test_what_was_foreseen_is_one_line_and_code_1(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Failure) as failed, failing():
        raise error
    failed.value.show()
    assert capsys.readouterr().err == f"error: {line}\n"
    assert failed.value.exit_code == 1


def test_what_strangers_wrote_does_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Failure("they said \x1b[2Jline\nline \u202eevil").show()
    assert capsys.readouterr().err == "error: they said \\x1b[2Jline\\nline \\u202eevil\n"


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), failing():
        _ = 1 // 0


def test_a_closed_pipe_is_left_to_click() -> None:
    with pytest.raises(BrokenPipeError), failing():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_a_missing_module_of_ours_is_a_bug_and_not_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError), extra("uc"):
        import telsdk.nothing  # type: ignore[import-not-found] # noqa: F401
