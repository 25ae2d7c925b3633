"""A light login by KDF 2: with the hubs that the password was set with, over sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.credential import light
from telsdk.credential.errors import ParametersMalformed, WeakPassword, WrongPassword
from telsdk.directory import HubFacts
from telsdk.uc.errors import HubsMissing
from telsdk.uc.light_login import choose
from tests.lighthubs import PASSWORD, LightHubs
from tests.network import BOB


async def test_the_password_opens_a_light_session_and_another_one_does_not(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        new = await at.set()
        assert (new.parameters.threshold, len(new.parameters.hubs)) == (2, 3)
        login = await at.log_in()
        assert (login.number, login.delegation.role) == (BOB, "light")
        assert set(login.tickets) == {1, 2, 3}
        with pytest.raises(WrongPassword):
            await at.log_in(PASSWORD + "!")


async def test_it_opens_while_a_threshold_of_hubs_runs(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        await at.hubs[1].stop()
        assert (await at.log_in()).number == BOB
        await at.hubs[3].stop()
        with pytest.raises(HubsMissing, match="2 of 3 hubs") as refused:
            await at.log_in()
        assert refused.value.retry_after is None


async def test_who_tried_too_often_is_told_when_to_try_again(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        for _ in range(10):
            with pytest.raises(WrongPassword):
                await at.log_in("a guess of somebody's")
        with pytest.raises(HubsMissing, match="tried too often") as refused:
            await at.log_in()
        assert refused.value.retry_after is not None
        assert 3_500 < refused.value.retry_after <= 3_600


async def test_all_hubs_that_were_named_have_to_answer_for_a_new_password(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start(1, 2)
        with pytest.raises(HubsMissing, match="2 of 3 hubs answer"):
            await at.make()


async def test_of_hubs_that_are_offered_those_that_serve_are_taken(tmp_path: Path) -> None:
    async with LightHubs(tmp_path, count=5) as at:
        await at.start(1, 3, 4)
        new = await at.make(count=3)
        assert {hub.id for hub in new.hubs} == {1, 3, 4}
        await at.hubs[3].stop()
        await at.hubs[4].stop()
        with pytest.raises(HubsMissing, match="1 of 3 hubs answer") as refused:
            await at.make(count=3)
        assert refused.value.silent


async def test_more_than_half_of_the_hubs_have_to_answer_unless_it_is_said(tmp_path: Path) -> None:
    async with LightHubs(tmp_path, count=5) as at:
        await at.start()
        assert (await at.make()).parameters.threshold == 3
        assert (await at.make(threshold=4)).parameters.threshold == 4
        with pytest.raises(ParametersMalformed):
            await at.make(threshold=1)


async def test_a_password_that_stands_there_by_kdf_1_is_refused(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        before = light.derive(PASSWORD, at.facts.domain, BOB, 1)
        at.facts.change(BOB, credential=before.credential, kdf=1)
        with pytest.raises(WeakPassword, match="KDF 1"):
            await at.make()
        await at.make(PASSWORD + " of another kind")


async def test_it_says_whose_hubs_could_try_passwords_by_themselves(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        assert (await at.make()).alone is None
        one, two, three = at.facts.hub_list
        at.facts.hub_list = (one, two, HubFacts(3, one.operator, three.uri, three.pins, ()))
        assert (await at.make()).alone == (one.operator, (1, 3))
        assert (await at.make(threshold=3)).alone is None


async def test_no_login_and_no_new_password_leaves_a_task_behind(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start(1, 2)
        await at.set(PASSWORD, 1, 2)
        await at.log_in()


def hub(number: int, operator: int) -> HubFacts:
    return HubFacts(
        number, f"0x{operator:040x}", f"sip:192.0.2.{number}:5061;transport=tls", (bytes(32),), ()
    )


def test_of_each_operator_one_hub_is_chosen_and_the_home_hub_first() -> None:
    hubs = [hub(1, 1), hub(2, 1), hub(3, 2), hub(4, 2), hub(5, 3)]
    for number in (5550001, 5550002, 5550003):
        for home in (1, 2, 3, 4, 5):
            chosen = choose(hubs, BOB.__class__(number), home)
            assert chosen[0].id == home
            assert len({one.operator for one in chosen}) == len(chosen) == 3


def test_the_numbers_of_a_chain_are_spread_over_its_hubs() -> None:
    hubs = [hub(number, number) for number in range(1, 41)]
    second = {choose(hubs, BOB.__class__(5550000 + number), 1)[1].id for number in range(200)}
    assert len(second) > 30
