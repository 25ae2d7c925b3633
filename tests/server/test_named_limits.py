"""Every number among a server's settings is a limit that an operator can name, read and set."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from telsdk.hub.settings import HubSettings
from telsdk.net.buckets import UNLIMITED, Rate
from telsdk.node.settings import NodeSettings
from telsdk.server.named_limits import LimitError, named_limits, with_limits

SETTINGS = [NodeSettings(), HubSettings()]
OTHERWISE_SET = {"allowed_networks", "digest_algorithm", "stale_after", "unverified_callers"}
"""Fields that have an option of their own."""


def at(settings: Any, name: str) -> Any:
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda one: type(one).__name__)
def test_no_field_is_out_of_reach_of_an_operator(settings: object) -> None:
    limits = named_limits(settings)
    assert is_dataclass(settings)
    for one in fields(settings):
        inner = getattr(settings, one.name)
        names = [f"{one.name}.{each.name}" for each in fields(inner)] if is_dataclass(inner) else [one.name]
        if isinstance(inner, Rate):
            names = [one.name]
        assert one.name in OTHERWISE_SET or set(names) <= limits.keys(), one.name


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda one: type(one).__name__)
def test_each_limit_can_be_read_set_and_comes_with_its_meaning(settings: object) -> None:
    for name, limit in named_limits(settings).items():
        assert len(limit.reason) > 10, f"nothing stands below {name}"
        assert at(with_limits(settings, [(name, limit.text)]), name) == at(settings, name)
        other = "3/7" if isinstance(limit.value, Rate) else "3"
        changed = at(with_limits(settings, [(name, other)]), name)
        assert changed == (Rate(3, 7) if isinstance(limit.value, Rate) else 3)
        assert type(changed) is type(limit.value)


def test_the_last_word_holds_and_nothing_else_changes() -> None:
    before = NodeSettings()
    after = with_limits(before, [("max_users", "5"), ("gate.source", "unlimited"), ("max_users", 7)])
    assert (after.max_users, after.gate.source, after.gate.user) == (7, UNLIMITED, before.gate.user)
    assert with_limits(after, [("max_users", before.max_users), ("gate.source", "100/400")]) == before


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("gate.sorce", "1/2", r"there is no limit 'gate.sorce': did you mean gate\.source\?"),
        ("source", "1/2", r"did you mean gate\.source\?"),
        ("of_source", "1", r"did you mean connections\.of_source or shares\.of_source\?"),
        ("zzzz", "1", "see --limits"),
        ("gate", "1", "there is no limit 'gate'"),
        ("stale_after", "1", "there is no limit"),
        ("gate.source.burst", "1", "there is no limit"),
        ("max_open", "0", "max_open cannot be '0': it is a whole number above 0"),
        ("max_open", "-1", "whole number"),
        ("max_open", "1.5", "whole number"),
        ("max_open", "nan", "whole number"),
        ("max_open", "inf", "whole number"),
        ("max_open", "many", "whole number"),
        ("ring_time", "0", "ring_time cannot be '0': it is a number above 0"),
        ("ring_time", "inf", "a number above 0"),
        ("gate.source", "7", "100/400"),
        ("gate.source", "0/7", "100/400"),
        ("gate.source", "7/0.5", "100/400"),
        ("gate.source", "inf/1", "100/400"),
        ("gate.source", "1/2/3", "100/400"),
    ],
)
def test_what_cannot_be_is_said_with_the_next_step(name: str, value: str, why: str) -> None:
    with pytest.raises(LimitError, match=why) as refused:
        with_limits(NodeSettings(), [(name, value)])
    assert "\n" not in str(refused.value)
