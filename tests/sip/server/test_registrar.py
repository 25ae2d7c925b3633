from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri, parse
from telsdk.sip.server import Registrar

FLOW = Hop("TLS", "192.0.2.1", 40000, flow=1)
CONTACT = "<sip:5551234@192.0.2.1:5060>"


def register(
    *contacts: str,
    expires: int | None = None,
    call_id: str = "c",
    cseq: int = 1,
    headers: tuple[tuple[str, str], ...] = (),
) -> Request:
    made = Request("REGISTER", Uri.parse("sip:telprotocol"))
    fields = [
        ("Via", "SIP/2.0/TLS 192.0.2.1:5060;branch=z9hG4bKx"),
        ("From", "<sip:5551234@telprotocol>;tag=f"),
        ("To", "<sip:5551234@telprotocol>"),
        ("Call-ID", call_id),
        ("CSeq", f"{cseq} REGISTER"),
        *(("Contact", contact) for contact in contacts),
        *headers,
    ]
    if expires is not None:
        fields.append(("Expires", str(expires)))
    for name, value in fields:
        made.headers.add(name, value)
    parsed = parse(bytes(made))
    assert isinstance(parsed, Request)
    return parsed


def listed(response: Response) -> list[str]:
    return response.headers.all("Contact")


def where(registrar: Registrar, now: Monotonic | None = None) -> list[str]:
    return [str(one.contact) for one in registrar.bindings("5551234", now)]


def test_a_contact_is_bound_to_the_way_it_came_and_listed_with_its_time() -> None:
    registrar = Registrar()
    response = registrar.process(register(CONTACT, expires=600), Monotonic(100.0), FLOW)
    assert response.status == 200
    assert listed(response) == [f"{CONTACT};expires=600"]
    (binding,) = registrar.bindings("5551234")
    assert (binding.hop, binding.expires_at, binding.q) == (FLOW, 700.0, 1.0)
    assert (registrar.users, "5551234" in registrar) == (1, True)


@pytest.mark.parametrize(
    ("contact", "header", "seconds"),
    [
        (CONTACT, None, 3600),
        (CONTACT, 7200, 3600),
        (CONTACT + ";expires=120", 600, 120),
        (CONTACT + ";expires=99999999999999999999", None, 3600),
        (CONTACT + ";expires=soon", 600, 600),
    ],
)
def test_the_time_is_the_contacts_own_then_the_headers_then_an_hour_and_never_more(
    contact: str, header: int | None, seconds: float
) -> None:
    registrar = Registrar()
    registrar.process(register(contact, expires=header), Monotonic(0.0), FLOW)
    assert registrar.bindings("5551234")[0].expires_at == seconds


def test_too_short_a_time_is_refused_with_the_shortest_allowed() -> None:
    registrar = Registrar(min_expires=60)
    response = registrar.process(register(CONTACT, expires=59), Monotonic(0.0), FLOW)
    assert (response.status, response.headers.get("Min-Expires")) == (423, "60")
    assert registrar.users == 0


def test_nothing_is_bound_for_longer_than_the_right_to_it_lasts() -> None:
    registrar = Registrar()
    response = registrar.process(register(CONTACT, expires=600), Monotonic(100.0), FLOW, longest=30)
    assert (response.status, listed(response)) == (200, [f"{CONTACT};expires=30"])
    assert registrar.expire(Monotonic(130.0)) == ["5551234"]
    response = registrar.process(register(CONTACT, expires=20), Monotonic(100.0), FLOW, longest=30)
    assert response.status == 423
    assert listed(registrar.process(register(CONTACT), Monotonic(100.0), FLOW, longest=0)) == []


def test_without_contact_it_only_lists() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, expires=600), Monotonic(0.0), FLOW)
    response = registrar.process(register(call_id="other"), Monotonic(10.0), FLOW)
    assert listed(response) == [f"{CONTACT};expires=590"]


def test_expires_0_removes_one_binding_and_star_all() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, "<sip:b@192.0.2.2>", "<sip:c@192.0.2.3>"), Monotonic(0.0), FLOW)
    response = registrar.process(register(CONTACT + ";expires=0", cseq=2), Monotonic(1.0), FLOW)
    assert len(listed(response)) == 2
    response = registrar.process(register("*", expires=0, cseq=3), Monotonic(1.0), FLOW)
    assert (response.status, listed(response), registrar.users) == (200, [], 0)


@pytest.mark.parametrize("request_", [register("*"), register("*", expires=600)])
def test_star_without_expires_0_is_refused_and_changes_nothing(request_: Request) -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, call_id="other"), Monotonic(0.0), FLOW)
    assert registrar.process(request_, Monotonic(0.0), FLOW).status == 400
    assert where(registrar) == [CONTACT]


@pytest.mark.parametrize("contacts", [(CONTACT + ";expires=0",), ("*",), ("<sip:new@192.0.2.9>", CONTACT)])
def test_an_old_cseq_of_the_same_call_id_changes_nothing_at_all(contacts: tuple[str, ...]) -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, cseq=5), Monotonic(0.0), FLOW)
    late = register(*contacts, cseq=5, expires=0 if contacts == ("*",) else None)
    assert registrar.process(late, Monotonic(1.0), FLOW).status == 500
    assert where(registrar) == [CONTACT]


def test_another_call_id_starts_counting_anew() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, cseq=5), Monotonic(0.0), FLOW)
    assert (
        registrar.process(register(CONTACT, cseq=1, call_id="rebooted"), Monotonic(1.0), FLOW).status == 200
    )
    assert registrar.bindings("5551234")[0].call_id == "rebooted"


def test_bindings_are_asked_in_the_order_of_their_q() -> None:
    registrar = Registrar()
    low, high, odd = CONTACT + ";q=0.2", "<sip:b@192.0.2.2>;q=0.9", "<sip:c@192.0.2.3>;q=none"
    registrar.process(register(low, high, odd), Monotonic(0.0), FLOW)
    assert [one.q for one in registrar.bindings("5551234")] == [1.0, 0.9, 0.2]


def test_more_contacts_than_allowed_are_refused_but_old_ones_may_be_refreshed() -> None:
    registrar = Registrar(max_contacts=2)
    three = tuple(f"<sip:a@192.0.2.{i}>" for i in range(3))
    assert registrar.process(register(*three), Monotonic(0.0), FLOW).status == 403
    assert registrar.users == 0
    assert registrar.process(register(*three[:2]), Monotonic(0.0), FLOW).status == 200
    assert registrar.process(register(three[0], cseq=2), Monotonic(0.0), FLOW).status == 200
    assert registrar.process(register(three[2], call_id="d"), Monotonic(0.0), FLOW).status == 403
    assert len(where(registrar)) == 2


@pytest.mark.parametrize(
    ("params", "agent", "call_id"),
    [(';+sip.instance="<urn:uuid:1>"', None, None), ("", "Phone 1.0", None), ("", None, "c")],
    ids=["instance", "user agent and address", "Call-ID"],
)
def test_of_too_many_places_of_one_device_the_oldest_gives_way(
    params: str, agent: str | None, call_id: str | None
) -> None:
    registrar = Registrar(max_contacts=3)
    fields = () if agent is None else (("User-Agent", agent),)
    registrar.process(register("<sip:a@192.0.2.9>", call_id="another"), Monotonic(0.0), FLOW)
    for port in range(1, 12):
        made = register(
            f"<sip:a@192.0.2.1:{port}>{params}", call_id=call_id or f"c{port}", cseq=port, headers=fields
        )
        hop = Hop("UDP", "192.0.2.1", port, is_source=True)
        assert registrar.process(made, Monotonic(float(port)), hop).status == 200
    assert {one.contact.uri.port for one in registrar.bindings("5551234")} == {None, 10, 11}


def test_another_device_is_not_taken_for_the_same() -> None:
    registrar = Registrar(max_contacts=2)
    devices = [
        ';+sip.instance="<urn:uuid:1>"',
        ';+sip.instance="<urn:uuid:2>"',
        ';+sip.instance="<urn:uuid:3>"',
    ]
    statuses = [
        registrar.process(
            register(
                f"<sip:a@192.0.2.1:{5060 + at}>{device}", call_id=f"c{at}", headers=(("User-Agent", "P"),)
            ),
            Monotonic(0.0),
            FLOW,
        ).status
        for at, device in enumerate(devices)
    ]
    assert statuses == [200, 200, 403]


def test_a_device_that_moves_replaces_its_own_binding() -> None:
    registrar = Registrar()
    device = ';+sip.instance="<urn:uuid:1>";reg-id=1'
    registrar.process(register(CONTACT + device), Monotonic(0.0), FLOW)
    registrar.process(
        register("<sip:5551234@198.51.100.7>" + device, call_id="d"), Monotonic(1.0), FLOW.on_flow(2)
    )
    (binding,) = registrar.bindings("5551234")
    assert (binding.contact.uri.host, binding.hop.flow) == ("198.51.100.7", 2)


def test_the_path_is_kept_and_given_back() -> None:
    registrar = Registrar()
    response = registrar.process(
        register(CONTACT, headers=(("Path", "<sip:edge.example;lr>"),)), Monotonic(0.0), FLOW
    )
    assert response.headers.all("Path") == ["<sip:edge.example;lr>"]
    assert [str(path) for path in registrar.bindings("5551234")[0].path] == ["<sip:edge.example;lr>"]


def test_a_path_that_cannot_be_read_is_refused_and_changes_nothing() -> None:
    registrar = Registrar()
    response = registrar.process(register(CONTACT, headers=(("Path", "nonsense <"),)), Monotonic(0.0), FLOW)
    assert (response.status, registrar.users) == (400, 0)


def test_a_contact_finds_its_binding_as_long_as_it_is_bound() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    found = registrar.at("5551234", Uri.parse("sip:5551234@192.0.2.1:5060"))
    assert found is not None
    assert found.hop == FLOW
    registrar.drop("5551234")
    assert registrar.at("5551234", Uri.parse("sip:5551234@192.0.2.1:5060")) is None


def test_what_has_run_out_is_forgotten() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, expires=60), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:b@192.0.2.2>", expires=90, cseq=2), Monotonic(0.0), FLOW)
    assert registrar.deadline() == 60.0
    assert where(registrar, Monotonic(60.0)) == ["<sip:b@192.0.2.2>"]
    assert registrar.expire(Monotonic(60.0)) == []
    assert where(registrar) == ["<sip:b@192.0.2.2>"]
    assert registrar.expire(Monotonic(90.0)) == ["5551234"]
    assert (registrar.users, registrar.deadline()) == (0, None)


def test_refreshes_leave_nothing_behind_but_the_binding() -> None:
    registrar = Registrar()
    for cseq in range(1, 500):
        registrar.process(register(CONTACT, expires=60, cseq=cseq), Monotonic(cseq / 10), FLOW)
    assert len(registrar._wakes) == 1


def test_a_broken_connection_takes_its_bindings_with_it() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:b@192.0.2.2>", cseq=2), Monotonic(0.0), FLOW.on_flow(2))
    assert registrar.drop_flow(FLOW.on_flow(7)) == []
    assert registrar.drop_flow(FLOW) == ["5551234"]
    assert where(registrar) == ["<sip:b@192.0.2.2>"]
    assert registrar.drop_flow(Hop("TLS", "192.0.2.1", 40000)) == ["5551234"]
    assert registrar.users == 0
    assert len(registrar._flows) == 0


def test_a_refresh_leaves_nothing_behind() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, call_id="".join("call-1")), Monotonic(0.0), FLOW)
    (first,) = registrar.bindings("5551234")
    registrar.process(register(CONTACT, cseq=2, call_id="".join("call-1")), Monotonic(10.0), FLOW.on_flow(1))
    (second,) = registrar.bindings("5551234")
    assert (second.cseq, second.updated_at) == (2, 10.0)
    assert second.contact is first.contact
    assert second.hop is first.hop
    assert second.call_id is first.call_id


def test_a_user_can_be_dropped_but_for_what_came_over_some_hops() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:b@192.0.2.2>", cseq=2), Monotonic(0.0), FLOW.on_flow(2))
    assert [str(one.contact) for one in registrar.drop("5551234", [FLOW.on_flow(2)])] == [CONTACT]
    assert where(registrar) == ["<sip:b@192.0.2.2>"]


def test_a_binding_that_needs_no_connection_outlives_it() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:b@192.0.2.2>", cseq=2), Monotonic(0.0), FLOW)
    assert registrar.drop_flow(FLOW, stays=lambda one: str(one.contact) == CONTACT) == ["5551234"]
    assert where(registrar) == [CONTACT]
    assert registrar.drop_flow(FLOW, stays=lambda _: True) == []
    assert registrar.drop_flow(FLOW) == ["5551234"]
    assert len(registrar._flows) == 0


def test_dropping_a_user_returns_what_was_bound() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    assert [str(one.contact) for one in registrar.drop("5551234")] == [CONTACT]
    assert registrar.drop("5551234") == []
    assert len(registrar._flows) == 0
    assert registrar.expire(Monotonic(1e9)) == []


def test_the_application_may_say_whose_bindings_these_are() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW, user="7771234")
    assert "7771234" in registrar
    assert "5551234" not in registrar


def test_contacts_are_compared_by_the_rule_for_uris() -> None:
    registrar = Registrar()
    registrar.process(register("<sip:5551234@192.0.2.1;x=1>"), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:%35551234@192.0.2.1>;q=0.5", cseq=2), Monotonic(0.0), FLOW)
    assert where(registrar) == ["<sip:5551234@192.0.2.1>;q=0.5"]


def test_a_contact_named_twice_in_one_request_is_bound_once() -> None:
    registrar = Registrar()
    assert (
        registrar.process(register(CONTACT + ";q=0.1", CONTACT + ";q=0.2"), Monotonic(0.0), FLOW).status
        == 200
    )
    assert where(registrar) == [CONTACT + ";q=0.2"]


def test_an_hour_is_never_refused_as_too_short() -> None:
    registrar = Registrar(min_expires=7200, max_expires=7200)
    assert registrar.process(register(CONTACT, expires=3600), Monotonic(0.0), FLOW).status == 200
    response = registrar.process(register(CONTACT, expires=3599, cseq=2), Monotonic(0.0), FLOW)
    assert (response.status, response.headers.get("Min-Expires")) == (423, "7200")


def test_what_a_registration_demands_and_we_do_not_know_is_named() -> None:
    registrar = Registrar()
    response = registrar.process(
        register(CONTACT, headers=(("Require", "path, gruu"),)), Monotonic(0.0), FLOW
    )
    assert (response.status, response.headers.all("Unsupported"), registrar.users) == (420, ["gruu"], 0)
    assert (
        registrar.process(register(CONTACT, headers=(("Require", "Path"),)), Monotonic(0.0), FLOW).status
        == 200
    )


DEVICE = ';+sip.instance="<urn:uuid:1>"'
OUTBOUND = (("Supported", "path, outbound"),)
SECOND_VIA = ("Via", "SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKedge")


def test_flows_of_one_device_are_kept_side_by_side_and_the_answer_says_so() -> None:
    registrar = Registrar(flow_timer=90)
    response = registrar.process(
        register(CONTACT + DEVICE + ";reg-id=1", headers=OUTBOUND), Monotonic(0.0), FLOW
    )
    assert response.headers.all("Require") == ["outbound"]
    assert response.headers.get("Flow-Timer") == "90"
    second = register(CONTACT + DEVICE + ";reg-id=2", headers=OUTBOUND, call_id="d")
    registrar.process(second, Monotonic(1.0), FLOW.on_flow(2))
    assert [one.hop.flow for one in registrar.bindings("5551234")] == [1, 2]
    registrar.drop_flow(FLOW)
    found = registrar.at("5551234", Uri.parse("sip:5551234@192.0.2.1:5060"))
    assert found is not None
    assert found.hop.flow == 2


def test_a_number_without_an_instance_is_no_flow() -> None:
    registrar = Registrar(flow_timer=90)
    response = registrar.process(register(CONTACT + ";reg-id=1", headers=OUTBOUND), Monotonic(0.0), FLOW)
    assert (response.status, "Require" in response.headers, "Flow-Timer" in response.headers) == (
        200,
        False,
        False,
    )


def test_an_instance_without_a_number_is_told_apart_by_its_uri() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT + DEVICE), Monotonic(0.0), FLOW)
    registrar.process(register("<sip:b@192.0.2.2>" + DEVICE, cseq=2), Monotonic(0.0), FLOW)
    assert len(where(registrar)) == 2


def test_one_flow_brings_one_contact_but_may_take_others_away() -> None:
    registrar = Registrar()
    flow, other = CONTACT + DEVICE + ";reg-id=1", "<sip:b@192.0.2.2>"
    assert registrar.process(register(flow, other), Monotonic(0.0), FLOW).status == 400
    assert registrar.users == 0
    registrar.process(register(other), Monotonic(0.0), FLOW)
    assert registrar.process(register(flow, other + ";expires=0", cseq=2), Monotonic(0.0), FLOW).status == 200
    assert where(registrar) == [flow]


@pytest.mark.parametrize(
    ("headers", "status", "flow"),
    [
        ((SECOND_VIA, *OUTBOUND), 439, False),
        ((SECOND_VIA, *OUTBOUND, ("Path", "<sip:edge.example;lr>")), 439, False),
        ((SECOND_VIA, *OUTBOUND, ("Path", "<sip:edge.example;lr;ob>")), 200, True),
        ((SECOND_VIA,), 200, False),
    ],
)
def test_a_flow_behind_a_server_that_does_not_keep_it_is_none(
    headers: tuple[tuple[str, str], ...], status: int, flow: bool
) -> None:
    registrar = Registrar()
    response = registrar.process(
        register(CONTACT + DEVICE + ";reg-id=1", headers=headers), Monotonic(0.0), FLOW
    )
    assert response.status == status
    assert any(one.flow_id for one in registrar.bindings("5551234")) == flow


def test_a_contact_that_two_users_register_is_each_ones_own() -> None:
    registrar = Registrar()
    uri = Uri.parse("sip:5551234@192.0.2.1:5060")
    registrar.process(register(CONTACT), Monotonic(0.0), FLOW)
    registrar.process(register(CONTACT), Monotonic(1.0), FLOW.on_flow(2), user="6660000")
    registrar.process(register(CONTACT, cseq=2), Monotonic(2.0), FLOW)
    found = [registrar.at(user, uri) for user in ("5551234", "6660000", "7770000", "")]
    assert [one and one.hop for one in found] == [FLOW, FLOW.on_flow(2), None, None]
    registrar.drop("5551234")
    assert registrar.at("5551234", uri) is None
    assert registrar.at("6660000", uri) is not None


def test_a_change_is_told_and_a_refresh_is_none() -> None:
    changed: list[str] = []
    registrar = Registrar(on_change=changed.append)
    registrar.process(register(CONTACT, expires=60), Monotonic(0.0), FLOW)
    registrar.process(register(CONTACT, expires=60, cseq=2), Monotonic(10.0), FLOW)
    registrar.process(register(), Monotonic(10.0), FLOW)
    assert changed == ["5551234"]
    registrar.expire(Monotonic(70.0))
    assert changed == ["5551234"] * 2


@pytest.mark.parametrize(
    "contact",
    [
        CONTACT,
        "sip:5551234@192.0.2.1:5060",
        '"A, B;expires=9" <sip:5551234@192.0.2.1>;q=0.5',
        "<sip:5551234@192.0.2.1>;Q=0.5;x",
        '<sip:5551234@192.0.2.1>;x="a;expires=9"',
    ],
)
@pytest.mark.parametrize("ending", ["", ";expires=600", " ;expires=600", "; Expires = 600", ";expires=soon"])
def test_a_contact_is_given_back_as_it_came_with_the_time_it_has_left(contact: str, ending: str) -> None:
    registrar = Registrar()
    for cseq in (1, 2):
        response = registrar.process(register(contact + ending, expires=600, cseq=cseq), Monotonic(0.0), FLOW)
        (given,) = listed(response)
        assert NameAddr.parse(given) == NameAddr.parse(f"{contact};expires=600")
        assert given == f"{contact};expires=600" or "Expires" in ending or "soon" in ending
        assert len(registrar.bindings("5551234")) == 1


def test_who_registers_and_goes_again_and_again_leaves_little_behind() -> None:
    registrar = Registrar()
    for cseq in range(1, 1000):
        registrar.process(register(CONTACT, cseq=2 * cseq), Monotonic(0.0), FLOW)
        registrar.process(register(CONTACT, expires=0, cseq=2 * cseq + 1), Monotonic(0.0), FLOW)
    assert registrar.users == 0
    assert len(registrar._wakes) < 100


def test_a_refresh_for_a_shorter_time_ends_in_time() -> None:
    registrar = Registrar()
    registrar.process(register(CONTACT, expires=3600), Monotonic(0.0), FLOW)
    registrar.process(register(CONTACT, expires=60, cseq=2), Monotonic(0.0), FLOW)
    assert registrar.deadline() == 60.0
    assert registrar.expire(Monotonic(60.0)) == ["5551234"]
    assert registrar.expire(Monotonic(3600.0)) == []
