from __future__ import annotations

from telsdk.net.random_text import TEXT, RandomText


def test_no_text_comes_twice_and_all_are_whole() -> None:
    text = RandomText()
    found = [text() for _ in range(2_000)]
    assert len(set(found)) == len(found)
    assert all(len(one) == TEXT and int(one, 16) >= 0 for one in found)


def test_two_pools_have_nothing_in_common() -> None:
    one, other = RandomText(), RandomText()
    assert not {one() for _ in range(300)} & {other() for _ in range(300)}
