"""Where things are kept on this machine."""

from __future__ import annotations

import stat

import pytest

from telsdk.chain.client import Client
from telsdk.chain.errors import ChainError
from telsdk.cli.common import places
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.places import Own
from telsdk.number import Number

ONE, TWO = Number(5550001), Number(5550002)


def test_the_only_login_is_used() -> None:
    own = Own(ONE, 1)
    own.login.touch()
    (own.login.parent / "notes.json").touch()
    assert places.pick_login(None, 1) == places.pick_login(ONE, 1) == own


def test_which_of_several_has_to_be_said() -> None:
    for number in (ONE, TWO):
        Own(number, 1).login.touch()
    with pytest.raises(Failure, match="--number .5550001 on chain 1, 5550002 on chain 1"):
        places.pick_login(None, 1)
    assert places.pick_login(TWO, 1) == Own(TWO, 1)


@pytest.mark.parametrize(("number", "chain"), [(None, 2), (TWO, 1)])
def test_a_login_that_is_not_there_says_how_to_log_in(number: Number | None, chain: int) -> None:
    Own(ONE, 1).login.touch()
    with pytest.raises(Failure, match="telsdk login deep"):
        places.pick_login(number, chain)


def test_a_store_is_found_by_its_login_or_by_itself() -> None:
    Own(ONE, 1).login.touch()
    assert places.pick_store(None, None) == Own(ONE, 1)
    Own(ONE, 1).store.touch()
    assert places.pick_store(None, None) == Own(ONE, 1)
    Own(TWO, 5).store.touch()
    assert places.pick_store(TWO, None) == places.pick_store(None, 5) == Own(TWO, 5)


def test_what_is_kept_is_nobody_elses_to_read() -> None:
    assert stat.S_IMODE(Own(ONE, 1).store.parent.stat().st_mode) == 0o700


def test_a_copy_of_the_chain_is_kept_and_not_shared_by_two(client: Client) -> None:
    with places.chain_index(client, "hub-1") as first:
        first.load()
        head = first.head
        with places.chain_index(client, "hub-1") as second:
            with pytest.raises(ChainError, match="empty"):  # a copy of its own
                _ = second.head
            assert second.load() == head
    with places.chain_index(client, "hub-1") as again:
        assert again.head == head
