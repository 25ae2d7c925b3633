"""``telsdk message``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from telsdk.cli.common.online import LoginChoice, online, user_options
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_json, print_line, working
from telsdk.cli.common.params import ADDRESS
from telsdk.number import Number


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
    exits with 1.

    \b
    Examples:
      telsdk message bob.eth "I am late"
    """
    asyncio.run(_send(options, LoginChoice(number, login, address), recipient, text))
    if as_json:
        print_json({"to": recipient, "delivered": True})
    else:
        print_line(f"{recipient} has it")


async def _send(options: Options, who: LoginChoice, recipient: str, text: str) -> None:
    async with online(options, who) as uc:
        with working(f"sending to {recipient}"):
            await uc.message(recipient, text)
