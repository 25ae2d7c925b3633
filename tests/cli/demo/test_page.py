"""The report as a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from telsdk.cli.demo.page import page
from telsdk.cli.demo.report import DemoReport

VOID = {"meta", "br", "link", "img"}


class Outline(HTMLParser):
    """Tags in order and the text without them; checks that every tag is closed in turn."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def test_says_everything_that_the_report_says(report: DemoReport) -> None:
    outline = Outline(page(report))
    words = " ".join(outline.text.split())
    for part in (
        "A call from alice.eth to bob.eth",
        "2 of 2 checks passed",
        "112.6 ms",
        "bob.eth answered",
        "5559876, light login",
        "660.0",
        "2,912 bytes",
        "1.5 ETH",
    ):
        assert part in words
    assert outline.open == []
    assert outline.tags.count("svg") == 1
    assert outline.tags.count("section") == 5


def test_a_failed_check_shows_at_the_top_and_in_its_row(report: DemoReport) -> None:
    report["checks"][1]["ok"] = False
    document = page(report)
    assert '<p class="verdict bad">1 of 2 checks passed</p>' in document
    assert '<td class="mark bad">failed</td><th scope="row">forged token refused</th>' in document


def test_needs_nothing_but_itself(report: DemoReport) -> None:
    document = page(report).replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in document
    for word in ("http", "url(", "src=", "href", "@import"):
        assert word not in document.replace("http-equiv", "").replace("default-src", "")


def test_names_from_the_chain_cannot_break_out(report: DemoReport) -> None:
    nasty = '"><script>alert(1)</script>$title'
    report["ladder"][0]["from"] = nasty
    report["media"][nasty] = report["media"]["bob.eth"]
    report["checks"].append({"name": nasty, "seen": nasty, "ok": True})
    report["backup"] = {nasty: nasty}
    report["sale"] = {nasty: nasty}
    outline = Outline(page(report))
    assert "script" not in outline.tags
    assert outline.text.count(nasty) >= 7


def test_a_call_that_was_never_made_is_said(report: DemoReport) -> None:
    report["ladder"] = []
    assert "<h1>No call was made</h1>" in page(report)


def test_ids_are_unique(report: DemoReport) -> None:
    ids = re.findall(r' id="([^"]+)"', page(report))
    assert len(ids) == len(set(ids))
