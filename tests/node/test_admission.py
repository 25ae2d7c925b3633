"""What a request keeps of its credentials when a node sends it on."""

from __future__ import annotations

from telsdk.node.admission import without_login
from telsdk.sip.message import Request, parse
from tests.effort import at_most
from tests.sip.messages import INVITE

OURS = b'Proxy-Authorization: Digest realm="telprotocol", username="5550001"\r\n'
OTHERS = (
    b'Proxy-Authorization : Digest  realm="else\xe9where",\r\n username="a"\r\n',
    b"PROXY-AUTHORIZATION:Bearer x\r\n",
    b"Proxy-Authorization: \xe9 nonsense\r\n",
)


def request(*lines: bytes) -> Request:
    """A request with these lines in the midst of it."""
    found = parse(INVITE.replace(b"Max-Forwards", b"".join([*lines[:2], b"Max-Forwards"])).replace(
        b"CSeq", b"".join([*lines[2:], b"CSeq"])
    ))  # fmt: skip
    assert isinstance(found, Request)
    return found


def test_what_proves_a_phone_to_its_node_is_taken_out_and_all_else_stays_as_and_where_it_was() -> None:
    made = request(OURS, OTHERS[0], OTHERS[1], OURS, OTHERS[2])
    assert bytes(without_login(made)) == bytes(request(b"", OTHERS[0], OTHERS[1], OTHERS[2]))
    assert OURS in bytes(made)


def test_without_credentials_nothing_changes() -> None:
    assert bytes(without_login(request())) == INVITE


def test_many_credentials_take_time_in_proportion_to_their_number() -> None:
    for line in (OURS, OTHERS[1]):
        made = request(*[line] * 240)
        with at_most(0.05):
            without_login(made)
