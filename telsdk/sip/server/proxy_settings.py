"""What an application may set about a proxy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The settings of one proxy."""

    supported: frozenset[str] = frozenset()
    """Option tags, in lower case, that a Proxy-Require may name."""

    ring_time: float = 30.0
    """Seconds that targets may ring before those of a lower q are tried. The last ring until Timer C."""

    max_open: int | None = None
    """Requests that may wait for an answer at a time; of more, those that begin something get 503."""

    retry_after: int = 5
    """Seconds that those are told to wait."""
