"""`telsdk hubs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.net.pins import TlsIdentity
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER = Number(5551234)
URI, NODE_URI = "sip:192.0.2.7:5061;transport=tls", "sip:192.0.2.8:5061;transport=tls"
PIN, NODE_PIN = "ab" * 32, "cd" * 32
Keystores = dict[str, Path]


def test_an_empty_list_says_how_to_begin(rpc: ChainRpc) -> None:
    assert run("hubs", "list").out == "no hub is listed: add one with `telsdk hubs add`\n"
    assert run("hubs", "list", "--json").json["hubs"] == []


def test_a_hub_and_its_nodes_are_added_and_listed(
    rpc: ChainRpc, client: Client, keystores: Keystores
) -> None:
    signer = ("--account", keystores["alice"], "--json")
    added = run("hubs", "add", URI, "--pin", PIN, *signer).json
    assert (added["hub"], added["uri"], added["pin"]) == (1, URI, PIN)
    words = ("hubs", "nodes", 1, "--add", NODE_URI, "--pin", NODE_PIN, "--capacity", 50)
    node = run(*words, *signer).json
    assert (node["hub"], node["index"], node["capacity"]) == (1, 0, 50)
    (hub,) = run("hubs", "list", "--json").json["hubs"]
    assert hub == {
        "id": 1,
        "uri": URI,
        "pins": [PIN],
        "nodes": 1,
        "bond": str(client.hubs.bond()),
        "exit_at": None,
        "operator": client.session.signer().address,
    }
    assert run("hubs", "nodes", 1, "--json").json["nodes"] == [
        {"index": 0, "uri": NODE_URI, "pins": [NODE_PIN], "capacity": 50, "active": True}
    ]
    for shown in (run("hubs", "list"), run("hubs", "nodes", 1)):
        assert "5061;transport=tls" in shown.out


def test_a_key_on_this_machine_gives_the_pin(
    rpc: ChainRpc, client: Client, keystores: Keystores, home: Path
) -> None:
    key = home / "hub.pem"
    pin = TlsIdentity.load_or_create(key).pin
    assert run("hubs", "add", URI, "--key-file", key, "--account", keystores["alice"]).code == 0
    assert client.hubs.hub(1).pins == (pin,)


@pytest.mark.parametrize("words", [[], ["--pin", PIN, "--key-file", __file__]])
def test_the_key_is_said_in_one_way(keystores: Keystores, words: list[str]) -> None:
    ran = run("hubs", "add", URI, "--account", keystores["alice"], *words)
    assert (ran.code, "one of the two" in ran.err) == (2, True)


def test_an_address_that_the_contract_refuses_is_explained(rpc: ChainRpc, keystores: Keystores) -> None:
    ran = run("hubs", "add", "https://example.org", "--pin", PIN, "--account", keystores["alice"])
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "is no address of a hub or node" in ran.err


def test_an_address_without_tls_is_refused_with_what_would_do(
    rpc: ChainRpc, client: Client, keystores: Keystores
) -> None:
    client.hubs.add_hub(URI, bytes.fromhex(PIN))
    plain = "sip:192.0.2.9:5060"
    for words in (["hubs", "add", plain], ["hubs", "nodes", 1, "--add", plain]):
        ran = run(*words, "--pin", PIN, "--account", keystores["alice"])
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert f"{plain!r} is not reached over TLS" in ran.err
        assert "list it with transport=tls" in ran.err
    assert (client.hubs.count(), list(client.hubs.nodes(1))) == (1, [])


def test_only_its_operator_adds_nodes_to_a_hub(rpc: ChainRpc, client: Client, keystores: Keystores) -> None:
    client.hubs.add_hub(URI, bytes.fromhex(PIN))
    ran = run("hubs", "nodes", 1, "--add", NODE_URI, "--pin", NODE_PIN, "--account", keystores["bob"])
    assert (ran.code, list(client.hubs.nodes(1))) == (1, [])


def test_a_home_hub_is_chosen_and_left(
    rpc: ChainRpc, client: Client, chain: EmbeddedChain, keystores: Keystores
) -> None:
    client.buy_number(NUMBER, wait=chain.advance_time)
    client.hubs.add_hub(URI, bytes.fromhex(PIN))
    signer = ("--account", keystores["alice"], "--json")
    assert run("hubs", "choose", NUMBER, 1, *signer).json["hub"] == 1
    assert run("lookup", NUMBER, "--json").json["hub"] == 1
    assert run("hubs", "choose", NUMBER, 0, *signer).json["hub"] is None
    assert client.records.get(NUMBER).hub is None


@pytest.mark.parametrize("node", [(), ("--node", 0)], ids=["hub", "node"])
def test_a_key_is_rotated_and_the_old_one_retired(
    rpc: ChainRpc, client: Client, keystores: Keystores, home: Path, node: tuple[object, ...]
) -> None:
    client.hubs.add_hub(URI, bytes.fromhex(PIN))
    client.hubs.add_node(1, NODE_URI, bytes.fromhex(PIN), 10)
    signer = ("--account", keystores["alice"], "--json")
    pin = TlsIdentity.load_or_create(home / "next.pem").pin.hex()

    def pins() -> list[list[str]]:
        (hub,) = run("hubs", "list", "--json").json["hubs"]
        (only,) = run("hubs", "nodes", 1, "--json").json["nodes"]
        return [only["pins"], hub["pins"]] if node else [hub["pins"], only["pins"]]

    rotated = run("hubs", "rotate-key", 1, *node, "--key-file", home / "next.pem", *signer).json
    assert (rotated["hub"], rotated["index"], rotated["pin"]) == (1, 0 if node else None, pin)
    assert pins() == [[pin, PIN], [PIN]]
    assert run("hubs", "retire-key", 1, *node, *signer).json["hub"] == 1
    assert pins() == [[pin], [PIN]]


@pytest.mark.parametrize(
    "words",
    [["nodes", "7"], ["choose", "5551234", "7"], ["rotate-key", "7", "--pin", PIN], ["retire-key", "7"]],
)
def test_a_hub_that_is_not_there_is_not_found(rpc: ChainRpc, keystores: Keystores, words: list[str]) -> None:
    ran = run("hubs", *words, "--account", keystores["alice"])
    assert (ran.code, ran.err) == (1, "error: there is no hub 7: see `telsdk hubs list`\n")
