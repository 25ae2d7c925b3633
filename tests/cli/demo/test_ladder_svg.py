"""The ladder as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from telsdk.cli.demo.ladder import Arrow, Ladder
from telsdk.cli.demo.ladder_svg import WIDTH, svg

SVG = "{http://www.w3.org/2000/svg}"
CALL = Ladder(
    ["alice.eth", "node A", "bob.eth"],
    [
        Arrow(0.0, "alice.eth", "node A", "INVITE F1"),
        Arrow(0.002, "node A", "alice.eth", "100 F2"),
        Arrow(0.053, "alice.eth", "bob.eth", "ACK F12", note="direct"),
        Arrow(0.1126, "alice.eth", "bob.eth", "media", kind="media"),
        Arrow(1.2, "bob.eth", "bob.eth", "verified"),
    ],
)


def drawn(ladder: Ladder, title: str = "A call") -> ElementTree.Element:
    return ElementTree.fromstring(svg(ladder, title))


def texts(root: ElementTree.Element, kind: str) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text") if text.get("class") == kind]


def test_shows_every_party_message_and_time() -> None:
    root = drawn(CALL)
    assert texts(root, "ld-name") == ["alice.eth", "node A", "bob.eth"]
    assert texts(root, "ld-label") == ["INVITE F1", "100 F2", "ACK F12 direct", "verified"]
    assert texts(root, "ld-band-label") == ["media"]
    assert texts(root, "ld-time") == ["0.0 ms", "2.0 ms", "53.0 ms", "112.6 ms", "1200.0 ms"]


def test_tells_the_call_in_words_to_those_who_cannot_see_it() -> None:
    root = drawn(CALL, "A call from alice.eth")
    named = root.get("aria-labelledby", "").split()
    told = {element.get("id"): element.text for element in root if element.get("id")}
    assert root.get("role") == "img"
    assert [told[name] for name in named] == [
        "A call from alice.eth",
        "INVITE F1 from alice.eth to node A after 0.0 ms; 100 F2 from node A to alice.eth after 2.0 ms; "
        "ACK F12 from alice.eth to bob.eth after 53.0 ms; media between alice.eth and "
        "bob.eth after 112.6 ms; verified from bob.eth to bob.eth after 1200.0 ms.",
    ]


def test_an_arrow_goes_straight_from_lifeline_to_lifeline() -> None:
    root = drawn(CALL)
    lifelines = [float(line.get("x1", "")) for line in root.findall(f"{SVG}line")]
    arrows = [line for group in root.findall(f"{SVG}g") for line in group.findall(f"{SVG}line")]
    ack = arrows[2]
    assert ack.get("y1") == ack.get("y2")
    assert float(ack.get("x1", "")) == lifelines[0]
    assert float(ack.get("x2", "")) == pytest.approx(lifelines[2], abs=9)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("INVITE F1", "ld-request"),
        ("100 F2", "ld-progress"),
        ("200 F9", "ld-success"),
        ("302 F2", "ld-redirect"),
        ("404 F2", "ld-failure"),
        ("503 F2", "ld-failure"),
        ("603 F2", "ld-failure"),
    ],
)
def test_requests_and_classes_of_responses_differ(label: str, kind: str) -> None:
    (group,) = drawn(Ladder(["a", "b"], [Arrow(0, "a", "b", label)])).findall(f"{SVG}g")
    assert group.get("class") == kind


def test_names_cannot_break_out() -> None:
    nasty = '"><script>alert(1)</script>&'
    root = drawn(Ladder([nasty, "b"], [Arrow(0, nasty, "b", nasty, note=nasty)]), nasty)
    assert root.find(f".//{SVG}script") is None
    assert texts(root, "ld-name")[0] == nasty


def test_loads_nothing_from_elsewhere() -> None:
    text = svg(CALL, "A call").replace("http://www.w3.org/2000/svg", "")
    for word in ("http", "url(", "href", "@import", "<image"):
        assert word not in text


def test_everything_lies_on_the_canvas() -> None:
    root = drawn(CALL)
    height = float(root.get("height", ""))
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.get(name, 0)) <= WIDTH
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.get(name, 0)) <= height


def test_nothing_is_drawn_of_nothing() -> None:
    assert texts(drawn(Ladder([])), "ld-label") == []
