"""``telsdk message``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common.online import LoginChoice, online, user_options
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_json, print_line, working
from telsdk.cli.common.params import ADDRESS
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.holder import OwnerChange


@click.command()
@click.argument("recipient", metavar="ADDRESS", type=ADDRESS)
@click.argument("text")
@user_options
def message(
    options: Options,
    recipient: str,
    text: str,
    number: Number | None,
    login: Path | None,
    address: str | None,
    as_json: bool,
) -> None:
    """Send TEXT to ADDRESS, a number or name.

    The login of this machine signs it. Somebody who is not online does not get it: then the command says so and
    exits with 1. If somebody else holds ADDRESS than at the last contact, it says so.

    \b
    Examples:
      telsdk message bob.eth "I am late"
    """
    change = asyncio.run(_send(options, LoginChoice(number, login, address), recipient, text))
    if as_json:
        print_json({"to": recipient, "delivered": True, "changed": None if change is None else str(change)})
    else:
        print_line(f"{recipient} has it")


async def _send(options: Options, who: LoginChoice, recipient: str, text: str) -> OwnerChange | None:
    async with online(options, who) as uc:
        with working(f"sending to {recipient}"):
            return await uc.message(recipient, text)
