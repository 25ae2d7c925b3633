"""A copy of the chain's facts in a file, followed block by block."""

from telsdk.chain.index.index import ChainIndex, Source
from telsdk.chain.index.witness import Witnessed

__all__ = ["ChainIndex", "Source", "Witnessed"]
