"""Contract wallets are asked beside the event loop, each question once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from telsdk.clock import Wall
from telsdk.credential import asking
from telsdk.credential.asking import Asking
from telsdk.credential.wallet import WalletAnswers, WalletToAsk
from tests.facts import FixedDirectory

NOW = Wall(1_800_000_000.5)
WALLET, DIGEST = "0x" + "Cc" * 20, b"\x07" * 32


class SlowChain(FixedDirectory):
    """Answers when the test lets it, and notes on which thread it was asked."""

    def __init__(self) -> None:
        super().__init__(wallets=lambda *_: False)
        self.free = threading.Event()
        self.threads: set[int] = set()
        self.contracts = frozenset({WALLET})

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        self.threads.add(threading.get_ident())
        assert self.free.wait(30)
        return super().is_valid_signature(account, digest, signature)


@pytest.fixture
async def work() -> AsyncIterator[tuple[SlowChain, WalletAnswers, Asking]]:
    chain = SlowChain()
    made = Asking()
    yield chain, WalletAnswers(chain, 100, deferred=True), made
    chain.free.set()
    await made.close()


def wanted(answers: WalletAnswers, signature: bytes = b"good") -> WalletToAsk:
    answers.settle((WALLET, b"", b""), True, NOW)  # it has code
    with pytest.raises(WalletToAsk) as question:
        answers.accepts(WALLET, DIGEST, signature, NOW)
    return question.value


async def test_the_loop_goes_on_while_the_chain_is_slow(
    work: tuple[SlowChain, WalletAnswers, Asking],
) -> None:
    chain, answers, asker = work
    done = asyncio.Event()
    assert asker.later(wanted(answers), done.set)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not done.is_set()
    chain.free.set()
    await asyncio.wait_for(done.wait(), 10)
    assert threading.get_ident() not in chain.threads
    assert answers.accepts(WALLET, DIGEST, b"good", NOW) is False


async def test_a_question_that_many_wait_for_is_asked_once(
    work: tuple[SlowChain, WalletAnswers, Asking],
) -> None:
    chain, answers, asker = work
    done: list[int] = []
    all_done = asyncio.Event()
    for place in range(5):
        assert asker.later(wanted(answers), lambda place=place: done.append(place))  # type: ignore[misc]
    assert asker.later(wanted(answers), all_done.set)
    chain.free.set()
    await asyncio.wait_for(all_done.wait(), 10)
    assert (done, chain.wallet_questions) == ([0, 1, 2, 3, 4], 1)


async def test_no_more_than_so_many_may_wait(
    work: tuple[SlowChain, WalletAnswers, Asking], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, answers, asker = work
    monkeypatch.setattr(asking, "MAX_WAITING", 2)
    done = asyncio.Event()
    assert asker.later(wanted(answers), lambda: None)
    assert asker.later(wanted(answers), done.set)
    assert not asker.later(wanted(answers), lambda: None)
    chain.free.set()
    await asyncio.wait_for(done.wait(), 10)
    assert asker.later(wanted(answers, b"another"), lambda: None)


async def test_a_bug_in_one_that_waits_harms_no_other(
    work: tuple[SlowChain, WalletAnswers, Asking], caplog: pytest.LogCaptureFixture
) -> None:
    chain, answers, asker = work
    done = asyncio.Event()

    def broken() -> None:
        raise ValueError("a bug")

    asker.later(wanted(answers), broken)
    asker.later(wanted(answers), done.set)
    chain.free.set()
    await asyncio.wait_for(done.wait(), 10)
    assert "a bug in what waited" in caplog.text


async def test_what_waits_when_it_is_closed_is_forgotten() -> None:
    chain, asker = SlowChain(), Asking()
    called: list[bool] = []
    asker.later(wanted(WalletAnswers(chain, 100, deferred=True)), lambda: called.append(True))
    await asyncio.sleep(0)
    chain.free.set()
    await asker.close()
    assert called == []
