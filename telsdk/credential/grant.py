"""What on the chain a login rests on, so that the login can be compared with the chain again.

A login is judged once, with all its cryptography. What it rested on is kept as a grant, and compared with the chain's
facts after every block. A grant is made from the facts by which the login was judged, never from later ones: between
two looks at the chain the number may have become somebody else's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from telsdk.directory import NumberFacts
from telsdk.number import Number


@dataclass(slots=True)
class Grant:
    """What a login rests on. Immutable; not frozen, because one is made with each login, and that takes thrice as long.

    Counters alone would not do. `moveTo` keeps them while the owner changes, and so does a reorganisation in which
    another buyer takes the place of the first.
    """

    number: Number
    epoch: int
    session: int
    owner: str | None  # EIP-55: the signer, or the holder when a phone's password was issued
    credential: bytes | None = None  # of a light key, which needs no `owner` beside it

    def refusal(self, facts: NumberFacts | None) -> str | None:
        """Return why `facts` no longer grant the login, in words for people; None while they do."""
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
        """Return whether `facts` still grant the login."""
        return self.refusal(facts) is None
