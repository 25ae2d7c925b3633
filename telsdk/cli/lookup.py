"""``telsdk lookup``."""

from __future__ import annotations

import click

from telsdk.cli.common.options import Options, reading, stale_after_option
from telsdk.cli.common.output import print_facts, warn_stale
from telsdk.cli.common.params import ANYTHING
from telsdk.freshness import utc


@click.command()
@click.argument("address", type=ANYTHING)
@stale_after_option
@reading
def lookup(options: Options, address: str, as_json: bool) -> None:
    """Show who holds ADDRESS, and what is recorded of it.

    ADDRESS is a number, a name, or the account of somebody who holds one number. All is as of one block.
    Records of an earlier owner are void, and not shown. If that block is old, it says so: the RPC may be stuck.

    \b
    Examples:
      telsdk lookup bob.eth
      telsdk lookup 5551234 --network sepolia
      telsdk lookup 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --rpc http://127.0.0.1:8545 --json
    """
    found = options.client().lookup(address, stale_after=options.stale_after)
    print_facts(found.to_dict(), as_json, {"listing": "ether"})
    if found.stale:
        warn_stale(utc(found.time))
