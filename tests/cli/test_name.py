"""`telsdk name`."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.name import Name
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER = Number(5551234)
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


def test_a_name_is_claimed_and_released(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    signer = ("--account", keystores["alice"], "--json")
    assert run("name", "claim", "Alice.tel", NUMBER, *signer).json["name"] == "alice.tel"
    assert run("lookup", "alice.tel", "--json").json["number"] == NUMBER
    assert run("name", "release", NUMBER, *signer).json["name"] is None
    assert run("lookup", "alice.tel").code == 1


def test_another_cannot_name_it(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("name", "claim", "mine.tel", NUMBER, "--account", keystores["bob"])
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert alice.alias.number_of(Name("mine.tel")) is None


def test_what_is_no_name_is_wrong_usage(keystores: Keystores) -> None:
    ran = run("name", "claim", "alice", NUMBER, "--account", keystores["alice"])
    assert (ran.code, "write label.eth" in ran.err) == (2, True)
