"""End a command that cannot do what it was asked to: with one line that says why, and exit code 1."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from telsdk.cli.common.output import print_line
from telsdk.errors import TelError
from telsdk.plain_text import plain_lines


class Failure(click.ClickException):
    """Refused, or not found. Exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        print_line(f"error: {self.message}", err=file is None, file=file)


@contextmanager
def failing() -> Iterator[None]:
    """Turn foreseen errors of telsdk and the system into a `Failure`. A bug still shows its traceback."""
    try:
        yield
    except TelError as error:
        raise Failure(str(error)) from error
    except TimeoutError as error:
        raise Failure(f"it took too long: {str(error) or 'no answer came'}; try again") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of the output has closed the pipe; click ends quietly
            raise
        place = "" if error.filename is None else f"{error.filename}: "
        raise Failure(f"{place}{error.strerror or error}") from error


@contextmanager
def plain_usage() -> Iterator[None]:
    """Let what click says of wrong usage be plain: it quotes the arguments, which may have been pasted."""
    try:
        yield
    except Failure:
        raise
    except click.ClickException as error:
        said = "\n".join(plain_lines(error.format_message()))
        setattr(error, "format_message", lambda: said)  # noqa: B010 - what click asks for when it shows the error
        raise


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Run imports that need the extra `name` of the distribution. If it is missing, say how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("telsdk"):
            raise
        raise Failure(f"{error.name} is missing: pip install 'telprotocol[{name}]'") from error
