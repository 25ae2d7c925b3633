"""The hub's memory of who is where."""

from telsdk.clock import Monotonic
from telsdk.hub.location import MemoryLocation, NodeHealth
from telsdk.server.load import Load


def test_an_assignment_holds_until_its_time() -> None:
    location = MemoryLocation()
    location.assign(55555, 1, until=Monotonic(10.0))
    assert location.node_of(55555, Monotonic(9.9)) == 1
    assert location.users(Monotonic(9.9)) == {1: 1}
    assert location.node_of(55555, Monotonic(10.0)) is None
    assert location.users(Monotonic(10.0)) == {}


def test_a_number_is_on_one_node_at_a_time() -> None:
    location = MemoryLocation()
    location.assign(55555, 0, until=Monotonic(10.0))
    location.assign(55555, 1, until=Monotonic(10.0))
    assert location.users(Monotonic(0.0)) == {1: 1}


def test_a_forgotten_number_is_nowhere() -> None:
    location = MemoryLocation()
    location.assign(55555, 0, until=Monotonic(10.0))
    location.forget(55555)
    assert location.node_of(55555, Monotonic(0.0)) is None


def test_the_last_health_is_kept() -> None:
    location = MemoryLocation()
    assert location.health(0) is None
    location.heard(0, NodeHealth(Monotonic(1.0), Load(1, 0, 0.0, 7, 1_800_000_000, False)))
    location.heard(0, NodeHealth(Monotonic(2.0), Load(2, 0, 0.0, 8, 1_800_000_012, False)))
    assert location.health(0) == NodeHealth(Monotonic(2.0), Load(2, 0, 0.0, 8, 1_800_000_012, False))
