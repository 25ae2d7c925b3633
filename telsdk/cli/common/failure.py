"""How a command ends when it cannot do what it was asked to: one line that says why, and exit code 1."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from telsdk.cli.common.output import plain
from telsdk.errors import TelError


class Failure(click.ClickException):
    """Refused, or not found. Exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {plain(self.message)}", err=file is None, file=file)


@contextmanager
def failing() -> Iterator[None]:
    """Turns what telsdk and the system foresee into a `Failure`; a bug still shows where it is."""
    try:
        yield
    except TelError as error:
        raise Failure(str(error)) from error
    except TimeoutError as error:
        raise Failure(f"it took too long: {str(error) or 'no answer came'}; try again") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read the output has read enough; click ends quietly
            raise
        place = "" if error.filename is None else f"{error.filename}: "
        raise Failure(f"{place}{error.strerror or error}") from error


@contextmanager
def extra(name: str) -> Iterator[None]:
    """For imports that need the extra `name` of the distribution: says how to get it when it is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("telsdk"):
            raise
        raise Failure(f"{error.name} is missing: pip install 'telprotocol[{name}]'") from error
