"""NumberRegistrar: commitments, registrations, prices and the treasury."""

from __future__ import annotations

from eth_account.signers.local import LocalAccount

from benchmarks.world import ETHER, SECOND, SECRET, World

_A_DAY = 86_400  # seconds; a commitment has expired then
FIVE_DIGITS, FIFTEEN_DIGITS = 55_512, 555_123_456_789_012


def commitments(w: World) -> None:
    w.measure("new", w.registrar, "commit", SECRET, sender=w.bob)
    w.chain.advance_time(_A_DAY + 1)
    w.measure("again, after it expired", w.registrar, "commit", SECRET, sender=w.bob)


def registrations(w: World) -> None:
    for variant, owner, number, excess in (
        ("new holder", w.bob, SECOND, 0),
        ("new holder, with refund", w.bob, SECOND, ETHER),
        ("known holder", w.alice, SECOND, 0),
        ("new holder, 5 digits", w.bob, FIVE_DIGITS, 0),
        ("new holder, 15 digits", w.bob, FIFTEEN_DIGITS, 0),
    ):
        with w.undone():
            _register(w, variant, owner, number, sender=owner, excess=excess)
    with w.undone():
        _register(w, "new holder, revealed by another", w.bob, SECOND, sender=w.relayer)


def _register(
    w: World, variant: str, owner: LocalAccount, number: int, *, sender: LocalAccount, excess: int = 0
) -> None:
    price = w.commit(owner.address, number)
    args = (number, owner.address, SECRET, price)
    w.measure(variant, w.registrar, "register", *args, sender=sender, value=price + excess)


def prices(w: World) -> None:
    w.measure("change", w.registrar, "setPrice", 7, ETHER // 20, sender=w.treasury)


def income(w: World) -> None:
    w.measure("to the treasury", w.registrar, "withdraw", sender=w.bob)


def handover_of_the_treasury(w: World) -> None:
    w.measure("new", w.registrar, "proposeTreasury", w.bob.address, sender=w.treasury)
    w.measure("another", w.registrar, "proposeTreasury", w.carol.address, sender=w.treasury)
    w.measure("proposed", w.registrar, "acceptTreasury", sender=w.carol)


SCENARIOS = (commitments, registrations, prices, income, handover_of_the_treasury)
