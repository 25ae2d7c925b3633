"""Chains to develop on: anvil, and one inside this process.

`telsdk.chain.development.embedded` is taken by its own name, since it needs the extra ``[demo]``.
"""

from telsdk.chain.development.anvil import AnvilChain
from telsdk.chain.development.devchain import DevChain

__all__ = ["AnvilChain", "DevChain"]
