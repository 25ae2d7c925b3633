"""Why a contract refused: one exception class for each custom error of the contracts.

Take the one that you want to catch from here:

    >>> from telsdk.chain import revert
    >>> try:  # doctest: +SKIP
    ...     tel.market.buy(offer)
    ... except revert.PriceDiffers as error:
    ...     print(error.number, error.price, error.values)
"""

from telsdk.chain.revert import refusals
from telsdk.chain.revert.decode import Reverted, contract_refusal
from telsdk.chain.revert.refusals import *  # noqa: F403  # revert.NotOwner and all the others

__all__ = ["Reverted", "contract_refusal"]
__all__ += refusals.__all__
