"""Addresses as people and machines write them."""

import pytest

from telsdk.address import aor, user_of


@pytest.mark.parametrize(
    "text",
    [
        "bob.eth",
        " bob.eth ",
        "sip:bob.eth@telprotocol",
        "SIP:bob.eth@192.0.2.7:5061;transport=tls",
        "sips:bob.eth",
        "tel:bob.eth;phone-context=telprotocol",
    ],
)
def test_every_way_to_write_an_address_means_the_same_user(text: str) -> None:
    assert user_of(text) == "bob.eth"


def test_an_aor_leads_back_to_its_user() -> None:
    assert user_of(aor(5551234)) == "5551234"
