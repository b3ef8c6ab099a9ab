"""What is too large is left out by name, and what can be measured is."""

from __future__ import annotations

import pandas as pd
import pytest

import clustercoop
from clustercoop import pipeline
from clustercoop.analysis import metrics
from clustercoop.analysis.results import Result


def frames(sizes: tuple[int, ...]) -> dict[str, pd.DataFrame]:
    """Return clusters of rings: each member supplies 3 of its output of 10 to the next one."""
    people = [(f"{c}{i}", f"c{c}") for c, n in enumerate(sizes) for i in range(n)]
    links = [(2020, f"{c}{i}", f"{c}{(i + 1) % n}", 3.0) for c, n in enumerate(sizes) for i in range(n)]
    return {
        "participants": pd.DataFrame(people, columns=["participant_id", "cluster_id"]),
        "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value"]),
        "activity": pd.DataFrame(
            {"participant_id": [who for who, _ in people], "year": 2020, "output": 10.0}
        ),
    }


def analysed(sizes: tuple[int, ...]) -> Result:
    return clustercoop.analyze(frames(sizes), nulls=0, core_replicates=0, workers=1)


@pytest.mark.parametrize("sizes", [(6,), (6, 4)])
def test_a_formation_beyond_the_limit_keeps_its_cooperation(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]
) -> None:
    monkeypatch.setattr(metrics, "LARGEST", 5)
    result = analysed(sizes)
    row = result.formations.set_index("cluster_id").loc["c0"]
    assert row["cooperation_ratio"] == pytest.approx(0.3)
    assert row[["core_fit", "finn_cycling_index"]].isna().all()
    gaps = result.gaps[(result.gaps["cluster_id"] == "c0") & (result.gaps["year"] == 2020)]
    for column, who in (("core_fit", ""), ("in_core", "*")):
        [told] = gaps[(gaps["column"] == column) & (gaps["participant_id"] == who)].to_dict("records")
        assert (told["code"], told["value"], told["detail"]) == ("formation_too_large", "6", "5")
    assert [f.value for f in result.findings if f.code == "formation_too_large"] == ["6"]
    assert [f.value for f in result.findings if f.code == "policy_left_out"] == ["1"]
    if len(sizes) > 1:  # the other one is measured as always
        assert result.formations.set_index("cluster_id").loc[["c1"], "finn_cycling_index"].notna().all()


def test_requests_of_very_many_rows_are_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MANY", 3)
    result = analysed((4,))
    [told] = [f for f in result.findings if f.code == "requests_left_out"]
    assert (told.value, told.detail) == ("4", "3")


def test_what_nobody_asked_for_is_one_gap_a_formation() -> None:
    result = clustercoop.analyze(frames((5, 3)), metrics="cooperation", workers=1)
    gaps = result.gaps[result.gaps["column"] == "in_core"]
    assert gaps["participant_id"].tolist() == ["*", "*"]
    assert set(gaps["code"]) == {"metric_not_asked"}
