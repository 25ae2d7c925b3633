from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Uri
from telsdk.sip.message.info_fields import Info, Product, Reason, Software, WarningValue


def test_what_is_told_about_a_call_has_a_uri_and_a_purpose() -> None:
    found = Info.parse("<http://www.example.com/alice/photo.jpg> ; Purpose=Icon")
    assert found.uri == Uri.parse("http://www.example.com/alice/photo.jpg")
    assert (found.purpose, Info.parse("<sip:h>").purpose) == ("icon", None)


def test_parts_of_a_warning_are_told_apart() -> None:
    found = WarningValue.parse('399 192.0.2.1:5060 "a \\"b\\""')
    assert found == WarningValue(399, "192.0.2.1:5060", 'a "b"')
    assert str(WarningValue(7, "h", "x")) == '007 h "x"'


def test_a_reason_has_a_cause_and_a_text() -> None:
    found = Reason.parse('Q.850 ;cause=016 ;text="Terminated"')
    assert (found.protocol, found.cause, found.text) == ("Q.850", 16, "Terminated")
    assert (Reason.parse("SIP").cause, Reason.parse("SIP").text) == (None, None)


@pytest.mark.parametrize("cause", ["x", '"16"x', "1.5", "-1", "", "9" * 10])
def test_a_cause_is_a_number(cause: str) -> None:
    with pytest.raises(SipParseError):
        Reason.parse(f"Q.850;cause={cause}")


def test_software_is_products_and_comments_in_any_order() -> None:
    found = Software.parse("Phone/1.2\t(X (y\\)) z)  v3 (é)")
    assert found.vals == (Product("Phone", "1.2"), "(X (y\\)) z)", Product("v3"), "(é)")
    assert str(found) == "Phone/1.2 (X (y\\)) z) v3 (é)"


def test_comments_are_within_each_other_four_deep() -> None:
    assert Software.parse("((((a))))").vals == ("((((a))))",)
    with pytest.raises(SipParseError, match="neither"):
        Software.parse("(((((a)))))")


@pytest.mark.parametrize("text", ['399 h\x08 "x"', '399 \x7fh "x"', '399 h\x85 "x"', '399 h h "x"'])
def test_whoever_warns_is_written_without_blanks_and_controls(text: str) -> None:
    """Else what was read could not be written again."""
    with pytest.raises(SipParseError):
        WarningValue.parse(text)
