"""Renamed, merged and split organisations."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from clustercoop import Settings
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.identity import latest_ids
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.memory import MemoryStore
from clustercoop.loaders.dataset import read_frames

LINKS = ["year", "supplier_id", "buyer_id", "value"]
PEOPLE = ["participant_id", "cluster_id", "joined_year", "left_year"]


def aliases(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["old_id", "new_id", "from_year", "kind"])


def tables(people: list[Any], links: list[Any], work: list[Any], changes: pd.DataFrame) -> dict[str, Any]:
    return {
        "participants": pd.DataFrame(people, columns=PEOPLE),
        "links": pd.DataFrame(links, columns=LINKS),
        "activity": pd.DataFrame(work, columns=["participant_id", "year", "output"]),
        "aliases": changes,
    }


def test_a_chain_of_renames_ends_at_the_latest_identifier() -> None:
    chain = aliases(("1", "2", 2019, None), ("2", "3", 2021, "renamed"), ("8", "9", None, None))
    assert latest_ids(chain) == {"1": "3", "2": "3", "8": "9"}
    back = aliases(("1", "2", 2019, None), ("2", "1", 2021, None))
    assert latest_ids(back) == {"2": "1"}
    assert latest_ids(aliases(("1", "2", 2019, None), ("1", "3", 2019, None))) == {}
    assert latest_ids(aliases(("1", "2", 2019, "merged"), ("1", "3", 2019, "split"))) == {}


def test_a_renamed_firm_is_no_turnover() -> None:
    """o is renamed n in 2021: the same two members and the same link of 30 in both years."""
    people = [("o", "A", 2018, 2020), ("n", "A", 2021, None), ("b", "A", 2018, None)]
    links = [(2020, "o", "b", 30.0), (2021, "n", "b", 30.0)]
    work = [("o", 2020, 100.0), ("n", 2021, 100.0), ("b", 2020, 50.0), ("b", 2021, 50.0)]
    rows = {}
    for changes in (aliases(), aliases(("o", "n", 2021, None))):
        graph = read_frames(tables(people, links, work, changes)).graph
        rows[len(changes)] = cooperation_tables(graph, Settings()).formations.iloc[1]
    assert (rows[0]["participant_turnover"], rows[0]["link_jaccard"]) == (pytest.approx(2 / 3), 0)
    assert (rows[1]["participant_turnover"], rows[1]["link_jaccard"]) == (0, 1)


def test_a_merger_is_no_turnover_and_late_links_follow_it() -> None:
    """a and b (a → d 20, b → d 10, a → b 5) merge into c in 2021; a link of 2021 still names a: 8 + 22."""
    people = [(who, "A", None, None) for who in "abcd"]
    links = [
        (2020, "a", "d", 20.0), (2020, "b", "d", 10.0), (2020, "a", "b", 5.0),
        (2021, "a", "d", 8.0), (2021, "c", "d", 22.0),
    ]  # fmt: skip
    work = [("a", 2020, 40.0), ("b", 2020, 20.0), ("d", 2020, 40.0), ("c", 2021, 60.0), ("d", 2021, 40.0)]
    graph = read_frames(
        tables(people, links, work, aliases(("a", "c", 2021, "merged"), ("b", "c", 2021, "merged")))
    ).graph
    before, after = graph.formations()
    assert (before.ids.tolist(), after.ids.tolist()) == (["a", "b", "d"], ["c", "d"])
    assert after.weight.tolist() == [30.0]
    row = cooperation_tables(graph, Settings()).formations.iloc[1]
    assert row["cooperation_ratio"] == pytest.approx(30 / 100)
    # {a, b}, d against {c}, d: nobody came or went; 20 + 10 against 30 between the same two.
    assert (row["participant_turnover"], row["link_jaccard"]) == (0, 1)


def test_a_split_is_no_turnover_but_a_part_that_leaves_later_is() -> None:
    people = [("a", "A", None, None), ("b", "A", None, 2021), ("c", "A", None, None), ("d", "A", None, None)]
    links = [(2020, "a", "d", 9.0), (2021, "b", "d", 5.0), (2021, "c", "d", 4.0), (2022, "c", "d", 4.0)]
    graph = read_frames(
        tables(people, links, [], aliases(("a", "b", 2021, "split"), ("a", "c", 2021, "split")))
    ).graph
    rows = cooperation_tables(graph, Settings()).formations
    assert rows["participant_turnover"].tolist()[1:] == [0, pytest.approx(1 / 3)]
    assert rows["link_jaccard"].tolist()[1:] == [1, pytest.approx(4 / 9)]


def test_figures_under_two_identifiers_that_differ_are_unknown_and_told() -> None:
    people = [("n", "A", None, None), ("b", "A", None, None)]
    work = [("o", 2021, 70.0), ("n", 2021, 100.0), ("b", 2021, 50.0)]
    data = read_frames(tables(people, [(2021, "o", "b", 9.0)], work, aliases(("o", "n", 2021, None))))
    assert data.graph.activity["participant_id"].tolist() == ["b"]
    assert {f.code for f in data.findings} >= {"duplicate_conflict", "alias_used"}
    [formation] = data.graph.formations()
    assert formation.weight.tolist() == [9.0]


def test_what_cannot_hold_is_rejected_and_told() -> None:
    changes = aliases(
        ("o", "n", 2021, None),
        ("o", "m", 2021, "переименование"),
        ("p", "q", None, "слияние"),
        ("r", "s", 2020, "eaten"),
    )
    data = read_frames(tables([("n", "A", None, None)], [(2021, "o", "n", 9.0)], [], changes))
    told = [(f.code, f.row) for f in data.findings if f.table == "aliases"]
    assert told == [
        ("alias_kind_unknown", 4), ("alias_contradicted", 1), ("alias_contradicted", 2), ("alias_undated", 3),
    ]  # fmt: skip
    assert len(data.rejected) == 2 and set(data.graph.node_ids) == {"n", "o"}


def test_a_rename_told_with_a_later_load_reaches_the_earlier_one() -> None:
    with MemoryStore() as store:
        early = tables([("o", "A", None, None)], [(2020, "o", "x", 9.0)], [("o", 2020, 20.0)], aliases())
        late = tables(
            [("n", "A", None, None)],
            [(2021, "n", "x", 9.0)],
            [("n", 2021, 20.0)],
            aliases(("o", "n", 2021, None)),
        )
        for frames in (early, late):
            store.load(SupplyGraph.from_tables(frames))
        held = store.read()
    assert [f.ids.tolist() for f in held.formations()] == [["n"], ["n"]]
    assert held.aliases["old_id"].tolist() == ["o"]


def test_price_levels_and_months_are_read(tmp_path: Any) -> None:
    (tmp_path / "participants.csv").write_text("participant_id,cluster_id\na,A\n", "utf-8")
    (tmp_path / "links.csv").write_text("year,supplier_id,buyer_id,value\n2021,a,x,5\n", "utf-8")
    (tmp_path / "дефляторы.csv").write_text(
        "Год;Индекс цен;ОКВЭД\n2020;1,0;\n2021;1,15;\n2021;0;28\n", "utf-8"
    )
    (tmp_path / "production_index.csv").write_text(
        "industry,month,index\n21,2020-04,117.95\n21,май 2020,118\n22,весна,1\n", "utf-8"
    )
    from clustercoop.loaders.dataset import read_dataset

    data = read_dataset(tmp_path)
    assert data.graph.deflators[["year", "index"]].values.tolist() == [[2020, 1.0], [2021, 1.15]]
    assert data.graph.production_index["month"].tolist() == ["2020-04", "2020-05"]
    assert data.rejected["code"].tolist() == ["negative_value_row", "month_unclear"]


def test_figures_under_the_old_identifier_follow_a_merger() -> None:
    """o merges into n in 2021: a row of 2021 that names o is n's; where both report, n's are unknown."""
    people = [(who, "A", None, None) for who in "onb"]
    links = [(2020, "o", "b", 20.0), (2021, "o", "b", 20.0), (2021, "n", "b", 10.0)]
    before = [("o", 2020, 100.0), ("n", 2020, 100.0), ("b", 2020, 50.0), ("b", 2021, 50.0)]
    merger = aliases(("o", "n", 2021, "merged"))
    alone = read_frames(tables(people, links, [*before, ("o", 2021, 250.0)], merger)).graph
    row = cooperation_tables(alone, Settings()).formations.iloc[1]
    assert (row["participants"], row["output"]) == (2, 300)
    assert row["cooperation_ratio"] == pytest.approx(30 / 300)
    twice = [*before, ("o", 2021, 99.0), ("n", 2021, 90.0)]
    both = read_frames(tables(people, links, twice, merger)).graph
    assert pd.isna(cooperation_tables(both, Settings()).formations.iloc[1]["cooperation_ratio"])
