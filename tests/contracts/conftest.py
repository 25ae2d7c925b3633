"""One suite for all tests: each begins with a copy of it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.evm import START
from tests.contracts.suite import Suite


def _fresh(suite: Suite) -> Iterator[Suite]:
    before = suite.chain.evm.snapshot()
    suite.chain.advance(START - suite.chain.now)
    yield suite
    suite.chain.evm.revert(before)


@pytest.fixture(scope="session")
def deployed() -> Suite:
    return Suite.deploy()


@pytest.fixture(scope="session")
def deployed_with_ens() -> Suite:
    return Suite.deploy(ens=True)


@pytest.fixture
def suite(deployed: Suite) -> Iterator[Suite]:
    """The contracts where there is no ENS."""
    yield from _fresh(deployed)


@pytest.fixture
def ens_suite(deployed_with_ens: Suite) -> Iterator[Suite]:
    """The contracts where there is ENS."""
    yield from _fresh(deployed_with_ens)


@pytest.fixture
def owned(suite: Suite) -> Suite:
    """Alice holds NUMBER."""
    suite.register(suite.alice.address)
    return suite
