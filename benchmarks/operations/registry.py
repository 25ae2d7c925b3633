"""NumberRegistry: transfers, approvals, moves, sessions."""

from __future__ import annotations

from benchmarks.world import ALL_RECORDS, NUMBER, SECOND, THIRD, World
from telsdk.chain.access import Account, Permit
from telsdk.chain.client import Client
from telsdk.chain.interface import NOBODY
from telsdk.number import Number

_TRANSFER = "transferFrom"
_SAFE = "safeTransferFrom(address,address,uint256)"
_SAFE_WITH_DATA = "safeTransferFrom(address,address,uint256,bytes)"


def approvals(w: World) -> None:
    for variant, to in (("new", w.bob.address), ("another", w.carol.address), ("taken back", NOBODY)):
        w.measure(variant, w.registry, "approve", to, NUMBER, sender=w.alice)


def operators(w: World) -> None:
    for who, operator in (("account", w.bob.address), ("market", w.market.address)):
        for variant, approved in (("first", True), ("taken back", False), ("again", True)):
            args = (operator, approved)
            w.measure(f"{who}, {variant}", w.registry, "setApprovalForAll", *args, sender=w.alice)


def transfers_of_the_last_number(w: World) -> None:
    """Alice is left with none, which gives back gas; Bob had none, which costs."""
    args = (w.alice.address, w.bob.address, NUMBER)
    with w.undone():
        w.measure("last number to new holder", w.registry, _TRANSFER, *args, sender=w.alice)
    with w.undone():
        w.measure("last number to new holder", w.registry, _SAFE, *args, sender=w.alice)
    with w.undone():
        w.measure(
            "last number to new holder", w.registry, _SAFE_WITH_DATA, *args, b"\x01" * 32, sender=w.alice
        )
    with w.undone():
        w.do(w.records, "setMany", NUMBER, ALL_RECORDS.struct(), sender=w.alice)
        w.measure("last number with all records to new holder", w.registry, _TRANSFER, *args, sender=w.alice)
    with w.undone():
        w.set_everything()
        variant = "last number with all records, name and listing to new holder"
        w.measure(variant, w.registry, _TRANSFER, *args, sender=w.alice)


def transfers_of_one_of_several_numbers(w: World) -> None:
    w.register(w.alice, SECOND)
    w.set_everything()
    args = (w.alice.address, w.bob.address, NUMBER)
    with w.undone():
        variant = "one of several with all records, name and listing to new holder"
        w.measure(variant, w.registry, _TRANSFER, *args, sender=w.alice)
    w.register(w.bob, THIRD)
    with w.undone():
        variant = "one of several with all records, name and listing to known holder"
        w.measure(variant, w.registry, _TRANSFER, *args, sender=w.alice)
    with w.undone():
        variant = "one of several with all records, name and listing to known holder"
        w.measure(variant, w.registry, _SAFE, *args, sender=w.alice)


def transfers_by_others(w: World) -> None:
    args = (w.alice.address, w.bob.address, NUMBER)
    with w.undone():
        w.do(w.registry, "approve", w.carol.address, NUMBER, sender=w.alice)
        w.measure(
            "last number to new holder, by whom it is approved", w.registry, _TRANSFER, *args, sender=w.carol
        )
    with w.undone():
        w.do(w.registry, "setApprovalForAll", w.carol.address, True, sender=w.alice)
        w.measure("last number to new holder, by an operator", w.registry, _TRANSFER, *args, sender=w.carol)


def moves(w: World) -> None:
    with w.undone():
        _move(w, "to new holder, first signature", w.bob)
    with w.undone():
        w.do(w.registry, "cancelNonce", sender=w.bob)
        _move(w, "to new holder, later signature", w.bob)
    with w.undone():
        _move(w, "to contract account, first signature", w.contract_account())


def _move(w: World, variant: str, to: Account) -> None:
    permit = w.client.as_account(to).registry.permit_move(Number(NUMBER))
    args = (*permit.args, permit.deadline, permit.signature)
    w.measure(variant, w.registry, "moveTo", *args, sender=w.alice)


def sessions(w: World) -> None:
    w.measure("first", w.registry, "revokeSessions", NUMBER, sender=w.alice)
    w.measure("later", w.registry, "revokeSessions", NUMBER, sender=w.alice)


def sessions_by_signature(w: World) -> None:
    def sign(client: Client, number: Number) -> Permit:
        return client.registry.permit_revoke_sessions(number)

    w.permits(sign)


def nonces(w: World) -> None:
    w.measure("first", w.registry, "cancelNonce", sender=w.alice)
    w.measure("later", w.registry, "cancelNonce", sender=w.alice)


SCENARIOS = (
    transfers_of_the_last_number,
    transfers_of_one_of_several_numbers,
    transfers_by_others,
    moves,
    approvals,
    operators,
    sessions,
    sessions_by_signature,
    nonces,
)
