"""What the tests of the chain do again and again."""

from __future__ import annotations

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.number import Number

NUMBER = Number(5551234)
OTHER = Number(5559876)
PIN, NEXT_PIN, THIRD_PIN = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def buy(client: Client, chain: EmbeddedChain, *numbers: Number) -> None:
    """Buys `numbers`, or else NUMBER, for the client's account."""
    for number in numbers or (NUMBER,):
        client.buy_number(number, wait=chain.advance_time)


def list_hubs(client: Client, last: int) -> None:
    """Adds hubs until there is one of the id `last`."""
    while client.hubs.count() < last:
        client.hubs.add_hub("sip:192.0.2.1:5061;transport=tls", PIN)


def me(client: Client) -> str:
    """The address of the client's account."""
    return client.session.signer().address


def installed(client: Client, runtime: str) -> str:
    """Puts a contract with that code, at most 255 bytes in hexadecimal, on the chain, and says where."""
    size = len(runtime) // 2
    receipt = client.session.transact({"data": bytes.fromhex(f"60{size:02x}8060095f395ff3" + runtime)})
    assert receipt.contract is not None
    return receipt.contract
