from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import ACCEPT, Response, weight
from telsdk.sip.message.content_fields import ContentDisposition, MediaType, MimeVersion, Preference


def test_parts_of_a_media_type_are_told_apart() -> None:
    found = MediaType.parse('Multipart / Mixed ; Boundary="a b"')
    assert (found.type, found.subtype, found.name) == ("multipart", "mixed", "multipart/mixed")
    assert (found.param("boundary"), found.param("charset")) == ("a b", None)
    assert str(found) == 'multipart/mixed;boundary="a b"'


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("application/sdp", 1),
        ("application/*;q=0.1", 0.1),
        ("*/*", 1),
        ("application/sdp;q=0", 0),
        ("*/*, application/sdp;q=0, application/*", 0),
        ("*/*;q=0.2, application/*;q=0", 0),
        ("application/sdp;level=1, application/sdp;q=0.2", 1),
        ("text/*", 0),
        ("*/sdp", 0),
        ("application/sdpx", 0),
        ("", 0),
    ],
)
def test_the_range_that_names_a_type_most_closely_says_how_much_it_is_wanted(
    line: str, wanted: float
) -> None:
    accepted = ACCEPT.of(Response(200, headers=[("Accept", line)]))
    assert weight(accepted, "application/sdp") == wanted


def test_q_is_a_weight_in_an_accept_and_any_parameter_in_a_content_type() -> None:
    assert MediaType.parse_range("a/b;q=0.5").q == 0.5
    assert MediaType.parse("a/b;q=high").param("q") == "high"
    with pytest.raises(SipParseError, match="qvalue"):
        MediaType.parse_range("a/b;q=high")


def test_codings_and_languages_have_weights() -> None:
    assert [Preference.parse(text).q for text in ("gzip", "*;q=0", "x;q=0.25")] == [1, 0, 0.25]
    assert Preference.parse_language("es-419;q=0.7") == Preference("es-419", (("q", "0.7"),))
    with pytest.raises(SipParseError, match="language"):
        Preference.parse_language("gzip_9")


@pytest.mark.parametrize(
    ("text", "optional"),
    [("render; Handling=Optional", True), ("render;handling=required", False), ("session", False)],
)
def test_a_body_may_be_passed_over_where_its_sender_says_so(text: str, optional: bool) -> None:
    assert ContentDisposition.parse(text).is_optional is optional


def test_the_version_of_mime_is_two_numbers() -> None:
    assert MimeVersion.parse("1.0") == MimeVersion(1, 0)
