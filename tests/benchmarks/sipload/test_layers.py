"""Whose time it is that goes, and how often what is called."""

from __future__ import annotations

from benchmarks.sipload.allocations import Allocations
from benchmarks.sipload.layers import Counts, by_layer, layer_of
from telsdk.sip.message import Uri

FRESH = "sip:alice{}@example.com;lr"


def test_a_file_belongs_to_its_folder_and_a_library_to_whoever_calls_it() -> None:
    assert layer_of("/x/telsdk/sip/message/uri.py") == "sip/message"
    assert layer_of("/x/telsdk/net/driver.py") == "net"
    assert layer_of("/x/telsdk/directory.py") == "telsdk"
    assert layer_of("/usr/lib/python3.11/asyncio/events.py") == "asyncio"
    assert layer_of("/usr/lib/python3.11/re/__init__.py") is None


def test_calls_are_counted_while_the_probe_is_entered_and_by_layer() -> None:
    counts = Counts()
    with counts:
        Uri.parse(FRESH.format(1))
    Uri.parse(FRESH.format(2))
    layers = by_layer(counts.python)
    assert counts.python["sip/message", "Uri.parse"] == 1
    assert layers["sip/message"] == sum(
        times for (layer, _), times in counts.python.items() if layer == "sip/message"
    )
    assert by_layer(counts.native)["sip/message"] > 0


def test_blocks_are_counted_that_are_given_back_at_once() -> None:
    allocations = Allocations()
    with allocations:
        pass
    idle = allocations.blocks
    with allocations:
        for n in range(100):
            bytearray(1_000 + n)
    assert 200 <= allocations.blocks - idle < 500  # each is an object and its octets
