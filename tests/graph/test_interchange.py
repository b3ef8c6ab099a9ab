"""networkx, GraphML and GEXF: nothing lost on the way there and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.errors import DataError, OutputError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.interchange import write_graph_file
from clustercoop.loaders.network_files import read_graph_file
from tests.contract.samples import awkward, random_graph

FORMATS = pytest.mark.parametrize("ending", ["graphml", "gexf"])


MADE = pytest.mark.parametrize("make", [awkward, lambda: random_graph(1)], ids=["awkward", "random"])


@MADE
def test_networkx_there_and_back(make: Callable[[], SupplyGraph]) -> None:
    graph = make()
    network = graph.to_networkx()
    assert SupplyGraph.from_networkx(network).equals(graph)
    assert network.number_of_edges() == len(graph.links)
    # Nothing is shared: what a user does to the network stays there.
    network.remove_nodes_from(list(network))
    assert SupplyGraph.from_networkx(graph.to_networkx()).equals(graph)


@FORMATS
@MADE
def test_files_there_and_back(make: Callable[[], SupplyGraph], ending: str, tmp_path: Path) -> None:
    graph = make()
    path = write_graph_file(graph, tmp_path / f"graph.{ending}")
    found = read_graph_file(path)
    assert found.equals(graph)
    assert found.provenance == graph.provenance
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@FORMATS
def test_a_file_is_the_same_bytes_twice(ending: str, tmp_path: Path) -> None:
    first = write_graph_file(random_graph(3), tmp_path / f"a.{ending}").read_bytes()
    assert write_graph_file(random_graph(3), tmp_path / f"b.{ending}").read_bytes() == first


def test_gephi_finds_labels_years_and_weights(tmp_path: Path) -> None:
    """What Gephi reads: node labels, edge weights, attributes with types."""
    path = write_graph_file(random_graph(4), tmp_path / "graph.gexf")
    network = nx.read_gexf(path)
    node = network.nodes["0000"]
    assert node["label"] == "Завод 0000" and node["cluster"] == "c0"
    edge = next(iter(network.edges(data=True)))[2]
    assert edge["weight"] == edge["value"] and isinstance(edge["year"], int)


def test_a_graph_from_elsewhere(tmp_path: Path) -> None:
    network: nx.DiGraph[str] = nx.DiGraph()
    network.add_node("01", cluster_id="a", name="One")
    network.add_edge("01", "02", year=2020, weight=5.0)
    nx.write_graphml(network, tmp_path / "theirs.graphml")
    graph = read_graph_file(tmp_path / "theirs.graphml")
    [formation] = graph.formations()
    assert (formation.cluster_id, float(formation.sales_outside[0])) == ("a", 5.0)


def test_what_is_no_supply_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="undirected"):
        SupplyGraph.from_networkx(nx.path_graph(3))
    with pytest.raises(DataError, match="needs a year"):
        SupplyGraph.from_networkx(nx.DiGraph([("a", "b", {"weight": 1.0})]))
    for name, content in (("a.graphml", "not xml"), ("b.gexf", "<gexf/>"), ("c.graphml", "")):
        (tmp_path / name).write_text(content)
        with pytest.raises(DataError, match="not a readable|is empty"):
            read_graph_file(tmp_path / name)
    with pytest.raises(DataError, match="no file"):
        read_graph_file(tmp_path / "absent.gexf")
    with pytest.raises(DataError, match="must end in"):
        read_graph_file(tmp_path / "x.csv")
    network: nx.DiGraph[str] = nx.DiGraph()
    network.add_edge("01", "02", year="soon", weight=5.0)
    nx.write_graphml(network, tmp_path / "soon.graphml")
    with pytest.raises(DataError):
        read_graph_file(tmp_path / "soon.graphml")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    graph = random_graph(5)
    with pytest.raises(OutputError, match="must end in"):
        write_graph_file(graph, tmp_path / "x.png")
    with pytest.raises(OutputError, match="cannot be written"):
        write_graph_file(graph, tmp_path / "nowhere" / "x.gexf")
    links = pd.DataFrame({"year": [2020], "supplier_id": ["a\x00"], "buyer_id": ["b"], "value": [1.0]})
    with pytest.raises(OutputError, match="control character"):
        write_graph_file(SupplyGraph.from_tables({"links": links}), tmp_path / "x.gexf")
    with pytest.raises(OutputError, match="no participant"):
        write_graph_file(SupplyGraph.from_tables({}), tmp_path / "x.gexf")


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(
    st.lists(
        st.tuples(
            st.integers(1900, 2100),
            TEXT,
            TEXT,
            st.floats(0, 1e15),
            st.none() | TEXT,
            st.sampled_from(["", "f"]),
        ),
        max_size=8,
    )
)
@settings(max_examples=8, deadline=None)
def test_any_links_survive_networkx(rows: list[tuple[int, str, str, float, str | None, str]]) -> None:
    columns = ["year", "supplier_id", "buyer_id", "value", "product_code", "file"]
    graph = SupplyGraph.from_tables({"links": pd.DataFrame(rows, columns=columns)})
    assert SupplyGraph.from_networkx(graph.to_networkx()).equals(graph)
