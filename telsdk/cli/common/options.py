"""The options that commands share, and what is made of them: a client of the chain, an account."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from telsdk.cli.common.account import open_account

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from telsdk.chain.client import Client
    from telsdk.chain.index import Failover, Source

CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])


@dataclass
class Options:
    """Which chain, and which account signs: as given before the command, after it, or in the environment."""

    network: str | None = None
    rpcs: tuple[str, ...] = field(default=(), repr=False)  # best first; a path may be a provider's key
    account: str | None = None
    witnesses: tuple[str, ...] = field(default=(), repr=False)
    stale_after: float | None = None  # seconds; see `telsdk.freshness`

    def client(self) -> Client:
        """Return a client that only reads, by the first RPC that answers.

        Raises:
            ChainError: see `telsdk.chain.client.connect`; where no RPC answers, of the last.
        """
        from telsdk.chain.client import connect
        from telsdk.chain.errors import RpcError

        for url in self.rpcs[:-1]:
            with suppress(RpcError):
                return connect(self.network, url)
        return connect(self.network, self.rpcs[-1] if self.rpcs else None)

    def source(self, client: Client) -> Failover:
        """Return what a copy of the chain is made from: the RPCs, and the witnesses if there are any.

        `client` is by one of the RPCs. Where there is one, it is that.

        Raises:
            ChainError: a witness cannot be asked, or is on another chain.
        """
        from telsdk.chain.access import without_secrets
        from telsdk.chain.client import connect
        from telsdk.chain.index import Failover, Witnessed

        deployment = client.deployment
        witnesses = [connect(rpc=url, deployment=deployment) for url in self.witnesses]

        def opened(url: str) -> Source:
            one = connect(rpc=url, deployment=deployment) if len(self.rpcs) > 1 else client
            return Witnessed(one, witnesses) if witnesses else one

        rpcs = [(f"the RPC at {without_secrets(url)}", partial(opened, url)) for url in self.rpcs or ("",)]
        return Failover(deployment, rpcs, witnessed=bool(witnesses))

    def signing_client(self) -> Client:
        """Return a client that also writes. The chain is asked first, so that nobody types a passphrase for nothing.

        Raises:
            ChainError, KeystoreError: see `client` and `signer`.
        """
        client = self.client()
        return client.as_account(self.signer())

    def signer(self) -> LocalAccount:
        """Return the account of --account, unlocked.

        Raises:
            KeystoreError: its file cannot be used, or the passphrase is wrong.
            click.UsageError: no account is named.
        """
        return open_account(self.named_account())

    def named_account(self) -> str:
        """Return what --account says.

        Raises:
            click.UsageError: it is not given.
        """
        if self.account is None:
            raise click.UsageError(
                "this needs an account to sign with: give --account FILE (a keystore) or "
                "--account ape:ALIAS, or set TELSDK_KEYSTORE"
            )
        return self.account


def pass_options(function: CommandFunction) -> CommandFunction:
    """Hand `Options` to a command as its first argument."""
    return cast(CommandFunction, click.make_pass_decorator(Options, ensure=True)(function))


def network_options(function: CommandFunction) -> CommandFunction:
    """Add --network and --rpc."""
    text = "JSON-RPC of the chain. May be given several times, best first: the next is for when one fails."
    function = _option("--rpc", "TELSDK_RPC", "URL", text, name="rpcs", multiple=True)(function)
    return _option("--network", "TELSDK_NETWORK", "NAME", "A deployment by its name.")(function)


def witness_option(function: CommandFunction) -> CommandFunction:
    """Add --witness, for commands that follow the chain."""
    return click.option(
        "--witness",
        "witnesses",
        envvar="TELSDK_WITNESS",
        multiple=True,
        metavar="URL",
        help="Another RPC, run by somebody else, that has to say the same. May be given several times.",
        show_envvar=True,
        expose_value=False,
        callback=_keep_witnesses,
    )(function)


def stale_after_option(function: CommandFunction) -> CommandFunction:
    """Add --stale-after, for commands that say or grant what may be over."""
    return click.option(
        "--stale-after",
        type=click.FloatRange(min=0, min_open=True),
        envvar="TELSDK_STALE_AFTER",
        metavar="SECONDS",
        help="How old the newest block may be: 120 by default, and without limit on development chains.",
        show_envvar=True,
        expose_value=False,
        callback=_keep_stale_after,
    )(function)


def account_option(function: CommandFunction) -> CommandFunction:
    """Add --account."""
    text = "The account that signs: a keystore file (eth-account JSON), or ape:ALIAS."
    return _option("--account", "TELSDK_KEYSTORE", "FILE", text)(function)


def json_option(function: CommandFunction) -> CommandFunction:
    """Add --json, which the command gets as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def unverified_answer_option(text: str) -> Callable[[CommandFunction], CommandFunction]:
    """Add --unverified, which the command gets as `unverified`: what happens to an answer that proves nothing."""
    return click.option("--unverified", type=click.Choice(["refuse", "allow", "always"]), help=text)


def yes_option(function: CommandFunction) -> CommandFunction:
    """Add --yes."""
    return click.option("--yes", is_flag=True, help="Do not ask for confirmation.")(function)


def reading(function: CommandFunction) -> CommandFunction:
    """Make a command one that reads the chain: add --json, --network and --rpc, and hand it `Options` first."""
    return network_options(json_option(pass_options(function)))


def writing(function: CommandFunction) -> CommandFunction:
    """Make a command one that writes to the chain: as `reading`, with --account besides."""
    return network_options(account_option(json_option(pass_options(function))))


def _option(
    flag: str, variable: str, metavar: str, text: str, name: str | None = None, multiple: bool = False
) -> Callable[[CommandFunction], CommandFunction]:
    return click.option(
        *(flag, name or flag.removeprefix("--")),
        multiple=multiple,
        envvar=variable,
        metavar=metavar,
        help=text,
        show_envvar=True,
        expose_value=False,
        callback=_keep,
    )


def _keep_witnesses(ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> None:
    ctx.ensure_object(Options).witnesses = value


def _keep_stale_after(ctx: click.Context, _param: click.Parameter, value: float | None) -> None:
    ctx.ensure_object(Options).stale_after = value


def _keep(ctx: click.Context, param: click.Parameter, value: str | tuple[str, ...] | None) -> None:
    """Keep a value. The command line beats the environment, and its last word beats an earlier one."""
    options = ctx.ensure_object(Options)
    name = param.name
    assert name is not None
    said = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    if value and (said or not getattr(options, name)):
        setattr(options, name, value)
