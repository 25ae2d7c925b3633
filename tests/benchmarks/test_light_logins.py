"""Logins and evaluations can be measured; how long they take is nothing a test can hold on any machine."""

from __future__ import annotations

from benchmarks import light_logins


async def test_both_kinds_of_login_are_timed() -> None:
    assert set(await light_logins.logins(1)) == {"login_kdf_1_s", "login_kdf_2_s"}


def test_every_evaluation_that_a_hub_is_asked_for_is_counted_and_answered() -> None:
    figures = light_logins.load(50, 1.0)
    assert figures["refused"] == 0
    assert figures["asked_a_second"] == 50
    assert figures["hub_processor_us_an_evaluation"] > 0


def test_each_question_is_another_and_no_bucket_is_asked_for_more_than_it_holds() -> None:
    asked = [light_logins.question(5061, at) for at in range(3 * light_logins.TRIES)]
    assert len({branch for branch, _ in asked}) == len(asked)
    users = [data.partition(b"From: <sip:")[2].partition(b"@")[0] for _, data in asked]
    assert {users.count(user) for user in users} == {light_logins.TRIES}
