"""What several RPCs do not agree on is not believed."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from telsdk.chain.errors import RpcUnreachable, WitnessDisagrees
from telsdk.chain.index import ChainIndex, Witnessed
from telsdk.chain.interface import Deployment
from telsdk.number import Number
from tests.chain.simulated import BOB, DEPLOYMENT, SimulatedChain, minted

NUMBER = Number(5551234)


def chain() -> SimulatedChain:
    """Alice holds the number."""
    made = SimulatedChain()
    made.mine(*minted(NUMBER))
    return made


def sold(to: str = BOB) -> list[tuple[str, str, dict[str, object]]]:
    return minted(NUMBER, to, epoch=2)


def owner(index: ChainIndex) -> str:
    facts = index.number(NUMBER)
    assert facts is not None
    return facts.owner


def test_what_all_say_is_taken_in() -> None:
    first = chain()
    second = copy.deepcopy(first)
    with ChainIndex(Witnessed(first, [second])) as index:
        index.load()
        for one in (first, second):
            one.mine(*sold())
        assert index.poll() == {NUMBER}
        assert owner(index) == BOB


def test_a_sale_that_one_invents_is_not_believed_and_what_follows_is() -> None:
    liar = chain()
    honest = copy.deepcopy(liar)
    with ChainIndex(Witnessed(liar, [honest])) as index:
        index.load()
        before = owner(index)
        liar.mine(*sold())
        honest.mine()
        with pytest.raises(WitnessDisagrees, match="disagree about block"):
            index.poll()
        assert owner(index) == before
        liar.blocks = copy.deepcopy(honest.blocks)
        index.poll()
        assert (owner(index), index.head) == (before, honest.head())


@pytest.mark.parametrize("liar_first", [True, False])
def test_an_event_that_one_leaves_out_or_invents_within_the_true_block_is_noticed(
    liar_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = chain()
    liar = copy.deepcopy(honest)
    pair = (liar, honest) if liar_first else (honest, liar)
    with ChainIndex(Witnessed(pair[0], [pair[1]])) as index:
        index.load()
        before = owner(index)
        honest.mine(*sold())
        liar.blocks.append((honest.blocks[-1][0], []))
        with pytest.raises(WitnessDisagrees, match="disagree about block 101"):
            index.poll()
        filtered = honest.bloom(honest.blocks[-1][1])
        monkeypatch.setattr(liar, "bloom", lambda said: honest.bloom(said) if said else filtered)
        with pytest.raises(WitnessDisagrees, match="what happened in block 101"):
            index.poll()
        assert owner(index) == before


def test_who_lags_behind_holds_the_others_up_and_no_more() -> None:
    first = chain()
    slow = copy.deepcopy(first)
    with ChainIndex(Witnessed(first, [slow])) as index:
        index.load()
        first.mine(*sold())
        assert index.poll() == frozenset()
        assert index.head == slow.head()
        slow.mine(*sold())
        assert index.poll() == {NUMBER}


def test_a_witness_that_is_silent_is_told_of() -> None:
    first = chain()
    away = copy.deepcopy(first)
    with ChainIndex(Witnessed(first, [away])) as index:
        index.load()
        away.down = True
        with pytest.raises(RpcUnreachable):
            index.poll()


def test_a_reorganisation_that_all_saw_is_followed() -> None:
    first = chain()
    first.mine(*sold())
    second = copy.deepcopy(first)
    with ChainIndex(Witnessed(first, [second])) as index:
        index.load()
        for one in (first, second):
            one.rewind(1, "other")
            one.mine()
        index.poll()
        assert owner(index) != BOB


def test_a_witness_of_another_deployment_is_no_witness() -> None:
    other = replace(DEPLOYMENT, addresses=dict.fromkeys(DEPLOYMENT.addresses, BOB))
    assert isinstance(other, Deployment)
    with pytest.raises(WitnessDisagrees, match="another deployment"):
        Witnessed(chain(), [SimulatedChain(other)])


@pytest.mark.parametrize("first_says", [True, False])
def test_a_wallet_or_a_name_counts_when_all_say_so(first_says: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = chain(), chain()
    witnessed = Witnessed(one, [other])
    for source, says in ((one, first_says), (other, not first_says)):
        monkeypatch.setattr(source, "is_valid_signature", lambda *_, says=says: says)
        monkeypatch.setattr(source, "names_stand", lambda *_, says=says: [says, True, False])
    assert not witnessed.is_valid_signature(BOB, bytes(32), b"signature")
    assert witnessed.names_stand([NUMBER] * 3, 1) == [False, True, False]
    for source in (one, other):
        monkeypatch.setattr(source, "is_valid_signature", lambda *_: True)
        monkeypatch.setattr(source, "names_stand", lambda *_: [True])
    assert witnessed.is_valid_signature(BOB, bytes(32), b"signature")
    assert witnessed.names_stand([NUMBER], 1) == [True]
