"""Several RPCs on one command line."""

from __future__ import annotations

import pytest

from telsdk.chain.access import RpcSettings
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common.options import Options
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER = Number(5551234)
AWAY = "http://127.0.0.1:9/v3/a-key"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked twice."""
    monkeypatch.setattr("telsdk.chain.access.rpc.DEFAULTS", RpcSettings(tries=1))


@pytest.fixture
def number(client: Client, chain: EmbeddedChain) -> Number:
    client.buy_number(NUMBER, wait=chain.advance_time)
    return NUMBER


def test_the_next_rpc_is_for_when_the_first_fails(rpc: ChainRpc, number: Number) -> None:
    assert run("lookup", number, "--rpc", AWAY, "--rpc", rpc.url).code == 0
    assert run("--rpc", AWAY, "--rpc", rpc.url, "lookup", number).code == 0
    ran = run("lookup", number, "--rpc", AWAY, "--rpc", AWAY)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "a-key" not in ran.err


def test_the_environment_may_name_several_and_the_command_line_beats_it(
    rpc: ChainRpc, number: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELSDK_RPC", f"{AWAY} {rpc.url}")
    assert run("lookup", number).code == 0
    assert run("lookup", number, "--rpc", AWAY).code == 1


def test_a_server_follows_the_chain_by_the_next_rpc(rpc: ChainRpc) -> None:
    """It comes as far as the list, in which it does not stand."""
    assert "telsdk hubs add" in run("hub", "run", "--hub", 3, "--rpc", AWAY, "--rpc", rpc.url).err
    assert "telsdk hubs add" in run("hub", "run", "--hub", 3, "--rpc", rpc.url, "--rpc", AWAY).err


def test_what_is_read_with_witnesses_is_so_by_every_rpc(rpc: ChainRpc, client: Client) -> None:
    options = Options(rpcs=(AWAY, rpc.url), witnesses=(rpc.url,))
    source = options.source(options.client())
    assert (source.witnessed, source.deployment.addresses) == (True, client.deployment.addresses)
    assert "a-key" not in repr(options)
