"""Bounds are theorems: no completion of the missing cells falls outside them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.audit import explain
from clustercoop.analysis.bounds import cooperation_bounds
from clustercoop.analysis.members import Members
from clustercoop.analysis.per_employee import per_employee_bounds
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.audit import explanation_text
from clustercoop.reports.markdown import render_markdown

NAN = float("nan")


def members(
    output: list[float], supply: list[float], sold: list[float], producing: list[bool] | None = None
) -> Members:
    n = len(output)
    empty = np.full(n, NAN)
    return Members(
        ids=np.array([f"m{i}" for i in range(n)], dtype=object),
        output=np.array(output),
        purchases=empty,
        supply=np.array(supply),
        source=np.full(n, "links", dtype=object),
        sold=np.array(sold),
        supply_low=np.zeros(n),
        supply_high=np.full(n, np.inf),
        floating=0.0,
        output_low=empty,
        output_high=empty,
        bounded=np.zeros(n, bool),
        producing=np.array(producing or [True] * n),
        final=None,
        final_by="",
        told=(),
    )


@pytest.mark.parametrize(
    ("output", "supply", "sold", "low", "high"),
    [
        # 30 inside of 100 + at least 80 sold: at most 1/6; the unknown output may be endless: at least 0.
        ([100.0, NAN], [20.0, 10.0], [20.0, 80.0], 0.0, 30 / 180),
        # All output known, b's supply not: it lies between 0 and 50 of 150.
        ([100.0, 50.0], [20.0, NAN], [20.0, 0.0], 20 / 150, 70 / 150),
        # Nothing is known of b: whatever it makes, it may all be used inside.
        ([100.0, NAN], [20.0, NAN], [20.0, 0.0], NAN, NAN),
        # a supplies 30 of which 10 from stock, b sold at least 100: 30 of 120, not the 20 that a made.
        ([20.0, NAN], [30.0, 0.0], [30.0, 100.0], 0.0, 30 / 120),
        # Supply from an output of zero is a contradiction, and bounds rest on cells that agree.
        ([100.0, 0.0], [20.0, 5.0], [20.0, 5.0], NAN, NAN),
        # Nobody supplies anybody: 0 of whatever b makes; none where nobody makes anything.
        ([0.0, NAN], [0.0, 0.0], [0.0, 0.0], 0.0, 0.0),
        ([0.0, 0.0], [0.0, 0.0], [0.0, 0.0], NAN, NAN),
        # One member has nobody to supply.
        ([100.0], [0.0], [50.0], NAN, NAN),
    ],
)
def test_bounds_by_hand(
    output: list[float], supply: list[float], sold: list[float], low: float, high: float
) -> None:
    found = cooperation_bounds(members(output, supply, sold))
    assert found == pytest.approx((low, high), nan_ok=True)


@pytest.mark.parametrize("seed", range(60))
def test_no_completion_falls_outside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    output = rng.lognormal(3, 1, n)
    sold = output * rng.uniform(0, 1, n)
    supply = sold * rng.uniform(0, 1, n)
    hidden_output, hidden_supply = rng.random(n) < 0.4, rng.random(n) < 0.2
    if seed % 2:  # some sell from stock more than they make
        supply = np.where(hidden_output | hidden_supply, supply, supply * rng.uniform(1, 3, n))
    recorded = np.where(hidden_supply, sold - supply, sold)
    low, high = cooperation_bounds(
        members(
            np.where(hidden_output, NAN, output).tolist(),
            np.where(hidden_supply, NAN, supply).tolist(),
            recorded.tolist(),
        )
    )
    if np.isnan(low) or supply.sum() > output.sum():
        return
    truth = supply.sum() / output.sum()
    assert low - 1e-12 <= truth <= high + 1e-12
    for _ in range(50):
        x = np.where(hidden_output, np.maximum(recorded, np.where(hidden_supply, 0, supply)), output)
        x = x + np.where(hidden_output, rng.lognormal(0, 3, n), 0)
        s = np.where(hidden_supply, x * rng.uniform(0, 1, n), supply)
        assert s.sum() > x.sum() or low - 1e-12 <= s.sum() / x.sum() <= high + 1e-12


def test_a_row_shows_the_range_and_never_a_point() -> None:
    """a makes 100 and supplies 24; b's output is not given, it sold 60: at most 24 / (100 + 60)."""
    result = clustercoop.analyze(
        {
            "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": "K"}),
            "links": pd.DataFrame(
                {"year": 2022, "supplier_id": ["a", "b"], "buyer_id": ["b", "x"], "value": [24.0, 60.0]}
            ).assign(kind="services"),
            "activity": pd.DataFrame({"participant_id": ["a"], "year": [2022], "output": [100.0]}),
        },
        nulls=0,
    )
    [row] = result.formations.to_dict("records")
    assert pd.isna(row["cooperation_ratio"])
    assert "at most 15.0%" in render_markdown(result) and "не более 15,0" in render_markdown(result, "ru")
    explained = explain(result.graph, result.settings, "K", 2022)
    assert explanation_text(explained).splitlines()[0].split(": ")[1].startswith("at most 15.0% (")
    assert "a → b (услуги)" in explanation_text(explained, "ru")
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((0.0, 24 / 160))


def test_no_completion_of_amounts_and_employees_falls_outside() -> None:
    rng = np.random.default_rng(5)
    names = ("rd_expenses", "value_added", "employees")
    rows = []
    for cluster in range(60):
        for member in range(int(rng.integers(1, 6))):
            true = {"rd_expenses": rng.lognormal(0, 2), "value_added": rng.normal(20, 40)}
            true["employees"] = float(rng.integers(1, 50))
            row: dict[str, object] = {
                "participant_id": f"{cluster}.{member}",
                "year": 2022,
                "c": str(cluster),
            }
            for name in names:
                row[f"{name}_true"] = row[name] = true[name]
                if rng.random() < 0.3:
                    row[name] = None
                    if rng.random() < 0.5:
                        row[f"{name}_low"] = true[name] - abs(true[name]) * rng.uniform(0, 1)
                    if rng.random() < 0.5:
                        row[f"{name}_high"] = true[name] + abs(true[name]) * rng.uniform(0, 1)
            rows.append(row)
    cells = pd.DataFrame(rows)
    people = cells[["participant_id"]].assign(cluster_id=cells["c"])
    graph = SupplyGraph.from_tables({"participants": people, "activity": cells.drop(columns="c")})
    told = closed = 0
    for formation in graph.formations():
        mine = cells[cells["c"] == formation.cluster_id].set_index("participant_id").loc[list(formation.ids)]
        for amount in names[:2]:
            low, high = per_employee_bounds(formation, amount, formation.employees, Settings())
            told += not np.isnan(low)
            closed += low == high
            amounts, employees = (complete(mine, name, rng, 40).sum(axis=1) for name in (amount, "employees"))
            values = amounts / employees
            slack = 1e-9 * np.abs(values)
            wrong = (values < low - slack) | (values > high + slack)
            assert not wrong.any(), (formation.cluster_id, amount)
    assert told > 40 and closed > 10  # bounds that say nothing would hold as well


def complete(cells: pd.DataFrame, name: str, rng: np.random.Generator, trials: int) -> np.ndarray:
    """Return a column without gaps in each row: the true cells, then any that the cells allow."""
    true, given = cells[f"{name}_true"].to_numpy(float), cells[name].to_numpy(float)
    low, high = (cells.get(f"{name}_{end}", cells[name] * np.nan).to_numpy(float) for end in ("low", "high"))
    floor = np.full(len(true), {"value_added": -1e4, "rd_expenses": 0.0, "employees": 1e-3}[name])
    low = np.fmax(np.where(np.isnan(low), floor, low), floor)
    size = trials - 1, len(true)
    reach = rng.lognormal(0, 4, size)
    free = low + np.where(np.isnan(high), reach, rng.uniform(0, 1, size) * (np.nan_to_num(high) - low))
    return np.vstack([true, np.where(np.isnan(given), free, given)])


def test_supply_of_nobody_named_beside_an_output_of_next_to_nothing() -> None:
    """A supply that is at most "above 0" needs next to no output: its share is 1, without an overflow."""
    unknown = np.full(2, np.nan)
    cells = SimpleNamespace(
        ids=np.array(["a", "b"]),
        output=np.array([np.nan, 0.0]),
        supply=np.array([np.nan, 0.0]),
        supply_low=np.array([0.0, np.nan]),
        supply_high=np.array([np.nextafter(0, 1), np.nan]),
        output_low=unknown,
        output_high=unknown,
        producing=np.array([True, True]),
        sold=np.zeros(2),
        floating=5.0,
    )
    assert np.isnan(cooperation_bounds(cast("Members", cells))).all()


def test_a_figure_of_some_members_beside_the_bounds_of_all() -> None:
    """30 / 200 of a and b, c with 50 employees not saying: at least 30 / 250, and no upper end."""
    people = pd.DataFrame({"participant_id": list("abc"), "cluster_id": "K"})
    work = pd.DataFrame(
        {"participant_id": list("abc"), "year": 2022, "employees": [100, 100, 50], "rd_expenses": [10, 20, 0]}
    )

    def found(cell: Any) -> tuple[dict[Any, Any], clustercoop.Result]:
        cells = work.astype(object)
        cells.loc[2, "rd_expenses"] = cell
        result = clustercoop.analyze(
            {"participants": people, "activity": cells}, nulls=0, workers=1, metrics="cooperation,chain"
        )
        [row] = result.formations.to_dict("records")
        return row, result

    row, result = found(None)
    assert row["rd_per_employee"] == pytest.approx(0.15) and row["rd_coverage"] == 0.8
    assert row["rd_per_employee_low"] == pytest.approx(0.12) and pd.isna(row["rd_per_employee_high"])
    [why] = result.gaps.query("column == 'rd_per_employee_high'")["code"]
    assert why == "bounds_none"
    [firm] = result.policy["type_firmness"].to_dict("records")
    assert row["innovation_level"] == firm["innovation_level"] == "medium" and "all_least" in firm["because"]
    assert "It is the figure of members with 80.0% of the employees" in render_markdown(result)
    # With c from 5 to 10 it is 35 / 250 to 40 / 250; with more than 100 it is no 0.15 but above 130 / 250.
    row, result = found("5–10")
    ends = (row["rd_per_employee_low"], row["rd_per_employee"], row["rd_per_employee_high"])
    assert ends == pytest.approx((0.14, 0.15, 0.16)) and row["innovation_level"] == "medium"
    row, result = found(">100")
    assert pd.isna(row["rd_per_employee"]) and row["innovation_level"] == "high"
    assert "part_excluded" in {finding.code for finding in result.findings}
