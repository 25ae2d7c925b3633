"""Understand by which words a node says that a call was made and failed in the contract's own code.

Such an answer is the contract's: it refuses. There is no standard for the words; they were collected from geth, erigon,
Nethermind, Besu, reth, anvil, Hardhat, Ganache and the virtual machines in them. What is no such answer (the node has
not the block, wants to be paid, is shutting down) must not be taken for one, or a node in trouble would speak for
every contract.
"""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = frozenset({3, -32015})
"""JSON-RPC error codes for nothing but this: geth's for a revert, and OpenEthereum's and Nethermind's VM_ERROR."""

_WORDS: Final = re.compile(
    r"\brevert(ed)?\b|\bout[ -]?of[ -]?gas\b|\bvm (execution error|exception)"
    r"|(invalid|bad|unknown|illegal)[ _-]?(opcode|instruction|operation\b)|opcode[ -]?not[ -]?found"
    r"|invalid[ -]?fe[ -]?opcode"
    r"|(invalid|bad)[ -]?jump|stack[ -]?(under|over)flow|stack limit reached|out[ -]?of[ -]?stack"
    r"|write protection|state[ -]?change[ -]?during[ -]?static|static[ -]?call[ -]?violation"
    r"|not[ -]?allowed[ -]?inside[ -]?static"
    r"|return data out of bounds|out[ -]?of[ -]?offset|access[ -]?violation|gas uint64 overflow"
    r"|max call depth|call[ -]?too[ -]?deep|must not begin with 0xef"
    r"|precompile.{0,60}\bfail|precompile[ -]?error|built-?in failed"
    r"|could not be completed due to an exception|execution halted|insufficient_gas",
    re.IGNORECASE | re.DOTALL,
)


def is_execution_failure(code: object, text: str) -> bool:
    """Return whether a JSON-RPC error, given in answer to a call, says that the contract's code failed."""
    return code in _CODES or _WORDS.search(text) is not None
