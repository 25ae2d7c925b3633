"""Every transaction that a user of the contracts sends, in the variants that make a difference to its cost.

One module a contract. Each function of its SCENARIOS begins in the same state, and may do what it likes: it is
taken back afterwards.
"""

from __future__ import annotations

from benchmarks.operations import alias, hubs, market, records, registrar, registry
from benchmarks.world import Figures, World
from telsdk.chain.development import DevChain

SCENARIOS = (
    *registry.SCENARIOS,
    *registrar.SCENARIOS,
    *alias.SCENARIOS,
    *records.SCENARIOS,
    *hubs.SCENARIOS,
    *market.SCENARIOS,
)


def measure(chain: DevChain) -> Figures:
    """What each operation uses on `chain`, by receipts. `chain` must be fresh: addresses follow from nonces."""
    world = World(chain)
    for scenario in SCENARIOS:
        with world.undone():
            scenario(world)
    return world.figures
