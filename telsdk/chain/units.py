"""Ether as Decimal at the edge, wei as int within."""

from __future__ import annotations

from decimal import Decimal, localcontext

WEI = Decimal(10) ** -18


def ether(wei: int) -> Decimal:
    """`wei` in ether, exactly and without trailing zeros."""
    with localcontext(prec=100):
        amount = (Decimal(wei) * WEI).normalize()
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def wei(ether: Decimal | int | str) -> int:
    """`ether` in wei.

    Raises:
        ValueError: it is negative, no number, or finer than a wei.
    """
    with localcontext(prec=100):
        try:
            amount = Decimal(ether)
        except ArithmeticError:
            raise ValueError(f"{ether!r} is no amount of ether") from None
        if not amount.is_finite() or amount < 0 or amount != amount.quantize(WEI):
            raise ValueError(f"{ether} is no amount of ether: it is negative or finer than a wei")
        return int(amount / WEI)
