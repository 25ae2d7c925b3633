"""Those who come: how many connections peers may open, and who gives way when there are too many."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable

from telsdk.clock import Monotonic
from telsdk.net.buckets import Buckets, place_of
from telsdk.net.limits import CUT_OFF_LOOK, MAX_PLACES, SPARE_FILES, ConnectionLimits
from telsdk.net.stream import Stream
from telsdk.sip.hop import Hop


class Crowd:
    """The connections that peers have opened here, by where they come from.

    Args:
        keeps: tells which of them are a user's, or a listed server's: those never give way.
    """

    def __init__(self, limits: ConnectionLimits, keeps: Callable[[Hop], bool]) -> None:
        self._limits = limits
        self._keeps = keeps
        self._connects = Buckets(limits.connects, MAX_PLACES)
        self._handshakes = Buckets(limits.handshakes, MAX_PLACES)
        # Of each place, in the order in which they came.
        self._arriving_of: dict[str, dict[int, Stream]] = {}
        self._open_of: dict[str, dict[int, Stream]] = {}
        self._arriving: dict[int, Stream] = {}
        self._open: dict[int, Stream] = {}
        self._strangers: dict[int, Stream] = {}  # of the open ones those that are not known to be kept
        self._searched_at = -CUT_OFF_LOOK
        self.cut_off = 0  # how many had to go

    def arrived(self, stream: Stream, now: Monotonic) -> None:
        """Take a new one in; it may be reset at once, or another for it."""
        place = place_of(stream.hop.host)
        self._arriving[stream.flow] = stream
        here = self._arriving_of.setdefault(place, {})
        here[stream.flow] = stream
        if not self._connects.take(place, now):
            self._reset(stream)
        elif len(here) > self._limits.arriving_of_source:
            self._reset(_first(here.values()))
        elif len(self._arriving) > self._limits.arriving:
            self._reset(_first(self._arriving.values()))
        elif len(self._arriving) + len(self._open) > _files_left():
            self._make_room(stream, now)

    def may_shake_hands(self, stream: Stream, now: Monotonic) -> bool:
        """Return whether this peer may begin one more TLS handshake now."""
        return self._handshakes.take(place_of(stream.hop.host), now)

    def opened(self, stream: Stream, now: Monotonic) -> None:
        """Note that its TLS handshake is done."""
        place = place_of(stream.hop.host)
        self._leave(self._arriving_of, place, stream)
        self._arriving.pop(stream.flow, None)
        here = self._open_of.setdefault(place, {})
        here[stream.flow] = self._open[stream.flow] = self._strangers[stream.flow] = stream
        if len(here) > self._limits.of_source:
            one = next((one for one in here.values() if not self._keeps(one.hop)), stream)
            self._reset(one)
        elif len(self._open) > self._limits.most:
            self._make_room(stream, now)

    def gone(self, stream: Stream) -> None:
        """Forget one that is closed."""
        place = place_of(stream.hop.host)
        self._leave(self._arriving_of, place, stream)
        self._leave(self._open_of, place, stream)
        self._arriving.pop(stream.flow, None)
        self._open.pop(stream.flow, None)
        self._strangers.pop(stream.flow, None)

    def _make_room(self, newest: Stream, now: Monotonic) -> None:
        """Reset the oldest that is nobody's; if all are kept, the one that came last."""
        found = self._oldest_stranger()
        if found is None and now - self._searched_at >= CUT_OFF_LOOK:
            self._searched_at = now  # a user may have left, and their connection stayed
            self._strangers = dict(self._open)
            found = self._oldest_stranger()
        if found is None and self._arriving:
            found = _first(self._arriving.values())
        self._reset(found or newest)

    def _oldest_stranger(self) -> Stream | None:
        while self._strangers:
            flow, stream = next(iter(self._strangers.items()))
            del self._strangers[flow]
            if not self._keeps(stream.hop):
                return stream
        return None

    def _reset(self, stream: Stream) -> None:
        self.cut_off += 1
        self.gone(stream)  # at once: the loop tells us of it later
        stream.abort()

    def _leave(self, places: dict[str, dict[int, Stream]], place: str, stream: Stream) -> None:
        here = places.get(place)
        if here is not None and here.pop(stream.flow, None) is not None and not here:
            del places[place]


def _first(streams: Iterable[Stream]) -> Stream:
    return next(iter(streams))


def _files_left() -> int:
    """Return how many connections the system's limit of open files leaves room for."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(SPARE_FILES, allowed - SPARE_FILES) if allowed != resource.RLIM_INFINITY else 1 << 30
