"""Results that must not change after the run, and input of the wrong kind."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.reports.reasons import unknown_because
from tests.builders import frames


def test_results_keep_the_thresholds_that_made_them(tmp_path: Path) -> None:
    shipped = resources.files("clustercoop.analysis").joinpath("data", "thresholds.toml").read_text("utf-8")
    # "firm" becomes a role that does not produce: no producing member is left, the ratio is unknown.
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped.replace("non_producing = [", 'non_producing = ["firm", '), "utf-8")
    out = tmp_path / "out"
    clustercoop.analyze(frames(1, 4, (2022,)), out, thresholds=mine, nulls=0, workers=1)
    because = clustercoop.explain(out, "C0", 2022).because
    assert "no producing member" in because
    mine.write_text(shipped, "utf-8")
    assert clustercoop.explain(out, "C0", 2022).because == because
    mine.unlink()
    assert clustercoop.explain(out, "C0", 2022).because == because


@pytest.mark.parametrize("source", [None, 12, ["a", "b"]])
def test_a_source_of_no_known_kind_is_a_parameter_error(source: Any) -> None:
    with pytest.raises(clustercoop.ClusterCoopError, match="'source' parameter"):
        clustercoop.check(source)


@pytest.mark.parametrize(("name", "value"), [("currency", 5), ("currency", None), ("thresholds", 7)])
def test_settings_of_the_wrong_type_are_parameter_errors(name: str, value: Any) -> None:
    with pytest.raises(clustercoop.ClusterCoopError, match=f"'{name}' parameter"):
        clustercoop.Settings(**{name: value})


def test_indicators_alone_go_through_the_whole_analysis() -> None:
    # No link makes the columns of structure; asking why they are unknown ended in a traceback.
    figures = pd.DataFrame({"cluster_id": ["K"], "year": [2022], "cooperation_ratio": [0.5]})
    result = clustercoop.analyze({"indicators": figures}, nulls=0, workers=1)
    table = result.formations
    assert table["cooperation_ratio"].tolist() == [0.5] and table["circulation_share"].isna().all()
    [said] = unknown_because(result.gaps, table, "en")
    assert "only indicators are known of this year" in said


def test_results_and_their_data_are_read_again_as_they_were(tmp_path: Path) -> None:
    # "?" is no figure: what member 0000 has in 2022 is open, so its ratio and that of its buyers are bounded.
    tables = {name: frame.astype(object) for name, frame in frames(1, 5, (2021, 2022)).items()}
    links = tables["links"]
    links.loc[links.index[links["year"].eq(2022)][0], "value"] = "?"
    settings = clustercoop.Settings(
        nulls=0, workers=1, currency="EUR", outputs="parquet", metrics="cooperation"
    )
    first = clustercoop.analyze(tables, tmp_path / "out", settings=settings)
    assert len(first.graph.unsettled) == 1 and first.formations["cooperation_ratio"].isna().sum() == 1
    again = settings.replace(currency="")
    held = first.graph.to_tables()
    texts = tmp_path / "texts"
    texts.mkdir()
    for name, frame in held.items():
        frame.to_csv(texts / f"{name}.csv", index=False)
    for folder in (tmp_path / "out", tmp_path / "out" / "data"):
        result = clustercoop.analyze(folder, settings=again)
        assert result.graph.currency == "EUR"
        assert not {"unit_assumed", "file_passed_over"} & {finding.code for finding in result.findings}
        pd.testing.assert_frame_equal(result.formations, first.formations)
    sources: tuple[Any, ...] = (held, texts)
    for source in sources:
        result = clustercoop.analyze(source, settings=settings)
        pd.testing.assert_frame_equal(result.formations, first.formations)
        pd.testing.assert_frame_equal(result.graph.unsettled, first.graph.unsettled)


def test_results_without_their_data_are_no_dataset(tmp_path: Path) -> None:
    out = tmp_path / "out"
    clustercoop.analyze(frames(1, 4, (2022,)), out, nulls=0, workers=1, outputs="csv")
    with pytest.raises(clustercoop.ClusterCoopError, match="written without parquet, and not the data"):
        clustercoop.analyze(out)
