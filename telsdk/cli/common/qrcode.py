"""A QR code in a terminal: two rows of it in a line, by half blocks."""

from __future__ import annotations

import shutil
import sys

import click

_QUIET = 2  # modules of margin: the standard has 4, but a terminal's own background does as well
_HALVES = {(1, 1): " ", (0, 1): "▀", (1, 0): "▄", (0, 0): "█"}  # light modules are drawn, dark ones left out


def lines(text: str) -> list[str]:
    """The QR code of `text`, as lines that are all equally wide. Right where the background is dark."""
    import segno

    code = segno.make(text, micro=False, error="l", boost_error=False)
    rows = [list(row) for row in code.matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_HALVES[int(top), int(bottom)] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def show(text: str) -> None:
    """Prints it, in its own colours: on a light terminal it would come out inverted, which many cameras cannot read."""
    drawn = lines(text)
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < len(drawn[0]):
        click.echo(
            f"the QR code needs {len(drawn[0])} columns: make the terminal wider, and ask again", err=True
        )
        return
    for line in drawn:
        click.echo(click.style(line, fg="bright_white", bg="black"))
