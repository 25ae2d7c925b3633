"""Who plays in the tests of the chain."""

from __future__ import annotations

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from tests.chain.actors import buy


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """She holds 5551234."""
    buy(client, chain)
    return client


@pytest.fixture
def bob(client: Client, chain: EmbeddedChain) -> Client:
    return client.as_account(chain.accounts[2])
