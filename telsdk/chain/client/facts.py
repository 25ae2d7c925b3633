"""The facts of one number, asked of the chain itself: for who has no `telsdk.chain.index.ChainIndex`."""

from __future__ import annotations

from telsdk.chain.client.client import Client
from telsdk.chain.units import wei
from telsdk.directory import NumberFacts
from telsdk.number import Number
from telsdk.records import with_records


def facts_of(client: Client, number: Number, block: int | None = None) -> NumberFacts:
    """Return what a `Directory` would say of `number`, as of `block` (the newest, unless given).

    Raises:
        NotFound: nobody holds it.
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    with client.batch(block) as batch:
        asked_custody = batch.add(client.registry.custody_read(number))
        records = batch.add(client.records.get_read(number))
        asked_price = batch.add(client.market.price_read(number))
        name = batch.add(client.alias.name_of_read(number))
    custody, price = asked_custody.get(), asked_price.get()
    facts = NumberFacts(
        number=number,
        owner=custody.owner,
        epoch=custody.epoch,
        session=custody.session,
        name=name.get(),
        price=None if price is None else wei(price),
    )
    return with_records(facts, records.get())
