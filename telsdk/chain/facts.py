"""The facts of one number, asked of the chain itself: for who has no `telsdk.chain.index.ChainIndex`."""

from __future__ import annotations

from telsdk.chain.client import Client
from telsdk.chain.units import wei
from telsdk.directory import NumberFacts
from telsdk.number import Number


def facts_of(client: Client, number: Number, block: int | None = None) -> NumberFacts:
    """What a `Directory` would say of `number`, as of `block` (the newest, unless given).

    Raises:
        NotFound: nobody holds it.
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    block = client.session.height() if block is None else block
    custody = client.registry.custody(number, block)
    records = client.records.get(number, block)
    offer = client.market.offer(number, block)
    return NumberFacts(
        number=number,
        owner=custody.owner,
        epoch=custody.epoch,
        session=custody.session,
        name=client.alias.name_of(number, block),
        credential=records.credential,
        kdf=records.kdf,
        hub=records.hub,
        backup=records.backup,
        message_key=records.message_key,
        price=None if offer is None else wei(offer.price),
    )
