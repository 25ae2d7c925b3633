"""``telsdk demo --html FILE``: the report as one page that needs no other file.

The layout is `page.html` beside this file. Names come from a chain where anybody may write. So everything is escaped,
and the page forbids itself scripts and all loads from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

import telsdk
from telsdk.cli.demo.ladder import Ladder
from telsdk.cli.demo.ladder_svg import svg
from telsdk.cli.demo.report import (
    MEDIA_HEADINGS,
    Check,
    DemoReport,
    Facts,
    label,
    media_cells,
    passed,
    summary,
    value,
)


def page(report: DemoReport) -> str:
    """Return the report as an HTML document."""
    ladder = Ladder.from_entries(report["ladder"])
    title = _title(ladder)
    template = Template(resources.files("telsdk.cli.demo").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        verdict="ok" if passed(report) else "bad",
        summary=escape(summary(report)),
        ladder=svg(ladder, title),
        checks="\n".join(_check(check) for check in report["checks"]),
        media_heads="".join(f'<th class="figure" scope="col">{escape(name)}</th>' for name in MEDIA_HEADINGS),
        media="\n".join(_media_row(party, media_cells(heard)) for party, heard in report["media"].items()),
        backup=_facts(report["backup"]),
        sale=_facts(report["sale"]),
        version=escape(telsdk.__version__),
    )


def _title(ladder: Ladder) -> str:
    if not ladder.messages:
        return "No call was made"
    first = ladder.messages[0]
    called = ladder.parties[-1] if ladder.parties[0] == first.source else ladder.parties[0]
    return f"A call from {first.source} to {called}"


def _check(check: Check) -> str:
    kind, word = ("ok", "ok") if check["ok"] else ("bad", "failed")
    return (
        f'<tr><td class="mark {kind}">{word}</td><th scope="row">{escape(check["name"])}</th>'
        f'<td class="seen">{escape(check["seen"])}</td></tr>'
    )


def _media_row(party: str, cells: Sequence[str]) -> str:
    figures = "".join(f'<td class="figure">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(party)}</th>{figures}</tr>'


def _facts(facts: Facts) -> str:
    return "\n".join(
        f"<dt>{escape(label(key))}</dt><dd>{escape(value(key, fact))}</dd>" for key, fact in facts.items()
    )
