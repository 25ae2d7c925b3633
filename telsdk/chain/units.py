"""Convert units: the API has ether as Decimal and times as datetime; inside are wei and seconds since 1970 as int."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

WEI = Decimal(10) ** -18


def ether(wei: int) -> Decimal:
    """Return `wei` in ether, exactly and without trailing zeros."""
    with localcontext(prec=100):
        amount = (Decimal(wei) * WEI).normalize()
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def wei(ether: Decimal | int | str) -> int:
    """Return `ether` in wei.

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


def moment(seconds: int) -> datetime:
    """Return `seconds` since 1970 as a time in UTC; beyond the calendar's end, the last moment of the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
