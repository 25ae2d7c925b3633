"""``telsdk call``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.online import LoginChoice, audio_options, online, say, user_options
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_facts
from telsdk.cli.common.params import ADDRESS
from telsdk.cli.common.serve import stop_asked, unless
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.call import PhoneCall
    from telsdk.uc.client import UserClient


_PATIENCE = 10.0  # seconds for the other side to agree that a call is over


@click.command()
@click.argument("callee", metavar="ADDRESS", type=ADDRESS)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    help="Hang up after so many seconds; by default Ctrl-C hangs up.",
)
@audio_options
@user_options
def call(
    options: Options,
    callee: str,
    seconds: float | None,
    play: Path | None,
    record: Path | None,
    number: Number | None,
    login: Path | None,
    address: str | None,
    as_json: bool,
) -> None:
    """Call ADDRESS, a number or name.

    It uses the login of this machine. Media flows only once the answering side has proven, against the chain,
    that it is the one that was called. It plays and records WAV files; there is no microphone here.

    \b
    Examples:
      telsdk call bob.eth --play hello.wav --record answer.wav
      telsdk call 5551234 --seconds 10 --json
    """
    report = asyncio.run(_call(options, LoginChoice(number, login, address), callee, seconds, play, record))
    print_facts(report, as_json, {"seconds": "s", "jitter_s": "s"})


async def _call(
    options: Options,
    who: LoginChoice,
    callee: str,
    seconds: float | None,
    play: Path | None,
    record: Path | None,
) -> dict[str, Any]:
    async with online(options, who) as uc:
        stop = stop_asked()
        made = await unless(stop, _connect(uc, callee, play, record))
        if made is None:
            raise Failure("given up before anybody answered")
        say(f"answered: {made.party}; Ctrl-C hangs up")
        with suppress(TimeoutError):
            await unless(stop, made.wait_ended(seconds))
        return await finish(made)


async def _connect(uc: UserClient, callee: str, play: Path | None, record: Path | None) -> PhoneCall:
    say(f"calling {callee}; Ctrl-C gives up")
    return await uc.call(callee, play, record, on_ringing=lambda: say("it rings"))


async def finish(call: PhoneCall) -> dict[str, Any]:
    """Hang up, if nobody has, and return the report of the call."""
    if call.ended_by is None:
        call.hang_up()
        await call.wait_ended(_PATIENCE)
    party, stats = call.party, await call.stats()
    return {
        "call_id": call.id,
        "number": None if party is None or party.number is None else int(party.number),
        "name": None if party is None else party.name,
        "trust": None if party is None else party.trust.value,
        "login": None if party is None else party.role,
        "media_key_bound": party is not None and party.media_bound,
        "ended_by": call.ended_by,
        "seconds": round(call.seconds, 1),
        "packets": 0 if stats is None else stats.packets_received,
        "lost": 0 if stats is None else stats.packets_lost,
        "jitter_s": 0.0 if stats is None else round(stats.jitter_s, 6),
        "codec": None if stats is None else stats.codec,
    }
