"""Every column of formations and participants against slow figures made from the definitions alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest

from clustercoop.graph.columns import output_columns
from tests.analysis.slow import chain, core, trade
from tests.analysis.slow.economy import CELLS, YEARS, Economy, Facts, random_economy
from tests.builders import measured

SEEDS = (*range(18), 5009, 7007, 7052)
ENDS = ("low", "high")
COLUMNS = {
    "participants": ["participant_id", "cluster_id", "joined_year", "left_year", "role", "industry_code"],
    "links": ["year", "supplier_id", "buyer_id", "value", "kind"],
    "activity": ["participant_id", "year", *CELLS],
}
# By chance or of policy, and Rossa's C (tests of their own); or checked as a range, as what reaches the best
# fit, or by a step that gains nothing.
ELSEWHERE = (
    *(
        f"{name}_{end}"
        for name in (*core.SHARES, "core_supply_share", "core_pull", "core_push")
        for end in ENDS
    ),
    "stability",
    "firmness",
    "coreness",
    "rossa_",
    "core_out_members",
    "core_in_members",
    "formation_verdict",
    "eligibility_verdict",
    "requirements_failed",
    "early_warnings",
    "support_",
    "ecosystem_probability",
    "cluster_id",
    "year",
    "participant_id",
    "sources",
    "unknown_because",
)


def joined(economies: dict[str, Economy]) -> dict[str, pd.DataFrame]:
    """Return all datasets as one; each has its own clusters and organisations, named by its seed."""
    tables = {}
    for name, columns in COLUMNS.items():
        rows = [
            {c: f"{tag}{v}" if c.endswith("_id") and v is not None else v for c, v in row.items()}
            for tag, economy in economies.items()
            for row in economy[name]
        ]
        tables[name] = pd.DataFrame(rows, columns=columns)
    return tables


def records(frame: pd.DataFrame, tag: str) -> list[dict[Any, Any]]:
    """Return the rows of one dataset, its organisations named as before."""
    mine = frame[frame["cluster_id"].str.startswith(tag)].astype(object)
    rows = mine.where(mine.notna(), float("nan")).to_dict("records")
    return [{c: v.replace(tag, "") if isinstance(v, str) else v for c, v in row.items()} for row in rows]


def same(ours: Any, theirs: Any) -> bool:
    unknown = ours is None or pd.isna(ours) or ours == ""
    if theirs is None or theirs == "":
        return bool(unknown)
    if unknown or isinstance(theirs, str):
        return not unknown and str(ours) == theirs
    return bool(float(ours) == pytest.approx(float(theirs), rel=1e-7, abs=1e-9))


def slow(
    facts: Facts, before: Any, others: int, traded: Any
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    figures, people = trade.measured(facts, before, others, traded)
    chain.measured(facts, figures, people)
    core.measured(facts, figures, people)
    inside = {who: mine["in_core"] == "True" for who, mine in people.items()}
    figures["chain_leaders"] = chain.leaders(facts, people, inside)
    # Without replicates and deflators.
    nothing = [c.column for c in output_columns("formations") if c.column.startswith("core_p_")]
    nothing += [c.column for c in output_columns("formations") if c.column.endswith("_constant")]
    figures |= dict.fromkeys([*nothing, "price_year"])
    return figures, people


def differences(seeds: Iterable[int], seen: set[str] | None = None) -> list[str]:
    """Return every cell that is not what the slow figures say; add the compared columns to `seen`."""
    economies = {f"{seed:03d}": random_economy(seed) for seed in seeds}
    result = measured(joined(economies), metrics="cooperation,core,closedness,chain")
    facts = {
        (tag, cluster, year): Facts(economy, cluster, year)
        for tag, economy in economies.items()
        for cluster in "AB"
        for year in YEARS
        if year in {row["year"] for table in ("links", "activity") for row in economy[table]}
    }
    facts = {place: found for place, found in facts.items() if found.exists}
    others = {year: sum(at == year for *_, at in facts) for year in YEARS}
    traded = {
        year: trade.total(
            trade.others_trade(row) for e in economies.values() for row in e["links"] if row["year"] == year
        )
        for year in YEARS
    }
    wrong = []
    known: dict[tuple[str, str, int], dict[str, Any]] = {}
    for tag in economies:
        rows = {(r["cluster_id"], r["year"]): r for r in records(result.formations, tag)}
        own = {
            (r["cluster_id"], r["year"], r["participant_id"]): r for r in records(result.participants, tag)
        }
        if set(rows) != {place[1:] for place in facts if place[0] == tag}:
            wrong.append(f"{tag}: other rows {sorted(rows)}")
        for (cluster, year), row in rows.items():
            here, ago = facts[tag, cluster, year], (tag, cluster, year - 1)
            before = (facts[ago], known[ago]) if ago in facts else None
            figures, people = slow(here, before, others[year], traded[year])
            known[tag, cluster, year] = figures
            place = f"{tag} {cluster} {year}"
            mine = {who: own[cluster, year, who] for who in here.members}
            row["chain_leaders"] = ";".join(sorted(str(row["chain_leaders"]).replace("nan", "").split(";")))
            held_so = (
                core.coreness_fits(here, row, mine) + core.ranges(row) + core.achieved(here, row, figures)
            )
            wrong += [f"{place} {text}" for text in held_so]
            for who, cells in ({"": figures} | people).items():
                held = mine[who] if who else row
                shared = [name for name in cells if name in held]
                wrong += [
                    f"{place} {who} {name}: {held[name]!r} for {cells[name]!r}"
                    for name in shared
                    if not same(held[name], cells[name])
                ]
                if seen is not None:
                    seen |= {f"{'participants' if who else 'formations'}.{name}" for name in shared}
    return wrong


def test_every_figure_is_the_slow_one() -> None:
    seen: set[str] = set()
    assert differences(SEEDS, seen) == []
    every = {
        f"{table}.{c.column}"
        for table in ("formations", "participants")
        for c in output_columns(table)
        if not any(part in c.column for part in ELSEWHERE)
    }
    assert every - seen == set()
