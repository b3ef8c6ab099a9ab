"""Groups that coincide with years, regions, classification or size are named as that."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.worlds import feature_world
from clustercoop.analysis.verdicts.confounders import coincidences, explained
from clustercoop.analysis.verdicts.features import feature_table, label_like
from clustercoop.analysis.verdicts.verdict import FormationModel, assess
from clustercoop.graph.settings import Settings

SECOND = np.arange(40) < 20


def judge(table: pd.DataFrame, context: pd.DataFrame | None = None) -> FormationModel:
    rules = pd.DataFrame({"cluster_id": sorted(set(table["cluster_id"])), "rule_verdict": "undecided"})
    return assess(table, Settings(), rules=rules, context=context)


@pytest.fixture(scope="module")
def groups() -> tuple[pd.DataFrame, np.ndarray]:
    world = feature_world(np.random.default_rng(3), 60, 6.0)
    return world.formations, world.ecosystem


def test_a_number_tells_by_its_best_cut() -> None:
    # 18 of 20 and 20 of 20 on their side of the cut: (.9 + 1) / 2.
    size = np.where(SECOND, 30.0, 10.0)
    size[:2] = 10.0
    table = coincidences(SECOND, pd.DataFrame({"size": size}))
    assert table["told"].tolist() == [0.95, 0.95]
    assert table[["value", "first", "second"]].to_numpy().tolist() == [["10", 20, 2], ["30", 0, 18]]
    assert explained(table) == "size"


def test_a_region_with_one_cluster_tells_nothing() -> None:
    alone = pd.DataFrame({"region": [f"r{i}" for i in range(40)]})
    table = coincidences(SECOND, alone)
    assert set(table["told"]) == {0.5} and explained(table) == ""
    shared = coincidences(SECOND, pd.DataFrame({"region": np.where(SECOND, "north", "south")}))
    assert set(shared["told"]) == {1.0} and explained(shared) == "region"


def test_what_is_known_of_few_explains_little() -> None:
    # Told of half the clusters, perfectly: .5 + .5 · .5.
    years = np.where(SECOND, 2023.0, 2015.0)
    years[::2] = np.nan
    assert set(coincidences(SECOND, pd.DataFrame({"years": years}))["told"]) == {0.75}


def test_cohorts_are_not_types(groups: tuple[pd.DataFrame, np.ndarray]) -> None:
    table, second = groups
    early = table.assign(year=np.where(second, 2022, 2015))
    model = judge(pd.concat([early, early.assign(year=early["year"] + 1)]))
    assert model.outcome == "explained"
    assert set(model.clusters["formation_verdict"]) == {"undecided"}
    assert "explained by the years of observation" in model.sentences["en"][0]
    assert "годы наблюдения" in model.sentences["ru"][0]
    years = model.confounders[model.confounders["confounder"] == "years"]
    assert years["value"].tolist() == ["2015.5", "2022.5"]
    assert judge(table).outcome == "named"


@pytest.mark.parametrize("name", ["region", "source", "register"])
def test_other_backgrounds_are_named(groups: tuple[pd.DataFrame, np.ndarray], name: str) -> None:
    table, second = groups
    context = pd.DataFrame({"cluster_id": table["cluster_id"], name: np.where(second, "a", "b")})
    model = judge(table, context)
    assert model.outcome == "explained"
    assert name in model.sentences["en"][0]


def test_a_classification_is_a_label_and_left_out() -> None:
    """41 countries with one value of the classification, 19 regions with another: no measurement."""
    table = feature_world(np.random.default_rng(0), 60).formations
    rng = np.random.default_rng(1)
    table["unrelated_variety"] = np.where(np.arange(60) < 41, 5.129, 4.84) + rng.uniform(0, 0.002, 60)
    note = feature_table(table).notes.set_index("feature").loc["variety"]
    assert (bool(note["used"]), note["reason"]) == (False, "a label")
    model = judge(table)
    assert model.outcome == "none"
    assert [f.detail for f in model.findings if f.code == "model_feature_label"] == ["unrelated_variety"]


def test_a_measurement_is_no_label() -> None:
    rng = np.random.default_rng(0)
    assert not label_like(rng.normal(size=60) + 5 * (np.arange(60) < 30))
    assert not label_like(np.r_[rng.normal(size=58), 400.0, 401.0])
    assert label_like(np.repeat([1.0, 2.0, 3.0], 20))
