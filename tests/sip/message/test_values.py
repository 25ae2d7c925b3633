from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import NameAddr, values


def test_a_number_is_within_its_bounds() -> None:
    read = values.integer(20, least=3)
    assert (read("3"), read("0020")) == (3, 20)
    for text in ("2", "21", "", "+3", "3 ", "٣"):
        with pytest.raises(SipParseError, match="3 to 20"):
            read(text)


def test_a_contact_is_an_address_or_a_star() -> None:
    assert values.contact("*") == "*"
    assert values.contact("<sip:a@h>;q=0.5") == NameAddr.parse("<sip:a@h>;q=0.5")


@pytest.mark.parametrize("q", ["0", "0.", "0.123", "1", "1.", "1.000"])
def test_a_qvalue_has_three_digits_behind_its_dot_at_most(q: str) -> None:
    assert values.q_of(values.check_q((("q", q),))) == float(q)


@pytest.mark.parametrize("q", ["1.001", "0.1234", "2", ".5", "-1", "", None])
def test_what_is_no_qvalue_is_refused(q: str | None) -> None:
    with pytest.raises(SipParseError, match="qvalue"):
        values.check_q((("q", q),))


def test_without_a_q_something_is_wanted_in_full() -> None:
    assert values.q_of(values.check_q((("level", "1"),))) == 1


def test_the_error_says_what_was_read_and_what_it_was_to_be() -> None:
    with pytest.raises(SipParseError, match="'a b' is not a thing"):
        values.token_and_params("a b", "a thing")
    assert values.token_and_params(" a ; B = 1", "a thing") == ("a", (("b", "1"),))
