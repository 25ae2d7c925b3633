"""What a person may set about a UC."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from telsdk.sip.transaction import Timers
from telsdk.uc.limits import ListeningLimits, RingingLimits, StoreLimits


class Unverified(enum.Enum):
    """What happens to a caller that proves nothing, such as a plain phone."""

    RING = "ring"
    SILENCE = "silence"
    """The program hears of the call, but must make no sound."""
    REFUSE = "refuse"


class UnverifiedAnswer(enum.Enum):
    """What happens to an answer that proves nothing, as that of a plain phone, or of somebody on the way."""

    REFUSE = "refuse"
    """The call is ended before any media flow."""
    ALLOW = "allow"
    """Media flow, unless the number has answered with proof in this epoch: then the call is ended."""
    ALWAYS = "always"
    """Media flow, unless the number promises on chain that answers are verified: then the call is ended."""


@dataclass(frozen=True, slots=True)
class UcSettings:
    """The settings of one UC."""

    unverified: Unverified = Unverified.RING
    """What happens to unverified callers. A caller whose token is wrong is always refused."""

    unverified_answers: UnverifiedAnswer = UnverifiedAnswer.REFUSE
    """What happens to unverified answers, unless the user has said otherwise for the call or the contact."""

    media_address: str | None = None
    """The one address to send and receive media on; None for all addresses of the machine but loopback."""

    expires: int = 600
    """Seconds for which a registration is asked; it is renewed after half of them."""

    answer_timeout: float = 120.0
    """Seconds for which an outgoing call may ring."""

    chain_interval: float = 5.0
    """Seconds between looks at the chain."""

    stale_after: float | None = None
    """Age of the newest block, in seconds, beyond which nobody shows as verified without saying of when that is.

    None: see `telsdk.freshness`."""

    store_limits: StoreLimits = field(default_factory=StoreLimits)
    """How much of the store strangers may fill."""

    waiting_messages: int = 1_000
    """Texts that wait in `UserClient.messages` for the program to read. Further ones are in the store only; without a
    store they are refused with 480."""

    listening: ListeningLimits = field(default_factory=ListeningLimits)
    """How many messages a second are looked at, and from whom."""

    ringing: RingingLimits = field(default_factory=RingingLimits)
    """How many calls may ring at a time, and of whom."""

    timers: Timers = field(default_factory=Timers)
    """Timer values of RFC 3261."""
