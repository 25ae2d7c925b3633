"""The commands of ``telsdk`` and where each is."""

from __future__ import annotations

import click

import telsdk
from telsdk.cli.common.lazy import LazyGroup
from telsdk.cli.common.options import account_option, network_options

SECTIONS = {
    "See it work": {
        "demo": "telsdk.cli.demo.command:demo",
    },
    "Numbers and names": {
        "lookup": "telsdk.cli.lookup:lookup",
        "number": "telsdk.cli.number:number",
        "name": "telsdk.cli.name:name",
        "market": "telsdk.cli.market:market",
        "credential": "telsdk.cli.credential:credential",
    },
    "Calls and messages": {
        "login": "telsdk.cli.login:login",
        "phone-password": "telsdk.cli.phone_password:phone_password",
        "call": "telsdk.cli.call:call",
        "listen": "telsdk.cli.listen:listen",
        "message": "telsdk.cli.message:message",
        "contacts": "telsdk.cli.contacts:contacts",
        "history": "telsdk.cli.history:history",
        "backup": "telsdk.cli.backup:backup",
        "restore": "telsdk.cli.backup:restore",
    },
    "For operators": {
        "hubs": "telsdk.cli.hubs:hubs",
        "node": "telsdk.cli.node:node",
        "hub": "telsdk.cli.hub:hub",
    },
}


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(telsdk.__version__, prog_name="telsdk", message="%(prog)s %(version)s")
@network_options
@account_option
def main() -> None:
    """Phone numbers that belong to the person who holds them.

    Name the chain by --network or --rpc, before or after the command, or by TELSDK_NETWORK or TELSDK_RPC. Name
    the key that signs by --account or TELSDK_KEYSTORE. Exit codes: 0 done, 1 refused or not found, 2 wrong usage.

    \b
    Examples:
      telsdk demo
      telsdk lookup bob.eth --rpc http://127.0.0.1:8545
      telsdk number buy-new 5551234 --account me.json
    """
