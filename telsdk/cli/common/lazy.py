"""Groups of commands that are loaded when they are used.

A command's file imports at its top only click and the leaves. So ``telsdk lookup --help`` does not wait for web3 or
aiortc.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from telsdk.cli.common.failure import failing, plain_usage
from telsdk.plain_text import guard_stderr

Sections = Mapping[str, Mapping[str, str]]
"""Heading -> name of the command -> its place, as ``module:attribute``."""


class LazyGroup(click.Group):
    """A group whose commands are listed under headings, in the order given, and imported when named.

    A foreseen error below it ends in one line and exit code 1.
    """

    def __init__(self, *args: Any, sections: Sections, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._sections = sections
        self._places = {name: place for commands in sections.values() for name, place in commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def main(self, *args: Any, **settings: Any) -> Any:
        guard_stderr()
        return super().main(*args, **settings)

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        with plain_usage():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        with plain_usage(), failing():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in self._sections.items():
            rows = [
                (name, command.get_short_help_str(80))
                for name in names
                if (command := self.get_command(ctx, name)) is not None
            ]
            with formatter.section(heading):
                formatter.write_dl(rows)
