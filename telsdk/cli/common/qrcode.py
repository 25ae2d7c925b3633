"""Draw a QR code in a terminal: half blocks put two rows of it in a line."""

from __future__ import annotations

import shutil
import sys

from telsdk.cli.common.output import print_inverse, print_line

_QUIET = 2  # modules of margin: the standard has 4, but the terminal's background is margin too
_HALVES = {(1, 1): " ", (0, 1): "▀", (1, 0): "▄", (0, 0): "█"}  # light modules are drawn, dark ones left out


def lines(text: str) -> list[str]:
    """Return the QR code of `text` as lines of equal width, for a dark background."""
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
    """Print the code of `text` in its own colours: a light terminal would invert it, which many cameras cannot read."""
    drawn = lines(text)
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < len(drawn[0]):
        print_line(
            f"the QR code needs {len(drawn[0])} columns: make the terminal wider, and ask again", err=True
        )
        return
    for line in drawn:
        print_inverse(line)
