"""`telsdk lookup`."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment, deployments
from telsdk.freshness import utc
from telsdk.name import Name
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER, OTHER = Number(5551234), Number(5559876)
KEYS = [
    "number",
    "name",
    "owner",
    "epoch",
    "credential",
    "hub",
    "backup",
    "answers_verified",
    "listing",
    "chain_id",
    "block",
    "as_of",
    "stale",
]


@pytest.fixture
def bob_eth(client: Client, chain: EmbeddedChain) -> Client:
    """The client's account holds NUMBER, called bob.tel."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    client.alias.claim(Name("bob.tel"), NUMBER)
    return client


Address = Callable[[Client], str]


@pytest.mark.parametrize(
    "written",
    [
        lambda _: "bob.tel",
        lambda _: "BOB.tel",
        lambda _: "5551234",
        lambda _: "sip:bob.tel@telprotocol",
        lambda client: client.session.signer().address,
        lambda client: client.session.signer().address.lower(),
    ],
)
def test_a_number_is_found_however_it_is_written(rpc: ChainRpc, bob_eth: Client, written: Address) -> None:
    found = run("lookup", written(bob_eth), "--json", "--rpc", rpc.url).json
    assert (found["number"], found["name"]) == (NUMBER, "bob.tel")
    assert found["owner"] == bob_eth.session.signer().address


def test_json_has_the_promised_keys_in_their_order(rpc: ChainRpc, bob_eth: Client) -> None:
    found = run("lookup", "bob.tel", "--json").json
    assert list(found) == KEYS
    assert found["block"] == bob_eth.session.height()
    assert found["chain_id"] == bob_eth.domain.chain_id
    assert [found[key] for key in ("credential", "hub", "backup", "listing")] == [None] * 4


def test_it_says_of_when_it_is_and_that_this_is_long_ago(rpc: ChainRpc, bob_eth: Client) -> None:
    as_of = utc(bob_eth.head().timestamp)
    ran = run("lookup", "bob.tel", "--json")
    assert (ran.json["as_of"], ran.json["stale"], ran.err) == (as_of, False, "")
    late = run("lookup", "bob.tel", "--json", "--stale-after", "0.000001")
    assert (late.code, json.loads(late.out)["stale"]) == (0, True)
    assert f"the RPC's newest block is of {as_of}" in late.err


def test_people_read_one_fact_a_line_and_money_in_ether(rpc: ChainRpc, bob_eth: Client) -> None:
    bob_eth.market.list(NUMBER, Decimal("0.25"))
    lines = dict(line.split("  ", 1) for line in run("lookup", NUMBER).out.splitlines())
    assert {key.strip(): value.strip() for key, value in lines.items()}["listing"] == "0.25 ether"


def test_an_unknown_name_ends_in_one_line_and_code_1(rpc: ChainRpc) -> None:
    ran = run("lookup", "nobody.tel")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: nobody.tel stands for no number: nobody has claimed it, or its number was sold\n"
    )


def test_an_account_of_several_numbers_is_told_them(
    rpc: ChainRpc, bob_eth: Client, chain: EmbeddedChain
) -> None:
    bob_eth.buy_number(OTHER, wait=chain.advance_time)
    ran = run("lookup", bob_eth.session.signer().address)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "5551234, 5559876" in ran.err


@pytest.mark.parametrize("address", ["bob", "12", "0x1234", "+5551234", ""])
def test_what_is_no_address_is_wrong_usage(address: str) -> None:
    ran = run("lookup", address, "--rpc", "http://127.0.0.1:9")
    assert (ran.code, ran.out) == (2, "")
    assert "Invalid value for 'ADDRESS'" in ran.err


def test_an_rpc_that_is_down_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        ran = run("lookup", "bob.tel", "--rpc", url)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"error: the RPC at {url} does not answer")
    assert ran.err.count("\n") == 1


def test_without_a_network_the_ways_to_name_one_are_said() -> None:
    ran = run("lookup", "bob.tel")
    assert ran.code == 1
    assert ran.err == (
        "error: no network is named: give --network NAME or --rpc URL, or set TELSDK_NETWORK or TELSDK_RPC\n"
    )


def test_an_unknown_network_is_answered_with_the_known_ones(rpc: ChainRpc) -> None:
    ran = run("lookup", "bob.tel", "--network", "nowhere")
    assert (ran.code, ran.err) == (1, "error: no network is called 'nowhere'; known: local\n")


def test_a_network_on_another_chain_is_refused(rpc: ChainRpc, deployment: Deployment) -> None:
    deployments.save(replace(deployment, name="elsewhere", chain_id=1))
    ran = run("lookup", "bob.tel", "--network", "elsewhere")
    assert ran.code == 1
    assert f"the RPC serves chain {deployment.chain_id}, and network elsewhere is on chain 1" in ran.err


def test_a_deployment_that_is_not_there_is_refused(rpc: ChainRpc, deployment: Deployment) -> None:
    nobody = "0x" + "11" * 20
    addresses = {**deployment.addresses, "NumberRegistry": nobody}
    deployments.save(replace(deployment, name="gone", addresses=addresses))
    ran = run("lookup", "bob.tel", "--network", "gone")
    assert ran.code == 1
    assert f"there is no NumberRegistry at {nobody}" in ran.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_network_may_be_named_before_or_after_the_command(
    rpc: ChainRpc, bob_eth: Client, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("TELSDK_RPC", "http://127.0.0.1:9")  # what is written beats the environment
    options, command = ["--network", "local", "--rpc", rpc.url], ["lookup", "bob.tel"]
    assert run(*(options + command if place == "before" else command + options)).code == 0


def test_a_deployments_own_rpc_is_used_where_none_is_named(
    rpc: ChainRpc, bob_eth: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    deployments.save(replace(deployment, rpc=rpc.url))
    monkeypatch.delenv("TELSDK_RPC")
    monkeypatch.setenv("TELSDK_NETWORK", "local")
    assert run("lookup", "bob.tel").code == 0
