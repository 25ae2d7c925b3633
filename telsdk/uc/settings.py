"""What a person may set about a UC."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from telsdk.sip.transaction import Timers


class Unverified(enum.Enum):
    """What happens to callers who prove nothing, as plain phones do."""

    RING = "ring"
    SILENCE = "silence"
    """The call is told of, but the UC is not to make a sound."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class UcSettings:
    """The settings of one UC."""

    unverified: Unverified = Unverified.RING
    """How unverified callers are met. Callers whose token is wrong are always refused."""

    media_address: str | None = None
    """The one address to send and receive media on; None for all that the machine has but loopback."""

    expires: int = 600
    """Seconds that a registration is asked for; it is renewed at half of that."""

    answer_timeout: float = 120.0
    """Seconds that an outgoing call may ring."""

    chain_interval: float = 5.0
    """Seconds between looks at the chain."""

    timers: Timers = field(default_factory=Timers)
    """Timer values of RFC 3261."""
