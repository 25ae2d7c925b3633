"""Contract wallets are believed, asked seldom, and cannot be used to make a node ask without end."""

from __future__ import annotations

import contextlib

import pytest

from telsdk.clock import Wall
from telsdk.credential import wallet
from telsdk.credential.errors import TooManyWalletQuestions, WalletUnreachable
from telsdk.credential.wallet import WalletAnswers, WalletToAsk
from telsdk.errors import TelError
from tests.facts import FixedDirectory

WALLET = "0x" + "Cc" * 20
DIGEST = b"d" * 32
NOW = Wall(1000.0)


class Away(TelError, ConnectionError):
    """As `telsdk.chain.errors.RpcUnreachable`."""


def away(*_: object) -> bool:
    raise Away("no answer from the RPC")


@pytest.fixture
def directory() -> FixedDirectory:
    return FixedDirectory(wallets=lambda _account, _digest, signature: signature.startswith(b"good"))


@pytest.fixture
def answers(directory: FixedDirectory) -> WalletAnswers:
    return WalletAnswers(directory, size=100)


def has_code(answers: WalletAnswers) -> WalletAnswers:
    """`answers`, which have found out that WALLET has code."""
    with pytest.raises(WalletToAsk) as wanted:
        answers.accepts(WALLET, DIGEST, b"any", NOW)
    wanted.value.settle(wanted.value.ask())
    return answers


def test_a_wallets_yes_is_remembered_for_a_while_and_then_asked_again(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    assert answers.accepts(WALLET, DIGEST, b"good", NOW)
    assert answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.RECHECK - 1))
    assert directory.wallet_questions == 1
    directory.wallets = lambda *_: False
    assert not answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.RECHECK))
    assert directory.wallet_questions == 2


def test_a_no_is_remembered_for_less_long(directory: FixedDirectory, answers: WalletAnswers) -> None:
    assert not answers.accepts(WALLET, DIGEST, b"bad", NOW)
    assert not answers.accepts(WALLET, DIGEST, b"bad", Wall(NOW + wallet.REFUSAL_KEPT - 1))
    assert directory.wallet_questions == 1
    directory.wallets = lambda *_: True
    assert answers.accepts(WALLET, DIGEST, b"bad", Wall(NOW + wallet.REFUSAL_KEPT))


def test_a_stranger_cannot_make_it_ask_without_end(directory: FixedDirectory, answers: WalletAnswers) -> None:
    answers.accepts(WALLET, DIGEST, b"good", NOW)
    reserve = wallet.QUESTIONS_OF_OWNER  # a good one came from there
    for attempt in range(wallet.QUESTIONS - 1 + reserve):
        assert not answers.accepts(WALLET, DIGEST, b"bad%d" % attempt, NOW)
    for attempt in range(100):
        with pytest.raises(TooManyWalletQuestions):
            answers.accepts(WALLET, DIGEST, b"worse%d" % attempt, NOW)
    assert directory.wallet_questions == wallet.QUESTIONS + reserve
    assert answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.PER - 1)), "who is logged in stays so"
    assert answers.accepts("0x" + "Dd" * 20, DIGEST, b"good", NOW), "other wallets are not touched"
    assert answers.accepts(WALLET, DIGEST, b"good2", Wall(NOW + wallet.PER))


def test_what_one_place_asks_too_often_takes_nothing_from_another(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    for attempt in range(200):
        with contextlib.suppress(TooManyWalletQuestions):
            answers.accepts(f"0x{attempt % 13:040x}", DIGEST, b"bad%d" % attempt, NOW, "192.0.2.1")
    assert directory.wallet_questions == wallet.QUESTIONS_OF_ASKER
    assert directory.code_questions == 13
    for attempt in range(wallet.QUESTIONS + 1):
        with contextlib.suppress(TooManyWalletQuestions):
            answers.accepts(WALLET, DIGEST, b"worse%d" % attempt, NOW, "192.0.2.2")
    assert answers.accepts(WALLET, DIGEST, b"good", NOW, "198.51.100.1")


def test_from_where_a_good_one_came_more_may_come_whatever_strangers_ask(answers: WalletAnswers) -> None:
    assert answers.accepts(WALLET, DIGEST, b"good", NOW, "198.51.100.1")
    for place in range(50):
        for attempt in range(5):
            with contextlib.suppress(TooManyWalletQuestions):
                answers.accepts(WALLET, DIGEST, b"bad%d %d" % (place, attempt), NOW, f"192.0.2.{place}")
    with pytest.raises(TooManyWalletQuestions):
        answers.accepts(WALLET, DIGEST, b"good too", NOW, "192.0.2.99")
    assert answers.accepts(WALLET, DIGEST, b"good too", NOW, "198.51.100.1")


def test_who_is_logged_in_is_asked_about_again_even_under_attack(answers: WalletAnswers) -> None:
    answers.accepts(WALLET, DIGEST, b"good", NOW)
    later = Wall(NOW + wallet.RECHECK)
    for attempt in range(wallet.QUESTIONS + wallet.QUESTIONS_OF_OWNER):
        answers.accepts(WALLET, DIGEST, b"bad%d" % attempt, later)
    with pytest.raises(TooManyWalletQuestions):
        answers.accepts(WALLET, DIGEST, b"bad", later)
    assert answers.accepts(WALLET, DIGEST, b"good", later)


def test_a_chain_that_cannot_be_asked_gives_no_right_and_is_asked_again_soon(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    def down(*_: object) -> bool:
        raise TelError("no answer from the RPC")

    directory.wallets = down
    with pytest.raises(WalletUnreachable, match="no answer"):
        answers.accepts(WALLET, DIGEST, b"good", NOW)
    directory.wallets = lambda *_: True
    with pytest.raises(WalletUnreachable, match="no answer"):
        answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.AWAY - 1))
    assert answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.AWAY))


def test_who_must_not_wait_asks_elsewhere_and_judges_again(directory: FixedDirectory) -> None:
    answers = has_code(WalletAnswers(directory, size=100, deferred=True))
    for signature, good in ((b"good", True), (b"bad", False)):
        with pytest.raises(WalletToAsk) as wanted:
            answers.accepts(WALLET, DIGEST, signature, NOW)
        assert directory.wallet_questions == 0
        said = wanted.value.ask()
        with pytest.raises(WalletToAsk):
            answers.accepts(WALLET, DIGEST, signature, NOW)  # asking alone changes nothing
        wanted.value.settle(said)
        assert answers.accepts(WALLET, DIGEST, signature, NOW) is good
        directory.wallet_questions = 0


def test_who_asks_elsewhere_is_told_when_the_chain_is_away(directory: FixedDirectory) -> None:
    answers = has_code(WalletAnswers(directory, size=100, deferred=True))
    directory.wallets = away
    with pytest.raises(WalletToAsk) as wanted:
        answers.accepts(WALLET, DIGEST, b"good", NOW)
    wanted.value.settle(wanted.value.ask())
    for signature in (b"good", b"another"):
        with pytest.raises(WalletUnreachable):
            answers.accepts(WALLET, DIGEST, signature, NOW)


def test_a_chain_that_does_not_answer_is_left_alone_for_a_while(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    """Whoever asks waits until the question times out: a node would do nothing else."""

    answers.accepts(WALLET, DIGEST, b"good", NOW)
    directory.wallets = away
    later = Wall(NOW + wallet.RECHECK)
    assert answers.accepts(WALLET, DIGEST, b"good", later)
    for moment in (later, Wall(later + wallet.AWAY - 1)):
        assert answers.accepts(WALLET, DIGEST, b"good", moment)
        with pytest.raises(WalletUnreachable):
            answers.accepts(WALLET, DIGEST, b"good2", moment)
    assert directory.wallet_questions == 2
    directory.wallets = lambda *_: False
    assert not answers.accepts(WALLET, DIGEST, b"good", Wall(later + wallet.AWAY))


def test_a_contract_that_makes_the_chain_answer_with_an_error_takes_nothing_from_others(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    def odd(account: str, *_: object) -> bool:
        if account != WALLET:
            raise TelError("the RPC answered with an error: out of gas")
        return True

    directory.wallets = odd
    with pytest.raises(WalletUnreachable, match="out of gas"):
        answers.accepts("0x" + "Dd" * 20, DIGEST, b"good", NOW)
    assert answers.accepts(WALLET, DIGEST, b"good", NOW)


def test_a_stranger_cannot_make_it_ask_without_end_by_naming_many_numbers(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    answers.accepts(WALLET, DIGEST, b"good", NOW)
    for account in range(wallet.QUESTIONS_OF_ASKER - 1):
        assert not answers.accepts(f"0x{account:040x}", DIGEST, b"bad", NOW)
    for account in range(1000, 1100):
        with pytest.raises(TooManyWalletQuestions):
            answers.accepts(f"0x{account:040x}", DIGEST, b"bad", NOW)
    assert directory.wallet_questions == wallet.QUESTIONS_OF_ASKER
    later = Wall(NOW + wallet.PER - 1)
    assert answers.accepts(WALLET, DIGEST, b"good", later), "who is logged in stays so"
    assert answers.accepts(WALLET, DIGEST, b"good2", Wall(NOW + wallet.PER))


def test_who_is_logged_in_stays_so_while_the_chain_is_away_but_not_for_ever(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    answers.accepts(WALLET, DIGEST, b"good", NOW)
    directory.wallets = away
    assert answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.RECHECK + wallet.GRACE - 1))
    with pytest.raises(WalletUnreachable):
        answers.accepts(WALLET, DIGEST, b"good", Wall(NOW + wallet.RECHECK + wallet.GRACE))


def test_an_rpc_that_answers_with_an_error_gives_no_grace_and_is_asked_again_soon(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    """Only where nobody answers: else a wallet could stay logged in by making its own call fail."""

    def odd(*_: object) -> bool:
        raise TelError("the RPC answered with an error: words that nobody knows")

    later = Wall(NOW + wallet.RECHECK)
    answers.accepts(WALLET, DIGEST, b"good", NOW)
    directory.wallets = odd
    with pytest.raises(WalletUnreachable, match="that nobody knows"):
        answers.accepts(WALLET, DIGEST, b"good", later)
    directory.wallets = lambda *_: True
    assert answers.accepts(WALLET, DIGEST, b"good", Wall(later + wallet.AWAY))


def test_an_account_without_code_is_asked_nothing_however_much_is_made_up_for_it(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    directory.contracts = frozenset({WALLET})
    for attempt in range(200):
        assert not answers.accepts("0x" + "Dd" * 20, DIGEST, b"bad%d" % attempt, NOW)
    assert (directory.wallet_questions, directory.code_questions) == (0, 1)
    assert answers.accepts(WALLET, DIGEST, b"good", NOW)
    assert not answers.accepts("0x" + "Dd" * 20, DIGEST, b"bad", Wall(NOW + wallet.REFUSAL_KEPT))
    assert directory.code_questions == 3, "it may have got code since"


def test_a_stranger_cannot_make_it_look_up_accounts_without_end(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    directory.contracts = frozenset({WALLET})
    for account in range(wallet.LOOKUPS_OF_ASKER):
        assert not answers.accepts(f"0x{account:040x}", DIGEST, b"bad", NOW, "192.0.2.1")
    for account in range(1000, 1100):
        with pytest.raises(TooManyWalletQuestions):
            answers.accepts(f"0x{account:040x}", DIGEST, b"bad", NOW, "192.0.2.1")
    assert directory.code_questions == wallet.LOOKUPS_OF_ASKER
    assert answers.accepts(WALLET, DIGEST, b"good", NOW, "192.0.2.2")


OWNERS_KEY, STRANGERS_KEY = "0x" + "01" * 20, "0x" + "02" * 20


def test_a_key_that_the_wallet_knows_has_questions_that_no_stranger_at_the_same_place_can_spend(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    assert answers.accepts(WALLET, DIGEST, b"good", NOW, "192.0.2.1", OWNERS_KEY)
    for attempt in range(100):
        with contextlib.suppress(TooManyWalletQuestions):
            answers.accepts(WALLET, DIGEST, b"bad%d" % attempt, NOW, "192.0.2.1", STRANGERS_KEY)
    with pytest.raises(TooManyWalletQuestions):
        answers.accepts(WALLET, DIGEST, b"good 2", NOW, "192.0.2.1", STRANGERS_KEY)
    assert answers.accepts(WALLET, DIGEST, b"good 2", NOW, "192.0.2.1", OWNERS_KEY)
    spent = directory.wallet_questions
    for attempt in range(100):
        with contextlib.suppress(TooManyWalletQuestions):
            answers.accepts(WALLET, DIGEST, b"bad 2 %d" % attempt, NOW, "192.0.2.1", OWNERS_KEY)
    assert directory.wallet_questions == spent + wallet.QUESTIONS_OF_OWNER - 1, (
        "nor has that key more than its own"
    )


def test_a_wallet_that_says_yes_to_all_gets_no_more_questions_with_each_key_and_place(
    directory: FixedDirectory, answers: WalletAnswers
) -> None:
    directory.wallets = lambda *_: True
    for minute in range(20):
        now = Wall(NOW + minute * wallet.PER)
        before = directory.wallet_questions
        for attempt in range(500):
            key = f"0x{minute * 10 + attempt % 10:040x}"
            with contextlib.suppress(TooManyWalletQuestions):
                answers.accepts(WALLET, DIGEST, b"%d %d" % (minute, attempt), now, "192.0.2.1", key)
        asked = directory.wallet_questions - before
        assert asked <= wallet.QUESTIONS + wallet.KNOWN * wallet.QUESTIONS_OF_OWNER


def test_a_few_places_cannot_spend_the_questions_of_all(answers: WalletAnswers) -> None:
    """Many wallets are named, so that no single one is the limit. Who comes from elsewhere is asked about."""
    for place in range(20):
        for attempt in range(wallet.QUESTIONS_OF_ASKER):
            with contextlib.suppress(TooManyWalletQuestions):
                answers.accepts(f"0x{attempt:040x}", DIGEST, b"bad%d" % place, NOW, f"192.0.2.{place}")
    assert answers.accepts(WALLET, DIGEST, b"good", NOW, "198.51.100.1")


def test_its_tables_stay_within_their_size(directory: FixedDirectory) -> None:
    answers = WalletAnswers(directory, size=3)
    for account in range(10):
        answers.accepts(f"0x{account:040x}", DIGEST, b"good", NOW)
        answers.accepts(f"0x{account:040x}", DIGEST, b"bad", NOW)
    assert {len(answers._accepted), len(answers._refused), len(answers._asked)} == {3}
