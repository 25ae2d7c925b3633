"""Attacks on light logins by KDF 2: to try Bob's passwords faster than his hubs count, or to keep him out.

Mallory reads the chain, talks to every hub like everybody, and runs as many of the hubs as a test gives her.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha512
from pathlib import Path

import pytest

from telsdk.credential import evaluation, kdf2, light, oprf
from telsdk.credential.errors import WrongPassword
from telsdk.credential.evaluation import Question
from telsdk.credential.hubsecrets import HubSecrets, Password, key_id
from telsdk.credential.kdf2 import Evaluation, Opening, Parameters
from telsdk.credential.light import LightKey
from telsdk.credential.session import Login
from telsdk.directory import HubFacts
from telsdk.net.buckets import Rate
from telsdk.server.gate import GateSettings
from telsdk.uc.errors import HubsMissing
from telsdk.uc.light_login import choose
from tests.hub.test_light_logins import ELEMENT, asked
from tests.lighthubs import PASSWORD, LightHubs, secret
from tests.network import BOB

GUESSES = ("letmein", "a lantern of copper", "mend the copper lantern", PASSWORD)
"""What Mallory tries. The right one is among them: what she gains is to know which."""


class Robbed:
    """What Mallory has: the chain, and the secrets of some hubs."""

    def __init__(self, at: LightHubs, *hubs: int) -> None:
        self.at = at
        self.facts = at.facts.numbers[BOB]
        self.parameters = Parameters.decode(self.facts.kdf_parameters)
        self.password = Password(at.facts.domain, BOB, self.facts.epoch, self.parameters.nonce)
        self.hubs = hubs

    def works_out(self, guess: str) -> list[Evaluation]:
        """What the hubs that she has would answer to a guess."""
        x = light.stretch(guess, self.at.facts.domain, BOB, self.facts.epoch)
        blinded = oprf.blind(x)
        return [
            Evaluation(
                hub,
                key_id(secret(hub)),
                oprf.finalize(
                    x,
                    blinded.scalar,
                    HubSecrets([secret(hub)]).evaluate(key_id(secret(hub)), self.password, blinded.element),
                ),
            )
            for hub in self.hubs
        ]

    def opens(self, guess: str) -> LightKey | None:
        x = light.stretch(guess, self.at.facts.domain, BOB, self.facts.epoch)
        opening = Opening(x, self.parameters, self.facts.credential or b"")
        return next((key for one in self.works_out(guess) if (key := opening.take(one)) is not None), None)


async def test_bob_logs_in_with_his_hubs_else_the_attacks_below_would_show_nothing(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        assert (await at.log_in()).delegation.role == "light"


async def test_an_observer_of_the_chain_tries_passwords_offline(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        mallory = Robbed(at)
        domain, told = at.facts.domain, mallory.facts
        for guess in GUESSES:  # by KDF 1, and by KDF 2 with no hub's part or with shares taken as they stand
            x = light.stretch(guess, domain, BOB, told.epoch)
            made_up = [
                Evaluation(one.hub, one.key, part)
                for one in mallory.parameters.hubs
                for part in (bytes(64), x)
            ]
            keys = [LightKey.of(x), *_opened_by(x, mallory, made_up)]
            assert told.credential not in {key.credential for key in keys}


def _opened_by(x: bytes, mallory: Robbed, answers: list[Evaluation]) -> list[LightKey]:
    opening = Opening(x, mallory.parameters, mallory.facts.credential or b"")
    return [key for one in answers if (key := opening.take(one)) is not None]


async def test_hubs_below_the_threshold_try_passwords_offline(tmp_path: Path) -> None:
    """What they work out of the right guess has to look like what they work out of a wrong one: uniform octets."""
    async with LightHubs(tmp_path) as at:
        await at.start()
        for hub in (1, 2, 3):
            await at.set()
            mallory = Robbed(at, hub)
            sealed = mallory.parameters.of(hub)
            assert sealed is not None
            shares = {}
            for guess in GUESSES:
                assert mallory.opens(guess) is None
                (answer,) = mallory.works_out(guess)
                pad = kdf2._pad(answer)
                shares[guess] = bytes(a ^ b for a, b in zip(sealed.share, pad, strict=True))
            # Each is a share that fits the other hubs' for some secret: nothing is too large, too small or marked.
            assert len(set(shares.values())) == len(GUESSES)
            assert all(len(share) == kdf2.SECRET for share in shares.values())


async def test_a_threshold_of_hubs_together_gains_more_than_it_had_by_kdf_1(tmp_path: Path) -> None:
    """They can try offline, as everybody can with KDF 1, and each guess costs them no less: no worse than before."""
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        mallory = Robbed(at, 1, 2)
        found = [guess for guess in GUESSES if mallory.opens(guess) is not None]
        assert found == [PASSWORD]
        # Nor is there a way around Argon2id: what the hubs evaluate is its result.
        fast = Evaluation(1, key_id(secret(1)), sha512(PASSWORD.encode()).digest())
        assert _opened_by(PASSWORD.encode(), mallory, [fast, replace(fast, hub=2)]) == []


@pytest.mark.parametrize(
    "kind", ["another element", "the blinded one", "the identity", "nothing", "too much"]
)
async def test_a_hub_that_lies_keeps_bob_out_or_learns_whether_he_was_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lies: dict[str, Callable[[bytes], bytes]] = {
        "another element": lambda element: oprf.hash_to_group(sha512(element).digest()),
        "the blinded one": lambda element: element,
        "the identity": lambda element: bytes(32),
        "nothing": lambda element: b"",
        "too much": lambda element: element * 2,
    }
    honest = HubSecrets.evaluate

    def evaluate(self: HubSecrets, key: bytes, password: Password, element: bytes) -> bytes:
        return lies[kind](element) if key == key_id(secret(2)) else honest(self, key, password, element)

    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        monkeypatch.setattr(HubSecrets, "evaluate", evaluate)
        assert (await at.log_in()).number == BOB
        with pytest.raises(WrongPassword):
            await at.log_in("not it")


async def test_a_hub_that_is_lost_keeps_bob_out(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        await at.hubs[2].stop()
        assert (await at.log_in()).number == BOB


async def test_a_guesser_tries_more_than_the_hubs_count(tmp_path: Path) -> None:
    """From many places at once, by any nonce, over a restart, and by asking each pair of hubs in turn."""
    async with LightHubs(tmp_path) as at:
        await at.start()
        new = await at.set()
        question = Question(1, new.parameters.nonce)

        async def attempts(hub: int) -> list[int]:
            async def one() -> int:
                async with asked(at, hub) as mallory:
                    return (await mallory.evaluate(question)).status

            return await asyncio.gather(*(one() for _ in range(15)))

        assert [(await attempts(hub)).count(200) for hub in (1, 2, 3)] == [10, 10, 10]
        for hub in (1, 2, 3):
            await at.restart(hub)
            assert (await attempts(hub)).count(200) == 0
        # 30 evaluations are 15 guesses, each of which takes two; and then 3 an hour: 26,298 a year, 13,149 guesses.
        per_hour = 3 * at.hubs[1]._settings.tries.per_second * 3_600
        assert per_hour * 24 * 365.25 / 2 == pytest.approx(13_149)


async def test_guesses_are_spread_over_numbers_epochs_or_nonces_to_fill_more_buckets(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        new = await at.set()
        async with asked(at, 1) as mallory:
            for epoch, nonce in ((2, new.parameters.nonce), (1, bytes(16)), (1, new.parameters.nonce[::-1])):
                assert (await mallory.evaluate(Question(epoch, nonce))).status == 412
            for _ in range(10):
                assert (await mallory.evaluate(Question(1, new.parameters.nonce))).status == 200
            assert (await mallory.evaluate(Question(1, new.parameters.nonce))).status == 503


async def test_a_stolen_device_asks_for_more_tries(tmp_path: Path) -> None:
    """Its session gives the tries back once, and its ticket has one bucket, however often it asks."""
    async with LightHubs(tmp_path, count=2) as at:
        await at.start()
        new = await at.set()
        stolen = await at.log_in()
        question = Question(1, new.parameters.nonce)
        async with asked(at, 1) as mallory:
            answers = []
            for _ in range(40):
                ticket = await mallory.ask(
                    mallory.question(None, b"", ("Accept", evaluation.TICKET_TYPE)), stolen
                )
                shown = ("Authorization", f"{evaluation.TICKET_SCHEME} {ticket.body.decode()}")
                answers += [
                    (await mallory.ask(mallory.question(str(question), ELEMENT, *fields))).status
                    for fields in ((), (shown,))
                ]
            assert answers.count(200) <= 2 * 10


async def test_a_stolen_deep_session_tries_the_password_beside_its_bucket(tmp_path: Path) -> None:
    """It may ask for new nonces; of the present one it is told what strangers are."""
    async with LightHubs(tmp_path, count=2) as at:
        await at.start()
        new = await at.set()
        question = Question(1, new.parameters.nonce)
        async with asked(at, 1) as mallory:
            told = [(await mallory.evaluate(question, at.owner())).status for _ in range(12)]
            assert told == [200] * 10 + [503] * 2


async def test_the_bucket_is_drained_so_that_bob_cannot_log_in(tmp_path: Path) -> None:
    """A new device has to wait; what is logged in stays so, and a device that Bob had before gets in at once."""
    async with LightHubs(tmp_path) as at:
        await at.start()
        new = await at.set()
        known: Login = await at.log_in()
        for hub in (1, 2, 3):
            async with asked(at, hub) as mallory:
                while (await mallory.evaluate(Question(1, new.parameters.nonce))).status == 200:
                    pass
        with pytest.raises(HubsMissing) as refused:
            await at.log_in()
        assert 0 < (refused.value.retry_after or 0) <= 3_600
        # Of two logins in one second only the first gives the tries back.
        later = known.delegation.not_before + 2
        assert (await at.log_in(tickets=known.tickets, now=later)).number == BOB
        await at.set("another lantern of brass at dawn")  # and its owner sets a new password
        assert (await at.log_in("another lantern of brass at dawn")).number == BOB


async def test_the_seller_tries_the_password_of_the_buyer_or_uses_the_old_one(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        old = await at.set()
        seller, sold = at.owner(), at.facts.numbers[BOB]
        known = await at.log_in()
        at.facts.sell(BOB, "0x" + "99" * 20)
        at.facts.change(BOB, credential=old.key.credential, kdf=2, kdf_parameters=old.parameters.encode())
        # The buyer is so careless as to write the seller's parameters; the epoch alone makes them worth nothing.
        with pytest.raises(WrongPassword):
            await at.log_in(tickets=known.tickets)
        async with asked(at, 1) as hub:
            assert (await hub.evaluate(Question(sold.epoch, old.parameters.nonce))).status == 412
            assert (await hub.evaluate(Question(2, bytes(16)), seller)).status == 403


async def test_a_lying_rpc_gives_a_device_other_parameters(tmp_path: Path) -> None:
    """It may name hubs of its own and a hash of its own. What they see is blinded, and what comes of it is refused."""
    async with LightHubs(tmp_path, count=4) as at:
        await at.start()
        await at.set(PASSWORD, 1, 2, 3)
        true = at.facts.numbers[BOB]
        forged = await at.make("a password of Mallory's", 3, 4)
        lie = replace(true, kdf_parameters=forged.parameters.encode(), credential=forged.key.credential)
        at.facts.add(lie)
        seen: list[bytes] = []
        honest = HubSecrets.evaluate

        def watched(self: HubSecrets, key: bytes, password: Password, element: bytes) -> bytes:
            seen.append(element)
            return honest(self, key, password, element)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HubSecrets, "evaluate", watched)
            for _ in range(2):
                with pytest.raises(WrongPassword):
                    await at.log_in()
        assert len(set(seen)) == len(seen) >= 4  # no two are alike: nothing to try guesses against
        at.facts.add(true)
        assert (await at.log_in()).number == BOB


async def test_one_operator_behind_several_hubs_passes_for_several(tmp_path: Path) -> None:
    """Whom the chain names as operator is counted, and the person is told (`NewPassword.alone`)."""
    async with LightHubs(tmp_path) as at:
        await at.start()
        one, two, three = at.facts.hub_list
        at.facts.hub_list = (one, HubFacts(2, one.operator, two.uri, two.pins, ()), three)
        chosen = choose(at.facts.hubs(), BOB, 1)
        assert [hub.operator for hub in chosen] == [one.operator, three.operator]
        assert (await at.make(PASSWORD)).alone == (one.operator, (1, 2))
        assert (await at.make(PASSWORD, *(hub.id for hub in chosen))).alone is None


async def test_two_hubs_of_one_secret_give_away_the_difference_of_their_shares(tmp_path: Path) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start(1, secrets=[secret(1)])
        await at.start(2, secrets=[secret(1)])
        new = await at.set(PASSWORD, 1, 2)
        pads = [kdf2._pad(Evaluation(hub, b"", bytes(64))) for hub in (1, 2)]
        assert pads[0] != pads[1]
        assert new.parameters.hubs[0].share != new.parameters.hubs[1].share


async def test_a_flood_of_tries_keeps_a_hub_from_its_other_work(tmp_path: Path) -> None:
    """What a stranger may send counts like any other message (`telsdk.server.gate`)."""
    rate = Rate(1, 20)  # the list has its servers on loopback too
    gate = GateSettings(source=rate, peer=rate)
    async with LightHubs(tmp_path, count=2) as at:
        await at.start(gate=gate, tries=Rate(1, 1_000))
        new = await at.set()
        async with asked(at, 1) as mallory:
            told = [(await mallory.evaluate(Question(1, new.parameters.nonce))).status for _ in range(30)]
        assert told.count(200) <= 21
        assert 503 in told


async def test_a_hub_or_a_log_learns_a_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with LightHubs(tmp_path) as at:
        await at.start()
        await at.set()
        login = await at.log_in()
        with pytest.raises(WrongPassword):
            await at.log_in("not it at all")
        told = caplog.text + json.dumps([str(one) for one in (login, *at.hubs.values())])
        x = light.stretch(PASSWORD, at.facts.domain, BOB, 1)
        for hidden in (PASSWORD, "not it at all", x.hex(), *(one.hex() for one in login.tickets.values())):
            assert hidden not in told
    assert not _written(tmp_path, PASSWORD)


def _written(folder: Path, text: str) -> list[Path]:
    return [file for file in folder.iterdir() if text.encode() in file.read_bytes()]


def test_hubs_that_all_lie_keep_a_device_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries each choice of hubs once, of which there are 70 at most, and each takes no Argon2id."""
    tried: list[int] = []
    honest = LightKey.of

    def counted(wide: bytes) -> LightKey:
        tried.append(len(wide))
        return honest(wide)

    monkeypatch.setattr(LightKey, "of", counted)
    answers = [Evaluation(hub, bytes(4), bytes([hub]) * 64) for hub in range(1, kdf2.MAX_HUBS + 1)]
    key, parameters = kdf2.seal(bytes(48), bytes(16), answers, 4)
    opening = Opening(bytes(48), parameters, key.credential)
    tried.clear()
    for lie in (replace(one, rho=bytes(64)) for one in answers * 2):
        assert opening.take(lie) is None
    assert len(tried) == 70
