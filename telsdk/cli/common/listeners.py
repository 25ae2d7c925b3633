"""The options for a node's further addresses: browsers by WebSocket, phones by TCP and ordinary TLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common.options import CommandFunction
from telsdk.cli.common.params import ENDPOINT, Place

if TYPE_CHECKING:
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.sockets import Listener

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Extra:
    """The further places, and the certificate to show there: by default the node's own key, which browsers refuse."""

    ws: Place | None
    wss: Place | None
    tcp: Place | None
    tls: Place | None
    certificate: Path | None
    certificate_key: Path | None

    def bind(self, key: TlsIdentity) -> list[Listener]:
        """Bind them all.

        Raises:
            ListenError: one cannot be bound. The others are closed.
            CertificateFileError: the certificate cannot be used.
        """
        from telsdk.net.certificates import ServerCertificate
        from telsdk.net.sockets import Listener, bind_stream
        from telsdk.sip.hop import TRANSPORTS

        shown: ServerCertificate | TlsIdentity = key
        if self.certificate is not None and self.certificate_key is not None:
            shown = ServerCertificate(self.certificate, self.certificate_key)
        bound: list[Listener] = []
        try:
            for transport, place in (
                ("WS", self.ws),
                ("WSS", self.wss),
                ("TCP", self.tcp),
                ("TLS", self.tls),
            ):
                if place is not None:
                    context = shown.server_context() if TRANSPORTS[transport].secure else None
                    bound.append(Listener(transport, bind_stream(*place), context))
        except BaseException:
            for listener in bound:
                listener.socket.close()
            raise
        return bound


def listener_options(function: CommandFunction) -> CommandFunction:
    """Add --listen-ws, --listen-wss, --listen-tcp, --listen-tls, --certificate and --certificate-key."""
    for option in (
        click.option("--certificate-key", type=_FILE, metavar="FILE", help="The key of --certificate (PEM)."),
        click.option(
            "--certificate",
            type=_FILE,
            metavar="FILE",
            help="Certificate and chain (PEM) for --listen-wss and --listen-tls.",
        ),
        _place("--listen-tls", "Take phones over TLS here too, by --certificate."),
        _place(
            "--listen-tcp",
            "Take phones over TCP here: only in a network that you trust, since anybody on the way can read it; "
            "elsewhere use --listen-tls.",
        ),
        _place("--listen-wss", "Take browsers over secure WebSocket here."),
        _place("--listen-ws", "Take WebSocket without TLS here: behind a proxy that adds it."),
    ):
        function = option(function)
    return function


def extra(
    ws: Place | None,
    wss: Place | None,
    tcp: Place | None,
    tls: Place | None,
    certificate: Path | None,
    key: Path | None,
) -> Extra:
    """Return what the options say.

    Raises:
        click.UsageError: they do not fit together.
    """
    if (certificate is None) is not (key is None):
        raise click.UsageError("--certificate and --certificate-key go together")
    if tls is not None and certificate is None:
        raise click.UsageError("--listen-tls shows a certificate: give --certificate and --certificate-key")
    if certificate is not None and wss is None and tls is None:
        raise click.UsageError("a certificate is shown by --listen-wss or --listen-tls: give one of them")
    return Extra(ws, wss, tcp, tls, certificate, key)


def _place(name: str, text: str) -> Callable[[CommandFunction], CommandFunction]:
    return click.option(name, type=ENDPOINT, metavar="HOST:PORT", help=text)
