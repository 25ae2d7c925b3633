from __future__ import annotations

import pytest

from telsdk.sip.message import Response
from telsdk.sip.server.fork import best_response


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        ([404], 404),
        ([486, 302], 302),
        ([404, 603, 302], 603),
        ([503, 486], 486),
        ([486, 401], 401),
        ([484, 486], 484),
        ([407, 401], 401),
        ([408, 480], 480),
        ([503, 500], 500),
        ([486, 480], 486),
        ([487, 486], 486),
        ([430, 404], 404),
    ],
)
def test_the_best_answer_is_final_for_all_then_the_lowest_class_then_the_most_helpful(
    statuses: list[int], best: int
) -> None:
    assert best_response([Response(status) for status in statuses]).status == best


def test_all_challenges_go_back_together() -> None:
    first = Response(401, headers=[("WWW-Authenticate", 'Digest realm="a", nonce="1"')])
    second = Response(407, headers=[("Proxy-Authenticate", 'Digest realm="b", nonce="2"')])
    third = Response(401, headers=[("WWW-Authenticate", 'Digest realm="c", nonce="3"')])
    best = best_response([Response(404), first, second, third])
    assert best is first
    assert len(best.headers.all("WWW-Authenticate")) == 2
    assert best.headers.all("Proxy-Authenticate") == ['Digest realm="b", nonce="2"']
