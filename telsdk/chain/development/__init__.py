"""Chains to develop on: anvil, and one inside this process; and an ENS for them.

`telsdk.chain.development.embedded` is taken by its own name, since it needs the extra ``[demo]``.
"""

from telsdk.chain.development.anvil import AnvilChain
from telsdk.chain.development.devchain import DevChain
from telsdk.chain.development.playens import PlayEns

__all__ = ["AnvilChain", "DevChain", "PlayEns"]
