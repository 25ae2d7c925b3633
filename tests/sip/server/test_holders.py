"""Who holds what, against sets of names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.server.holders import Holders

deeds = st.lists(st.tuples(st.booleans(), st.integers(1, 2), st.sampled_from("abc")), max_size=15)


@given(deeds)
def test_any_order_of_taking_and_leaving_ends_as_lists_of_names_would(
    done: list[tuple[bool, int, str]],
) -> None:
    holders = Holders[int]()
    model: dict[int, list[str]] = {1: [], 2: []}
    for takes, key, name in done:
        if takes:
            holders.add(key, name)
            model[key] += [name] if name not in model[key] else []
        else:
            holders.discard(key, name)
            model[key] = [one for one in model[key] if one != name]
        assert {one: list(holders.of(one)) for one in model} == model
        assert len(holders) == sum(bool(names) for names in model.values())
