"""The world input–output tables as a dataset: clusters are countries, participants their sectors.

Every figure is compared with plain pandas over the same edges (Timmer et al. 2015, WIOD release 2013).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.wiod import SHARED, with_countries
from clustercoop.analysis.cooperation import Tables, cooperation_tables
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

YEARS = (1999, 2000)

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.exists(), reason="the WIOD years are not beside the repository"),
]


@pytest.fixture(scope="module")
def wiod() -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    return with_countries(YEARS)


@pytest.fixture(scope="module")
def edges(wiod: tuple[Any, pd.DataFrame, Any]) -> pd.DataFrame:
    return wiod[1]


@pytest.fixture(scope="module")
def nodes(wiod: tuple[Any, Any, pd.DataFrame]) -> pd.DataFrame:
    return wiod[2]


@pytest.fixture(scope="module")
def tables(wiod: tuple[dict[str, pd.DataFrame], Any, Any]) -> Tables:
    return cooperation_tables(SupplyGraph.from_tables(wiod[0], currency="USD"), Settings())


def by_formation(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(["cluster_id", "year"]).sort_index()


def test_every_formation_equals_plain_pandas(
    tables: Tables, edges: pd.DataFrame, nodes: pd.DataFrame
) -> None:
    ours = by_formation(tables.formations)
    own = edges["supplier_id"] == edges["buyer_id"]
    home = edges["supplier_country"] == edges["buyer_country"]
    keys = ["supplier_country", "year"]
    inside = edges[home & ~own].groupby(keys)["value"].sum()
    loops = edges[own].groupby(keys)["value"].sum()
    output = nodes.groupby(["country", "year"])["output"].sum()
    inputs = nodes.groupby(["country", "year"])["inter_inputs"].sum()
    sales = edges[~home].groupby(keys)["value"].sum()
    bought = edges[~home].groupby(["buyer_country", "year"])["value"].sum()
    assert len(ours) == 41 * len(YEARS)

    def check(column: str, expected: pd.Series) -> None:
        expected.index.names = ours.index.names
        np.testing.assert_allclose(ours[column], expected.reindex(ours.index), rtol=1e-9, atol=0)

    check("internal_supply", inside)
    check("self_supply", loops)
    check("output", output)
    check("cooperation_ratio", inside / output)
    # Recorded inputs include own-sector flows, which are no purchase from anybody.
    check("internal_sourcing_share", (inside / (inputs - loops)).loc[lambda s: s > 0])
    # Final demand is in no link: the recorded sales explain about half of the output, which is too little for
    # a share of all sales and enough for indices of the links themselves, but for Cyprus (.26).
    assert ours["internal_sales_share"].isna().all()
    sold = edges.groupby(["supplier_id", "year"])["value"].sum()
    made = nodes.set_index(["participant_id", "year"])["output"]
    told = sold.reindex(made.index, fill_value=0).clip(upper=made)
    covered = told.groupby([nodes["country"].to_numpy(), nodes["year"].to_numpy()]).sum() / output
    check("sales_coverage", covered)
    outside = sales + bought.rename_axis(sales.index.names)
    check("ei_index", ((outside - inside) / (outside + inside)).where(covered >= 0.3))
    total = edges[~own].groupby("year")["value"].sum()
    volume = 2 * inside + outside
    rest = 2 * total.reindex(volume.index, level="year") - volume
    check("conductance", (outside / np.minimum(volume, rest)).where(covered >= 0.3))


def test_every_participant_equals_plain_pandas(
    tables: Tables, edges: pd.DataFrame, nodes: pd.DataFrame
) -> None:
    home = (edges["supplier_country"] == edges["buyer_country"]) & (edges["supplier_id"] != edges["buyer_id"])
    supplied = edges[home].groupby(["supplier_id", "year"])["value"].sum()
    wide = nodes.set_index(["participant_id", "year"])["output"]
    expected = supplied.reindex(wide.index, fill_value=0) / wide.where(wide > 0)
    expected = expected.where(expected <= 1 + 1e-9)
    ours = tables.participants.set_index(["participant_id", "year"])["cooperation_ratio"]
    np.testing.assert_allclose(ours, expected.reindex(ours.index), rtol=1e-9, atol=0)
    # Three sectors a year or so supply more than they produce: named, and their country's ratio stands.
    named = [f for f in tables.findings if f.code == "ratio_above_one"]
    assert len(named) == int((supplied.reindex(wide.index, fill_value=0) > wide).where(wide > 0, False).sum())
    assert 0 < len(named) <= 8
    assert tables.formations["cooperation_ratio"].notna().all()


def test_self_supply_matters(tables: Tables) -> None:
    table = tables.formations
    inside, outside = table["internal_supply"].sum(), table["sales_outside"].sum()
    with_own = (inside + table["self_supply"].sum()) / (inside + table["self_supply"].sum() + outside)
    assert with_own - inside / (inside + outside) > 0.02


def test_sales_and_final_demand_make_output_within_rounding(tables: Tables, nodes: pd.DataFrame) -> None:
    sold = tables.participants.set_index(["participant_id", "year"])
    # A sector of which less than three tenths is sold in links at all may have sold outside unrecorded.
    intermediate = sold["internal_supply"] + sold["self_supply"] + sold["sales_outside"].fillna(0)
    node = nodes.set_index(["participant_id", "year"])
    gap = (intermediate + node["final_demand_sales"] - node["output"]).abs()
    assert len(gap) == len(node) and gap.notna().all()
    assert 0 < gap.max() <= 113  # million USD: cells are rounded to whole millions
