"""NumberRegistry: who holds which number, and that the epoch advances on every path."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any
from xml.etree import ElementTree

import pytest

from scripts import samples
from telsdk.records import RECORDS
from tests.contracts.evm import Contract, Reverted, artefacts
from tests.contracts.suite import ETHER, NO_RECORDS, NUMBER, SET_ALL, ZERO, Suite, actor

Path = Callable[[Suite], None]


def _transfer(s: Suite) -> None:
    s.registry.send("transferFrom", s.alice.address, s.bob.address, NUMBER, sender=s.alice.address)


def _safe_transfer(s: Suite) -> None:
    name = "safeTransferFrom(address,address,uint256)"
    s.registry.send(name, s.alice.address, s.bob.address, NUMBER, sender=s.alice.address)


def _safe_transfer_with_data(s: Suite) -> None:
    name = "safeTransferFrom(address,address,uint256,bytes)"
    s.registry.send(name, s.alice.address, s.bob.address, NUMBER, b"hello", sender=s.alice.address)


def _approved(s: Suite) -> None:
    s.registry.send("approve", s.mallory.address, NUMBER, sender=s.alice.address)
    s.registry.send("transferFrom", s.alice.address, s.bob.address, NUMBER, sender=s.mallory.address)


def _operator(s: Suite) -> None:
    s.registry.send("setApprovalForAll", s.mallory.address, True, sender=s.alice.address)
    s.registry.send("transferFrom", s.alice.address, s.bob.address, NUMBER, sender=s.mallory.address)


def _market(s: Suite) -> None:
    fingerprint = s.list(s.alice.address)
    s.market.send("buy", NUMBER, ETHER, fingerprint, sender=s.bob.address, value=ETHER)


PATHS = [_transfer, _safe_transfer, _safe_transfer_with_data, _approved, _operator, _market]


@pytest.mark.parametrize("path", PATHS)
def test_every_change_of_hands_advances_the_epoch_and_voids_the_records(owned: Suite, path: Path) -> None:
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    path(owned)
    assert owned.registry.read("custodyOf", NUMBER) == (owned.bob.address, 2, 0)
    assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS
    assert owned.names.read("nameOf", NUMBER) == ""
    assert owned.names.read("numberOf", "alice") == 0
    assert owned.registry.read("getApproved", NUMBER) == ZERO


def test_a_transfer_to_oneself_advances_the_epoch_too(owned: Suite) -> None:
    alice = owned.alice.address
    owned.registry.send("transferFrom", alice, alice, NUMBER, sender=alice)
    assert owned.registry.read("custodyOf", NUMBER) == (alice, 2, 0)
    assert owned.registry.read("balanceOf", alice) == 1


def test_a_transfer_says_what_happened(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    result = owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
    assert [(e.name, e.args) for e in result.events] == [
        ("Transfer", {"from": alice, "to": bob, "tokenId": NUMBER}),
        ("EpochAdvanced", {"number": NUMBER, "epoch": 2}),
        ("MetadataUpdate", {"_tokenId": NUMBER}),
    ]
    assert (owned.registry.read("balanceOf", alice), owned.registry.read("balanceOf", bob)) == (0, 1)


def test_the_seller_keeps_no_right(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.registry.send("approve", owned.mallory.address, NUMBER, sender=alice)
    owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
    for account in (alice, owned.mallory.address):
        with pytest.raises(Reverted, match="ERC721InsufficientApproval"):
            owned.registry.send("transferFrom", bob, account, NUMBER, sender=account)


@pytest.fixture
def minted_by_bob(suite: Suite) -> Contract:
    """A registry whose registrar is Bob."""
    registry = suite.chain.deploy(artefacts()["NumberRegistry"], suite.bob.address, sender=suite.bob.address)
    others = (suite.names.address, suite.records.address, suite.market.address)
    registry.send("link", suite.bob.address, *others, sender=suite.bob.address)
    return registry


@pytest.mark.parametrize("number", [0, 1, 9_999, 10**15, 2**256 - 1])
def test_nothing_but_a_number_is_minted(suite: Suite, minted_by_bob: Contract, number: int) -> None:
    with pytest.raises(Reverted) as refused:
        minted_by_bob.send("mint", suite.alice.address, number, sender=suite.bob.address)
    assert (refused.value.name, refused.value.values) == ("NotANumber", (number,))


@pytest.mark.parametrize("number", [10_000, 10**15 - 1])
def test_the_shortest_and_the_longest_number_are_minted(
    suite: Suite, minted_by_bob: Contract, number: int
) -> None:
    minted_by_bob.send("mint", suite.alice.address, number, sender=suite.bob.address)
    assert minted_by_bob.read("custodyOf", number) == (suite.alice.address, 1, 0)


def test_only_the_registrar_mints(suite: Suite) -> None:
    for caller in (suite.alice.address, actor("deployer").address, suite.treasury.address):
        with pytest.raises(Reverted) as refused:
            suite.registry.send("mint", caller, NUMBER, sender=caller)
        assert refused.value.values == (caller, suite.registrar.address)


def test_a_held_number_is_not_minted_again(suite: Suite, minted_by_bob: Contract) -> None:
    minted_by_bob.send("mint", suite.alice.address, NUMBER, sender=suite.bob.address)
    with pytest.raises(Reverted, match="ERC721InvalidSender"):
        minted_by_bob.send("mint", suite.bob.address, NUMBER, sender=suite.bob.address)
    assert minted_by_bob.read("custodyOf", NUMBER) == (suite.alice.address, 1, 0)


def test_nobody_mints_before_the_registry_is_linked_nor_is_it_linked_to_nothing(suite: Suite) -> None:
    alice = suite.alice.address
    registry = suite.chain.deploy(artefacts()["NumberRegistry"], alice, sender=alice)
    with pytest.raises(Reverted, match="NotRegistrar"):
        registry.send("mint", alice, NUMBER, sender=alice)
    for hole in range(4):
        links = [ZERO if position == hole else alice for position in range(4)]
        with pytest.raises(Reverted, match="ZeroLink"):
            registry.send("link", *links, sender=alice)


def test_the_registry_is_linked_once(suite: Suite) -> None:
    deployer, other = actor("deployer").address, suite.mallory.address
    with pytest.raises(Reverted, match="AlreadyLinked"):
        suite.registry.send("link", other, other, other, other, sender=deployer)
    with pytest.raises(Reverted, match="NotLinker"):
        suite.registry.send("link", other, other, other, other, sender=other)
    assert suite.registry.read("registrar") == suite.registrar.address


def test_a_move_keeps_epoch_and_records(owned: Suite) -> None:
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    before = owned.records.read("recordsOf", NUMBER)
    result = owned.move(owned.alice, owned.bob)
    assert [e.name for e in result.events] == ["NonceUsed", "Transfer", "Moved"]
    assert owned.registry.read("custodyOf", NUMBER) == (owned.bob.address, 1, 0)
    assert owned.records.read("recordsOf", NUMBER) == before
    assert owned.names.read("nameOf", NUMBER) == "alice.tel"


def test_a_move_ends_approvals(owned: Suite) -> None:
    owned.registry.send("approve", owned.mallory.address, NUMBER, sender=owned.alice.address)
    owned.move(owned.alice, owned.bob)
    assert owned.registry.read("getApproved", NUMBER) == ZERO


def test_only_the_owner_moves_not_who_is_approved(owned: Suite) -> None:
    owned.registry.send("setApprovalForAll", owned.mallory.address, True, sender=owned.alice.address)
    with pytest.raises(Reverted) as refused:
        owned.move(owned.mallory, owned.bob)
    assert (refused.value.name, refused.value.values) == (
        "NotOwner",
        (NUMBER, owned.mallory.address, owned.alice.address),
    )


def test_a_move_to_oneself_is_refused(owned: Suite) -> None:
    with pytest.raises(Reverted, match="AlreadyHolds"):
        owned.move(owned.alice, owned.alice)


def test_a_contract_account_consents_to_a_move(owned: Suite) -> None:
    wallet = owned.helper("Wallet", owned.bob.address)
    deadline = owned.chain.now
    values = {
        "number": NUMBER,
        "from": owned.alice.address,
        "to": wallet.address,
        "epoch": 1,
        "nonce": 0,
        "deadline": deadline,
    }
    signature = owned.sign(owned.bob, "Move", values)
    owned.registry.send("moveTo", NUMBER, wallet.address, deadline, signature, sender=owned.alice.address)
    assert owned.registry.read("ownerOf", NUMBER) == wallet.address


def test_revoking_sessions_counts_and_keeps_records(owned: Suite) -> None:
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
    before = owned.records.read("recordsOf", NUMBER)
    result = owned.registry.send("revokeSessions", NUMBER, sender=owned.alice.address)
    assert result.event("SessionsRevoked") == {"number": NUMBER, "session": 1}
    assert owned.registry.read("custodyOf", NUMBER) == (owned.alice.address, 1, 1)
    assert owned.records.read("recordsOf", NUMBER) == before
    with pytest.raises(Reverted, match="NotOwner"):
        owned.registry.send("revokeSessions", NUMBER, sender=owned.bob.address)


def test_anyone_revokes_sessions_with_the_owners_signature_once(owned: Suite) -> None:
    deadline = owned.chain.now
    values = {"number": NUMBER, "epoch": 1, "session": 0, "nonce": 0, "deadline": deadline}
    signature = owned.sign(owned.alice, "RevokeSessions", values)
    owned.registry.send("revokeSessionsFor", NUMBER, deadline, signature, sender=owned.mallory.address)
    assert owned.registry.read("sessionOf", NUMBER) == 1
    with pytest.raises(Reverted, match="InvalidSignature"):
        owned.registry.send("revokeSessionsFor", NUMBER, deadline, signature, sender=owned.mallory.address)


def test_a_number_that_nobody_holds_has_no_signer(suite: Suite) -> None:
    with pytest.raises(Reverted, match="InvalidSignature"):
        suite.registry.send(
            "revokeSessionsFor", NUMBER, suite.chain.now, bytes(65), sender=suite.mallory.address
        )


def test_the_fingerprint_covers_all_that_a_buyer_would_lose(owned: Suite) -> None:
    alice = owned.alice.address
    seen = {owned.fingerprint()}
    steps: list[Callable[[], Any]] = [
        lambda: owned.records.send("setCredential", NUMBER, b"\1" * 32, 1, b"", sender=alice),
        lambda: owned.records.send("setCredential", NUMBER, b"\1" * 32, 2, b"", sender=alice),
        lambda: owned.records.send("setCredential", NUMBER, b"\1" * 32, 2, b"\1", sender=alice),
        *(
            partial(
                owned.records.send, "setMany", NUMBER, samples.update(only=record.name).struct(), sender=alice
            )
            for record in RECORDS
        ),
        lambda: owned.names.send("claim", "alice", NUMBER, sender=alice),
        lambda: owned.registry.send("revokeSessions", NUMBER, sender=alice),
        lambda: owned.list(alice),
        lambda: owned.market.send("list", NUMBER, 2 * ETHER, sender=alice),
        lambda: owned.registry.send("approve", ZERO, NUMBER, sender=alice),
        lambda: owned.registry.send("transferFrom", alice, owned.bob.address, NUMBER, sender=alice),
    ]
    for count, step in enumerate(steps, start=2):
        step()
        seen.add(owned.fingerprint())
        assert len(seen) == count


def test_the_fingerprint_stays_when_nothing_changes(owned: Suite) -> None:
    before = owned.fingerprint()
    owned.chain.advance(10**6)
    owned.register(owned.bob.address, NUMBER + 1)
    assert owned.fingerprint() == before


def test_the_card_is_json_with_an_svg_that_parses(owned: Suite) -> None:
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    head, _, body = owned.registry.read("tokenURI", NUMBER).partition(",")
    assert head == "data:application/json;base64"
    card = json.loads(base64.b64decode(body))
    assert card["name"] == str(NUMBER)
    assert {"trait_type": "Name", "value": "alice.tel"} in card["attributes"]
    head, _, picture = card["image"].partition(",")
    assert head == "data:image/svg+xml;base64"
    svg = ElementTree.fromstring(base64.b64decode(picture))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert [str(NUMBER), "alice.tel"] == [t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")][1:]


@pytest.mark.parametrize(
    "interface",
    ["01ffc9a7", "80ac58cd", "5b5e139f", "49064906", "f5112315"],
    ids=["165", "721", "metadata", "4906", "5646"],
)
def test_the_interfaces_are_announced(suite: Suite, interface: str) -> None:
    assert suite.registry.read("supportsInterface", bytes.fromhex(interface)) is True
    assert suite.registry.read("supportsInterface", b"\xff" * 4) is False


def test_the_domain_is_the_one_that_signers_build(suite: Suite) -> None:
    domain = suite.registry.read("eip712Domain")
    assert domain[1:5] == ("telsdk", "1", 31_337, suite.registry.address)


def test_only_the_alias_contract_refreshes_metadata(owned: Suite) -> None:
    with pytest.raises(Reverted, match="NotNameAlias"):
        owned.registry.send("refreshMetadata", NUMBER, sender=owned.alice.address)


def test_the_collection_has_a_name(suite: Suite) -> None:
    assert (suite.registry.read("name"), suite.registry.read("symbol")) == ("telsdk Number", "TEL")


def test_the_link_is_told(suite: Suite) -> None:
    alice, bob = suite.alice.address, suite.bob.address
    registry = suite.chain.deploy(artefacts()["NumberRegistry"], alice, sender=alice)
    links = (alice, bob, suite.mallory.address, suite.treasury.address)
    told = registry.send("link", *links, sender=alice).event("Linked")
    assert tuple(told.values()) == links
    getters = ("registrar", "nameAlias", "records", "market")
    assert tuple(registry.read(getter) for getter in getters) == links


def test_a_number_that_nobody_holds_has_no_card(suite: Suite) -> None:
    with pytest.raises(Reverted) as refused:
        suite.registry.read("tokenURI", NUMBER)
    assert (refused.value.name, refused.value.values) == ("ERC721NonexistentToken", (NUMBER,))


def test_the_zero_address_has_no_balance(suite: Suite) -> None:
    with pytest.raises(Reverted) as refused:
        suite.registry.read("balanceOf", ZERO)
    assert (refused.value.name, refused.value.values) == ("ERC721InvalidOwner", (ZERO,))


def test_a_mint_is_no_change_of_metadata(suite: Suite, minted_by_bob: Contract) -> None:
    result = minted_by_bob.send("mint", suite.alice.address, NUMBER, sender=suite.bob.address)
    assert [(e.name, e.args) for e in result.events] == [
        ("Transfer", {"from": ZERO, "to": suite.alice.address, "tokenId": NUMBER}),
        ("EpochAdvanced", {"number": NUMBER, "epoch": 1}),
    ]


@pytest.mark.parametrize("name", ["", "alice"])
def test_the_card_says_all_that_it_should(owned: Suite, name: str) -> None:
    if name:
        owned.names.send("claim", name, NUMBER, sender=owned.alice.address)
    full = f"{name}.tel" if name else ""
    card = json.loads(base64.b64decode(owned.registry.read("tokenURI", NUMBER).partition(",")[2]))
    svg = ElementTree.fromstring(base64.b64decode(card.pop("image").partition(",")[2]))
    assert card == {
        "name": str(NUMBER),
        "description": f"A telephone number of telsdk. Call it by sip:{NUMBER}@telprotocol",
        "attributes": [
            {"trait_type": "Digits", "value": 7},
            {"trait_type": "Epoch", "value": 1},
            {"trait_type": "Name", "value": full},
        ],
    }
    _, digits, named = svg.iter("{http://www.w3.org/2000/svg}text")
    assert (digits.text, digits.get("textLength"), named.text or "") == (str(NUMBER), "196", full)
    assert (named.get("x"), named.get("y"), named.get("opacity")) == ("28", "256", ".85")
