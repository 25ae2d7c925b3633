"""``telsdk listen``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.call import finish
from telsdk.cli.common.online import LoginChoice, audio_options, online, say, user_options
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_json_line, print_line
from telsdk.cli.common.serve import stop_asked, unless
from telsdk.errors import TelError
from telsdk.freshness import utc
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.call import PhoneCall
    from telsdk.uc.client import UserClient
    from telsdk.uc.trust import Party


@dataclass(frozen=True)
class Manner:
    """What to do about calls."""

    answer: bool
    once: bool
    play: Path | None
    record: Path | None
    as_json: bool


@click.command()
@click.option("--answer", is_flag=True, help="Answer every call without asking.")
@click.option("--once", is_flag=True, help="Stop after the first call.")
@click.option(
    "--unverified",
    type=click.Choice(["ring", "silence", "refuse"]),
    default="ring",
    show_default=True,
    help="What happens to a caller that proves nothing, such as a plain phone. A wrong proof is always refused.",
)
@audio_options
@user_options
def listen(
    options: Options,
    answer: bool,
    once: bool,
    unverified: str,
    play: Path | None,
    record: Path | None,
    number: Number | None,
    login: Path | None,
    address: str | None,
    as_json: bool,
) -> None:
    """Be reachable: show and take calls and messages.

    It says who calls, as the chain proves it, and asks at the terminal whether to answer. It takes one call at a
    time, and tells other callers that you are busy. It says when somebody else holds a number or name than at the
    last contact. With --json every event is one line of JSON. When the chain
    ends the login (the number was sold or moved, its password changed, its sessions were ended), it says so and
    exits with 1.

    \b
    Examples:
      telsdk listen
      telsdk listen --answer --play welcome.wav --record caller.wav --once
    """
    manner = Manner(answer, once, play, record, as_json)
    asyncio.run(_listen(options, LoginChoice(number, login, address), unverified, manner))


async def _listen(options: Options, who: LoginChoice, unverified: str, manner: Manner) -> None:
    from telsdk.uc.settings import Unverified

    async with online(options, who, unverified=Unverified(unverified), tell_changes=False) as uc:
        stop = stop_asked()
        say("listening; Ctrl-C stops")
        await unless(stop, meet(uc, manner))


async def meet(uc: UserClient, manner: Manner) -> None:
    """Take calls and messages until cancelled, or with `once` until the first call is over.

    Raises:
        SessionEnded: the chain grants the login no longer. A call in progress goes on to its end first.
    """
    works = (
        _messages(uc, manner),
        _refusals(uc, manner),
        _changes(uc, manner),
        _end_of_login(uc, manner),
    )
    others = [asyncio.ensure_future(work) for work in works]
    try:
        await _calls(uc, manner)
    finally:
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _calls(uc: UserClient, manner: Manner) -> None:
    async with _keyboard() as lines:
        while True:
            call = await _next_call(uc)
            busy = asyncio.ensure_future(_busy(uc, manner))
            try:
                await _take(call, manner, lines)
            finally:
                busy.cancel()
                await asyncio.gather(busy, return_exceptions=True)
            if manner.once:
                return


async def _busy(uc: UserClient, manner: Manner) -> None:
    """Reject everybody who calls meanwhile as busy."""
    while True:
        call = await uc.incoming.get()
        call.reject(486)
        _tell(manner, "missed", f"{call.party} called while you were busy", **_party(call.party))


async def _take(call: PhoneCall, manner: Manner, lines: asyncio.Queue[str]) -> None:
    silent = " (silent)" if call.silent else ""
    _tell(manner, "ringing", f"{call.party} calls{silent}", **_party(call.party))
    if not manner.answer and not await _agreed(call, lines):
        return
    try:
        await call.answer(manner.play, manner.record)
    except TelError as error:
        _tell(manner, "failed", f"not answered: {error}", reason=str(error))
        return
    say("answered; Ctrl-C hangs up")
    try:
        await call.wait_ended()
    finally:
        report = await finish(call)
        seconds, packets, lost = report["seconds"], report["packets"], report["lost"]
        _tell(manner, "ended", f"ended after {seconds} s, {packets} packets heard, {lost} lost", **report)


async def _agreed(call: PhoneCall, lines: asyncio.Queue[str]) -> bool:
    """Ask at the terminal whether to answer. The caller may give up meanwhile."""
    if not sys.stdin.isatty():
        say("nobody is here to answer: give --answer")
        await call.wait_ended()
        return False
    while not lines.empty():
        lines.get_nowait()  # what was typed before it rang is no answer
    print_line("answer? [y/n] ", nl=False, err=True)
    typed = asyncio.ensure_future(lines.get())
    ended = asyncio.ensure_future(call.wait_ended())
    try:
        await asyncio.wait({typed, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            say("the caller gave up")
            return False
        agreed = typed.result().strip().lower() in ("y", "yes")
        if not agreed:
            call.reject(603)
        return agreed
    finally:
        typed.cancel()
        ended.cancel()
        await asyncio.gather(typed, ended, return_exceptions=True)


async def _next_call(uc: UserClient) -> PhoneCall:
    """Return the next call. Raise SessionEnded when there can be none."""
    ringing = asyncio.ensure_future(uc.incoming.get())
    ended = asyncio.ensure_future(uc.wait_ended())
    try:
        await asyncio.wait({ringing, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ringing.done():
            return ringing.result()
        raise ended.result()
    finally:
        ringing.cancel()
        ended.cancel()
        await asyncio.gather(ringing, ended, return_exceptions=True)


async def _end_of_login(uc: UserClient, manner: Manner) -> None:
    reason = str(await uc.wait_ended())
    _tell(manner, "logged-out", f"logged out by the chain: {reason}; a call in progress stays", reason=reason)


async def _messages(uc: UserClient, manner: Manner) -> None:
    while True:
        party, text = await uc.messages.get()
        _tell(manner, "message", f"{party}: {text}", **_party(party), body=text)


async def _changes(uc: UserClient, manner: Manner) -> None:
    while True:
        change = await uc.changes.get()
        _tell(manner, "changed", f"note: {change}", number=int(change.now.number), reason=str(change))


async def _refusals(uc: UserClient, manner: Manner) -> None:
    while True:
        party = await uc.refused.get()
        _tell(manner, "refused", f"refused a call: {party}", **_party(party), reason=party.reason)


def _tell(manner: Manner, event: str, text: str, **facts: Any) -> None:
    if manner.as_json:
        print_json_line({"event": event, **facts})
    else:
        print_line(text)


def _party(party: Party | None) -> dict[str, Any]:
    return {
        "number": None if party is None or party.number is None else int(party.number),
        "name": None if party is None else party.name,
        "trust": None if party is None else party.trust.value,
        "as_of": None if party is None or party.as_of is None else utc(party.as_of),
        "changed": None if party is None or party.change is None else str(party.change),
    }


@asynccontextmanager
async def _keyboard() -> AsyncIterator[asyncio.Queue[str]]:
    """Yield the lines that a person types. A terminal hands over whole lines, so reading one does not block."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    if not sys.stdin.isatty():
        yield lines
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = sys.stdin.readline()
        if not typed:  # the terminal is gone; its end of file would be ready to read for ever
            loop.remove_reader(sys.stdin)
        lines.put_nowait(typed)

    loop.add_reader(sys.stdin, read)
    try:
        yield lines
    finally:
        loop.remove_reader(sys.stdin)
