"""Ask before doing what cannot be undone."""

from __future__ import annotations

import click

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import print_line
from telsdk.plain_text import plain


def confirm(question: str, yes: bool) -> None:
    """Ask `question` on stderr, unless `yes` was given.

    Raises:
        Failure: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    try:
        agreed = click.confirm(plain(question), err=True)
    except click.Abort as error:
        print_line(err=True)  # end the line of the question
        raise Failure("nobody answered: give --yes where there is no terminal") from error
    if not agreed:
        raise Failure("nothing was done")
