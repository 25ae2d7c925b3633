"""What UC and hub say to each other for a light login has one form."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import evaluation
from telsdk.credential.errors import EvaluationMalformed
from telsdk.credential.evaluation import CONTENT_TYPE, Question

QUESTION = Question(3, bytes(range(16)))


@given(st.integers(1, 2**64 - 1), st.binary(min_size=16, max_size=16))
def test_a_question_is_read_as_it_was_written(epoch: int, nonce: bytes) -> None:
    question = Question(epoch, nonce)
    assert evaluation.is_question(str(question))
    assert Question.parse(str(question)) == question


@pytest.mark.parametrize(
    "text",
    [
        CONTENT_TYPE,
        f"{CONTENT_TYPE};epoch=0;nonce={bytes(16).hex()}",
        f"{CONTENT_TYPE};epoch=01;nonce={bytes(16).hex()}",
        f"{CONTENT_TYPE};epoch=1;nonce={bytes(15).hex()}",
        f"{CONTENT_TYPE};epoch=1;nonce={'AA' * 16}",
        f"{CONTENT_TYPE};nonce={bytes(16).hex()};epoch=1",
        f"{CONTENT_TYPE};epoch=\u0661;nonce={bytes(16).hex()}",
        f"{QUESTION} ",
        f"{QUESTION};more=1",
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    assert evaluation.is_question(text)
    with pytest.raises(EvaluationMalformed):
        Question.parse(text)


@pytest.mark.parametrize(
    "text", [None, "", "text/plain", "application/vnd.telprotocol.oprfs", evaluation.TICKET_TYPE]
)
def test_other_bodies_are_no_question(text: str | None) -> None:
    assert not evaluation.is_question(text)
    with pytest.raises(EvaluationMalformed):
        evaluation.key_in(text)


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=24, max_size=24))
def test_keys_and_tickets_are_read_as_they_were_written(key: bytes, ticket: bytes) -> None:
    assert evaluation.key_in(evaluation.answer_type(key)) == key
    assert evaluation.read_ticket(ticket.hex()) == ticket


@given(st.text(max_size=60))
def test_any_text_is_a_ticket_or_refused(text: str) -> None:
    with suppress(EvaluationMalformed):
        assert evaluation.read_ticket(text).hex() == text
