"""What results, graphs, findings and explanations show of themselves in a console and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.comparison import compare_results
from clustercoop.graph.findings import Finding, Findings
from tests.builders import HOSTILE, example, frames

TAGS = {"p", "strong", "br", "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[Any]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append((tag, attrs))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def page(shown: Any) -> Page:
    made = Page(shown._repr_html_())
    assert {tag for tag, _ in made.tags} <= TAGS and not made.open
    assert not any(attrs for _, attrs in made.tags)
    return made


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    tables = frames()
    tables["clusters"] = pd.DataFrame({"cluster_id": ["C0", "C1"], "name": [HOSTILE[1], "x" * 10_000]})
    return clustercoop.analyze(tables, nulls=0, workers=1)


def test_a_result_tells_its_counts_in_a_few_lines(result: clustercoop.Result) -> None:
    told = repr(result).splitlines()
    assert len(told) == 6 and max(map(len, told)) < 120
    assert told[0] == (
        f"Result: clusters 2, years 2021–2022, formations 4, participants 16, links {len(result.graph.links)}"
    )
    assert told[1].startswith("  cooperation ratio known for 4 of 4 formations;")
    assert told[3] == "  " + result.findings.counted()
    assert all(hasattr(result, name[1:]) for name in told[5].split("tables: ")[1].split(", ")[:7])


def test_a_result_shows_its_last_year(result: clustercoop.Result) -> None:
    made = page(result)
    rows = [row for row in made.tags if row[0] == "tr"]
    assert len(rows) == 3 and "2021\n" not in made.text
    assert HOSTILE[1] in made.text and "x" * 79 + "…" in made.text
    ratio = result.formations.query("cluster_id == 'C1' and year == 2022")["cooperation_ratio"].item()
    assert f"{100 * ratio:.1f}%" in made.text


def test_a_result_speaks_its_language(result: clustercoop.Result) -> None:
    told = clustercoop.analyze(frames(), nulls=0, workers=1, lang="ru", metrics="cooperation")
    assert repr(told).startswith("Результат: кластеров 2, годы 2021–2022") and "Уровень кооперации" in (
        page(told).text
    )


def test_indicators_alone_show_themselves() -> None:
    cells = {"cluster_id": ["k"], "year": [2022], "cooperation_ratio": [0.5]}
    told = clustercoop.analyze({"indicators": pd.DataFrame(cells)}, nulls=0, workers=1)
    assert "50.0%" in page(told).text and repr(told).startswith("Result: clusters 1, years 2022,")


def test_a_graph_shows_its_years() -> None:
    tables = {
        "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": "k"}),
        "links": pd.DataFrame(
            {"year": [2021, 2022, 2022], "supplier_id": "a", "buyer_id": ["b", "b", "x"], "value": 2.5}
        ),
    }
    graph = clustercoop.SupplyGraph.from_tables(tables, currency="<b>")
    assert repr(graph).splitlines() == [
        "SupplyGraph: clusters 1, years 2021–2022, participants 2, partners outside 0",
        "  rows: .participants 2, .links 3; values in millions of <b>",
    ]
    cells = page(graph).text.split("\n")
    assert cells[-9:-1] == ["2022", "2", "5", "0", "2021", "1", "2.5", "0"]
    assert repr(clustercoop.SupplyGraph.from_tables({})).startswith("SupplyGraph: clusters 0, years —")


def test_formations_and_models_show_no_arrays(result: clustercoop.Result) -> None:
    first = next(iter(result.graph.formations()))
    assert repr(first) == f"Formation('C0', 2021): members {first.n}, links inside {len(first.weight)}"
    assert result.model is not None
    assert repr(result.model).splitlines()[:2] == [
        "FormationModel: rules",
        "  Rules only: a statistical model needs at least 20 clusters, and the data hold 2.",
    ]


def test_names_from_data_stay_text() -> None:
    found = Findings([Finding("year_impossible", value=name, file=name) for name in HOSTILE])
    tables = {
        "participants": pd.DataFrame(
            {"participant_id": [f"p{name}" for name in HOSTILE], "cluster_id": HOSTILE}
        ),
        "links": pd.DataFrame(
            {"year": 2022, "supplier_id": [f"p{name}" for name in HOSTILE], "buyer_id": HOSTILE, "value": 1.0}
        ),
    }
    told = clustercoop.analyze(tables, nulls=0, workers=1, metrics="cooperation")
    pages = page(found).text, page(told).text
    for name in HOSTILE:
        assert all(name in text for text in pages)
        explained = clustercoop.explain(told, name, 2022)
        assert name in page(explained).text and name in repr(explained)


def test_findings_show_the_worst_kinds() -> None:
    found = Findings([Finding("self_supply", file=f"f{n}.csv") for n in range(40)])
    found.add("year_impossible", value="20222")
    told = repr(found).splitlines()
    assert told[:2] == [
        "findings: error 1, warning 0, info 40",
        "  error: the year 20222 is not a year between 1900 and 2100 (×1)",
    ]
    assert len(told) == 7 and told[-1] == "  … +36"
    assert "shown 30 of 41" in page(found).text
    assert repr(Findings()) == "findings: error 0, warning 0, info 0"


def test_an_explanation_adds_up_in_sight(result: clustercoop.Result) -> None:
    told = clustercoop.explain(result, "C0", 2022)
    assert repr(told).startswith("Cooperation ratio of cluster C0 in 2022: 0.")
    assert len(repr(told).splitlines()) == 3
    assert "Supplied to other participants" in page(told).text


def test_control_characters_never_reach_the_screen() -> None:
    found = repr(Findings([Finding("year_impossible", value="a\u202eb\x1b[31m\n")]))
    assert "\u202e" not in found and "\x1b" not in found and len(found.splitlines()) == 2


def test_tables_side_by_side_tell_how_many_rows_they_have() -> None:
    found = compare_results(example(), example())
    assert repr(found).startswith("Comparison: .settings 0, .renamed 0, .formations 48, .figures 0")
