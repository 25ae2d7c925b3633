"""What benchmarks/parse.py times does what it says; how long it takes is nothing a test can hold on any machine."""

from __future__ import annotations

from benchmarks.invites import invite
from benchmarks.naive import split_and_join
from benchmarks.parse import pass_on, read_and_write, stages
from telsdk.sip.message import parse


def test_each_message_has_1000_bytes_and_is_another_call() -> None:
    assert {len(invite(number)) for number in (0, 1, 4095)} == {1000}
    assert parse(invite(0)).call_id != parse(invite(1)).call_id


def test_the_message_is_written_as_it_was_read() -> None:
    assert read_and_write(invite(7)) == invite(7)
    # The naive reader puts all values of a name where the first was, and names in lower case.
    assert sorted(split_and_join(invite(7)).lower()) == sorted(invite(7).lower())


def test_a_message_that_is_passed_on_has_one_via_more_one_hop_less_and_no_route() -> None:
    before, after = parse(invite(7)), parse(pass_on(invite(7)))
    assert after.vias[1:] == before.vias
    assert (before.max_forwards, after.max_forwards) == (69, 68)
    assert (len(before.routes), after.routes) == (1, [])


def test_the_profile_names_every_stage() -> None:
    assert all(microseconds > 0 for microseconds in stages().values())
