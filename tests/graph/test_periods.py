"""Memberships over loads of several years, against a slow book of who was where in which year."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.periods import merge_memberships
from clustercoop.graph.stores.memory import MemoryStore

COLUMNS = ["participant_id", "cluster_id", "role", "joined_year", "left_year"]


def people(*rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame([(*row, *[None] * (5 - len(row))) for row in rows], columns=COLUMNS)
    return frame.astype({"joined_year": "Int32", "left_year": "Int32"})


def told(frame: pd.DataFrame) -> set[tuple[Any, ...]]:
    rows = frame.astype(object).where(frame.notna(), None).values.tolist()
    assert len(rows) == len({tuple(row) for row in rows})
    return {tuple(row) for row in rows}


def year_of(year: int, *members: str) -> SupplyGraph:
    """m in A reads "mA"; a link a → b and outputs of 100 of the year."""
    return SupplyGraph.from_tables(
        {
            "participants": people(*((w[0], w[1]) for w in members)),
            "links": pd.DataFrame({"year": [year], "supplier_id": "a", "buyer_id": "b", "value": 50.0}),
        }
    )


def test_yearly_lists_leave_earlier_years_alone() -> None:
    with MemoryStore() as store:
        for year, members in ((2021, ("mA", "aA", "bA", "cB")), (2022, ("mB", "aA", "bA", "cB"))):
            store.load(year_of(year, *members))
        store.load(year_of(2023, "mB", "aA", "bA", "cB"))
        held = store.read()
    in_cluster: dict[tuple[int, str], set[str]] = {(y, c): set() for y in held.years for c in "AB"}
    for year in held.years:
        found = held.people.members(year)
        for node, cluster in zip(found.node, found.cluster, strict=True):
            in_cluster[year, held.cluster_ids[cluster]].add(held.node_ids[node])
    assert in_cluster == {
        (2021, "A"): {"m", "a", "b"}, (2021, "B"): {"c"},
        (2022, "A"): {"a", "b"}, (2022, "B"): {"c", "m"},
        (2023, "A"): {"a", "b"}, (2023, "B"): {"c", "m"},
    }  # fmt: skip
    assert ("m", "B", None, 2022, 2023) in told(held.to_tables()["participants"][COLUMNS])


def test_what_both_say_word_by_word_stays_as_it_is() -> None:
    before = people(("a", "A"), ("b", "A", None, 2015, None))
    after = people(("a", "A"), ("b", "A", None, 2015, None))
    assert told(merge_memberships(before, after, ["A"], [2021], [2022])) == told(before)


def test_one_who_is_no_longer_listed_has_left() -> None:
    before, after = people(("a", "A", None, 2015, None), ("b", "A")), people(("b", "A"))
    merged = merge_memberships(before, after, ["A"], [2020, 2021], [2022])
    assert told(merged) == {("a", "A", None, 2015, 2021), ("b", "A", None, None, None)}


def test_an_older_year_that_comes_later_does_not_speak_for_today() -> None:
    before, after = people(("a", "A", "firm", 2019, None)), people(("a", "A", "bank", 2018, None))
    merged = merge_memberships(before, after, ["A"], [2021, 2022], [2020])
    assert told(merged) == {("a", "A", "bank", 2018, 2020), ("a", "A", "firm", 2021, None)}


def test_other_clusters_and_partners_keep_their_rows() -> None:
    before = people(("a", "A"), ("x", None, "university"), ("y", None, "firm"))
    after = people(("b", "B"), ("x", None, "research"))
    merged = merge_memberships(before, after, ["B"], [2021], [2022])
    assert told(merged) == {
        ("a", "A", None, 2021, 2021),
        ("b", "B", None, 2022, 2022),
        ("x", None, "university", 2021, 2021),
        ("x", None, "research", 2022, 2022),
        ("y", None, "firm", 2021, 2021),
    }


lists = st.lists(
    st.tuples(
        st.sets(st.sampled_from([2020, 2021, 2022, 2023]), min_size=1, max_size=2),
        st.dictionaries(
            st.tuples(st.sampled_from("mnop"), st.sampled_from("AB")),
            st.sampled_from(["firm", None]),
            max_size=6,
        ),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(lists)
def test_each_year_is_what_its_last_list_said(
    loads: list[tuple[set[int], dict[tuple[str, str], Any]]],
) -> None:
    held, years = people(), set[int]()
    book: dict[tuple[str, str, int], Any] = {}
    for of, members in loads:
        after = people(*((who, cluster, role) for (who, cluster), role in sorted(members.items())))
        scope = {cluster for _, cluster in members}
        held = merge_memberships(held, after, scope, years, of)
        years |= of
        book = {k: v for k, v in book.items() if not (k[1] in scope and k[2] in of)}
        book |= {(who, cluster, year): role for (who, cluster), role in members.items() for year in of}
    found: dict[tuple[str, str, int], Any] = {}
    for who, cluster, role, first, last in told(held):
        for year in years:
            if (first or 0) <= year <= (last or 9999):
                assert (who, cluster, year) not in found
                found[who, cluster, year] = role
    assert found == book
