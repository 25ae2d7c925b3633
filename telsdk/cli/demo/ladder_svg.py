"""Draw the ladder as SVG: readable at 800 pixels, alone or inside a page that restyles its classes."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.sax.saxutils import escape

from telsdk.cli.demo.ladder import Arrow, Ladder

WIDTH = 800  # user units, pixels when shown at full size
_TIMES = 78  # right edge of the column of times
_FIRST = 150  # x of the first lifeline
_RIGHT = 70  # space right of the last lifeline
_HEAD = 64  # height of the names at the top
_ROW = 34
_MEDIA_ROW = 50
_FOOT = 20
_BAND = 7  # from the middle of the media band down to where its row's line would be

_STYLE = """
.ld text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
.ld-back { fill: #ffffff }
.ld-party { fill: #f1f5f9; stroke: #cbd5e1 }
.ld text.ld-name { fill: #0f172a; font-weight: 600; text-anchor: middle }
.ld-line { stroke: #cbd5e1; stroke-width: 1.5 }
.ld-time { fill: #64748b; text-anchor: end; font-variant-numeric: tabular-nums }
.ld text.ld-label { text-anchor: middle; font-weight: 600 }
.ld text.ld-label { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
.ld-f { font-weight: 400; fill: #64748b }
.ld-note { fill: #64748b; font-weight: 400 }
.ld-request { fill: #1d4ed8 } .ld-request line { stroke: #1d4ed8 }
.ld-progress { fill: #64748b } .ld-progress line { stroke: #64748b }
.ld-success { fill: #15803d } .ld-success line { stroke: #15803d }
.ld-redirect { fill: #b45309 } .ld-redirect line { stroke: #b45309 }
.ld-failure { fill: #b91c1c } .ld-failure line { stroke: #b91c1c }
.ld-media { fill: #6d28d9 }
.ld-band { fill: #ede9fe }
.ld line { stroke-width: 1.5 }
.ld text.ld-band-label { text-anchor: middle; font-weight: 600 }
"""

_NUMBER = re.compile(r"(.*) (F\d+)")


def svg(ladder: Ladder, title: str) -> str:
    """Return the ladder as one `svg` element, with `title` and the arrows in words for people who cannot see it."""
    columns = {party: _column(at, len(ladder.parties)) for at, party in enumerate(ladder.parties)}
    rows, y = [], float(_HEAD)
    for arrow in ladder.messages:
        height = _MEDIA_ROW if arrow.kind == "media" else _ROW
        rows.append(_row(arrow, columns, y, height))
        y += height
    bottom = y + _FOOT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ld" width="{WIDTH}" height="{bottom:g}"'
            f' viewBox="0 0 {WIDTH} {bottom:g}" role="img" aria-labelledby="ladder-title ladder-steps">',
            f'<title id="ladder-title">{escape(title)}</title>',
            f'<desc id="ladder-steps">{escape(_in_words(ladder))}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="ld-back" width="{WIDTH}" height="{bottom:g}" rx="8"/>',
            *[_lifeline(party, x, _party_width(columns), bottom) for party, x in columns.items()],
            *rows,
            "</svg>\n",
        ]
    )


def _column(at: int, parties: int) -> float:
    return _FIRST + at * (WIDTH - _RIGHT - _FIRST) / max(1, parties - 1)


def _party_width(columns: dict[str, float]) -> float:
    """Return the width of the boxes with the names: what the columns allow, up to what looks good."""
    apart = min((right - left for left, right in pairwise(columns.values())), default=WIDTH)
    return min(apart - 16, 120, max((len(party) for party in columns), default=0) * 8.5 + 24)


def _lifeline(party: str, x: float, width: float, bottom: float) -> str:
    return (
        f'<line class="ld-line" x1="{x:g}" y1="44" x2="{x:g}" y2="{bottom - 12:g}"/>'
        f'<rect class="ld-party" x="{x - width / 2:g}" y="14" width="{width:g}" height="30" rx="6"/>'
        f'<text class="ld-name" x="{x:g}" y="34">{escape(party)}</text>'
    )


def _row(arrow: Arrow, columns: dict[str, float], y: float, height: float) -> str:
    start, end = columns[arrow.source], columns[arrow.target]
    baseline = y + height - 9
    media = arrow.kind == "media"
    beside = baseline - _BAND if media else baseline
    time = f'<text class="ld-time" x="{_TIMES}" y="{beside + 4.5:g}">{arrow.time * 1000:.1f} ms</text>'
    return time + (_media if media else _message)(arrow, start, end, baseline)


def _message(arrow: Arrow, start: float, end: float, y: float) -> str:
    """Draw an arrow with its label above, straight across whatever lies between."""
    label = f'<text class="ld-label" x="{(start + end) / 2:g}" y="{y - 6:g}">{_label(arrow)}</text>'
    if start == end:
        return f'<g class="{_class(arrow)}"><circle cx="{start:g}" cy="{y:g}" r="4"/>{label}</g>'
    forward = 1 if end > start else -1
    tip = end - forward
    return (
        f'<g class="{_class(arrow)}">{label}'
        f'<line x1="{start:g}" y1="{y:g}" x2="{tip - forward * 7:g}" y2="{y:g}"/>{_head(tip, y, forward)}</g>'
    )


def _media(arrow: Arrow, start: float, end: float, y: float) -> str:
    """Draw a band with a head at both ends, its label inside."""
    left, right = sorted((start, end))
    middle = y - _BAND
    return (
        f'<g class="ld-media"><rect class="ld-band" x="{left + 12:g}" y="{middle - 15:g}"'
        f' width="{right - left - 24:g}" height="30" rx="4"/>'
        f"{_head(left + 1, middle, -1, 10)}{_head(right - 1, middle, 1, 10)}"
        f'<text class="ld-band-label" x="{(left + right) / 2:g}" y="{middle + 4.5:g}">'
        f"{_label(arrow)}</text></g>"
    )


def _head(x: float, y: float, forward: int, size: float = 8) -> str:
    back = x - forward * size * 1.1
    return f'<path d="M{x:g} {y:g}L{back:g} {y - size * 0.6:g}V{y + size * 0.6:g}Z"/>'


def _label(arrow: Arrow) -> str:
    """Return the method or code, then its number and note in a paler colour."""
    numbered = _NUMBER.fullmatch(arrow.label)
    what = escape(arrow.label)
    if numbered:
        what = f'{escape(numbered[1])} <tspan class="ld-f">{escape(numbered[2])}</tspan>'
    return what + (f' <tspan class="ld-note">{escape(arrow.note)}</tspan>' if arrow.note else "")


def _class(arrow: Arrow) -> str:
    """Return the CSS class for the class of the status code (RFC 3261 section 7.2), or for a request."""
    first = arrow.label[:1] if arrow.label[:3].isdigit() else ""
    return {"": "ld-request", "1": "ld-progress", "2": "ld-success", "3": "ld-redirect"}.get(
        first, "ld-failure"
    )


def _in_words(ladder: Ladder) -> str:
    def words(arrow: Arrow) -> str:
        between = "between {} and {}" if arrow.kind == "media" else "from {} to {}"
        return f"{arrow.label} {between.format(arrow.source, arrow.target)} after {arrow.time * 1000:.1f} ms"

    return "; ".join(words(arrow) for arrow in ladder.messages) + "."
