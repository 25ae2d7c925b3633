"""A phone that passes servers of several realms sends credentials for each: a node finds its own (RFC 3261 22.3)."""

from __future__ import annotations

import pytest

from telsdk.address import aor
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request
from tests.network import ALICE, BOB, HOST, Network
from tests.phone import SECRET, Phone

FOREIGN = 'Digest username="alice", realm="example.net", nonce="x", uri="sip:example.net", response="0"'
BROKEN = "Digest ,,,"


def credentials(phone: Phone, challenge: str, method: str) -> str:
    return digest.answer(
        Challenge.parse(challenge),
        method=method,
        uri="sip:telprotocol",
        user=phone.issued.username,
        password=phone.issued.password,
        cnonce="0a4f113b",
    )


@pytest.mark.parametrize("others", [[FOREIGN], [BROKEN, FOREIGN], [FOREIGN, FOREIGN]])
@pytest.mark.parametrize("ours_last", [True, False])
async def test_our_credentials_are_found_among_those_of_other_realms(
    others: list[str], ours_last: bool
) -> None:
    async with Network(1) as network:
        await network.start_node(0, phone_secrets=(SECRET,))
        with Phone(network, ALICE) as phone:

            def register(values: list[str]) -> Request:
                fields = [("Authorization", value) for value in values]
                return phone.request("REGISTER", "sip:telprotocol", *fields)

            refused = await phone.ask(register([]), HOST, phone.port_of_node)
            ours = credentials(phone, refused.headers.get("WWW-Authenticate") or "", "REGISTER")
            values = [*others, ours] if ours_last else [ours, *others]
            assert (await phone.ask(register(values), HOST, phone.port_of_node)).status == 200


async def test_our_credentials_of_a_text_are_found_among_those_of_other_realms() -> None:
    async with Network(1) as network:
        await network.start_node(0, phone_secrets=(SECRET,))
        network.own(BOB)
        with Phone(network, ALICE) as phone:
            await phone.register()

            def text(values: list[str]) -> Request:
                fields = [("Proxy-Authorization", value) for value in values]
                return phone.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"), *fields)

            refused = await phone.ask(text([FOREIGN]), HOST, phone.port_of_node)
            assert refused.status == 407
            ours = credentials(phone, refused.headers.get("Proxy-Authenticate") or "", "MESSAGE")
            answer = await phone.ask(text([FOREIGN, ours]), HOST, phone.port_of_node)
            assert answer.status not in (401, 407)  # judged, and led on to where Bob would be
