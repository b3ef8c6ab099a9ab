"""What must not change a figure: other clusters, names, the order of rows, the unit of money, other years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.columns import output_columns
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.pipeline import analyze_graph
from tests.builders import everywhere

Frames = dict[str, pd.DataFrame]
Tables = Mapping[str, pd.DataFrame]
SEEDS = (0, 3)  # the last without roles and kinds
# What is said of all clusters together, and sentences.
TOGETHER = ("formation_verdict", "ecosystem_probability", "_fdr", "_holm")
CORE = (
    "core",
    "entrain",
    "push",
    "pull",
    "rossa",
    "tiering",
    "lip_",
    "periphery",
    "chain_leaders",
    "elliott",
)
# Judged by amounts of one currency at one level of prices.
JUDGED = ("_level", "ecosystem_type", "dysfunction", "rule_verdict")


def dataset(seed: int) -> Frames:
    """Two clusters of six, two years: roles, partners outside with and without, gaps, a shared member."""
    rng = np.random.default_rng(seed)
    people: list[tuple[Any, ...]] = [("u1", None, "university", None), ("x1", None, "firm", None)]
    links: list[tuple[Any, ...]] = []
    work: list[tuple[Any, ...]] = []
    for cluster in "AB":
        ids = [f"{cluster}{i}" for i in range(6)]
        roles = [("firm", "firm", "firm", "research", None)[i] for i in rng.integers(0, 5, 6)]
        people += [
            (who, cluster, role, code)
            for who, role, code in zip(ids, roles, rng.choice(["28.1", "28.2", "10.1"], 6), strict=True)
        ]
        for year in (2021, 2022):
            for who in ids:
                for other in (*ids, "u1", "x1", "x2"):
                    if rng.random() < (0.35 if other in ids else 0.2):
                        kind = str(rng.choice(["goods", "services", "return", "knowledge"]))
                        pair = (who, other) if rng.random() < 0.6 else (other, who)
                        links.append((year, *pair, round(float(rng.lognormal(1, 1)), 3), kind))
                if rng.random() < 0.95:
                    output = round(float(rng.uniform(80, 200)), 2)
                    work.append(
                        (who, year, output, round(output / 4, 2), float(rng.integers(10, 90)), output / 50)
                    )
    if rng.random() < 0.5:
        people.append(("A0", "B", None, None))
    if seed == 3:
        people = [(who, where, None, code) for who, where, _, code in people]
        links = [(*row[:4], None) for row in links]
    return {
        "participants": pd.DataFrame(
            people, columns=["participant_id", "cluster_id", "role", "industry_code"]
        ),
        "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value", "kind"]),
        "activity": pd.DataFrame(
            work, columns=["participant_id", "year", "output", "value_added", "employees", "rd_expenses"]
        ),
    }


def tables(frames: Frames) -> Tables:
    graph = SupplyGraph.from_tables(frames)
    result = analyze_graph(graph, Settings(nulls=0, workers=1), only=everywhere(graph))
    return {
        "formations": result.formations.set_index(["cluster_id", "year"]).sort_index(),
        "participants": result.participants.set_index(["cluster_id", "year", "participant_id"]).sort_index(),
    }


@cache
def before(seed: int) -> Tables:
    return tables(dataset(seed))


def columns(table: str, *without: str) -> list[str]:
    return [
        c.column
        for c in output_columns(table)
        if c.kind != "note" and not any(part in c.column for part in (*TOGETHER, *without))
        and c.column not in ("cluster_id", "year", "participant_id", "sources", "unknown_because")
    ]  # fmt: skip


def assert_same(
    after: Tables, seed: int, *without: str, factor: float = 1.0, ids: Mapping[str, str] | None = None
) -> None:
    """Compare with what was there before; amounts are `factor` times larger, ids are renamed by `ids`."""
    names = ids or {}
    back = {new: old for old, new in names.items()}
    for table, frame in before(seed).items():
        wanted = [tuple(names.get(part, part) for part in key) for key in frame.index]
        found = after[table].loc[wanted]
        ties = before(seed)["formations"]["core_ties"].fillna(1).to_dict()
        alone = np.array([ties[key[:2]] <= 1 for key in frame.index])
        for name in columns(table, *without):
            kind = next(c for c in output_columns(table) if c.column == name)
            mine, theirs = frame[name], found[name]
            # A core that is one of several is told as such; which one is named may change.
            named_by_core = name != "core_ties" and any(part in name for part in CORE)
            keep = alone if named_by_core else np.ones(len(frame), bool)
            # Coreness is fitted step by step, in the order of the members.
            close, near = (1e-4, 1e-5) if "coreness" in name else (1e-7, 1e-9)
            if pd.api.types.is_numeric_dtype(mine) and mine.dtype != "boolean":
                scale = factor if kind.unit == "money" else 1.0
                np.testing.assert_allclose(
                    theirs.to_numpy("float64", na_value=np.nan)[keep],
                    mine.to_numpy("float64", na_value=np.nan)[keep] * scale,
                    rtol=close, atol=near, err_msg=f"{table}.{name}",
                )  # fmt: skip
            else:
                texts = [
                    ";".join(sorted(back.get(one, one) for one in str(cell).split(";")))
                    if not pd.isna(cell)
                    else ""
                    for cell in theirs.to_numpy(object)[keep]
                ]
                other = [
                    ";".join(sorted(str(cell).split(";"))) if not pd.isna(cell) else ""
                    for cell in mine.to_numpy(object)[keep]
                ]
                assert texts == other, f"{table}.{name}"


def another_cluster(frames: Frames, rng: np.random.Generator) -> Frames:
    ids = ["z1", "z2", "z3"]
    """One that states what the others may not: roles, kinds, industries, years of membership, reports."""
    people = {"participant_id": ids, "cluster_id": "0", "role": ["firm", "university", "final producer"]}
    return {
        "participants": pd.DataFrame({**people, "industry_code": "99", "joined_year": [2020, 2022, 2020]}),
        "links": pd.DataFrame(
            {
                "year": [2021, 2022, 2022, 2022],
                "supplier_id": [*ids, "z1"],
                "buyer_id": ["z2", "z3", "q", "z2"],
                "value": [5.0, 900.0, 3.0, 2.0],
                "kind": ["goods", "return", "services", "knowledge"],
            }
        ),
        "activity": pd.DataFrame(
            {"participant_id": ids, "year": 2022, "output": [9000.0, 70.0, 10.0], "used_by_participants": 4.0}
        ),
    }


def another_year(frames: Frames, rng: np.random.Generator) -> Frames:
    return {
        "links": frames["links"].query("year == 2022").assign(year=2023, value=lambda f: f["value"] * 7),
        "activity": frames["activity"].query("year == 2022").assign(year=2023, output=1e4),
    }


def nothing_supplied(frames: Frames, rng: np.random.Generator) -> Frames:
    pairs = [(f"{c}{a}", f"{c}{b}") for c in "AB" for a in range(6) for b in range(6) if a != b]
    chosen = [pairs[i] for i in rng.choice(len(pairs), 8, replace=False)]
    return {
        "links": pd.DataFrame(
            [(2022, *pair, 0.0, kind) for pair in chosen for kind in ("goods", "knowledge")],
            columns=["year", "supplier_id", "buyer_id", "value", "kind"],
        )
    }


# Conductance compares the cluster with all the rest of the recorded network.
ADDED: dict[str, tuple[Callable[[Frames, np.random.Generator], Frames], tuple[str, ...]]] = {
    "another cluster": (another_cluster, ("conductance",)),
    "another year": (another_year, ()),
    "links of value 0": (nothing_supplied, ()),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", ADDED)
def test_what_is_added_elsewhere_changes_nothing(what: str, seed: int) -> None:
    more, without = ADDED[what]
    frames = dataset(seed)
    added = more(frames, np.random.default_rng(seed))
    joined = {
        name: pd.concat([frame, added[name]], ignore_index=True) if name in added else frame
        for name, frame in frames.items()
    }
    assert_same(tables(joined), seed, *without)


@pytest.mark.parametrize("seed", SEEDS)
def test_names_do_not_matter(seed: int) -> None:
    """Ids and clusters are named anew so that their order turns round."""
    frames = dataset(seed)
    every = sorted({*frames["participants"]["participant_id"], *frames["links"]["buyer_id"]}, reverse=True)
    names = {old: f"n{number:02d}" for number, old in enumerate(every)} | {"A": "ZZ", "B": "AA"}
    renamed = {
        name: frame.assign(**{c: frame[c].replace(names) for c in frame.columns if c.endswith("_id")})
        for name, frame in frames.items()
    }
    assert_same(tables(renamed), seed, ids=names)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    mixed = {name: frame.sample(frac=1, random_state=seed) for name, frame in dataset(seed).items()}
    again = tables(mixed)
    for table, frame in before(seed).items():
        pd.testing.assert_frame_equal(again[table], frame, check_exact=True, obj=table)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_in_two_rows_is_the_same_link(seed: int) -> None:
    frames = dataset(seed)
    links = frames["links"]
    parts = [links.assign(value=links["value"] / 4), links.assign(value=links["value"] * 0.75)]
    assert_same(tables({**frames, "links": pd.concat(parts, ignore_index=True)}), seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("factor", [90.0, 1e-3])
def test_the_unit_of_money_changes_amounts_alone(factor: float, seed: int) -> None:
    frames = dataset(seed)
    money = {"links": ["value"], "activity": ["output", "value_added", "rd_expenses"]}
    scaled = {
        name: frame.assign(**{c: frame[c] * factor for c in money.get(name, ())})
        for name, frame in frames.items()
    }
    assert_same(tables(scaled), seed, *JUDGED, factor=factor)
