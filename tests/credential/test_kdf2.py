"""KDF 2: a password opens with the hubs that it was set with, and with nothing less."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import kdf2, light, oprf
from telsdk.credential.errors import ParametersMalformed, UnknownKdf
from telsdk.credential.hubsecrets import HubSecrets, Password, key_id, oprf_key
from telsdk.credential.kdf2 import Evaluation, Opening, Parameters, Sealed
from telsdk.credential.light import LightKey
from telsdk.directory import Domain
from tests.credential.hubs import EPOCH, NUMBER, answer, answers, secret
from tests.facts import DOMAIN

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/kdf2.json").read_text())[
    "cases"
]
X = bytes(range(48))  # what Argon2id made of a password: here that is not what is tested
NONCE = bytes(range(16))
HUBS = (1, 4, 7)


def made(hubs: Sequence[int] = HUBS, threshold: int = 2, x: bytes = X) -> tuple[LightKey, Parameters]:
    return kdf2.seal(x, NONCE, answers(hubs, x, NONCE), threshold)


def opened(
    key: LightKey, parameters: Parameters, given: Sequence[Evaluation], x: bytes = X
) -> LightKey | None:
    opening = Opening(x, parameters, key.credential)
    return next((found for one in given if (found := opening.take(one)) is not None), None)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["name"])
def test_another_program_makes_the_same_of_the_same(vector: dict[str, Any]) -> None:
    """The vectors are for every program that logs in or serves: each step has its own value."""
    domain = Domain(vector["chain_id"], vector["registry"])
    number, epoch, nonce = vector["number"], vector["epoch"], bytes.fromhex(vector["nonce"])
    x = light.stretch(vector["password"], domain, number, epoch)
    assert x.hex() == vector["x"]
    password = Password(domain, number, epoch, nonce)
    given = []
    for hub in vector["hubs"]:
        held = bytes.fromhex(hub["secret"])
        assert key_id(held).hex() == hub["key_id"]
        assert oprf_key(held, password).hex() == hub["oprf_key"]
        blinded = oprf.blind(x, bytes.fromhex(hub["blind"]))
        assert blinded.element.hex() == hub["blinded"]
        evaluated = HubSecrets([held]).evaluate(key_id(held), password, blinded.element)
        assert evaluated.hex() == hub["evaluated"]
        rho = oprf.finalize(x, blinded.scalar, evaluated)
        assert rho.hex() == hub["rho"]
        given.append(Evaluation(hub["hub"], key_id(held), rho))
    random = iter(map(bytes.fromhex, vector["random"]))
    key, parameters = kdf2.seal(x, nonce, given, vector["threshold"], lambda _: next(random))
    assert parameters.encode().hex() == vector["parameters"]
    assert (key.address, key.credential.hex()) == (vector["address"], vector["credential"])
    again = opened(key, Parameters.decode(bytes.fromhex(vector["parameters"])), given, x)
    assert again is not None
    assert again.address == vector["address"]


def test_any_threshold_of_the_hubs_opens_and_fewer_do_not() -> None:
    for count, threshold in ((2, 2), (3, 2), (4, 3), (5, 3)):
        hubs = range(1, count + 1)
        key, parameters = made(hubs, threshold)
        for size in range(count + 1):
            for chosen in itertools.permutations(hubs, size):
                found = opened(key, parameters, answers(chosen, X, NONCE))
                assert (found is not None) == (size >= threshold)
                assert found is None or found.address == key.address


def test_it_says_how_many_hubs_have_yet_to_answer() -> None:
    key, parameters = made()
    opening, told = Opening(X, parameters, key.credential), []
    for one in answers(HUBS, X, NONCE):
        told.append(opening.missing)
        opening.take(one)
    assert told == [2, 1, 0]


def test_lying_hubs_are_overcome_while_a_threshold_is_honest() -> None:
    hubs = range(1, 6)
    key, parameters = made(hubs, 3)
    for liars in itertools.combinations(hubs, 2):
        given = [answer(hub, X, NONCE, own=bytes(32) if hub in liars else None) for hub in hubs]
        for order in (given, given[::-1]):
            found = opened(key, parameters, order)
            assert found is not None
            assert found.address == key.address


def test_nothing_opens_with_another_password_nonce_epoch_or_number() -> None:
    key, parameters = made()
    other = bytes(48)
    assert opened(key, parameters, answers(HUBS, other, NONCE), other) is None
    assert opened(key, parameters, answers(HUBS, X, bytes(16))) is None
    assert opened(key, parameters, [answer(hub, X, NONCE, epoch=EPOCH + 1) for hub in HUBS]) is None
    assert opened(key, parameters, [answer(hub, X, NONCE, number=NUMBER + 1) for hub in HUBS]) is None


def test_a_hub_counts_once_and_a_strange_one_not_at_all() -> None:
    key, parameters = made()
    one, two = answers((1, 4), X, NONCE)
    assert opened(key, parameters, [one, one, replace(one, hub=9)]) is None
    assert opened(key, parameters, [one, replace(one, rho=bytes(64)), replace(two, hub=9), two]) is not None


def test_hubs_of_one_secret_have_seals_of_their_own() -> None:
    """Else whoever reads the chain had the difference of their shares."""
    same = [answer(hub, X, NONCE, own=secret(1)) for hub in (1, 2)]
    assert same[0].rho == same[1].rho
    key, parameters = kdf2.seal(X, NONCE, same, 2, lambda n: bytes(n))  # shares of 0, all of them 0
    assert parameters.hubs[0].share != parameters.hubs[1].share
    assert opened(key, parameters, same) is not None


def test_a_wrong_guess_shows_by_nothing_that_fewer_than_a_threshold_see() -> None:
    """What a hub with its own secret can work out of a guess is 32 octets of which each is as likely as any other."""
    _, parameters = made()
    sealed = parameters.hubs[0]
    first = Counter[int]()
    for guess in range(2_000):
        rho = sha512_of(guess)
        share = bytes(a ^ b for a, b in zip(sealed.share, pad(sealed.hub, rho), strict=True))
        first[share[0] >> 4] += 1
        first[16 + (share[31] >> 4)] += 1
    # A share below a prime of 252 bits would have one of 16 values in its highest half octet.
    assert all(first[value] > 60 for value in range(32))  # 125 on the average


def sha512_of(guess: int) -> bytes:
    return oprf.expand_message_xmd(guess.to_bytes(4, "big"), b"guess", 64)


def pad(hub: int, rho: bytes) -> bytes:
    """Recover the pad by sealing a share of zeros under it."""
    _, parameters = kdf2.seal(
        X, NONCE, [Evaluation(hub, bytes(4), rho), Evaluation(hub + 1, bytes(4), rho)], 2, lambda n: bytes(n)
    )
    return parameters.hubs[0].share


FIELDS = st.builds(
    Sealed, st.integers(1, 2**32 - 1), st.binary(min_size=4, max_size=4), st.binary(min_size=32, max_size=32)
)
PARAMETERS = st.lists(FIELDS, min_size=2, max_size=8, unique_by=lambda one: one.hub).flatmap(
    lambda hubs: st.builds(
        Parameters, st.integers(2, len(hubs)), st.binary(min_size=16, max_size=16), st.just(tuple(hubs))
    )
)


@given(PARAMETERS)
def test_parameters_are_read_as_they_were_written(parameters: Parameters) -> None:
    assert Parameters.decode(parameters.encode()) == parameters


@given(st.binary(max_size=400))
def test_any_octets_are_parameters_in_their_one_form_or_are_refused(data: bytes) -> None:
    try:
        parameters = Parameters.decode(data)
    except ParametersMalformed:
        return
    assert parameters.encode() == data


GOOD = bytes([2]) + NONCE + b"".join(hub.to_bytes(4, "big") + bytes(4) + bytes(32) for hub in HUBS)
MALFORMED = {
    "nothing": b"",
    "no hub": GOOD[:17],
    "one hub": GOOD[:57],
    "an octet more": GOOD + b"\0",
    "an octet less": GOOD[:-1],
    "a threshold of one": b"\1" + GOOD[1:],
    "a threshold of none": b"\0" + GOOD[1:],
    "a threshold above the hubs": b"\4" + GOOD[1:],
    "hub 0": GOOD[:17] + bytes(4) + GOOD[21:],
    "a hub twice": GOOD + GOOD[17:57],
    "nine hubs": GOOD[:17] + b"".join(hub.to_bytes(4, "big") + bytes(36) for hub in range(1, 10)),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_malformed_parameters_are_refused(data: bytes) -> None:
    Parameters.decode(GOOD)
    with pytest.raises(ParametersMalformed):
        Parameters.decode(data)


@pytest.mark.parametrize(
    ("hubs", "threshold"), [((1,), 1), ((1,), 2), ((1, 2), 1), ((1, 2), 3), ((1, 1), 2), (range(1, 10), 5)]
)
def test_what_does_not_fit_is_refused_before_anything_is_split(hubs: Sequence[int], threshold: int) -> None:
    def never(count: int) -> bytes:
        raise AssertionError(f"{count} random octets were asked for")

    with pytest.raises(ParametersMalformed):
        kdf2.seal(X, NONCE, answers(hubs, X, NONCE), threshold, never)


def test_the_password_alone_makes_no_key() -> None:
    with pytest.raises(UnknownKdf, match="hubs"):
        light.derive("a password", DOMAIN, NUMBER, EPOCH, light.WITH_HUBS)


def test_no_secret_shows_in_a_text() -> None:
    assert X.hex() not in repr(Opening(X, made()[1], bytes(32)))
    assert oprf.blind(X).scalar.hex() not in repr(oprf.blind(X))
