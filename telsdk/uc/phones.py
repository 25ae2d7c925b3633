"""Ask the node where the UC is registered for a phone password (`telsdk.node.phones` answers)."""

from __future__ import annotations

from telsdk.credential.phoneaccount import CONTENT_TYPE, PhoneAccount
from telsdk.directory import NodeFacts
from telsdk.errors import TelError
from telsdk.number import Number
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.ua import UserAgent
from telsdk.uc.answers import said
from telsdk.uc.errors import NoPhonePassword


def question(agent: UserAgent, node: NodeFacts, lifetime: int) -> Request:
    """Make the request, still without its token, for a password that holds for `lifetime` seconds.

    It goes to the node over TLS, or others could read the answer: `telsdk.net.route.hop_to` knows no other way.
    """
    accept = ("Accept", f"{CONTENT_TYPE};lifetime={lifetime}")
    return agent.new_request("OPTIONS", Uri.parse(node.uri), headers=[accept])


def account(response: Response | None, node: NodeFacts, number: Number) -> PhoneAccount:
    """Read the node's answer.

    Raises:
        NoPhonePassword: the node gave none, or one of another number.
    """
    if response is None:
        raise NoPhonePassword(f"node {node.uri} does not answer: try again later")
    if response.status != 200:
        raise NoPhonePassword(f"node {node.uri} gives no phone password: {said(response)}")
    if (response.content_type or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise NoPhonePassword(f"node {node.uri} knows no phone passwords: its software is older than that")
    try:
        given = PhoneAccount.read(response.body)
    except TelError as error:
        raise NoPhonePassword(f"node {node.uri} gives no phone password: {error}") from error
    if given.number != number:
        raise NoPhonePassword(f"node {node.uri} gives a phone password of {given.number}, not of {number}")
    return given
