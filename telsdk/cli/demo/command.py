"""`telsdk demo`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import print_json, print_line, working
from telsdk.errors import TelError

if TYPE_CHECKING:
    from telsdk.cli.demo.report import DemoReport

EXTRA = "the demo needs more than the bare SDK: pip install 'telprotocol[demo]'"


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print the report as JSON: ladder, media, checks, backup, sale."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write the report as a page, with the ladder drawn.",
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write the ladder as an SVG picture.",
)
@click.option(
    "--rpc",
    envvar="TELSDK_DEMO_RPC",
    metavar="URL",
    help="Use a development chain such as anvil at this JSON-RPC instead of the embedded one.",
)
def demo(as_json: bool, html: Path | None, svg: Path | None, rpc: str | None) -> None:
    """Make a real call from alice.eth to bob.eth, on this machine.

    The demo starts a chain, deploys the contracts, lets three people buy numbers, runs a hub and two nodes, makes
    the call, attacks it, backs up, sells a number, and checks what it saw. All traffic stays on loopback. It takes
    less than a minute, and exits with 1 if any check failed.

    \b
    Examples:
      telsdk demo
      telsdk demo --html call.html
      telsdk demo --json | jq .checks
    """
    start = time.monotonic()
    report = _run(rpc)
    if html is not None:
        from telsdk.cli.demo.page import page

        html.write_text(page(report), encoding="utf-8")
    if svg is not None:
        from telsdk.cli.demo.ladder import Ladder
        from telsdk.cli.demo.ladder_svg import svg as draw

        svg.write_text(
            draw(Ladder.from_entries(report["ladder"]), "A call from alice.eth to bob.eth"), encoding="utf-8"
        )
    if as_json:
        print_json(report)
    else:
        from telsdk.cli.demo.report import show

        show(report, Console())
        page_in = f", page in {html}" if html else ""
        print_line(f"done in {time.monotonic() - start:.0f} s{page_in}", err=True)
    sys.exit(not all(check["ok"] for check in report["checks"]))


def _run(rpc: str | None) -> DemoReport:
    """Play the demo. A progress line shows each step."""
    try:
        from telsdk.cli.demo.play import Play
    except ImportError as error:
        raise Failure(f"{error.name} is missing: {EXTRA}") from error
    with tempfile.TemporaryDirectory(prefix="telsdk-demo-") as folder, working("starting") as status:

        def progress(text: str) -> None:
            if sys.stderr.isatty():
                status.update(text)
            else:
                print_line(f"… {text}", err=True)

        try:
            return asyncio.run(Play(rpc, Path(folder), progress).run())
        except TelError as error:
            raise Failure(str(error)) from error
        except TimeoutError as error:
            raise Failure(f"something took too long: {str(error) or 'no answer'}") from error
