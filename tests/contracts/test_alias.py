"""NameAlias: a name stands for a number, and only while both agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.name import Name, NameFormatError
from tests.contracts.ens import DAY, node
from tests.contracts.evm import Reverted
from tests.contracts.suite import NUMBER, Suite


def test_name_and_number_stand_for_each_other(owned: Suite) -> None:
    result = owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    assert result.event("NameClaimed") == {"number": NUMBER, "epoch": 1, "label": "alice"}
    assert result.event("MetadataUpdate") == {"_tokenId": NUMBER}
    assert owned.names.read("numberOf", "alice") == NUMBER
    assert owned.names.read("nameOf", NUMBER) == "alice.tel"


def test_a_released_name_stands_for_nothing(owned: Suite) -> None:
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    result = owned.names.send("release", NUMBER, sender=owned.alice.address)
    assert result.event("NameReleased") == {"number": NUMBER, "label": "alice"}
    assert owned.names.read("numberOf", "alice") == 0
    assert owned.names.read("nameOf", NUMBER) == ""
    with pytest.raises(Reverted, match="NoName"):
        owned.names.send("release", NUMBER, sender=owned.alice.address)


def test_a_number_has_one_name(owned: Suite) -> None:
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    result = owned.names.send("claim", "alicia", NUMBER, sender=owned.alice.address)
    assert [e.name for e in result.events] == ["NameReleased", "NameClaimed", "MetadataUpdate"]
    assert owned.names.read("numberOf", "alice") == 0
    assert owned.names.read("nameOf", NUMBER) == "alicia.tel"


def test_a_name_that_stands_for_a_number_is_not_claimed_again(owned: Suite) -> None:
    owned.register(owned.bob.address, NUMBER + 1)
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    for number, account in ((NUMBER + 1, owned.bob), (NUMBER, owned.alice)):
        with pytest.raises(Reverted) as refused:
            owned.names.send("claim", "alice", number, sender=account.address)
        assert (refused.value.name, refused.value.values) == ("NameTaken", ("alice", NUMBER))


def test_a_name_is_free_when_its_number_was_sold(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.register(bob, NUMBER + 1)
    owned.names.send("claim", "alice", NUMBER, sender=alice)
    owned.registry.send("transferFrom", alice, owned.mallory.address, NUMBER, sender=alice)
    result = owned.names.send("claim", "alice", NUMBER + 1, sender=bob)
    assert [e.args["number"] for e in result.events if e.name.startswith("Name")] == [NUMBER, NUMBER + 1]
    assert owned.names.read("nameOf", NUMBER) == ""
    assert owned.names.read("nameOf", NUMBER + 1) == "alice.tel"


def test_the_new_owner_may_claim_the_same_name(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.names.send("claim", "alice", NUMBER, sender=alice)
    owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
    owned.names.send("claim", "alice", NUMBER, sender=bob)
    assert owned.names.read("nameOf", NUMBER) == "alice.tel"


def test_only_the_owner_names_a_number(owned: Suite) -> None:
    bob = owned.bob.address
    owned.registry.send("setApprovalForAll", bob, True, sender=owned.alice.address)
    for number, owner in ((NUMBER, owned.alice.address), (NUMBER + 1, "0x" + "00" * 20)):
        for call in (("claim", "bob", number), ("release", number)):
            with pytest.raises(Reverted) as refused:
                owned.names.send(*call, sender=bob)
            assert (refused.value.name, refused.value.values) == ("NotOwner", (number, bob, owner))


@given(label=st.text(alphabet="ab-09A_.é\0", max_size=6) | st.text(max_size=34))
def test_contract_and_sdk_agree_on_what_a_label_is(deployed: Suite, label: str) -> None:
    """Where the SDK would fold upper case, the contract refuses: on chain there is one form."""
    try:
        valid = Name(label + ".tel") == label + ".tel"
    except NameFormatError:
        valid = False
    with pytest.raises(Reverted) as refused:
        deployed.names.send("claim", label, NUMBER, sender=deployed.alice.address)
    # Nobody holds the number, so a good label gets as far as the owner.
    assert refused.value.name == ("NotOwner" if valid else "InvalidLabel")


def _is_label(s: Suite, label: str) -> bool:
    """Nobody holds the number, so a good label gets as far as the owner."""
    with pytest.raises(Reverted) as refused:
        s.names.send("claim", label, NUMBER, sender=s.alice.address)
    assert refused.value.name in ("NotOwner", "InvalidLabel")
    return refused.value.name == "NotOwner"


@pytest.mark.parametrize("label", ["{}bc", "a{}c", "ab{}", "abcd{}", "a" * 31 + "{}"])
def test_each_byte_is_looked_at(suite: Suite, label: str) -> None:
    taken = {byte for byte in range(128) if _is_label(suite, label.format(chr(byte)))}
    assert taken == set(b"abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("label", ["ab--", "xn--abc", "----", "a1--b"])
def test_two_hyphens_after_two_bytes_are_kept_for_encodings(suite: Suite, label: str) -> None:
    assert not _is_label(suite, label)


@pytest.mark.parametrize("label", ["ab-", "a--", "ab-c", "abc-", "a--b", "--ab", "abc--"])
def test_hyphens_elsewhere_are_letters_like_others(suite: Suite, label: str) -> None:
    assert _is_label(suite, label)


@pytest.mark.parametrize("label", ["abc", "a" * 32, "0-9a", "-a-", "a--b"])
def test_labels_come_back_as_they_went_in(owned: Suite, label: str) -> None:
    owned.names.send("claim", label, NUMBER, sender=owned.alice.address)
    assert owned.names.read("nameOf", NUMBER) == f"{label}.tel"


def test_asking_for_what_is_no_name_is_answered_with_none(owned: Suite) -> None:
    for label in ("", "ab", "a" * 33, "Alice", "xn--abc"):
        assert owned.names.read("numberOf", label) == 0


@pytest.mark.parametrize("label", ["5551234", "555-1234", "0-9", "123", "---", "-5-", "9" * 32, "1-" * 16])
def test_what_looks_like_a_number_is_no_name(owned: Suite, label: str) -> None:
    with pytest.raises(Reverted) as refused:
        owned.names.send("claim", label, NUMBER, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidLabel", (label,))
    assert owned.names.read("numberOf", label) == 0


@pytest.mark.parametrize("label", ["5551234a", "a-1", "1z2", "5" * 31 + "z"])
def test_one_letter_makes_it_a_name(suite: Suite, label: str) -> None:
    assert _is_label(suite, label)


def test_a_released_name_changes_the_card(owned: Suite) -> None:
    owned.names.send("claim", "alice", NUMBER, sender=owned.alice.address)
    result = owned.names.send("release", NUMBER, sender=owned.alice.address)
    assert result.event("MetadataUpdate") == {"_tokenId": NUMBER}


def test_the_next_owner_has_no_name_to_release(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.names.send("claim", "alice", NUMBER, sender=alice)
    owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
    with pytest.raises(Reverted, match="NoName"):
        owned.names.send("release", NUMBER, sender=bob)
    result = owned.names.send("claim", "bob", NUMBER, sender=bob)
    assert [e.name for e in result.events] == ["NameClaimed", "MetadataUpdate"]


def test_names_end_in_what_vouches_for_them(suite: Suite, ens_suite: Suite) -> None:
    assert (suite.names.read("suffix"), ens_suite.names.read("suffix")) == (".tel", ".eth")


class TestWithEns:
    def give(self, s: Suite, label: str, owner: str) -> None:
        assert s.ens is not None
        s.ens.give(label, owner)

    def test_a_name_needs_its_ens_owner(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        self.give(s, "alice", s.bob.address)
        with pytest.raises(Reverted) as refused:
            s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        assert refused.value.values == ("alice", s.alice.address, s.bob.address)
        self.give(s, "alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        assert s.names.read("nameOf", NUMBER) == "alice.eth"

    def test_a_name_that_nobody_has_in_ens_is_nobodys(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        with pytest.raises(Reverted, match="NotEnsOwner"):
            s.names.send("claim", "alice", NUMBER, sender=s.alice.address)

    def test_a_wrapped_name_is_its_holders(self, ens_suite: Suite) -> None:
        s, ens = ens_suite, ens_suite.ens
        assert ens is not None
        s.register(s.alice.address)
        ens.give("alice", s.bob.address, wrapped=True)
        with pytest.raises(Reverted, match="NotEnsOwner"):
            s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        ens.give("alice", s.alice.address, wrapped=True)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        assert s.names.read("numberOf", "alice") == NUMBER
        ens.give("alice", s.bob.address, wrapped=True)
        assert s.names.read("numberOf", "alice") == 0

    def test_who_sold_the_name_and_is_still_named_by_the_registry_has_it_no_more(
        self, ens_suite: Suite
    ) -> None:
        s, ens = ens_suite, ens_suite.ens
        assert ens is not None
        s.register(s.alice.address)
        s.register(s.bob.address, NUMBER + 1)
        ens.register("alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        ens.sell("alice", s.alice.address, s.bob.address)
        assert ens.registry.read("owner", node("alice")) == s.alice.address
        assert s.names.read("numberOf", "alice") == 0
        s.names.send("release", NUMBER, sender=s.alice.address)
        with pytest.raises(Reverted) as refused:
            s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        assert refused.value.values == ("alice", s.alice.address, s.bob.address)
        s.names.send("claim", "alice", NUMBER + 1, sender=s.bob.address)
        assert s.names.read("nameOf", NUMBER + 1) == "alice.eth"

    def test_a_name_ends_with_its_registration(self, ens_suite: Suite) -> None:
        s, ens = ens_suite, ens_suite.ens
        assert ens is not None
        s.register(s.alice.address)
        ens.register("alice", s.alice.address, DAY)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        s.chain.advance(DAY)
        assert (s.names.read("numberOf", "alice"), s.names.read("nameOf", NUMBER)) == (0, "")

    def test_a_name_ends_when_it_is_sold_in_ens_and_the_buyer_may_claim_it(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        s.register(s.bob.address, NUMBER + 1)
        self.give(s, "alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        self.give(s, "alice", s.bob.address)
        assert (s.names.read("numberOf", "alice"), s.names.read("nameOf", NUMBER)) == (0, "")
        s.names.send("claim", "alice", NUMBER + 1, sender=s.bob.address)
        assert s.names.read("numberOf", "alice") == NUMBER + 1
        # When the name comes back to Alice, it is Bob's number's claim that stands in the way no longer.
        self.give(s, "alice", s.alice.address)
        assert (s.names.read("numberOf", "alice"), s.names.read("nameOf", NUMBER)) == (0, "")

    def test_a_moved_number_keeps_its_name_once_ens_follows(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        self.give(s, "alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        s.move(s.alice, s.bob)
        assert s.names.read("nameOf", NUMBER) == ""
        self.give(s, "alice", s.bob.address)
        assert s.names.read("nameOf", NUMBER) == "alice.eth"

    def test_a_name_given_up_while_ens_did_not_vouch_never_comes_back(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        for label in ("alice", "alicia"):
            self.give(s, label, s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        self.give(s, "alice", s.bob.address)
        s.names.send("claim", "alicia", NUMBER, sender=s.alice.address)
        self.give(s, "alice", s.alice.address)
        assert s.names.read("numberOf", "alice") == 0
        assert s.names.read("nameOf", NUMBER) == "alicia.eth"

    def test_a_number_whose_name_went_to_another_cannot_take_it_from_there(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        s.register(s.bob.address, NUMBER + 1)
        self.give(s, "alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        self.give(s, "alice", s.bob.address)
        s.names.send("claim", "alice", NUMBER + 1, sender=s.bob.address)
        with pytest.raises(Reverted, match="NoName"):
            s.names.send("release", NUMBER, sender=s.alice.address)
        assert s.names.read("numberOf", "alice") == NUMBER + 1
