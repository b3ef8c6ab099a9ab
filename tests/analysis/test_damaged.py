"""Random datasets, damaged so that it shows: no stated figure moves, and every bound holds the true one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_columns
from tests.analysis.slow.economy import CELLS, random_economy
from tests.analysis.test_slow_oracle import joined
from tests.builders import measured

SEEDS = range(300, 308)
# What is told of the known part alone, and what says of which parts a figure is made.
PARTIAL = (
    "sources rd_coverage value_added_coverage output_coverage sales_coverage purchases_coverage "
    "cooperation_ratio_covered internal_supply_source internal_sourcing_basis isolation_basis "
    "throughflow_basis requirements_failed early_warnings eligibility_verdict"
).split()
# Of the members that report: compared where all do.
OF_SOME = {
    name: [*own, "ecosystem_type", "dysfunction", "rule_verdict"]
    for name, own in (("rd", ["innovation_level"]), ("value_added", ["productivity_level"]))
}


def damaged(tables: dict[str, pd.DataFrame], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Make cells unreadable or bounds, leave ends of links out, repeat rows, contradict and lose members."""
    out = {name: frame.astype(object) for name, frame in tables.items()}
    work, links, people = out["activity"], out["links"], out["participants"]
    for name in CELLS:
        chance = rng.random(len(work)) + 10 * pd.isna(work[name]).to_numpy()
        work.loc[chance < 0.04, name] = "?!"
        bounded = (chance > 0.04) & (chance < 0.08)
        work.loc[bounded, name] = [_around(float(v), rng) for v in work.loc[bounded, name]]
    twice = work[rng.random(len(work)) < 0.02].assign(output=1.0)
    out["activity"] = pd.concat([work, twice], ignore_index=True)
    chance = rng.random(len(links))
    # A lost end counts for the clusters that the other end names, so not where a third one may be behind it.
    ends = links["supplier_id"].str[3:] + links["buyer_id"].str[3:]
    between = ends.str.contains("A.*B|B.*A|A0").to_numpy(bool) & (chance > 0.01) & (chance < 0.03)
    chance[between] = 1.0
    links.loc[chance < 0.01, "value"] = "?!"
    links.loc[(chance > 0.01) & (chance < 0.02), "buyer_id"] = "-"
    links.loc[(chance > 0.02) & (chance < 0.03), "supplier_id"] = "-"
    links.loc[(chance > 0.03) & (chance < 0.04), "year"] = 1022
    bounded = (chance > 0.04) & (chance < 0.06)
    links.loc[bounded, "value"] = [_around(float(v), rng) for v in links.loc[bounded, "value"]]
    out["links"] = pd.concat([links, links[(chance > 0.06) & (chance < 0.07)]], ignore_index=True)
    lost = (rng.random(len(people)) < 0.01) & people["cluster_id"].notna().to_numpy()
    people.loc[lost, "participant_id"] = "-"
    return out


def _around(value: float, rng: np.random.Generator) -> str:
    """State bounds that hold the value, in one of three ways."""
    more, less = value + float(rng.integers(1, 9)), value - float(rng.integers(1, 9))
    least = max(less, 0.0) if value >= 0 else less
    return str(rng.choice([f"<{more:g}", f"{least:g}–{more:g}", f">{less:g}" if less > 0 else f"<{more:g}"]))


def same(true: Any, stated: Any) -> bool:
    if isinstance(stated, float | int) and not isinstance(stated, bool):
        return abs(float(true) - float(stated)) <= 1e-7 * max(1.0, abs(float(true)))
    return bool(true == stated)


def test_what_damaged_data_state_is_true() -> None:
    tables = joined({f"{seed:03d}": random_economy(seed) for seed in SEEDS})
    metrics = "cooperation,core,closedness,chain"
    whole = measured(tables, metrics=metrics)
    parts = measured(damaged(tables, np.random.default_rng(4)), metrics=metrics)
    wrong, stated = [], 0
    for table, keys in (
        ("formations", ["cluster_id", "year"]),
        ("participants", ["cluster_id", "year", "participant_id"]),
    ):
        true, told = (getattr(result, table).set_index(keys) for result in (whole, parts))
        places = true.index.intersection(told.index)
        true, told = true.loc[places].astype(object), told.loc[places].astype(object)
        names = {column.column for column in output_columns(table)} - set(PARTIAL) & set(told)
        for name in sorted(names & set(told) - set(keys)):
            known = told[name].notna() & (told[name] != "") & true[name].notna() & (true[name] != "")
            for part, columns in OF_SOME.items():
                if table == "formations" and name in (f"{part}_per_employee", *columns):
                    ends = [f"{part}_per_employee_{end}" for end in ("low", "high")]
                    known &= (told[ends[0]] == told[ends[1]]) & (true[ends[0]] == true[ends[1]])
            if name.endswith(("_low", "_high")):
                figure, sign = name.rsplit("_", 1)[0], 1 if name.endswith("_low") else -1
                if figure.endswith("_per_employee"):
                    known &= true[f"{figure}_low"] == true[f"{figure}_high"]
                known &= true[figure].notna()
                over = sign * (told[name][known].astype(float) - true[figure][known].astype(float)) > 1e-9
                wrong += [
                    f"{place} {name}: {told[name][place]} for {true[figure][place]}"
                    for place in over[over].index
                ]
                continue
            stated += int(known.sum())
            wrong += [
                f"{place} {name}: {b} for {a}"
                for place, a, b in zip(places[known], true[name][known], told[name][known], strict=True)
                if not same(a, b)
            ]
    assert wrong == []
    assert stated > 1500  # data so damaged that nothing is stated would hold as well
