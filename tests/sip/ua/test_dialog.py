from __future__ import annotations

import pytest

from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.ua import Dialog, dialog_id


def invite(**fields: str) -> Request:
    made = Request("INVITE", Uri.parse("sip:bob@telprotocol"))
    for name, value in {
        "Via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
        "From": '"Alice" <sip:alice@telprotocol>;tag=a',
        "To": "<sip:bob@telprotocol>",
        "Call-ID": "c",
        "CSeq": "5 INVITE",
        "Contact": "<sip:alice@192.0.2.1>",
        **fields,
    }.items():
        if value:
            made.headers.add(name, value)
    return made


def answer(status: int = 200, *fields: tuple[str, str], contact: str = "<sip:bob@192.0.2.2>") -> Response:
    found = [("Contact", contact)] if contact else []
    return invite().response(status, to_tag="b", headers=[*found, *fields])


def test_both_ends_make_the_same_dialog_of_one_exchange() -> None:
    caller = Dialog.of_caller(invite(), answer())
    callee = Dialog.of_callee(invite(), "b", confirmed=True)
    assert caller.id == ("c", "a", "b")
    assert callee.id == ("c", "b", "a")
    assert (caller.remote_target.host, callee.remote_target.host) == ("192.0.2.2", "192.0.2.1")
    assert (caller.confirmed, callee.confirmed) == (True, True)
    assert dialog_id(caller.request("BYE")) == callee.id
    assert dialog_id(callee.request("BYE")) == caller.id


def test_an_early_dialog_is_told_from_a_confirmed_one() -> None:
    assert not Dialog.of_caller(invite(), answer(180)).confirmed


def test_the_route_set_is_the_recorded_one_seen_from_each_end() -> None:
    recorded = "<sip:b.example;lr>, <sip:a.example;lr>"
    caller = Dialog.of_caller(invite(), answer(200, ("Record-Route", recorded)))
    callee = Dialog.of_callee(invite(**{"Record-Route": recorded}), "b", confirmed=True)
    assert caller.request("BYE").headers.all("Route") == ["<sip:a.example;lr>", "<sip:b.example;lr>"]
    assert callee.request("BYE").headers.all("Route") == ["<sip:b.example;lr>", "<sip:a.example;lr>"]
    assert (caller.next_uri.host, callee.next_uri.host) == ("a.example", "b.example")
    assert caller.request("BYE").uri == caller.remote_target


def test_a_strict_router_gets_the_request_by_its_own_uri() -> None:
    dialog = Dialog.of_caller(invite(), answer(200, ("Record-Route", "<sip:b.example;lr>, <sip:a.example>")))
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:a.example"
    assert bye.headers.all("Route") == ["<sip:b.example;lr>", "<sip:bob@192.0.2.2>"]
    assert dialog.next_uri.host == "a.example"


def test_requests_count_on_and_an_ack_has_its_invites_number() -> None:
    dialog = Dialog.of_caller(invite(), answer())
    assert dialog.request("ACK", cseq=5).cseq.number == 5
    assert [dialog.request("INFO").cseq.number for _ in range(2)] == [6, 7]
    assert Dialog.of_callee(invite(), "b", confirmed=True).request("BYE").cseq.number == 1
    with pytest.raises(ProtocolStateError, match="ACK"):
        dialog.request("ACK")
    assert dialog.local_seq == 7


def test_a_contact_is_given_where_wanted() -> None:
    dialog = Dialog.of_caller(invite(), answer())
    assert dialog.request("INVITE", contact="<sip:alice@192.0.2.1>").headers.get("Contact")
    assert "Contact" not in dialog.request("BYE").headers


def test_an_older_request_of_the_peer_is_out_of_order_and_changes_nothing() -> None:
    dialog = Dialog.of_callee(invite(), "b", confirmed=True)
    moved = "<sip:alice@198.51.100.1>"
    assert not dialog.receive(invite(CSeq="4 INVITE", Contact=moved))
    assert dialog.remote_target.host == "192.0.2.1"
    assert dialog.receive(invite(CSeq="9 INVITE", Contact=moved))
    assert (dialog.remote_seq, dialog.remote_target.host) == (9, "192.0.2.1")


def test_what_a_contact_or_a_strict_route_has_behind_its_question_mark_is_not_sent_back() -> None:
    dialog = Dialog.of_callee(invite(Contact="<sip:alice@192.0.2.1?Subject=x>"), "b", confirmed=True)
    assert str(dialog.request("BYE").uri) == "sip:alice@192.0.2.1"
    recorded = invite(**{"Record-Route": "<sip:proxy.example?Subject=x>"})
    bye = Dialog.of_callee(recorded, "b", confirmed=True).request("BYE")
    assert str(bye.uri) == "sip:proxy.example"


def test_the_remote_target_moves_with_what_was_accepted() -> None:
    dialog = Dialog.of_callee(invite(), "b", confirmed=True)
    dialog.refresh(invite(Contact="<sip:alice@198.51.100.1>"))
    assert dialog.remote_target.host == "198.51.100.1"
    dialog.refresh(invite(Contact=""))
    assert dialog.remote_target.host == "198.51.100.1"


def test_a_request_without_contact_makes_no_dialog() -> None:
    with pytest.raises(SipParseError, match="Contact"):
        Dialog.of_callee(invite(Contact=""), "b", confirmed=True)


def test_a_response_without_contact_is_taken_as_reachable_where_the_request_went() -> None:
    dialog = Dialog.of_caller(invite(), answer(contact=""))
    assert dialog.remote_target == Uri.parse("sip:bob@telprotocol")
    dialog.refresh(answer())
    assert dialog.remote_target.host == "192.0.2.2"
