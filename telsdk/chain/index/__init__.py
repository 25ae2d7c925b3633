"""A copy of the chain's facts in a file, followed block by block."""

from telsdk.chain.index.ens import NameSettings
from telsdk.chain.index.failover import Failover, FailoverSettings
from telsdk.chain.index.index import ChainIndex
from telsdk.chain.index.source import ReadingSettings, Source
from telsdk.chain.index.witness import Witnessed

__all__ = [
    "ChainIndex",
    "Failover",
    "FailoverSettings",
    "NameSettings",
    "ReadingSettings",
    "Source",
    "Witnessed",
]
