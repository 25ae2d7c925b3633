"""``telsdk call``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.online import LoginChoice, audio_options, online, say, user_options
from telsdk.cli.common.options import Options, unverified_answer_option
from telsdk.cli.common.output import print_facts
from telsdk.cli.common.params import ADDRESS
from telsdk.cli.common.serve import stop_asked, unless
from telsdk.freshness import utc
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
@unverified_answer_option(
    "What happens to an answer that proves nothing, as a plain phone's: refuse it, as is usual; allow it, unless the "
    "number has answered with proof before; or take it always. By default as you said of the contact."
)
@audio_options
@user_options
def call(
    options: Options,
    callee: str,
    seconds: float | None,
    unverified: str | None,
    play: Path | None,
    record: Path | None,
    number: Number | None,
    login: Path | None,
    address: str | None,
    as_json: bool,
) -> None:
    """Call ADDRESS, a number or name.

    It uses the login of this machine. Media flows only once the answering side has proven, against the chain,
    that it is the one that was called. A plain phone can prove nothing: allow it by --unverified, or for a contact.
    It plays and records WAV files; there is no microphone here. If somebody else holds ADDRESS than at the last
    contact, it says so.

    \b
    Examples:
      telsdk call bob.eth --play hello.wav --record answer.wav
      telsdk call 5550002 --unverified allow
      telsdk call 5551234 --seconds 10 --json
    """
    who = LoginChoice(number, login, address)
    report = asyncio.run(_call(options, who, callee, seconds, unverified, play, record))
    print_facts(report, as_json, {"seconds": "s", "jitter_s": "s"})


async def _call(
    options: Options,
    who: LoginChoice,
    callee: str,
    seconds: float | None,
    unverified: str | None,
    play: Path | None,
    record: Path | None,
) -> dict[str, Any]:
    async with online(options, who) as uc:
        stop = stop_asked()
        made = await unless(stop, _connect(uc, callee, unverified, play, record))
        if made is None:
            raise Failure("given up before anybody answered")
        say(f"answered: {made.party}; Ctrl-C hangs up")
        with suppress(TimeoutError):
            await unless(stop, made.wait_ended(seconds))
        return await finish(made)


async def _connect(
    uc: UserClient, callee: str, unverified: str | None, play: Path | None, record: Path | None
) -> PhoneCall:
    from telsdk.uc.settings import UnverifiedAnswer

    say(f"calling {callee}; Ctrl-C gives up")
    said = None if unverified is None else UnverifiedAnswer(unverified)
    return await uc.call(callee, play, record, on_ringing=lambda: say("it rings"), unverified=said)


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
        "as_of": None if party is None or party.as_of is None else utc(party.as_of),
        "changed": None if call.change is None else str(call.change),
        "login": None if party is None else party.role,
        "media_key_bound": party is not None and party.media_bound,
        "ended_by": call.ended_by,
        "seconds": round(call.seconds, 1),
        "packets": 0 if stats is None else stats.packets_received,
        "lost": 0 if stats is None else stats.packets_lost,
        "jitter_s": 0.0 if stats is None else round(stats.jitter_s, 6),
        "codec": None if stats is None else stats.codec,
    }
