"""RFC 4475 sections 3.2 to 3.4: well-formed messages that a transaction or a role has to judge, and its answer."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, parse, refused_request
from telsdk.sip.server import Arrived, Registrar
from telsdk.sip.ua import IncomingCall, IncomingRequest
from telsdk.sip.ua.negotiation import SDP
from tests.sip.desk import Desk
from tests.sip.ladder import Client
from tests.sip.message.test_torture import ANSWERED
from tests.sip.torture import TORTURE
from tests.sip.wire import udp

PEER = Hop("UDP", "192.0.2.200", 5060)


def read(name: str) -> Request:
    message = parse(TORTURE[name])
    assert isinstance(message, Request)
    return message


def at_agent(name: str) -> tuple[Client, list[Response]]:
    """What a user agent makes of it, and what it answers by itself."""
    agent = Client("user", udp("192.0.2.1"))
    agent.stack.receive(read(name), PEER, Monotonic(0.0))
    agent.pump(Monotonic(0.0))
    answers = [parse(out.data) for out in agent.stack.take_outgoing()]
    return agent, [answer for answer in answers if isinstance(answer, Response)]


def at_proxy(name: str) -> tuple[Desk, list[Response]]:
    """The same for a proxy."""
    desk = Desk()
    desk.receive(read(name), PEER)
    return desk, [message for _, _, message in desk.out() if isinstance(message, Response)]


@pytest.mark.parametrize("name", ["unkscm", "novelsc"])
def test_a_request_uri_of_a_scheme_nobody_here_speaks_gets_416(name: str) -> None:
    assert [answer.status for answer in at_agent(name)[1]] == [416]
    assert [answer.status for answer in at_proxy(name)[1]] == [416]


def test_extensions_nobody_has_get_420_naming_what_that_element_lacks() -> None:
    (proxys,) = at_proxy("bext01")[1]
    assert (proxys.status, proxys.headers.all("Unsupported")) == (
        420,
        ["noProxyHasThis", "noProxyHasThisEither"],
    )
    (agents,) = at_agent("bext01")[1]
    assert (agents.status, agents.headers.all("Unsupported")) == (
        420,
        ["noAgentHasThis", "noAgentHasThisEither"],
    )


def test_a_body_of_an_unknown_type_gets_415_saying_what_would_do() -> None:
    (answer,) = at_agent("invut")[1]
    assert (answer.status, answer.headers.all("Accept")) == (415, [SDP])


def test_who_would_not_take_a_session_description_in_the_answer_gets_406() -> None:
    (answer,) = at_agent("sdp01")[1]
    assert answer.status == 406


def test_the_last_hop_is_the_last_for_a_proxy_and_not_for_a_user_agent() -> None:
    assert [answer.status for answer in at_proxy("zeromf")[1]] == [483]
    agent, answers = at_agent("zeromf")
    assert (answers, [type(event) for event in agent.seen]) == ([], [IncomingRequest])


def test_a_response_with_the_via_of_another_goes_nowhere() -> None:
    message = parse(TORTURE["bcast"])
    agent = Client("user", udp("192.0.2.1"))
    agent.stack.receive(message, PEER, Monotonic(0.0))
    assert agent.stack.take_events() == []


def test_a_branch_of_nothing_but_the_cookie_makes_no_two_requests_one() -> None:
    agent, answers = at_agent("badbranch")
    again, other = read("badbranch"), read("badbranch")
    other.headers.set("Call-ID", "another")
    for request in (again, other):
        agent.stack.receive(request, PEER, Monotonic(0.0))
    agent.pump(Monotonic(0.0))
    assert answers == []
    assert [event.request.call_id for event in agent.seen if isinstance(event, IncomingRequest)] == [
        "badbranch.106",
        "another",
    ]


def registered(name: str) -> tuple[Response, Registrar]:
    registrar = Registrar()
    return registrar.process(read(name), Monotonic(0.0), PEER), registrar


def test_a_parameter_of_a_contact_without_brackets_is_the_fields_and_not_the_uris() -> None:
    response, registrar = registered("cparam01")
    (binding,) = registrar.bindings("grace")
    assert response.status == 200
    assert (binding.contact.has("oddparam"), binding.contact.uri.has("oddparam")) == (True, False)
    assert response.contacts[0].has("oddparam")


def test_a_parameter_within_the_brackets_of_a_contact_is_the_uris() -> None:
    response, registrar = registered("cparam02")
    (binding,) = registrar.bindings("grace")
    assert response.status == 200
    assert (binding.contact.has("oddparam"), binding.contact.uri.has("oddparam")) == (False, True)
    assert response.contacts[0].uri.has("oddparam")


def test_a_header_in_the_uri_of_a_contact_is_kept_with_it_and_routes_nothing() -> None:
    response, registrar = registered("regescrt")
    (binding,) = registrar.bindings("grace")
    assert response.status == 200
    assert binding.contact.uri.headers == "Route=%3Csip:sip.biloxi.example%3E"
    assert binding.path == ()
    assert response.contacts[0].uri == binding.contact.uri


def test_only_who_has_a_sip_address_can_be_registered() -> None:
    response, registrar = registered("unksm2")
    assert (response.status, registrar.users) == (400, 0)
    desk, answers = at_proxy("unksm2")  # which minds only the Request-URI
    assert (answers, [type(event) for event in desk.events]) == ([], [Arrived])


def test_an_invite_of_rfc_2543_passes_a_proxy_and_cannot_call_an_agent_that_could_not_answer_it() -> None:
    desk, answers = at_proxy("inv2543")
    assert (answers, [type(event) for event in desk.events]) == ([], [Arrived])
    agent, refused = at_agent("inv2543")
    assert [(answer.status, answer.reason) for answer in refused] == [(400, "Contact missing")]
    assert not any(isinstance(event, IncomingCall) for event in agent.seen)


@pytest.mark.parametrize(("name", "status"), ANSWERED.items())
def test_what_the_parser_refuses_is_answered_where_its_via_says(name: str, status: int) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(TORTURE[name])
    agent = Client("user", udp("192.0.2.1"))
    request = refused_request(caught.value)
    assert request is not None
    agent.stack.answer_stateless(request, caught.value.status, PEER, caught.value.reason)
    (out,) = agent.stack.take_outgoing()
    assert out.data.startswith(b"SIP/2.0 %d " % status)
    # Nobody can read the Via of badinv01: its answer goes back to where it came from.
    port = PEER.port if name == "badinv01" else request.via.port or 5060
    assert (out.hop.host, out.hop.port) == (PEER.host, port)
    assert agent.stack.transactions == 0
