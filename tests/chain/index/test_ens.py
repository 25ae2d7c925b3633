"""On a chain with ENS, names end when ENS says so, though no contract of ours does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import RpcUnreachable
from telsdk.chain.index import ChainIndex, NameSettings
from telsdk.chain.index.ens import NameWatch
from telsdk.chain.rollout import deploy
from telsdk.directory import Head
from telsdk.name import Name, NameKindError
from telsdk.number import Number
from tests.chain.actors import NUMBER, OTHER, buy, me
from tests.chain.ensworld import Ens

NAME = Name("alice.eth")
SETTINGS = NameSettings(fresh=600, again=240)


@pytest.fixture
def ens(client: Client) -> Ens:
    return Ens(client)


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain, ens: Ens) -> Client:
    """She holds 5551234 on a deployment that asks ENS."""
    made = deploy(chain.w3, chain.accounts[0], name="with-ens", ens=ens.addresses)
    alice = Client(chain.w3, made, client.account)
    buy(alice, chain)
    return alice


class Asked:
    """Which numbers' names an index asked after, one list each time. `down`: no RPC answers that."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lists: list[list[int]] = []
        self.down = False
        self._ask = client.names_stand
        monkeypatch.setattr(client, "names_stand", self._noted)

    def _noted(self, numbers: Sequence[int], block: int) -> list[bool]:
        self.lists.append(list(numbers))
        if self.down:
            raise RpcUnreachable("down")
        return self._ask(numbers, block)


def test_who_does_not_own_a_name_in_ens_cannot_claim_it(alice: Client, bob: Client, ens: Ens) -> None:
    ens.give(me(bob), NAME)
    with pytest.raises(revert.NotEnsOwner, match=f"alice.eth belongs to {me(bob)} in ENS"):
        alice.alias.claim(NAME, NUMBER)


def test_a_name_sold_in_ens_stands_for_the_number_no_longer(
    alice: Client, bob: Client, chain: EmbeddedChain, ens: Ens
) -> None:
    ens.give(me(alice), NAME)
    alice.alias.claim(NAME, NUMBER)
    with ChainIndex(alice, names=SETTINGS) as index:
        index.load()
        assert index.resolve(NAME) == NUMBER
        ens.give(me(bob), NAME)
        chain.advance_time(SETTINGS.again)
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) is None
        facts = index.number(NUMBER)
        assert facts is not None
        assert facts.name is None
        ens.give(me(alice), NAME)
        chain.advance_time(SETTINGS.again)
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) == NUMBER


def test_a_new_index_does_not_believe_an_old_claim(alice: Client, bob: Client, ens: Ens) -> None:
    ens.give(me(alice), NAME)
    alice.alias.claim(NAME, NUMBER)
    ens.give(me(bob), NAME)
    with ChainIndex(alice) as index:
        index.load()
        assert index.resolve(NAME) is None


def test_a_name_that_cannot_be_asked_after_costs_no_event_and_does_not_count_before_it_was(
    alice: Client, chain: EmbeddedChain, ens: Ens, monkeypatch: pytest.MonkeyPatch
) -> None:
    ens.give(me(alice), NAME)
    with ChainIndex(alice) as index:
        index.load()
        alice.alias.claim(NAME, NUMBER)
        asked = Asked(alice, monkeypatch)
        asked.down = True
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) is None
        asked.down = False
        chain.mine()
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) == NUMBER


def test_a_verdict_is_kept_across_restarts_and_not_asked_for_again_while_it_is_young(
    alice: Client, chain: EmbeddedChain, ens: Ens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ens.give(me(alice), NAME)
    alice.alias.claim(NAME, NUMBER)
    path = str(tmp_path / "index")
    with ChainIndex(alice, path, names=SETTINGS) as index:
        index.load()
    asked = Asked(alice, monkeypatch)
    with ChainIndex(alice, path, names=SETTINGS) as index:
        assert index.resolve(NAME) == NUMBER  # as of the block that the file has
        index.load()
        assert index.resolve(NAME) == NUMBER
    assert asked.lists == []
    chain.advance_time(SETTINGS.again)
    with ChainIndex(alice, path, names=SETTINGS) as index:
        index.load()
    assert asked.lists == [[NUMBER]]


def test_what_is_too_old_does_not_count_and_is_asked_again_because_it_was_used(
    alice: Client, chain: EmbeddedChain, ens: Ens, monkeypatch: pytest.MonkeyPatch
) -> None:
    ens.give(me(alice), NAME)
    alice.alias.claim(NAME, NUMBER)
    with ChainIndex(alice, names=SETTINGS) as index:
        index.load()
        asked = Asked(alice, monkeypatch)
        asked.down = True
        chain.advance_time(SETTINGS.fresh - 1)
        index.poll()
        assert index.resolve(NAME) == NUMBER
        chain.advance_time(2)
        index.poll()
        assert index.resolve(NAME) is None
        facts = index.number(NUMBER)
        assert facts is not None
        assert (facts.owner, facts.name) == (me(alice), None)
        asked.down = False
        chain.mine()
        index.poll()
        assert index.resolve(NAME) == NUMBER


def test_a_reorganisation_takes_back_what_was_said_as_of_the_lost_blocks(
    alice: Client, bob: Client, chain: EmbeddedChain, ens: Ens
) -> None:
    ens.give(me(alice), NAME)
    alice.alias.claim(NAME, NUMBER)
    ens.give(me(bob), NAME)
    before = chain.snapshot()
    ens.give(me(alice), NAME)
    with ChainIndex(alice, names=SETTINGS) as index:
        index.load()
        assert index.resolve(NAME) == NUMBER
        chain.revert(before)
        chain.mine(2)
        index.poll()
        assert index.resolve(NAME) is None


def test_only_a_deployment_with_ens_asks_it(
    client: Client, alice: Client, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alice.deployment.asks_ens
    assert not client.deployment.asks_ens
    buy(client, chain)
    client.alias.claim(Name("alice.tel"), NUMBER)
    asked = Asked(client, monkeypatch)
    with ChainIndex(client) as index:
        index.load()
        assert index.resolve(Name("alice.tel")) == NUMBER
    assert asked.lists == []


@pytest.mark.parametrize("with_ens", [True, False])
def test_the_wrong_kind_of_name_is_refused_with_the_right_one(
    client: Client, alice: Client, with_ens: bool
) -> None:
    asked, wrong, right = (alice, "bob.tel", "bob.eth") if with_ens else (client, "bob.eth", "bob.tel")
    with ChainIndex(asked) as index:
        index.load()
        for ask in (
            lambda: index.resolve(Name(wrong)),
            lambda: asked.lookup(wrong),
            lambda: asked.alias.number_of(Name(wrong)),
            lambda: asked.alias.claim(Name(wrong), NUMBER),
        ):
            with pytest.raises(
                NameKindError, match=f"{wrong} is nobody's on this network.*did you mean {right}"
            ):
                ask()


def test_the_changed_and_the_used_come_first_then_the_oldest() -> None:
    numbers = [Number(10_000 + place) for place in range(6)]
    asked: list[tuple[int, int]] = []

    def due(since: int, limit: int) -> list[int]:
        asked.append((since, limit))
        return list(numbers[:limit])

    watch = NameWatch(due, NameSettings(fresh=100, again=40, at_once=4))
    watch.want(OTHER)
    head = Head(1, b"", 1_000)
    assert watch.next([numbers[5]], head) == [numbers[5], OTHER, *numbers[:2]]
    assert asked == [(960, 4)]
    assert watch.next([], head) == numbers[:4]
    assert watch.counts(900, head)
    assert not watch.counts(899, head)
