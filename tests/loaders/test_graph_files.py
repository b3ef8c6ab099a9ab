"""Graph files as other programs write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import clustercoop
from clustercoop.graph.errors import ClusterCoopError, DataError, SchemaError
from clustercoop.graph.model import SupplyGraph
from clustercoop.loaders.network_files import read_graph_file


def links(graph: SupplyGraph) -> list[list[Any]]:
    frame = graph.to_tables()["links"].sort_values(["year", "supplier_id", "buyer_id"])
    return frame[["year", "supplier_id", "buyer_id", "value"]].values.tolist()


GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key attr.name="Кластер" attr.type="string" for="node" id="c"/>
<key attr.name="label" attr.type="string" for="node" id="l"/>
<key attr.name="Сумма, тыс. руб." attr.type="string" for="edge" id="w"/>
<key attr.name="Год" attr.type="int" for="edge" id="y"><default>2021</default></key>
<graph edgedefault="directed"><node id="a"><data key="c">К</data><data key="l">Завод А</data></node>
<node id="b"><data key="c">К</data></node>
<edge source="a" target="b"><data key="w">1 234,5</data></edge>
<edge source="b" target="a"><data key="w">2,5</data><data key="y">2022</data></edge></graph></graphml>"""


def test_attributes_are_matched_like_headers(tmp_path: Path) -> None:
    path = tmp_path / "net.graphml"
    path.write_text(GRAPHML, "utf-8")
    graph = read_graph_file(path)
    assert links(graph) == [[2021, "a", "b", 1.2345], [2022, "b", "a", 0.0025]]
    people = graph.to_tables()["participants"].set_index("participant_id")
    assert people.loc["a", "name"] == "Завод А" and set(people["cluster_id"]) == {"К"}


def gexf(edges: str, attributes: str = "", mode: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">'
        f'<graph defaultedgetype="directed" {mode}>{attributes}<nodes><node id="a" label="A"/>'
        f'<node id="b" label="B"/></nodes><edges>{edges}</edges></graph></gexf>'
    )


@pytest.mark.parametrize(
    ("edges", "attributes", "expected"),
    [
        ('<edge id="0" source="a" target="b" weight="5" start="2020" end="2020"/>'
         '<edge id="1" source="a" target="b" weight="6" start="2021-01-01" end="2021-12-31"/>', "",
         [[2020, "a", "b", 5.0], [2021, "a", "b", 6.0]]),
        ('<edge id="0" source="a" target="b"><attvalues><attvalue for="w" value="5" start="2020" end="2021"/>'
         '<attvalue for="w" value="7" start="2021" end="2022"/></attvalues></edge>',
         '<attributes class="edge" mode="dynamic"><attribute id="w" title="weight" type="float"/>'
         "</attributes>",
         [[2020, "a", "b", 5.0], [2021, "a", "b", 7.0]]),
        ('<edge id="0" source="a" target="b" start="2020" end="2020"/>', "", [[2020, "a", "b", 1.0]]),
    ],
)  # fmt: skip
def test_dynamic_gexf(tmp_path: Path, edges: str, attributes: str, expected: list[Any]) -> None:
    path = tmp_path / "net.gexf"
    path.write_text(gexf(edges, attributes, 'mode="dynamic" timeformat="double"'), "utf-8")
    assert links(read_graph_file(path)) == expected


def test_an_edge_of_several_years_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.gexf"
    path.write_text(gexf('<edge id="0" source="a" target="b" weight="5" start="2020" end="2021"/>'), "utf-8")
    with pytest.raises(DataError, match="lasts from 2020 to 2021"):
        read_graph_file(path)


def test_pajek_and_the_year_of_the_name(tmp_path: Path) -> None:
    text = '*Vertices 2\n1 "A"\n2 "B"\n*Arcs\n1 2 5.5\n2 1\n'
    path = tmp_path / "net_2021.net"
    path.write_text(text, "utf-8")
    assert links(read_graph_file(path)) == [[2021, "A", "B", 5.5], [2021, "B", "A", 1.0]]
    plain = path.rename(tmp_path / "net.net")
    with pytest.raises(SchemaError, match="--year"):
        read_graph_file(plain)
    assert links(read_graph_file(plain, year=2019))[0] == [2019, "A", "B", 5.5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DL N=2\nLABELS:\nA,B\nDATA:\n0 5\n6 0\n", [[2021, "A", "B", 5.0], [2021, "B", "A", 6.0]]),
        ("dl n=2 format=edgelist1\nlabels:\nA\nB\ndata:\n1 2 5\n2 1 6\n",
         [[2021, "A", "B", 5.0], [2021, "B", "A", 6.0]]),
        ("DL n=2 format=edgelist1\nlabels embedded\nDATA:\nA B 5\nB A 6\n",
         [[2021, "A", "B", 5.0], [2021, "B", "A", 6.0]]),
        ("DL n=3 format=nodelist1\nDATA:\n1 2 3\n", [[2021, "1", "2", 1.0], [2021, "1", "3", 1.0]]),
    ],
)  # fmt: skip
def test_ucinet(tmp_path: Path, text: str, expected: list[Any]) -> None:
    path = tmp_path / "net.dl"
    path.write_text(text, "utf-8")
    assert links(read_graph_file(path, year=2021)) == expected


@pytest.mark.parametrize("text", ["", "DL", "DL n=2\ndata:\n1 2 3\n", "DL n=2 format=blocked\ndata:\n1\n"])
def test_a_broken_ucinet_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.dl"
    path.write_text(text, "utf-8")
    with pytest.raises(ClusterCoopError):
        read_graph_file(path, year=2021)


def test_a_graph_file_is_a_dataset(tmp_path: Path) -> None:
    path = tmp_path / "net.graphml"
    path.write_text(GRAPHML, "utf-8")
    found = clustercoop.check(path)
    assert len(found.graph.links) == 2 and found.ok


def test_a_graph_file_beside_tables(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text("ИНН;Кластер\na;К\nb;К\n", "utf-8")
    (tmp_path / "links_2021.net").write_text('*Vertices 2\n1 "a"\n2 "b"\n*Arcs\n1 2 5\n', "utf-8")
    assert links(clustercoop.load(tmp_path)) == [[2021, "a", "b", 5.0]]


def test_edges_of_a_written_file_have_ids_of_their_own(tmp_path: Path) -> None:
    graph = SupplyGraph.from_networkx(_three())
    for ending in ("graphml", "gexf"):
        text = clustercoop.write_graph_file(graph, tmp_path / f"net.{ending}").read_text("utf-8")
        edges = [part.split(' id="')[1].split('"')[0] for part in text.split("<edge ")[1:]]
        assert len(set(edges)) == 3


def _three() -> nx.MultiDiGraph[Any]:
    network: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    network.add_edges_from([("a", "b", {"year": year, "value": 1.0}) for year in (2020, 2021)])
    network.add_edge("b", "a", year=2020, value=2.0)
    return network


def test_a_text_as_weight_is_refused_in_a_sentence() -> None:
    network = nx.DiGraph([("a", "b", {"weight": "12,5"})])
    with pytest.raises(DataError, match="has the value '12,5'"):
        SupplyGraph.from_networkx(network, year=2022)
