"""Arguments, before any chain is asked."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network

import click
import pytest

from telsdk.cli.common import params


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (params.NUMBER, "5551234", 5551234),
        (params.NAME, "Bob.eth", "bob.eth"),
        (params.ADDRESS, "sip:Bob.eth@192.0.2.7:5061;transport=tls", "bob.eth"),
        (params.ADDRESS, "5551234", "5551234"),
        (params.ADDRESS, "tel:5551234;phone-context=telprotocol", "5551234"),
        (
            params.ACCOUNT,
            "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        ),
        (params.ETHER, "0.50", Decimal("0.5")),
        (params.PIN, "0x" + "ab" * 32, b"\xab" * 32),
        (params.PIN, "AB" * 32, b"\xab" * 32),
        (params.ENDPOINT, "192.0.2.7:5061", ("192.0.2.7", 5061)),
        (params.ENDPOINT, "[2001:db8::7]:5061", ("2001:db8::7", 5061)),
        (params.ENDPOINT, "localhost:0", ("localhost", 0)),
        (params.NETWORK, "10.1.0.0/16", IPv4Network("10.1.0.0/16")),
        (params.NETWORK, "fd00:1::/32", IPv6Network("fd00:1::/32")),
        (params.NETWORK, "192.168.0.7", IPv4Network("192.168.0.7/32")),
    ],
)
def test_what_is_meant_is_read(kind: click.ParamType, text: str, value: object) -> None:
    assert kind.convert(text, None, None) == value


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (params.NUMBER, "0555123", "is not a number"),
        (params.NUMBER, "+15551234", "is not a number"),
        (params.NAME, "bob", "is not a name"),
        (params.ADDRESS, "tel:+5551234", "is not a name"),
        (params.ACCOUNT, "0x70997970C51812dc3A010C7d01b50e0d17dc79c8", "no account"),
        (params.ACCOUNT, "bob.eth", "no account"),
        (params.ETHER, "-1", "no amount"),
        (params.ETHER, "much", "no amount"),
        (params.ETHER, "NaN", "no amount"),
        (params.ETHER, "1e-19", "finer than a wei"),
        (params.PIN, "ab" * 31, "no pin"),
        (params.PIN, "zz" * 32, "no pin"),
        (params.ENDPOINT, "192.0.2.7", "HOST:PORT"),
        (params.ENDPOINT, ":5061", "HOST:PORT"),
        (params.ENDPOINT, "192.0.2.7:70000", "HOST:PORT"),
        (params.ENDPOINT, "0.0.0.0:5061", "every address"),
        (params.ENDPOINT, "[::]:5061", "every address"),
        (params.NETWORK, "10.1.0.7/16", "no network.*host bits"),
        (params.NETWORK, "localhost", "no network, such as"),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(kind: click.ParamType, text: str, reason: str) -> None:
    with pytest.raises(click.BadParameter, match=reason):
        kind.convert(text, None, None)
