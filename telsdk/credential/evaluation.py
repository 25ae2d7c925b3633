"""How a hub is asked to evaluate a blinded password, and for a ticket: the words of it, which UC and hub share.

    UC  -> OPTIONS sip:hub   From: <sip:5551234@telprotocol>
                             Content-Type: application/vnd.telprotocol.oprf;epoch=3;nonce=0001…0f
                             Authorization: Ticket 5f3a…        where the device has one; Bearer for a new nonce
                             (32 octets)
    hub -> 200               Content-Type: application/vnd.telprotocol.oprf;key=9be1c001
                             (32 octets)

It is an OPTIONS, as for phone passwords: it asks what a server makes of a body, changes nothing that anybody could see
but how often one may ask, may be asked again when an answer was lost, and every SIP program can send one. MESSAGE is
for people, INFO belongs to a dialog, and a method of our own would need a change in each stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from telsdk.credential.errors import EvaluationMalformed
from telsdk.credential.hubsecrets import TICKET
from telsdk.credential.kdf2 import KEY_ID, NONCE

CONTENT_TYPE: Final = "application/vnd.telprotocol.oprf"
TICKET_TYPE: Final = "application/vnd.telprotocol.oprf-ticket"
"""What Accept names in the OPTIONS by which a light session asks for its device's ticket."""
TICKET_SCHEME: Final = "Ticket"
"""The scheme of an Authorization that shows a ticket."""

TOO_MANY: Final = "Too Many Tries"
"""The reason phrase of a hub's 503 to who tried too often."""

_asked = re.compile(rf"{CONTENT_TYPE};epoch=([1-9][0-9]{{0,19}});nonce=([0-9a-f]{{{2 * NONCE}}})").fullmatch
_answered = re.compile(rf"{CONTENT_TYPE};key=([0-9a-f]{{{2 * KEY_ID}}})").fullmatch
_ticket = re.compile(rf"[0-9a-f]{{{2 * TICKET}}}").fullmatch


@dataclass(frozen=True, slots=True)
class Question:
    """Which password a blinded element is of. The number stands in From."""

    epoch: int
    nonce: bytes

    def __str__(self) -> str:
        """Return the Content-Type of the request."""
        return f"{CONTENT_TYPE};epoch={self.epoch};nonce={self.nonce.hex()}"

    @classmethod
    def parse(cls, content_type: str) -> Self:
        """Read a Content-Type in its one form.

        Raises:
            EvaluationMalformed: it is another.
        """
        match = _asked(content_type)
        if match is None:
            raise EvaluationMalformed(
                f"{content_type[:100]!r} asks for no evaluation: {CONTENT_TYPE};epoch=1;nonce= and {2 * NONCE} "
                "hexadecimal digits"
            )
        return cls(int(match[1]), bytes.fromhex(match[2]))


def is_question(content_type: str | None) -> bool:
    """Return whether a request with that Content-Type asks for an evaluation, well-formed or not."""
    return (content_type or "").partition(";")[0].strip().lower() == CONTENT_TYPE


def answer_type(key: bytes) -> str:
    """Return the Content-Type of an answer by the secret with the id `key`."""
    return f"{CONTENT_TYPE};key={key.hex()}"


def key_in(content_type: str | None) -> bytes:
    """Return the id of the secret by which a hub answered.

    Raises:
        EvaluationMalformed: the answer is none.
    """
    match = _answered(content_type or "")
    if match is None:
        raise EvaluationMalformed(f"{(content_type or 'nothing')[:100]!r} is no evaluation")
    return bytes.fromhex(match[1])


def read_ticket(text: str) -> bytes:
    """Return the ticket written as `text`, in its one form.

    Raises:
        EvaluationMalformed: it is none.
    """
    if _ticket(text) is None:
        raise EvaluationMalformed(f"{text[:60]!r} is no ticket: {2 * TICKET} hexadecimal digits")
    return bytes.fromhex(text)
