"""``telsdk hubs``: the list of hubs and their nodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.options import Options, account_option, reading, writing
from telsdk.cli.common.output import print_done, print_json, print_line, print_table, working
from telsdk.cli.common.params import NUMBER, PIN
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.chain.contracts import HubEntry
    from telsdk.directory import NodeFacts

_KEY_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_node_option = click.option(
    "--node",
    type=click.IntRange(min=0),
    metavar="INDEX",
    help="The node whose key it is; by default it is the hub's.",
)


@click.group()
def hubs() -> None:
    """List and add hubs and nodes, choose a home hub.

    \b
    Examples:
      telsdk hubs list
      telsdk hubs choose 5551234 1 --account me.json
    """


@hubs.command("list")
@reading
def list_(options: Options, as_json: bool) -> None:
    """List all hubs. A hub without a bond has left.

    \b
    Examples:
      telsdk hubs list
      telsdk hubs list --json
    """
    client = options.client()
    with working("reading the list"):
        found = [_hub(hub) for hub in client.hubs.all()]
    if as_json:
        print_json({"hubs": found, "chain_id": client.domain.chain_id})
    elif found:
        columns = ("id", "uri", "nodes", "bond", "exit_at", "operator")
        print_table(columns, [[hub[column] for column in columns] for hub in found])
    else:
        print_line("no hub is listed: add one with `telsdk hubs add`")


@hubs.command()
@click.argument("uri")
@click.option(
    "--pin", type=PIN, metavar="HEX", help="SHA-256 of its TLS key, as `telsdk hub run --show-pin` says."
)
@click.option(
    "--key-file", type=_KEY_FILE, metavar="FILE", help="Its TLS key instead, where it is on this machine."
)
@writing
def add(options: Options, uri: str, pin: bytes | None, key_file: Path | None, as_json: bool) -> None:
    """Add a hub at the SIP address URI. It costs a bond, which you get back after you leave.

    \b
    Examples:
      telsdk hubs add "sip:192.0.2.7:5061;transport=tls" --pin 3f5a… --account operator.json
    """
    chosen = _pin(pin, key_file)
    client = options.signing_client()
    with working("adding the hub"):
        receipt = client.hubs.add_hub(uri, chosen)
    hub = int(receipt.event("HubAdded").args["hubId"])
    print_done(f"hub {hub} is listed at {uri}", receipt, as_json, hub=hub, uri=uri, pin=chosen.hex())


@hubs.command()
@click.argument("hub", type=click.IntRange(min=1))
@click.option("--add", "uri", metavar="URI", help="Add a node at this SIP address.")
@click.option(
    "--pin", type=PIN, metavar="HEX", help="SHA-256 of its TLS key, as `telsdk node run --show-pin` says."
)
@click.option(
    "--key-file", type=_KEY_FILE, metavar="FILE", help="Its TLS key instead, where it is on this machine."
)
@click.option(
    "--capacity", type=click.IntRange(min=1), default=1000, show_default=True, help="Users it can serve."
)
@account_option
@reading
def nodes(
    options: Options,
    hub: int,
    uri: str | None,
    pin: bytes | None,
    key_file: Path | None,
    capacity: int,
    as_json: bool,
) -> None:
    """List the nodes of HUB, or add one to it.

    \b
    Examples:
      telsdk hubs nodes 1
      telsdk hubs nodes 1 --add "sip:192.0.2.8:5061;transport=tls" --pin 3f5a… --capacity 5000
    """
    if uri is not None:
        _add_node(options, hub, uri, _pin(pin, key_file), capacity, as_json)
        return
    client = options.client()
    with working("reading the list"):
        client.hubs.hub(hub)
        found = [_node(node) for node in client.hubs.nodes(hub)]
    if as_json:
        print_json({"hub": hub, "nodes": found, "chain_id": client.domain.chain_id})
    elif found:
        print_table(tuple(found[0]), [tuple(node.values()) for node in found])
    else:
        print_line(f"hub {hub} has no nodes: add one with `telsdk hubs nodes {hub} --add URI`")


@hubs.command()
@click.argument("number", type=NUMBER)
@click.argument("hub", type=click.IntRange(min=0))
@writing
def choose(options: Options, number: Number, hub: int, as_json: bool) -> None:
    """Make HUB the home of NUMBER; 0 for none.

    There you log in, and there callers find you.

    \b
    Examples:
      telsdk hubs choose 5551234 1 --account me.json
    """
    client = options.signing_client()
    if hub:
        client.hubs.hub(hub)
    with working(f"choosing a home for {number}"):
        receipt = client.records.set_hub(number, hub or None)
    text = f"{number} is at home at hub {hub}" if hub else f"{number} has no home hub now"
    print_done(text, receipt, as_json, number=int(number), hub=hub or None)


@hubs.command("rotate-key")
@click.argument("hub", type=click.IntRange(min=1))
@_node_option
@click.option("--pin", type=PIN, metavar="HEX", help="SHA-256 of the next key, as `… run --show-pin` says.")
@click.option(
    "--key-file", type=_KEY_FILE, metavar="FILE", help="The next key instead, where it is on this machine."
)
@writing
def rotate_key(
    options: Options, hub: int, node: int | None, pin: bytes | None, key_file: Path | None, as_json: bool
) -> None:
    """List the next key of HUB or its node; the old one still holds.

    A key changes in three steps, and no call is dropped. Make the next key (`telsdk node run --show-pin
    --key-file next.pem`) and list it. When everybody has seen that, which takes a minute, replace the running
    server's key file by it and send SIGHUP. Then retire the old key (`telsdk hubs retire-key`).

    \b
    Examples:
      telsdk hubs rotate-key 1 --node 0 --key-file next.pem --account operator.json
      telsdk hubs rotate-key 1 --pin 3f5a… --account operator.json
    """
    chosen = _pin(pin, key_file)
    list_ = options.signing_client().hubs
    list_.hub(hub)
    with working("listing the next key"):
        receipt = (
            list_.rotate_hub_pin(hub, chosen) if node is None else list_.rotate_node_pin(hub, node, chosen)
        )
    text = f"{_who(hub, node)} may show the key {chosen.hex()} besides the one before"
    print_done(text, receipt, as_json, hub=hub, index=node, pin=chosen.hex())


@hubs.command("retire-key")
@click.argument("hub", type=click.IntRange(min=1))
@_node_option
@writing
def retire_key(options: Options, hub: int, node: int | None, as_json: bool) -> None:
    """Retire the old key of HUB or its node: only the newer one holds.

    \b
    Examples:
      telsdk hubs retire-key 1 --node 0 --account operator.json
    """
    list_ = options.signing_client().hubs
    list_.hub(hub)
    with working("retiring the old key"):
        receipt = list_.retire_hub_pin(hub) if node is None else list_.retire_node_pin(hub, node)
    print_done(
        f"{_who(hub, node)} shows its newer key, and no other is good", receipt, as_json, hub=hub, index=node
    )


def _who(hub: int, node: int | None) -> str:
    return f"hub {hub}" if node is None else f"node {node} of hub {hub}"


def _add_node(options: Options, hub: int, uri: str, pin: bytes, capacity: int, as_json: bool) -> None:
    client = options.signing_client()
    with working("adding the node"):
        receipt = client.hubs.add_node(hub, uri, pin, capacity)
    index = int(receipt.event("NodeAdded").args["index"])
    start = f"telsdk node run --hub {hub} --index {index}"
    text = f"node {index} of hub {hub} is listed at {uri}; start it with `{start}`"
    print_done(text, receipt, as_json, hub=hub, index=index, uri=uri, pin=pin.hex(), capacity=capacity)


def _pin(pin: bytes | None, key_file: Path | None) -> bytes:
    if (pin is None) == (key_file is None):
        raise click.UsageError("say by --pin or by --key-file which key it proves itself by: one of the two")
    if key_file is None:
        assert pin is not None
        return pin
    from telsdk.net.pins import TlsIdentity

    return TlsIdentity.load_or_create(key_file).pin


def _hub(found: HubEntry) -> dict[str, Any]:
    return {
        "id": found.id,
        "uri": found.uri,
        "pins": [pin.hex() for pin in found.pins],
        "nodes": found.node_count,
        "bond": str(found.bond),
        "exit_at": None if found.exit_at is None else found.exit_at.isoformat(),
        "operator": found.operator,
    }


def _node(node: NodeFacts) -> dict[str, Any]:
    return {
        "index": node.index,
        "uri": node.uri,
        "pins": [pin.hex() for pin in node.pins],
        "capacity": node.capacity,
        "active": node.active,
    }
