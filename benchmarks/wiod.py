"""The public WIOD tables as a dataset of the contract: participant = country-sector, cluster = country."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "wiod_1995_2003"
YEARS = tuple(range(1995, 2004))


def tables(years: Iterable[int] = YEARS, folder: Path = SHARED) -> dict[str, pd.DataFrame]:
    """Return participants, links and activity of `years`; values in millions of US dollars."""
    index = pd.read_csv(folder / "node_index.csv")
    ids = (index["country"] + "." + index["sector"]).to_numpy()
    edges = pd.concat([pd.read_parquet(folder / f"edges_{year}.parquet") for year in years])
    nodes = pd.read_csv(folder / "nodes_1995_2003.csv")
    nodes = nodes[nodes["year"].isin(list(years))]
    return {
        "participants": pd.DataFrame({"participant_id": ids, "cluster_id": index["country"]}),
        "links": pd.DataFrame(
            {
                "year": edges["year"].to_numpy(),
                "supplier_id": ids[edges["supplier"].to_numpy()],
                "buyer_id": ids[edges["buyer"].to_numpy()],
                "value": edges["value_musd"].to_numpy(dtype=float),
            }
        ),
        "activity": pd.DataFrame(
            {
                "participant_id": nodes["country"] + "." + nodes["sector"],
                "year": nodes["year"],
                "output": nodes["output"],
                "purchases": nodes["inter_inputs"],
                "value_added": nodes["va_plus_taxes"],
            }
        ),
    }


def with_countries(
    years: Iterable[int] = YEARS,
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    """Return the dataset's tables, its links with the countries of both ends, and the nodes as published."""
    years = list(years)
    dataset = tables(years)
    edges = dataset["links"].copy()
    for side in ("supplier", "buyer"):
        codes, ids = pd.factorize(edges[f"{side}_id"])
        edges[f"{side}_country"] = np.array([name.partition(".")[0] for name in ids], dtype=object)[codes]
    nodes = pd.read_csv(SHARED / "nodes_1995_2003.csv")
    nodes["participant_id"] = nodes["country"] + "." + nodes["sector"]
    return dataset, edges, nodes[nodes["year"].isin(years)].reset_index(drop=True)


def write_dataset(folder: Path, years: Iterable[int] = YEARS) -> Path:
    """Write them as a folder of Parquet tables."""
    folder.mkdir(parents=True)
    for name, frame in tables(years).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder
