"""By what standing on the chain somebody is logged in, so that it can be held against the chain again.

A login is judged once, with all its cryptography; what it rested on is kept, and after every block compared with the
facts of then. A grant is taken from the facts that the login was judged by and from no later ones: between two looks
at the chain the number may be somebody else's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from telsdk.directory import NumberFacts
from telsdk.number import Number


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login rests on. Counters alone would not do: `moveTo` keeps them while the owner changes, and so does a
    reorganisation that puts another buyer in the place of one."""

    number: Number
    epoch: int
    session: int
    owner: str | None  # EIP-55; whose word it is, or who held the number when a phone's password was issued
    credential: bytes | None = None  # of a light key: it holds for this one even if `owner` holds nothing

    def refusal(self, facts: NumberFacts | None) -> str | None:
        """Why `facts` grant it no longer, for people; None while they do."""
        if facts is None:
            return f"nobody holds {self.number}"
        if facts.epoch != self.epoch:
            return f"{self.number} changed hands: it is in epoch {facts.epoch}, the login is of {self.epoch}"
        if facts.session != self.session:
            return f"the owner of {self.number} has ended its sessions"
        if self.owner is not None and self.owner == facts.owner:
            return None
        if self.credential is None:
            return f"{self.number} was moved to {facts.owner}, the login is of {self.owner}"
        if facts.credential is not None and hmac.compare_digest(self.credential, facts.credential):
            return None
        return f"the password of {self.number} was changed or taken away"

    def holds(self, facts: NumberFacts | None) -> bool:
        """Whether `facts` still grant it."""
        return self.refusal(facts) is None
