"""What is too large is left out by name, and what can be measured is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop import pipeline
from clustercoop.analysis import brokers, large, linear
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
    monkeypatch.setattr(large, "LARGEST", 5)
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


LINEAR = [
    "core_components", "lip_z", "total_throughflow", "average_path_length", "strongly_connected_share",
    "stages", "trophic_incoherence", "autonomy", "knowledge_ties", "outside_partner_share",
]  # fmt: skip


def test_what_grows_with_links_alone_is_measured_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = analysed((6,))
    monkeypatch.setattr(large, "LARGEST", 5)
    found = analysed((6,))
    pd.testing.assert_frame_equal(found.formations[LINEAR], whole.formations[LINEAR])
    assert found.formations.loc[0, ["lip_z", "stages", "strongly_connected_share"]].notna().all()
    for name in ("stage", "broker_share", "upstreamness", "downstreamness", "embodied_inside_share"):
        pd.testing.assert_series_equal(found.participants[name], whole.participants[name])
    assert found.participants["downstreamness"].notna().any()


def test_a_system_that_would_take_hours_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in (("_TERMS", 1), ("DENSE", 2), ("_FACTORED", 3)):
        monkeypatch.setattr(linear, name, limit)
    monkeypatch.setattr(large, "LARGEST", 5)
    found = analysed((6,))
    assert found.participants["upstreamness"].isna().all()
    assert found.formations.loc[0, "strongly_connected_share"] == 1.0
    told = found.gaps[found.gaps["column"] == "upstreamness"]
    assert told["code"].tolist() == ["formation_too_large"]


def sparse(seed: int, n: int, links: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, n, links) * n + rng.integers(0, n // 2, links))
    pairs = pairs[pairs // n != pairs % n]
    return (pairs // n).astype(np.int32), (pairs % n).astype(np.int32)


@pytest.mark.parametrize(("n", "links"), [(12, 40), (60, 150)])
def test_brokers_are_those_of_all_open_paths(n: int, links: int) -> None:
    for seed in range(4):
        src, dst = sparse(seed, n, links)
        group = np.random.default_rng(seed).integers(0, 3, n)
        linked, same = np.eye(n) * 0, group[:, None] == group
        linked[src, dst] = 1
        path = np.einsum("ab,bc,ac->abc", linked, linked, 1 - linked - np.eye(n)) > 0
        first, second, ends = same[:, :, None], same[None], same[:, None]
        kinds = first & second, ~first & ~second & ends, ~first & second, first & ~second
        expected = [(path & kind).sum(axis=(0, 2)) for kind in kinds]
        expected.append(path.sum(axis=(0, 2)) - sum(expected))
        assert (brokers.gould_fernandez(linked, group.astype(str)) == np.transpose(expected)).all()


@pytest.mark.parametrize("transpose", [False, True])
def test_those_who_only_sell_or_only_buy_are_solved_apart(transpose: bool) -> None:
    for seed, links in enumerate((0, 30, 160)):
        src, dst = sparse(seed, 140, links)
        rng = np.random.default_rng(seed)
        value, right = rng.uniform(0, 0.3, len(src)), rng.uniform(0, 1, (140, 3))
        matrix = np.zeros((140, 140))
        matrix[src, dst] = value
        expected = np.linalg.solve(np.eye(140) - (matrix.T if transpose else matrix), right)
        found = linear.solve_leontief(140, src, dst, value, right, transpose=transpose)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
