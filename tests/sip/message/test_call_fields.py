from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import RAck, Replaces, Uri
from telsdk.sip.message.call_fields import ReferSub


def test_a_rack_names_a_response_by_two_numbers_and_a_method() -> None:
    assert RAck.parse("776656\t1  INVITE") == RAck(776656, 1, "INVITE")


def test_a_dialog_is_named_in_any_order_and_with_blanks() -> None:
    found = Replaces.parse("98732@sip.example.com ;from-tag=r33th4x0r ; To-Tag = ff87ff;early-only;x=y")
    assert found == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", True)


def test_a_uri_asks_for_what_its_headers_say() -> None:
    wanted = Replaces("a@b", "1", "2")
    target = wanted.into(Uri.parse("sip:carol@h;lr?Subject=x"))
    assert str(target) == "sip:carol@h;lr?Subject=x&Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2"
    assert Replaces.asked_by(target) == wanted
    assert Replaces.asked_by(Uri.parse("sip:carol@h?Subject=x")) is None
    with pytest.raises(SipParseError, match="RFC 3891"):
        Replaces.asked_by(Uri.parse("sip:carol@h?Replaces=x"))


def test_a_subscription_is_wanted_or_not() -> None:
    assert (ReferSub.parse("FALSE;x").wanted, ReferSub.parse("true").wanted) == (False, True)
