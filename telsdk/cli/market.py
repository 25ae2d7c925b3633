"""``telsdk market``: numbers for sale."""

from __future__ import annotations

from decimal import Decimal

import click

from telsdk.cli.common.confirm import confirm
from telsdk.cli.common.options import Options, writing, yes_option
from telsdk.cli.common.output import print_done, working
from telsdk.cli.common.params import ETHER, NUMBER
from telsdk.errors import NotFound
from telsdk.number import Number


@click.group()
def market() -> None:
    """Sell and buy numbers at a fixed price.

    \b
    Examples:
      telsdk market list 5551234 0.5 --account me.json
      telsdk market buy 5551234 --account buyer.json
    """


@market.command("list")
@click.argument("number", type=NUMBER)
@click.argument("price", type=ETHER)
@writing
def list_(options: Options, number: Number, price: Decimal, as_json: bool) -> None:
    """Offer NUMBER for PRICE ether, or change its price.

    You keep the number, and it works, until somebody buys it. The offer ends when the number changes hands in
    another way.

    \b
    Examples:
      telsdk market list 5551234 0.5 --account me.json
    """
    client = options.signing_client()
    with working(f"listing {number}"):
        receipt = client.market.list(number, price)
    print_done(
        f"{number} is for sale for {price} ether", receipt, as_json, number=int(number), listing=str(price)
    )


@market.command()
@click.argument("number", type=NUMBER)
@click.option("--max-price", type=ETHER, metavar="ETHER", help="Refuse to pay more than this.")
@yes_option
@writing
def buy(options: Options, number: Number, max_price: Decimal | None, yes: bool, as_json: bool) -> None:
    """Buy NUMBER from its owner.

    If its price, its records or anything else about it changes before your payment, nothing is paid.

    \b
    Examples:
      telsdk market buy 5551234 --account me.json
      telsdk market buy 5551234 --max-price 0.5 --yes
    """
    client = options.signing_client()
    offer = client.market.offer(number)
    if offer is None:
        raise NotFound(f"{number} is not for sale: see `telsdk number show {number}`")
    if max_price is not None and offer.price > max_price:
        from telsdk.chain.errors import PriceTooHigh

        raise PriceTooHigh(f"{number} costs {offer.price} ether, more than {max_price}: allow more")
    confirm(f"{number} costs {offer.price} ether and gas, sold by {offer.seller}. Buy it?", yes)
    with working(f"buying {number}"):
        receipt = client.market.buy(offer)
    owner = client.registry.custody(number).owner
    text = f"{number} is yours now, for {offer.price} ether"
    print_done(text, receipt, as_json, number=int(number), owner=owner, paid=str(offer.price))


@market.command()
@click.argument("number", type=NUMBER)
@writing
def cancel(options: Options, number: Number, as_json: bool) -> None:
    """Take NUMBER off the market.

    \b
    Examples:
      telsdk market cancel 5551234 --account me.json
    """
    client = options.signing_client()
    with working(f"taking {number} off the market"):
        receipt = client.market.cancel(number)
    print_done(f"{number} is no longer for sale", receipt, as_json, number=int(number), listing=None)


@market.command()
@writing
def withdraw(options: Options, as_json: bool) -> None:
    """Withdraw what you earned by selling numbers.

    \b
    Examples:
      telsdk market withdraw --account me.json
    """
    client = options.signing_client()
    account = client.session.signer().address
    owed = client.market.owed(account)
    with working("withdrawing"):
        receipt = client.market.withdraw()
    print_done(f"{owed} ether went to {account}", receipt, as_json, account=account, withdrawn=str(owed))
