"""Supply graphs and results that store tests use: small, and awkward on purpose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_columns, policy_tables
from clustercoop.graph.kinds import KINDS, Kind
from clustercoop.graph.model import SupplyGraph


def awkward() -> SupplyGraph:
    """Every column and type: Cyrillic, quotes, leading zeros, gaps, huge and tiny values, parallel links."""
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ["0102030405", "0102030405", 'a|b\\"c', "ООО «Ы»", " x ", "nan"],
                    "cluster_id": ["c1", "c2", "c1", "c1", "c2", "c2"],
                    "name": ["=1+1", None, "<b>O'Neil</b>", "", "None", "2020-01-01"],
                    "role": ["firm", "university", None, "", "firm", "firm"],
                    "industry_code": ["01.10", "01.10", None, "28", "007", ""],
                    "region": ["Псков", None, None, None, None, "null"],
                    "joined_year": [2019, None, 2020, None, None, None],
                    "left_year": [None, 2021, 2020, None, None, None],
                }
            ),
            "links": pd.DataFrame(
                {
                    "year": [2020, 2020, 2020, 2020, 2020, 2021, 2021, 2022],
                    "supplier_id": ["0102030405"] * 5 + ["ООО «Ы»", " x ", "nan"],
                    "buyer_id": ['a|b\\"c', 'a|b\\"c', 'a|b\\"c', 'a|b\\"c', "0102030405"]
                    + ["вне, кластера", "nan", " x "],
                    "value": [1e12, 1e-6, 2.0, 2.0, 0.1 + 0.2, 0.0, 5.0, 1 / 3],
                    "product_code": ["01", "01", "01", None, "", "0|1", None, None],
                    "kind": ["goods", "services", "goods", None, "return", "knowledge", "иное", None],
                    "row": [2, 3, 4, 5, 6, 0, 2**40, 9],
                    "file": ["links.csv"] * 4 + ["связи 2020.xlsx", "", "links.csv", "links.csv"],
                    "sheet": ["", "", "", "", "Лист 1", "", "", ""],
                }
            ),
            "activity": pd.DataFrame(
                {
                    "participant_id": ["0102030405", "0102030405", "ООО «Ы»", "no-link"],
                    "year": [2020, 2021, 2021, 2020],
                    "output": [2e12, None, 10.0, 1.0],
                    "purchases": [None, 3.0, 1e-6, None],
                    "employees": [10, None, 0, None],
                    "value_added": [-5.0, 0.0, None, None],
                    "row": [2, 3, 4, 5],
                    "file": "activity.csv",
                }
            ),
            "clusters": pd.DataFrame(
                {
                    "cluster_id": ["c1", "empty"],
                    "name": ["Кластер «Один»", None],
                    "region": [None, "Псковская область"],
                    "industry": ["машиностроение", None],
                }
            ),
            "indicators": pd.DataFrame(
                {
                    "cluster_id": ["c1", "only-here"],
                    "year": [2020, 2018],
                    "cooperation_ratio": [0.804, None],
                    "rd_per_employee": [None, 0.05],
                }
            ),
            "measures": pd.DataFrame(
                {
                    "cluster_id": ["c1", "c1", "c2"],
                    "year": [2020, 2020, 2017],
                    "category": ["legal", "economic", "legal"],
                    "measure": ["z", "a", "право"],
                    "amount": [None, 3.5, 0.0],
                }
            ),
            "unsettled": pd.DataFrame(
                {
                    "table": ["links", "links", "links", "participants", "activity"],
                    "year": [2020, 2020, None, None, 2021],
                    "participant_id": [None, None, None, None, "ООО «Ы»"],
                    "column": [None, None, None, None, "output"],
                    "supplier_id": ["0102030405", "0102030405", None, None, None],
                    "buyer_id": [None, None, 'a|b\\"c', None, None],
                    "value": [1e-6, 1e-6, None, None, None],
                    "value_high": [None, None, 7.0, None, None],
                    "kind": ["иное", "иное", "", None, None],
                    "cluster_id": [None, None, None, "c2", None],
                    "joined_year": [None, None, None, 2019, None],
                    "row": [7, 7, 0, 2**40, 3],
                    "file": ["связи 2020.xlsx", "связи 2020.xlsx", "", "p.csv", "activity.csv"],
                    "sheet": "",
                }
            ),
        },
        currency="RUB",
        provenance={"inputs": [{"file": "links.csv", "sha256": "00"}]},
    )


def random_graph(
    seed: int, *, clusters: int = 3, size: int = 6, years: int = 3, links_each: int = 15
) -> SupplyGraph:
    """Clusters that overlap and trade with each other and the outside, drawn with `seed`."""
    rng = np.random.default_rng(seed)
    ids = [f"{i:04d}" for i in range(clusters * size)]
    cluster = [f"c{i // size}" for i in range(len(ids))]
    people = pd.DataFrame({"participant_id": ids, "cluster_id": cluster})
    twice = people.sample(2, random_state=seed).assign(cluster_id="c0")
    lone = pd.DataFrame({"participant_id": [f"lone{c}" for c in range(clusters)]})
    lone["cluster_id"] = [f"c{c}" for c in range(clusters)]
    people = pd.concat([people, twice, lone], ignore_index=True)
    people = people.drop_duplicates(["participant_id", "cluster_id"], ignore_index=True)
    everyone = np.array([*ids, "out1", "out2", "out3"])
    m = links_each * len(ids)
    links = pd.DataFrame(
        {
            "year": 2020 + rng.integers(0, years, m),
            "supplier_id": rng.choice(everyone, m),
            "buyer_id": rng.choice(everyone, m),
            "value": np.round(rng.lognormal(2, 2, m), 3),
            "product_code": rng.choice(np.array(["01", "02", None], dtype=object), m),
            "kind": rng.choice(np.array(["goods", "services", "return"]), m),
            "row": np.arange(2, m + 2),
            "file": "links.csv",
        }
    )
    figures = pd.MultiIndex.from_product([ids, range(2020, 2020 + years)]).to_frame(index=False)
    figures.columns = pd.Index(["participant_id", "year"])
    figures["output"] = np.round(rng.lognormal(6, 1, len(figures)), 2)
    figures["employees"] = rng.integers(5, 500, len(figures)).astype(float)
    open_rows = pd.DataFrame(
        {
            "table": "links",
            "year": [*range(2020, 2020 + years), 2020, None],
            "supplier_id": [*ids[: 2 * years : 2], None, ids[-1]],
            "buyer_id": [None] * (years + 1) + [ids[0]],
            "value": 3.0,
            "row": range(m + 2, m + years + 4),
            "file": "links.csv",
        }
    )
    return SupplyGraph.from_tables(
        {
            "participants": people.assign(
                role=lambda f: np.where(f.index % 5 == 0, "university", "firm"),
                industry_code=lambda f: np.where(f.index % 2 == 0, "28", "01"),
                name=lambda f: "Завод " + f["participant_id"],
            ),
            "links": links,
            "activity": figures.sample(frac=0.9, random_state=seed),
            "clusters": pd.DataFrame({"cluster_id": [f"c{i}" for i in range(clusters)], "region": "R"}),
            "indicators": pd.DataFrame(
                {"cluster_id": "c1", "year": [2020, 2021], "cooperation_ratio": [0.4, 0.5]}
            ),
            "measures": pd.DataFrame(
                {"cluster_id": "c1", "year": [2020, 2021], "category": "legal", "measure": "m", "amount": 1.0}
            ),
            "unsettled": open_rows,
        }
    )


def with_knowledge(graph: SupplyGraph) -> SupplyGraph:
    """Return `graph` with every ninth link a tie of knowledge."""
    frames = graph.to_tables()
    kind = frames["links"]["kind"].where(frames["links"].index % 9 != 0, "knowledge")
    return SupplyGraph.from_tables({**frames, "links": frames["links"].assign(kind=kind)})


def outcome(graph: SupplyGraph, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Result tables about the formations of `graph`: plain figures from it, and drawn ones."""
    rng = np.random.default_rng(seed)
    types = ["traditional production", "improvement", "adaptation", None]
    formations, people = [], []
    for f in graph.formations():
        core = np.arange(f.n) % 2 == 1
        internal = float(f.weight.sum())
        output = float(f.output.sum())
        total = internal + float(f.purchases_outside.sum())
        formations.append(
            {
                "cluster_id": f.cluster_id,
                "year": f.year,
                "participants": f.n,
                "links": len(f.src),
                "output": output,
                "internal_supply": internal,
                "purchases_outside": float(f.purchases_outside.sum()),
                "internal_sourcing_share": internal / total if total > 0 else np.nan,
                "internal_sourcing_basis": "links",
                "cooperation_ratio": internal / output if output > 0 else np.nan,
                "core_size": int(core.sum()),
                "core_members": ";".join(f.ids[core]),
                "core_fit": float(rng.random()),
                "ecosystem_type": types[(f.year + int(f.cluster_id[-1:] == "1")) % len(types)],
                "eligibility_verdict": ("meets", "does not meet", "undecidable")[f.year % 3],
                "requirements_failed": "linked participants; supplied share" if f.year % 3 == 1 else None,
                "early_warnings": "cooperation falls" if f.year % 2 else None,
                "support_received": "Субсидия на станки" if f.year % 2 == 0 else None,
            }
        )
        people += [
            {
                "cluster_id": f.cluster_id,
                "year": f.year,
                "participant_id": str(who),
                "in_core": bool(inside) if k % 7 else None,
                "cooperation_ratio": float(f.supplied_inside[k] / f.output[k]) if f.output[k] > 0 else np.nan,
                "output": float(f.output[k]),
                "internal_supply": float(f.supplied_inside[k]),
                "internal_supply_source": "links" if k % 5 else "reported",
                "bought_inside": float(f.bought_inside[k]),
                "sales_outside": float(f.sales_outside[k]),
                "purchases_outside": float(f.purchases_outside[k]),
                "stage": float(rng.random()),
                "broker_share": float(rng.random()) if k % 3 else np.nan,
            }
            for k, (who, inside) in enumerate(zip(f.ids, core, strict=True))
        ]
    clusters = [
        {"cluster_id": c, "years": "2020;2021", "formation_verdict": "undecided", "jaccard": None}
        for c in graph.cluster_ids
    ]
    gaps: list[tuple[object, ...]] = [
        (f.cluster_id, f.year, "", "cooperation_ratio", "coverage", "0.5", "") for f in graph.formations()
    ]
    gaps += [(f.cluster_id, f.year, "*", "stage", "no_links", "", "01; 02") for f in graph.formations()]
    gaps += [
        (f.cluster_id, f.year, str(f.ids[0]), "stage", "no_output", n, "")
        for f in graph.formations()
        for n in "12"
    ]
    gaps += [(c, None, "", "jaccard", "one_year", "", "") for c in graph.cluster_ids]
    columns = ["cluster_id", "year", "participant_id", "column", "code", "value", "detail"]
    pairs = [(f.cluster_id, f.year) for f in graph.formations()]
    runs = pd.DataFrame(pairs, columns=["cluster_id", "year"])
    return {
        **policy(graph, seed, SOME_POLICY),
        "runs": runs.assign(run="r1", version="1", settings='{"seed": 1}'),
        "formations": pd.DataFrame(formations),
        "participants": pd.DataFrame(people),
        "clusters": pd.DataFrame(clusters),
        "gaps": pd.DataFrame(gaps, columns=columns).astype({"year": "Int64"}),
    }


SOME_POLICY = ("eligibility", "eligibility_links", "key_participants", "transitions")


def policy(graph: SupplyGraph, seed: int = 0, tables: Iterable[str] = ()) -> dict[str, pd.DataFrame]:
    """Tables of policy, drawn: two rows a formation, in no order, and one of all where no year is."""
    rng = np.random.default_rng(seed)
    made = {}
    for table in tables or policy_tables():
        kinds = {column.column: KINDS[column.kind] for column in output_columns(table)}
        rows: list[dict[str, Any]] = []
        for f in np.repeat(np.array(graph.formations(), dtype=object), 2):
            row = {name: _drawn(kind, rng) for name, kind in kinds.items()}
            people = row.keys() & {"participant_id", "supplier_id", "buyer_id"}
            row |= {"cluster_id": f.cluster_id, **{name: str(rng.choice(f.ids)) for name in sorted(people)}}
            row |= {"year": f.year} if "year" in row else {}
            row |= {"verdict": ("fail", "pass")[len(rows) % 2]} if table == "eligibility" else {}
            rows.append(row)
        if "year" not in kinds:
            rows.append({**rows[0], "cluster_id": "*"})
        frame = pd.DataFrame(rows).sample(frac=1, random_state=seed, ignore_index=True)
        made[table] = pd.DataFrame({name: kind.typed(frame[name]) for name, kind in kinds.items()})
    return made


def _drawn(kind: Kind, rng: np.random.Generator) -> object:
    """Return a value of a kind of column, or now and then none."""
    if rng.random() < 0.2:
        return None
    if kind.dtype == "boolean":
        return bool(rng.random() < 0.5)
    if kind.dtype == "Int64":
        return int(rng.integers(0, 9))
    if kind.numeric:
        return float(rng.random())
    return f'Ы «{rng.integers(0, 9)}» [["x.y", {{}}]]'
