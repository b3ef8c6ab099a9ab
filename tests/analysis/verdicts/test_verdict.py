"""Verdicts: tiers, outcomes, sentences, and the real data of the field."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import shapes
from benchmarks.worlds import columns_of, feature_world
from clustercoop.analysis.verdicts.em import Fit
from clustercoop.analysis.verdicts.features import feature_table, transform
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.naming import nearest_flips, posterior, sides
from clustercoop.analysis.verdicts.said import page, render
from clustercoop.analysis.verdicts.verdict import CLUSTER_COLUMNS, FormationModel, assess, basis_of
from clustercoop.graph.errors import DataError
from clustercoop.graph.settings import Lang, Settings
from tests.builders import example
from tests.places import ROOT, SHARED

NEEDS_SHARED = pytest.mark.skipif(
    not SHARED.exists(), reason="needs the public data sets in ../shared/data, which are absent"
)
VERDICTS = {"cluster-like", "ecosystem-like", "undecided", "no structure", ""}


def rules_for(table: pd.DataFrame, verdict: str = "undecided") -> pd.DataFrame:
    return pd.DataFrame({"cluster_id": sorted(set(table["cluster_id"])), "rule_verdict": verdict})


def judge(table: pd.DataFrame, lang: Lang = "en", seed: int = 0) -> FormationModel:
    return assess(table, Settings(lang=lang), seed, rules=rules_for(table))


@pytest.fixture(scope="module")
def planted() -> tuple[FormationModel, np.ndarray, pd.DataFrame]:
    world = feature_world(np.random.default_rng(13), 80, 4.5, missing=0.3, years=3)
    return judge(world.formations), world.ecosystem, world.formations


def test_tiers() -> None:
    assert [basis_of(n) for n in (0, 19, 20, 40, 41, 500)] == [
        "rules",
        "rules",
        "exploratory",
        "exploratory",
        "model",
        "model",
    ]


def test_planted_types_are_recovered(planted: tuple[FormationModel, np.ndarray, pd.DataFrame]) -> None:
    model, ecosystem, _ = planted
    assert (model.basis, model.outcome) == ("model", "named")
    verdict = model.clusters["formation_verdict"].to_numpy()
    decided = verdict != "undecided"
    assert decided.mean() > 0.8
    assert np.mean((verdict == "ecosystem-like")[decided] == ecosystem[decided]) > 0.93
    assert set(verdict) <= VERDICTS


def test_the_table_of_clusters_is_whole(planted: tuple[FormationModel, np.ndarray, pd.DataFrame]) -> None:
    model, _, _ = planted
    clusters = model.clusters
    assert tuple(clusters.columns) == CLUSTER_COLUMNS
    p = clusters["ecosystem_probability"]
    assert p.between(0, 1).all()
    low, high = clusters["ecosystem_probability_low"], clusters["ecosystem_probability_high"]
    assert ((low <= p) & (p <= high)).all()
    verdict = clusters["formation_verdict"]
    assert ((verdict == "ecosystem-like") == ((p > 0.65) & (low > 0.5))).all()
    assert ((verdict == "cluster-like") == ((p < 0.35) & (high < 0.5))).all()
    assert set(verdict[(low <= 0.5) & (high >= 0.5)]) <= {"undecided"}
    assert (clusters["verdict_basis"] == "model").all()
    assert clusters["jaccard"].between(0.6, 1).all()
    assert clusters["verdict_because"].str.contains("for ").all()
    assert (clusters["nearest_flip"] != "").all()


def test_each_year_is_scored(planted: tuple[FormationModel, np.ndarray, pd.DataFrame]) -> None:
    model, ecosystem, table = planted
    assert len(model.scores) == len(table)
    by_cluster = model.scores.groupby("cluster_id")["ecosystem_probability"].mean()
    assert np.mean((by_cluster.to_numpy() > 0.5) == ecosystem) > 0.85
    p, said = model.scores["ecosystem_probability"], model.scores["formation_verdict"]
    assert (p[said == "ecosystem-like"] > 0.65).all()
    assert (p[said == "cluster-like"] < 0.35).all()
    assert ((said == "") == p.isna()).all()


def test_the_tables_behind_it(planted: tuple[FormationModel, np.ndarray, pd.DataFrame]) -> None:
    model, _, _ = planted
    assert model.gates["passed"].all()
    assert model.selection["groups"].tolist() == [1, 2, 3, 4]
    assert set(model.sensitivity["variant"]) == {"covariance", "imputation", "without"}
    assert model.sensitivity["same"].between(0.5, 1).all()
    assert set(model.features["status"]) <= {"known", "zero", "bound", "missing", "outside"}
    parts = model.contributions.groupby("feature")["contribution"].apply(lambda c: c.abs().mean())
    assert parts["innovation"] > parts["productivity"]


def test_the_same_seed_gives_the_same_verdict_whatever_the_order_of_rows() -> None:
    world = feature_world(np.random.default_rng(2), 24, 5.0)
    shuffled = world.formations.sample(frac=1, random_state=1)
    first, second = judge(world.formations, seed=5), judge(shuffled, seed=5)
    pd.testing.assert_frame_equal(first.clusters, second.clusters)
    assert first.sentences == second.sentences


@pytest.mark.parametrize("n", [25, 45])
def test_one_population_has_no_structure_and_says_so_with_dignity(n: int) -> None:
    world = feature_world(np.random.default_rng(0), n, skew="gamma", missing=0.1)
    model = judge(world.formations)
    assert model.outcome == "none"
    assert set(model.clusters["formation_verdict"]) == {"no structure"}
    assert model.clusters["ecosystem_probability"].isna().all()
    assert (model.scores["formation_verdict"] == "no structure").all()
    assert model.scores["ecosystem_probability"].isna().all()
    assert model.sentences["en"][0].startswith("These data show no distinct groups")
    assert model.sentences["ru"][0].startswith("Различимых групп эти данные не показывают")
    assert model.basis == ("exploratory" if n <= 40 else "model")


def test_groups_that_differ_otherwise_get_no_names() -> None:
    # A split that the gates would pass, but whose distance along theory may be nothing.
    world = feature_world(np.random.default_rng(3), 60, 6.0)
    table = feature_table(world.formations)
    groups = find_groups(table.x, table.theory, np.random.default_rng(0), resamples=20)
    assert (groups.found, groups.named) == (True, True)
    vague = replace(groups, interval=(-0.2, 1.1))
    assert (vague.found, vague.named) == (True, False)
    clusters = judge(world.formations).clusters
    first = page("model", "unnamed", vague, table, clusters, pd.DataFrame(), pd.DataFrame())[0]
    assert render(first, "en").startswith("There are two distinct groups, but")
    assert render(first, "ru").startswith("Группы различимы, но")


def test_few_clusters_get_the_verdict_of_the_rule() -> None:
    world = feature_world(np.random.default_rng(1), 19, 8.0)
    model = assess(world.formations, Settings(), rules=rules_for(world.formations, "cluster-like"))
    assert model.basis == "rules"
    assert (model.clusters["formation_verdict"] == "cluster-like").all()
    assert (model.clusters["verdict_basis"] == "rules").all()
    assert model.sentences["en"][0].endswith("the data hold 19.")
    assert "19" in model.sentences["ru"][0]
    assert model.scores["ecosystem_probability"].isna().all()
    assert (model.scores["formation_verdict"] == "").all()
    yearly = world.formations.assign(rule_verdict="undecided")
    again = assess(yearly, Settings(), rules=rules_for(yearly, "cluster-like"))
    assert (again.scores["formation_verdict"] == "undecided").all()


def test_clusters_with_too_few_known_features_are_left_out_by_name() -> None:
    world = feature_world(np.random.default_rng(3), 45, 5.0)
    table = world.formations.copy()
    table.loc[table["cluster_id"] == "c0007", table.columns[4:]] = np.nan
    model = judge(table)
    row = model.clusters.set_index("cluster_id").loc["c0007"]
    assert row["formation_verdict"] == "" and row["verdict_basis"] == ""
    assert np.isnan(row["ecosystem_probability"])
    assert [f.cluster_id for f in model.findings if f.code == "model_cluster_left_out"] == ["c0007"]


def test_features_that_say_nothing_are_left_out_by_name() -> None:
    world = feature_world(np.random.default_rng(4), 30)
    table = world.formations.assign(core_fit=0.5)
    table["integration"] = [0.5, *[np.nan] * 29]
    notes = feature_table(table).notes.set_index("feature")
    assert notes.loc["core_strength", "reason"] == "hardly varies"
    assert notes.loc["integration", "reason"] == "too few known"
    assert notes.loc["variety", "reason"] == "unknown"
    codes = {f.detail: f.code for f in judge(table).findings}
    assert codes == {
        "core_fit": "model_feature_constant",
        "integration": "model_feature_unknown",
        "unrelated_variety": "model_feature_unknown",
    }


def test_zero_missing_and_out_of_range_stay_apart() -> None:
    table = pd.DataFrame(
        {
            "cluster_id": ["a", "b", "c", "d", "e"],
            "year": 2020,
            "cooperation_ratio": [0.0, 1.0, np.nan, 0.4, 1.2],
            "rd_per_employee": [0.0, 0.2, np.nan, 0.1, -1.0],
        }
    )
    cells = feature_table(table).cells.set_index(["feature", "cluster_id"])["status"]
    assert cells["cooperation"].tolist() == ["zero", "bound", "missing", "known", "outside"]
    assert cells["innovation"].tolist() == ["zero", "known", "missing", "known", "outside"]


def test_the_rule_of_a_table_without_types_is_undecided() -> None:
    table = pd.DataFrame({"cluster_id": ["a", "b"], "year": 2023, "cooperation_ratio": [0.2, 0.5]})
    for frame in (table, table.assign(rd_per_employee=0.2)):  # no column says of which level that is
        assert assess(frame, Settings()).clusters["formation_verdict"].tolist() == ["undecided"] * 2


def test_without_a_feature_that_theory_knows_the_rule_decides() -> None:
    world = feature_world(np.random.default_rng(6), 30)
    model = judge(
        world.formations[["cluster_id", "year", "core_fit", "integration", "value_added_per_employee"]]
    )
    assert model.basis == "rules"
    assert "theory" in model.sentences["en"][0]


def test_progress_ends_at_one_and_never_falls() -> None:
    told: list[float] = []
    world = feature_world(np.random.default_rng(7), 22)
    assess(world.formations, Settings(), 0, told.append, rules_for(world.formations))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_table_without_keys_is_refused() -> None:
    with pytest.raises(DataError, match="cluster_id, year"):
        assess(pd.DataFrame({"cooperation_ratio": [0.1]}), Settings())


@NEEDS_SHARED
def test_table_3_gets_rules_only_and_says_why() -> None:
    from clustercoop.analysis.typology import classify, load_thresholds

    table = pd.read_csv(SHARED / "table3" / "indicators.csv")
    table = table.rename(columns={table.columns[0]: "cluster_id"})
    for name in ("cooperation_ratio", "rd_per_employee", "value_added_per_employee"):
        if name not in table:
            table[name] = np.nan
    table, _ = classify(table, load_thresholds(), "RUB")
    model = assess(table, Settings())
    assert len(model.clusters) == 9
    assert model.basis == "rules"
    assert model.sentences["en"][0].endswith("at least 20 clusters, and the data hold 9.")


@NEEDS_SHARED
def test_the_wiod_countries_run_and_explain_themselves_and_the_ten_with_rd_get_rules_only() -> None:
    from benchmarks.wiod import tables
    from clustercoop.graph.model import SupplyGraph
    from clustercoop.pipeline import analyze_graph

    graph = SupplyGraph.from_tables(tables([2002, 2003]), currency="USD")
    result = analyze_graph(graph, Settings(nulls=0))
    stock = pd.read_csv(SHARED / "rd_country_sector" / "rd_spillovers_to_2003.csv")
    recent = stock[stock["year"].isin([2002, 2003])]
    sums = recent.assign(rd=np.exp(recent["lnrd"]), hours=np.exp(recent["lnl"]))
    per = sums.groupby(["country", "year"])[["rd", "hours"]].sum()
    known = (per["rd"] / per["hours"]).rename("rd_per_employee").reset_index()
    table = result.formations.drop(columns="rd_per_employee").merge(
        # The one country whose codes differ between the two sources.
        known.rename(columns={"country": "cluster_id"}).replace({"cluster_id": {"GER": "DEU"}}),
        on=["cluster_id", "year"],
        how="left",
    )
    with_rd = table[table["rd_per_employee"].notna()]
    assert with_rd["cluster_id"].nunique() == 10
    few = judge(with_rd)
    assert few.basis == "rules"
    assert few.sentences["en"][0].endswith("the data hold 10.")
    model = judge(table)
    assert model.basis == "model"
    note = model.feature_notes.set_index("feature").loc["innovation"]
    assert (note["known"], note["used"]) == (10, True)
    assert model.outcome in ("none", "alone", "unnamed", "named")
    assert len(model.sentences["en"]) >= 2
    assert len(model.clusters) == 41


def test_the_shipped_example_gets_its_planted_types_by_the_rule() -> None:
    truth = pd.read_csv(ROOT / "clustercoop" / "example" / "planted_truth.csv")
    planted = truth.set_index("cluster_id")["formation"]
    clusters = example().clusters.set_index("cluster_id")
    assert (clusters["verdict_basis"] == "rules").all()
    # "mixed" was planted with one trait of two, which the rule leaves undecided.
    expected = planted.replace({"mixed": "undecided"}).reindex(clusters.index)
    assert clusters["formation_verdict"].tolist() == expected.tolist()


def test_a_feature_that_varies_in_clusters_left_out_alone_is_left_out_and_told() -> None:
    rng = np.random.default_rng(0)
    table = feature_world(rng, 40).formations
    few = table.index >= 24
    table.loc[few, table.columns.difference(["cluster_id", "year", "participant_turnover"])] = np.nan
    table.loc[~few, "participant_turnover"] = 0.1
    found = feature_table(table)
    assert len(found.cluster_ids) == 24
    assert "turnover" not in [feature.name for feature in found.features]
    note = found.notes.set_index("feature").loc["turnover"]
    assert (bool(note["used"]), note["reason"]) == (False, "hardly varies")
    assert not found.cells.query("feature == 'turnover'")["used"].any()


def test_a_flip_does_what_it_says_with_the_figure_as_it_is_told(
    planted: tuple[FormationModel, np.ndarray, pd.DataFrame],
) -> None:
    model, _, formations = planted
    table = feature_table(formations.sort_values(["cluster_id", "year"], kind="stable"))
    used = tuple(feature.name for feature in table.features)
    groups = find_groups(table.x, table.theory, np.random.default_rng(0), names=used, caps=table.caps)
    assert groups.resampled is not None
    rows = {cluster: at for at, cluster in enumerate(table.cluster_ids)}
    names = [feature.name for feature in table.features]
    told = model.flips[model.flips["feature"] != ""]
    assert len(told) > 4
    for flip in told.to_dict(orient="records"):
        row, j = rows[flip["cluster_id"]], names.index(flip["feature"])
        assert float(f"{flip['value']:.3g}") == flip["value"]
        changed = table.x[row].copy()
        changed[j] = transform(
            table.features[j].transform, np.array([flip["value"]]), table.features[j].scale
        )[0]
        shares = posterior(groups.scale.forward(changed[None]), groups.resampled, table.caps)
        assert sides(shares)[0] == (1 if flip["to_ecosystem"] else -1), flip


def test_an_undecided_cluster_is_told_the_nearer_way() -> None:
    """P = .45 and steps of one feature: .38 of log-odds down to .35, .82 up to .65."""
    fit = Fit(
        np.array([[0.5, 0.5]]),
        np.array([[[-1.0, 0.0], [1.0, 0.0]]]),
        np.eye(2)[None, None],
        np.zeros(1),
        np.zeros((1, 3, 2)),
        1,
        np.ones(1, bool),
    )
    x = np.array([[np.log(0.45 / 0.55) / 2, 0.0], [3.0, 0.0], [-3.0, 0.0]])  # log-odds are 2 x
    flips = nearest_flips(x, fit, np.full(2, np.inf))
    assert flips.to_second.tolist() == [False, False, True]
    assert flips.value[0] == pytest.approx(np.log(0.35 / 0.65) / 2, abs=1e-6)


def test_features_that_run_against_theory_are_named() -> None:
    rng = np.random.default_rng(2)
    world = feature_world(rng, 120, 6.0)
    table = world.formations.copy()
    rd = table["rd_per_employee"]
    table["rd_per_employee"] = np.exp(-0.7 * 2 * world.ecosystem) * rd.median() * rng.lognormal(0, 0.3, 120)
    model = judge(table)
    assert model.outcome == "named"
    assert any("Against theory" in line and "R&D" in line for line in model.sentences["en"])
    assert any("Вопреки теории" in line for line in model.sentences["ru"])
    assert not any("Against theory" in line for line in judge(world.formations).sentences["en"])


def test_a_feature_known_for_clusters_left_out_counts_as_unknown() -> None:
    """12 clusters know their R&D; 10 of them know nothing else and go, so that two are left."""
    rng = np.random.default_rng(0)
    table = feature_world(rng, 40).formations
    few = table.index >= 30
    others = table.columns.difference(["cluster_id", "year", "rd_per_employee"])
    table.loc[few, others] = np.nan
    table.loc[table.index < 28, "rd_per_employee"] = np.nan
    found = feature_table(table)
    note = found.notes.set_index("feature").loc["innovation"]
    assert (note["known"], note["used"], note["reason"]) == (2, False, "too few known")


def test_a_figure_out_of_range_is_not_known() -> None:
    table = feature_world(np.random.default_rng(3), 60).formations
    table.loc[0, "value_added_per_employee"] = -1.0
    clusters = judge(table).clusters.set_index("cluster_id")["features_known"]
    assert (clusters["c0000"], clusters["c0001"]) == (7, 8)


def test_copies_under_other_names_are_told() -> None:
    table = feature_world(np.random.default_rng(0), 30).formations
    assert not [f for f in judge(table).findings if f.code == "model_cluster_copy"]
    copy = table[table["cluster_id"].isin(["c0003", "c0007"])]
    again = pd.concat([table, copy.assign(cluster_id=copy["cluster_id"] + "-bis")])
    told = [(f.cluster_id, f.detail) for f in judge(again).findings if f.code == "model_cluster_copy"]
    assert told == [("c0003-bis", "c0003"), ("c0007-bis", "c0007")]


def test_clusters_alike_in_coarse_figures_are_not_called_copies() -> None:
    table = feature_world(np.random.default_rng(0), 40).formations
    cells = table.columns[2:]
    coarse = (table[cells] > table[cells].median()) * 0.5 + 0.25
    model = judge(table.assign(**coarse))
    assert not [f for f in model.findings if f.code == "model_cluster_copy"]


def test_a_feature_that_repeats_another_is_left_out_by_name() -> None:
    table = feature_world(np.random.default_rng(3), 60, 5.0).formations
    table["integration"] = 1 - table["cooperation_ratio"] ** 2  # reversed order
    model = judge(table)
    [told] = [f for f in model.findings if f.code == "model_feature_repeats"]
    assert told.detail == "integration"
    notes = model.feature_notes.set_index("feature")["reason"]
    assert notes[notes == "repeats another"].index.tolist() == ["integration"]
    table.loc[table.index[:20], "cooperation_ratio"] = np.nan  # the better known of the two stays
    notes = judge(table).feature_notes.set_index("feature")["reason"]
    assert notes[notes == "repeats another"].index.tolist() == ["cooperation"]


def test_one_or_two_features_cannot_tell_and_say_so() -> None:
    """Two groups five deviations apart: scores of one feature cannot show them, so nothing is denied."""
    table = feature_world(np.random.default_rng(3), 60, 5.0).formations
    one = judge(table[["cluster_id", "year", "cooperation_ratio"]])
    twice = table[["cluster_id", "year", "cooperation_ratio", "core_fit"]]
    two = judge(twice.assign(integration=table["cooperation_ratio"]))
    for model, usable in ((one, 1), (two, 2)):
        assert model.basis == "rules"
        assert f"of the features, {usable} can be used" in model.sentences["en"][0]
        assert f"{usable}, а статистической модели нужно не менее 3" in model.sentences["ru"][0]


def test_an_absurd_figure_neither_overflows_nor_makes_a_group() -> None:
    table = feature_world(np.random.default_rng(1), 40, 0.0).formations
    table.loc[3, "partner_entropy"] = 1e300
    model = judge(table)
    assert model.outcome == "none"
    assert np.isfinite(model.gates.set_index("gate")["value"]["two_humps"])


def test_three_groups_are_three_and_the_middle_is_between() -> None:
    """Corners of a triangle 6 apart: 0, 12 and 8.6 along the signs of theory."""
    x, kind = shapes.TWO["three in a triangle, 6 apart"](np.random.default_rng(1), 150)
    table = pd.DataFrame(columns_of(x - 1.5)).assign(year=2020)
    table.insert(0, "cluster_id", [f"c{i:03d}" for i in range(150)])
    model = judge(table)
    assert model.outcome == "several"
    told = model.clusters["formation_verdict"].to_numpy()
    expected = np.array(["cluster-like", "ecosystem-like", "between"])[kind]
    assert np.mean(told == expected) > 0.9
    assert model.sentences["en"][0].startswith("3 groups were found")
    assert "между ними: " in model.sentences["ru"][0]
