"""``telsdk phone-password``."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from telsdk.address import REALM, aor
from telsdk.cli.failure import Failure
from telsdk.cli.options import Options, reading
from telsdk.cli.output import print_facts
from telsdk.cli.params import ADDRESS
from telsdk.cli.secret import secret_bytes

_DAY = 86_400  # seconds


@click.command("phone-password")
@click.argument("address", type=ADDRESS)
@click.option(
    "--secret-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The operator's secret: the same 32 bytes or more that the nodes are run with.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it holds.")
@reading
def phone_password(options: Options, address: str, secret_file: Path, days: int, as_json: bool) -> None:
    """Issue a password for a plain SIP phone of ADDRESS.

    ADDRESS is a number or name. Nodes run with the same secret recompute it: nothing is stored. A sale, or
    `telsdk credential revoke-sessions`, ends it. `telsdk node new-phone-secret FILE` makes a secret.

    \b
    Examples:
      telsdk phone-password bob.eth --secret-file secret
      telsdk phone-password 5551234 --secret-file secret --days 7 --json
    """
    from telsdk.chain.facts import facts_of
    from telsdk.chain.index import ChainIndex
    from telsdk.credential.phone import MIN_SECRET, PhonePasswords

    secret = secret_bytes(secret_file)
    if len(secret) < MIN_SECRET:
        raise Failure(
            f"{secret_file} has {len(secret)} bytes, a secret has {MIN_SECRET} or more: make a new one"
        )
    client = options.client()
    facts = facts_of(client, client.lookup(address).number)
    with ChainIndex(client) as directory:  # only asked for its domain
        issued = PhonePasswords([secret], directory).issue(facts, time.time(), days * _DAY)
    print_facts(
        {
            "address": aor(facts.number),
            "username": issued.username,
            "password": issued.password,
            "realm": REALM,
            "expires": datetime.fromtimestamp(issued.expiry, UTC).isoformat(),
        },
        as_json,
    )
