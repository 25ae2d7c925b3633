"""Convert units: the API has ether as Decimal and times as datetime; inside are wei and seconds since 1970 as int."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

from telsdk.chain.errors import InputError

WEI = Decimal(10) ** -18


def ether(wei: int) -> Decimal:
    """Return `wei` in ether, exactly and without trailing zeros."""
    with localcontext(prec=100):
        amount = (Decimal(wei) * WEI).normalize()
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def wei(ether: Decimal | int | str) -> int:
    """Return `ether` in wei.

    Raises:
        InputError: it is negative, no number, or finer than a wei; or a float, which is seldom what it looks like.
    """
    if isinstance(ether, bool) or not isinstance(ether, Decimal | int | str):
        raise InputError(f"{ether!r} is no amount of ether: give a Decimal, an int or text such as '0.1'")
    with localcontext(prec=100):
        try:
            amount = Decimal(ether)
            exact = amount.is_finite() and 0 <= amount * 10**18 < 1 << 256 and amount == amount.quantize(WEI)
        except ArithmeticError:
            raise InputError(f"{str(ether)[:60]!r} is no amount of ether") from None
        if not exact:
            raise InputError(
                f"{ether} is no amount of ether: it is negative, finer than a wei or beyond 2^256 wei"
            )
        return int(amount / WEI)


def moment(seconds: int) -> datetime:
    """Return `seconds` since 1970 as a time in UTC; beyond the calendar's end, the last moment of the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
