"""The suite, deployed on the anvil that ape starts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

ZERO = "0x" + "00" * 20


@pytest.fixture(scope="session")
def suite(project: Any, accounts: Any) -> SimpleNamespace:
    """The six contracts as ape compiled them, linked by the first account; the second is the treasury."""
    deployer, treasury = accounts[0], accounts[1]
    registry = deployer.deploy(project.NumberRegistry, deployer)
    registrar = deployer.deploy(project.NumberRegistrar, registry, treasury)
    names = deployer.deploy(project.NameAlias, registry, ZERO)
    records = deployer.deploy(project.NumberRecords, registry)
    hubs = deployer.deploy(project.HubList)
    market = deployer.deploy(project.NumberMarket, registry)
    registry.link(registrar, names, records, market, sender=deployer)
    return SimpleNamespace(
        registry=registry, registrar=registrar, names=names, records=records, hubs=hubs, market=market
    )
