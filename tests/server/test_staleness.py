"""A server says once that its copy of the chain is too old, and once that it is well again."""

from __future__ import annotations

import logging

import pytest

from telsdk.clock import Wall
from telsdk.directory import Domain, Head
from telsdk.server.staleness import Staleness
from tests.facts import DOMAIN, FixedDirectory

BLOCK = 1_795_838_412


def test_each_turn_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    directory = FixedDirectory(domain=Domain(1, DOMAIN.registry), head=Head(7, bytes(32), BLOCK))
    staleness = Staleness("node 0 of hub 1", directory)
    with caplog.at_level(logging.INFO):
        stale = [staleness.look(None, Wall(BLOCK + age)).stale for age in (0, 119, 121, 600, 900, 5, 6, 130)]
    assert stale == [False, False, True, True, True, False, False, True]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "node 0 of hub 1 takes no logins",
        "node 0 of hub 1 takes logins again",
        "node 0 of hub 1 takes no logins",
    ]


def test_the_limit_that_is_given_counts() -> None:
    directory = FixedDirectory(head=Head(7, bytes(32), BLOCK))  # of a chain to develop on
    staleness = Staleness("hub 1", directory)
    ages = [(None, 864_000.0), (60.0, 59.0), (60.0, 61.0)]
    assert [staleness.look(limit, Wall(BLOCK + age)).stale for limit, age in ages] == [False, False, True]
