"""Kinds of arguments.

A malformed argument is a usage error, exit code 2, before anything is asked of a chain.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from typing import Any

import click

from telsdk.address import user_of
from telsdk.errors import TelError
from telsdk.name import Name
from telsdk.number import Number

PIN_BYTES = 32  # of SHA-256

_HUB_ID = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_HEX_ACCOUNT = re.compile(r"0[xX][0-9a-fA-F]{40}", re.ASCII)


Place = tuple[str, int]
"""Host and port, as `ENDPOINT` reads them."""


class _Kind(click.ParamType):
    """A kind of argument. Its `read` converts the text, or raises TelError or ValueError with the reason."""

    def read(self, text: str) -> object:
        raise NotImplementedError

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except (TelError, ValueError) as error:
            self.fail(str(error), param, ctx)


class _Number(_Kind):
    name = "number"

    def read(self, text: str) -> Number:
        return Number.parse(text)


class _Name(_Kind):
    name = "name"

    def read(self, text: str) -> Name:
        return Name(text)


class _Address(_Kind):
    name = "address"

    def read(self, text: str) -> str:
        user = user_of(text)
        return str(Number.parse(user) if user.isdecimal() else Name(user))


class _Account(_Kind):
    name = "account"

    def read(self, text: str) -> str:
        from eth_utils.address import to_checksum_address

        if not _HEX_ACCOUNT.fullmatch(text):
            raise ValueError(f"{text!r} is no account: 0x and 40 hexadecimal digits")
        account = str(to_checksum_address(text))
        # EIP-55: capitals are a checksum, if there are capitals at all.
        if text[2:] not in (account[2:], text[2:].lower(), text[2:].upper()):
            raise ValueError(f"{text} is no account: its capitals do not fit its digits; is it mistyped?")
        return account


class _Anything(_Kind):
    name = "address"

    def read(self, text: str) -> str:
        kind: _Kind = ACCOUNT if text.lower().startswith("0x") else ADDRESS
        return str(kind.read(text))


class _Ether(_Kind):
    name = "ether"

    def read(self, text: str) -> Decimal:
        from telsdk.chain.units import ether, wei

        return ether(wei(text))


class _Pin(_Kind):
    name = "pin"

    def read(self, text: str) -> bytes:
        try:
            pin = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            pin = b""
        if len(pin) != PIN_BYTES:
            raise ValueError(f"{text!r} is no pin: 64 hexadecimal digits, as --show-pin prints them")
        return pin


class _HubIds(_Kind):
    name = "hubs"

    def read(self, text: str) -> tuple[int, ...]:
        found = [part.strip() for part in text.split(",")]
        if len(set(found)) != len(found) or any(_HUB_ID.fullmatch(one) is None for one in found):
            raise ValueError(f"{text!r} are no hubs: give the ids of different ones, such as 1,4,7")
        return tuple(map(int, found))


class _Endpoint(_Kind):
    name = "endpoint"

    def read(self, text: str) -> tuple[str, int]:
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f"{text!r} is no place to listen at: HOST:PORT, such as 192.0.2.7:5061")
        if host in ("0.0.0.0", "::"):
            raise ValueError(f"{host} is every address: name the one that others reach this machine at")
        return host, int(port)


class _NetworkKind(_Kind):
    name = "network"

    def read(self, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        try:
            return ipaddress.ip_network(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no network, such as 10.1.0.0/16 or fd00:1::/32: {error}") from None


class _Limit(_Kind):
    name = "limit"

    def read(self, text: str) -> tuple[str, str]:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ValueError(f"{text!r} sets no limit: NAME=VALUE, such as gate.source=200/800")
        return name.strip(), value.strip()


class _PhoneServer(_Kind):
    name = "server"

    def read(self, text: str) -> object:
        from telsdk.credential.phoneaccount import PhoneServer

        return PhoneServer.parse(text)


NUMBER = _Number()
"""A number: `telsdk.number.Number`."""

NAME = _Name()
"""A name: `telsdk.name.Name`."""

ADDRESS = _Address()
"""An address to call: a number or a name, also as a SIP URI. The command gets the number or name as text."""

ACCOUNT = _Account()
"""An account of the chain, as EIP-55 address."""

ANYTHING = _Anything()
"""What can be looked up: number, name or account."""

ETHER = _Ether()
"""An amount of ether, as Decimal."""

PIN = _Pin()
"""The SHA-256 of a TLS key, as 32 bytes."""

HUB_IDS = _HubIds()
"""Hubs by their ids in the list, as tuple."""

ENDPOINT = _Endpoint()
"""Where a server listens: (host, port)."""

NETWORK = _NetworkKind()
"""A network by its prefix (CIDR)."""

LIMIT = _Limit()
"""A limit and what it is to be: (name, value). `telsdk.server.named_limits` knows which there are."""

PHONE_SERVER = _PhoneServer()
"""Where a phone connects: `telsdk.credential.phoneaccount.PhoneServer`."""
