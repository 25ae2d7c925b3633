"""How the chain is followed is said when that changes, with the cause and the next step, and not too often."""

from __future__ import annotations

from telsdk.chain_news import QUIET, ChainNews
from telsdk.clock import Monotonic
from telsdk.freshness import Freshness

YOUNG = Freshness(1_795_838_412, 3.0, 120.0)
OLD = Freshness(1_795_838_412, 600.0, 120.0)


def told(*looks: tuple[float, str, Freshness | None]) -> list[str]:
    """The first words of each line that these looks bring: when, by which trouble, and of which age."""
    news = ChainNews()
    lines = [news.look(trouble, "no answer", chain, Monotonic(now)) for now, trouble, chain in looks]
    assert all(line is None or "\n" not in line for line in lines)
    return [line.partition(":")[0] for line in lines if line is not None]


def test_nothing_is_said_while_all_is_well() -> None:
    assert told(*((float(now), "", YOUNG) for now in range(500))) == []


def test_a_trouble_is_said_once_with_cause_and_next_step_and_so_is_its_end() -> None:
    news = ChainNews()
    line = news.look("RpcUnreachable", "the RPC does not answer", YOUNG, Monotonic(100))
    assert line is not None
    assert "the RPC does not answer" in line
    assert "2026-11-28" in line
    assert "--rpc" in line
    assert not news.is_well
    looks = [(100.0 + now, "RpcUnreachable", YOUNG) for now in range(300)]
    assert told(*looks, (400.0, "", YOUNG), (402.0, "", YOUNG)) == [
        "the chain cannot be read",
        "the chain is followed again",
    ]


def test_an_rpc_that_answers_and_stands_still_is_told_of_too() -> None:
    looks = [(100.0 + now, "", OLD) for now in range(300)]
    assert told(*looks, (500.0, "", YOUNG)) == ["the RPC stands still", "the chain is followed again"]


def test_another_trouble_is_news() -> None:
    assert told((100, "RpcBusy", None), (300, "WrongNetwork", None), (500, "", OLD)) == [
        "the chain cannot be read",
        "the chain cannot be read",
        "the RPC stands still",
    ]


def test_what_flaps_is_told_of_seldom_and_as_it_stands_then() -> None:
    looks = [(100.0 + now, "RpcBusy" if now % 2 else "", YOUNG) for now in range(601)]
    said = told(*looks, *((701.0 + now, "", YOUNG) for now in range(100)))
    assert 2 <= len(said) <= 600 / QUIET + 2
    assert said[-1] == "the chain is followed again"
