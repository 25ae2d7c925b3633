"""What somebody signs elsewhere, in their own time: a file with what is to be signed, and one with the signature."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from telsdk.cli.common.failure import Failure
from telsdk.cli.common.options import CommandFunction

_MOST: Final = 131_072  # characters: a wallet that was not deployed sends more than its signature (ERC-6492)
_HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})*)", re.ASCII)


def request_options(function: CommandFunction) -> CommandFunction:
    """Add --request and --signature."""
    for option in (
        click.option(
            "--signature",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Go on with what --request wrote, by the signature in FILE: 0x and hexadecimal digits.",
        ),
        click.option(
            "--request",
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            metavar="FILE",
            help="Write to FILE what is to be signed (eth_signTypedData_v4), for a wallet with a program of its own.",
        ),
    ):
        function = option(function)
    return function


def check_ways(*, wallet: str | None = None, request: Path | None, signature: Path | None) -> None:
    """Refuse more than one way to sign.

    Raises:
        click.UsageError: several are given.
    """
    said = click.get_current_context().get_parameter_source("account")
    ways = [request is not None, signature is not None, wallet is not None]
    if sum(ways) > 1 or (sum(ways[:2]) and said is ParameterSource.COMMANDLINE):
        raise click.UsageError("give one of --account, --wallet, --request and --signature")


def write_request(path: Path, payload: Mapping[str, object]) -> None:
    """Write what is to be signed, as eth_signTypedData_v4 takes it, to `path`.

    Raises:
        Failure: it cannot be written.
    """
    try:
        path.write_text(json.dumps(payload, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error


def read_signature(path: Path) -> bytes:
    """Return the signature in `path`; it may be empty, where a contract has signed on chain.

    Raises:
        Failure: there is none in it.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST + 1).strip()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    found = _HEX.fullmatch(text) if len(text) <= _MOST else None
    if found is None:
        raise Failure(
            f"{path} holds no signature: write 0x and its hexadecimal digits there, and nothing else"
        )
    return bytes.fromhex(found[1])
