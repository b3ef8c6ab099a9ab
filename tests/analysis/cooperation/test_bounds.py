"""Bounds are theorems: no completion of the missing cells falls outside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.audit import explain
from clustercoop.analysis.bounds import cooperation_bounds
from clustercoop.analysis.members import Members
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
        employees=empty,
        value_added=empty,
        rd_expenses=empty,
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
        findings=(),
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
            ),
            "activity": pd.DataFrame({"participant_id": ["a"], "year": [2022], "output": [100.0]}),
        },
        nulls=0,
    )
    [row] = result.formations.to_dict("records")
    assert pd.isna(row["cooperation_ratio"])
    assert "at most 15.0%" in render_markdown(result) and "не более 15,0" in render_markdown(result, "ru")
    assert "at most 15.0%" in explanation_text(explain(result.graph, result.settings, "K", 2022))
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((0.0, 24 / 160))
