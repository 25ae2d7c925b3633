"""What the tests of the chain do again and again."""

from __future__ import annotations

from telsdk.chain.client import Client
from telsdk.chain.embedded import EmbeddedChain
from telsdk.number import Number

NUMBER = Number(5551234)
OTHER = Number(5559876)
PIN, NEXT_PIN, THIRD_PIN = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def buy(client: Client, chain: EmbeddedChain, *numbers: Number) -> None:
    """Buys `numbers`, or else NUMBER, for the client's account."""
    for number in numbers or (NUMBER,):
        client.buy_number(number, wait=chain.advance_time)


def me(client: Client) -> str:
    """The address of the client's account."""
    return client.session.signer().address
