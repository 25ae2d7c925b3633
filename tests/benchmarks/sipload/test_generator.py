"""When a rate counts as kept up with, and what sipp is told."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from benchmarks.sipload.generator import SCENARIOS, Step

STEP = Step(
    rate=1_000,
    planned=5_000,
    succeeded=5_000,
    failed=0,
    again=0,
    seconds=5.0,
    processor=0.75,
    foreign=0.0,
    p99=3.0,
)


def test_a_rate_passes_when_all_came_through_in_time() -> None:
    assert STEP.passed
    assert replace(STEP, succeeded=4_998, again=3).passed


@pytest.mark.parametrize("changes", [{"succeeded": 4_990}, {"again": 6}, {"seconds": 6.0}])
def test_a_rate_does_not_pass_with_failures_repetitions_or_too_late(changes: dict[str, float]) -> None:
    assert not replace(STEP, **changes).passed  # type: ignore[arg-type]


def test_what_an_operation_costs_is_told_by_those_that_succeeded() -> None:
    assert STEP.us == pytest.approx(150.0)
    assert replace(STEP, succeeded=0).us > 0


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.xml")), ids=lambda path: str(path.stem))
def test_a_scenario_measures_one_response_and_ends_as_it_should(path: object) -> None:
    scenario = ElementTree.parse(str(path)).getroot()
    starts = [step for step in scenario if step.get("start_rtd") == "1"]
    stops = [step for step in scenario if step.get("rtd") == "1"]
    assert scenario.tag == "scenario"
    assert len(starts) == len(stops) == (0 if scenario.get("name") == "callee" else 1)
    assert scenario[-1].tag == ("send" if scenario.get("name") == "callee" else "recv")
