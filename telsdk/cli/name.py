"""``telsdk name``: names such as bob.eth for numbers."""

from __future__ import annotations

import click

from telsdk.cli.common.options import Options, writing
from telsdk.cli.common.output import print_done, working
from telsdk.cli.common.params import NAME, NUMBER
from telsdk.name import Name
from telsdk.number import Number


@click.group()
def name() -> None:
    """Give a number a name, and take it away.

    \b
    Examples:
      telsdk name claim bob.eth 5551234 --account me.json
    """


@name.command()
@click.argument("name", type=NAME)
@click.argument("number", type=NUMBER)
@writing
def claim(options: Options, name: Name, number: Number, as_json: bool) -> None:
    """Make NAME stand for NUMBER, which has to be yours.

    Where the chain has ENS, the name has to be yours there; elsewhere the first to claim it gets it. A number
    has one name: a new one replaces it.

    \b
    Examples:
      telsdk name claim bob.eth 5551234 --account me.json
    """
    client = options.signing_client()
    with working(f"claiming {name}"):
        receipt = client.alias.claim(name, number)
    print_done(f"{name} is {number} now", receipt, as_json, number=int(number), name=str(name))


@name.command()
@click.argument("number", type=NUMBER)
@writing
def release(options: Options, number: Number, as_json: bool) -> None:
    """Take the name of NUMBER away, so that another number may have it.

    \b
    Examples:
      telsdk name release 5551234 --account me.json
    """
    client = options.signing_client()
    with working(f"releasing the name of {number}"):
        receipt = client.alias.release(number)
    print_done(f"{number} has no name now", receipt, as_json, number=int(number), name=None)
