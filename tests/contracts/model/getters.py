"""What each getter of the contracts must answer, worked out from the events (`Facts`) or fixed for ever."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from telsdk.records import WORDS
from tests.contracts.evm import Reverted
from tests.contracts.model.facts import LABELS, Facts, Hub
from tests.contracts.model.world import NUMBERS, World
from tests.contracts.suite import NONE, ZERO

Answers = Iterator[tuple[tuple[Any, ...], Any]]
"""Pairs of arguments and answer."""


def _by_number(answer: Callable[[Facts, int], Any]) -> Callable[[Facts, World], Answers]:
    return lambda facts, world: (((number,), answer(facts, number)) for number in NUMBERS)


def _by_owned_number(answer: Callable[[Facts, int], Any]) -> Callable[[Facts, World], Answers]:
    """Where nobody holds the number, the getter refuses."""
    missing = "ERC721NonexistentToken"

    def answers(facts: Facts, world: World) -> Answers:
        for number in NUMBERS:
            held = number in facts.owners
            yield (number,), answer(facts, number) if held else Reverted(missing, (number,))

    return answers


def _by_account(answer: Callable[[Facts, str], Any]) -> Callable[[Facts, World], Answers]:
    return lambda facts, world: (((a.address,), answer(facts, a.address)) for a in world.actors)


def _one(answer: Callable[[Facts], Any]) -> Callable[[Facts, World], Answers]:
    return lambda facts, world: iter([((), answer(facts))])


def _operators(facts: Facts, world: World) -> Answers:
    accounts = [a.address for a in world.actors]
    for owner in accounts:
        for operator in (*accounts, world.suite.market.address):
            yield (owner, operator), (owner, operator) in facts.operators


def _commitments(facts: Facts, world: World) -> Answers:
    for commitment in world.commitments:
        yield (commitment,), facts.commitments.get(commitment, 0)


def _hubs(facts: Facts, world: World) -> Answers:
    for hub_id, hub in facts.hubs.items():
        words = (hub.operator, hub.pending, hub.uri, hub.pin, hub.previous, hub.bond, hub.exit_at)
        yield (hub_id,), (*words, len(hub.nodes))


def _node(hub: Hub, index: int) -> tuple[Any, ...]:
    n = hub.nodes[index]
    return n.uri, n.pin, n.previous, n.capacity, n.active


def _nodes(facts: Facts, world: World) -> Answers:
    for hub_id, hub in facts.hubs.items():
        count = len(hub.nodes)
        for offset, limit in ((0, 100), (1, 1), (count, 1)):
            page = range(offset, min(count, offset + limit))
            yield (hub_id, offset, limit), tuple(_node(hub, index) for index in page)


def _price(facts: Facts, number: int) -> int:
    return facts.prices[min(10, len(str(number)))]


def fingerprint(facts: Facts, number: int) -> bytes:
    """As NumberRegistry.getStateFingerprint puts it together."""
    kinds = [word.kept[1] for word in WORDS]
    return bytes(
        keccak(
            encode(
                ["uint256", "address", "uint256", "uint256", "bytes32", "bytes32", "uint256", "bool"],
                [
                    number,
                    facts.owner_of(number),
                    facts.epochs[number],
                    facts.sessions[number],
                    keccak(encode(kinds, facts.records_of(number))),
                    keccak(text=facts.name_of(number)),
                    facts.asked.get(number, 0),
                    number in facts.live,
                ],
            )
        )
    )


@cache
def card(uri: str) -> tuple[str, dict[str, Any], str]:
    """What stands on a card: the number, the attributes, and the text of the picture.

    Raises:
        ValueError: it is no such data URI; json, base64 and xml say what is wrong within.
    """
    document = json.loads(base64.b64decode(uri.removeprefix("data:application/json;base64,"), validate=True))
    image = document["image"].removeprefix("data:image/svg+xml;base64,")
    picture = ET.fromstring(base64.b64decode(image, validate=True))
    text = " ".join(filter(None, (element.text for element in picture.iter())))
    return document["name"], {a["trait_type"]: a["value"] for a in document["attributes"]}, text


def _card(facts: Facts, number: int) -> Callable[[str], bool]:
    digits, name = str(number), facts.name_of(number)
    attributes = {"Digits": len(digits), "Epoch": facts.epochs[number], "Name": name}
    text = " ".join(filter(None, ("telsdk", digits, name)))
    return lambda uri: card(uri) == (digits, attributes, text)


ANSWERS: dict[tuple[str, str], Callable[[Facts, World], Answers]] = {
    ("NumberRegistry", "ownerOf"): _by_owned_number(Facts.owner_of),
    ("NumberRegistry", "balanceOf"): _by_account(lambda f, a: list(f.owners.values()).count(a)),
    ("NumberRegistry", "custodyOf"): _by_number(lambda f, n: (f.owner_of(n), f.epochs[n], f.sessions[n])),
    ("NumberRegistry", "epochOf"): _by_number(lambda f, n: f.epochs[n]),
    ("NumberRegistry", "sessionOf"): _by_number(lambda f, n: f.sessions[n]),
    ("NumberRegistry", "consentOf"): _by_number(Facts.consent_of),
    ("NumberRegistry", "getApproved"): _by_owned_number(lambda f, n: f.approved.get(n, ZERO)),
    ("NumberRegistry", "isApprovedForAll"): _operators,
    ("NumberRegistry", "getStateFingerprint"): _by_owned_number(fingerprint),
    ("NumberRegistry", "tokenURI"): _by_owned_number(_card),
    ("NumberRegistry", "nonces"): _by_account(lambda f, a: f.nonces["NumberRegistry", a]),
    ("NumberRegistry", "registrar"): _one(lambda f: f.links[0]),
    ("NumberRegistry", "nameAlias"): _one(lambda f: f.links[1]),
    ("NumberRegistry", "records"): _one(lambda f: f.links[2]),
    ("NumberRegistry", "market"): _one(lambda f: f.links[3]),
    ("NumberRegistrar", "treasury"): _one(lambda f: f.treasury),
    ("NumberRegistrar", "pendingTreasury"): _one(lambda f: f.pending_treasury),
    ("NumberRegistrar", "priceOf"): _by_number(_price),
    ("NumberRegistrar", "committedAt"): _commitments,
    ("NameAlias", "nameOf"): _by_number(Facts.name_of),
    ("NameAlias", "numberOf"): lambda f, w: (((label,), f.number_of(label)) for label in LABELS),
    ("NumberRecords", "recordsOf"): _by_number(lambda f, n: (*f.records_of(n), f.parameters_block_of(n))),
    ("NumberRecords", "nonces"): _by_account(lambda f, a: f.nonces["NumberRecords", a]),
    ("NumberMarket", "listing"): _by_number(lambda f, n: (f.asked.get(n, 0), n in f.live)),
    ("NumberMarket", "owed"): _by_account(lambda f, a: f.owed[a]),
    ("HubList", "hub"): _hubs,
    ("HubList", "nodes"): _nodes,
    ("HubList", "hubCount"): _one(lambda f: len(f.hubs)),
    ("HubList", "version"): _one(lambda f: f.hub_events),
}
"""The getters whose answers change."""

_COMMITMENT = (NUMBERS[0], ZERO, NONE, 1)
CONSTANTS: dict[tuple[str, str], list[tuple[Any, ...]]] = {
    ("NumberRegistry", "name"): [()],
    ("NumberRegistry", "symbol"): [()],
    ("NumberRegistry", "supportsInterface"): [(bytes.fromhex("80ac58cd"),)],
    ("NumberRegistry", "DOMAIN_SEPARATOR"): [()],
    ("NumberRegistry", "eip712Domain"): [()],
    ("NumberRegistry", "linker"): [()],
    ("NumberRegistrar", "registry"): [()],
    ("NumberRegistrar", "MIN_COMMIT_AGE"): [()],
    ("NumberRegistrar", "MAX_COMMIT_AGE"): [()],
    ("NumberRegistrar", "priceCap"): [(digits,) for digits in range(5, 11)],
    ("NumberRegistrar", "makeCommitment"): [_COMMITMENT],
    ("NameAlias", "registry"): [()],
    ("NameAlias", "owners"): [()],
    ("NameAlias", "suffix"): [()],
    ("NumberRecords", "registry"): [()],
    ("NumberRecords", "MAX_KDF_PARAMETERS"): [()],
    ("NumberMarket", "registry"): [()],
    ("HubList", "BOND"): [()],
    ("HubList", "EXIT_DELAY"): [()],
}
"""The getters that always answer the same to the same arguments, and arguments to ask."""


def constants(world: World) -> dict[tuple[Any, ...], Any]:
    """What those answer now."""
    return {
        (contract, getter, *args): world.contract(contract).read(getter, *args)
        for (contract, getter), calls in CONSTANTS.items()
        for args in calls
    }


def compare(facts: Facts, world: World) -> None:
    """Asks every getter, and holds it to the facts."""
    for (contract, getter), answers in ANSWERS.items():
        for args, expected in answers(facts, world):
            try:
                actual = world.contract(contract).read(getter, *args)
            except Reverted as refused:
                actual = refused
            if isinstance(expected, Reverted):
                assert isinstance(actual, Reverted), f"{contract}.{getter}{args}"
                assert (actual.name, actual.values) == (expected.name, expected.values)
            elif callable(expected):
                assert expected(actual), f"{contract}.{getter}{args} is {actual}"
            else:
                assert actual == expected, f"{contract}.{getter}{args}"
