"""One year of the public WIOD tables, from files to results, against plain pandas."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clustercoop
from benchmarks.wiod import SHARED, tables, write_dataset
from clustercoop.analysis.results import Result
from tests.golden import figures

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the public WIOD tables are not in ../shared/data"),
]
YEAR = 1999


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wiod")


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    data = write_dataset(folder / "data", [YEAR])
    return clustercoop.analyze(data, folder / "out", currency="USD", nulls=0, outputs="csv,parquet")


@pytest.fixture(scope="module")
def out(folder: Path, result: Result) -> Path:
    return folder / "out"


def test_no_figure_of_the_countries_has_moved(result: Result) -> None:
    assert figures.differences(figures.countries(result), figures.held("countries"))[:20] == []


def test_every_formation_equals_plain_pandas(out: Path) -> None:
    raw = tables([YEAR])
    links = raw["links"].assign(
        seller=lambda t: t["supplier_id"].str.split(".").str[0],
        buyer=lambda t: t["buyer_id"].str.split(".").str[0],
        own=lambda t: t["supplier_id"] == t["buyer_id"],
    )
    work = raw["activity"].assign(country=lambda t: t["participant_id"].str.split(".").str[0])
    inside = links[(links["seller"] == links["buyer"]) & ~links["own"]].groupby("seller")["value"].sum()
    own = links[links["own"]].groupby("seller")["value"].sum()
    totals = work.groupby("country")[["output", "purchases"]].sum()

    found = pd.read_csv(out / "formations.csv").set_index("cluster_id")
    assert len(found) == 41
    for column, plain in {
        "internal_supply": inside,
        "self_supply": own,
        "cooperation_ratio": inside / totals["output"],
        "internal_sourcing_share": inside / (totals["purchases"] - own),
    }.items():
        np.testing.assert_allclose(found[column], plain.reindex(found.index), rtol=1e-9, err_msg=column)


def test_every_row_and_dollar_is_accounted_for(out: Path) -> None:
    raw = tables([YEAR])
    account = json.loads((out / "run.json").read_text("utf-8"))["accounting"]
    for name, frame in raw.items():
        assert account[name]["rows_read"] == account[name]["rows_accepted"] == len(frame)
    kept = pd.read_parquet(out / "data" / "links.parquet")
    assert kept["value"].sum() == raw["links"]["value"].sum()


def test_sales_and_final_demand_make_output_within_rounding() -> None:
    raw = tables([YEAR])
    nodes = pd.read_csv(SHARED / "nodes_1995_2003.csv").query("year == @YEAR")
    final = pd.Series(nodes["final_demand_sales"].to_numpy(), nodes["country"] + "." + nodes["sector"])
    sold = raw["links"].groupby("supplier_id")["value"].sum().reindex(final.index, fill_value=0)
    output = raw["activity"].set_index("participant_id")["output"]
    gap = (sold + final - output).abs().max()
    assert 0 < gap <= 113


def test_rouble_thresholds_are_not_applied_to_dollars(out: Path) -> None:
    found = pd.read_csv(out / "formations.csv")
    assert found["ecosystem_type"].isna().all()
