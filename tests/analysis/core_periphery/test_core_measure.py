"""The core columns of a formation: what they hold, what is unknown and why, and that they repeat."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from clustercoop.analysis.core_periphery.borgatti_everett import borgatti_everett
from clustercoop.analysis.core_periphery.common import as_edges
from clustercoop.analysis.core_periphery.elliott import elliott
from clustercoop.analysis.core_periphery.lip import lip
from clustercoop.analysis.core_periphery.measure import measure
from clustercoop.analysis.core_periphery.minres import minres
from clustercoop.analysis.core_periphery.nulls import DegreeChain
from clustercoop.analysis.core_periphery.rossa import rossa_profile
from clustercoop.analysis.core_periphery.significance import adjust, significance
from clustercoop.analysis.core_periphery.tiering import tiering
from clustercoop.analysis.metric import Measured, known_cells
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

Links = list[tuple[int, int, float]]
QUIET = Settings(nulls=0)


def formation(n: int, links: Links) -> Formation:
    ids = [f"{i:02d}" for i in range(n)]
    tables = {
        "participants": pd.DataFrame({"participant_id": ids, "cluster_id": "C"}),
        "activity": pd.DataFrame({"participant_id": ids, "year": 2022, "output": 1000.0}),
    }
    if links:
        src, dst, value = zip(*links, strict=True)
        tables["links"] = pd.DataFrame(
            {
                "year": 2022,
                "supplier_id": [ids[i] for i in src],
                "buyer_id": [ids[i] for i in dst],
                "value": value,
            }
        )
    return SupplyGraph.from_tables(tables).formation("C", 2022)


def codes(found: Measured) -> set[str]:
    return {finding.code for finding in found.findings}


def figure(found: Measured, name: str) -> float:
    value = found.formation[name]
    assert isinstance(value, int | float)
    return value


def unknown(value: Any) -> bool:
    return value is None or value == "" or value != value


def planted(seed: int = 0, n: int = 40, core: int = 10) -> Links:
    rng = np.random.default_rng(seed)
    chance = np.full((n, n), 0.1)
    chance[:core, :core] = 0.8
    linked = rng.random((n, n)) < chance
    np.fill_diagonal(linked, False)
    return [(int(i), int(j), float(rng.lognormal(3, 0.5))) for i, j in zip(*np.nonzero(linked), strict=True)]


CORE = ("core_size", "core_members", "core_fit", "core_margin", "core_p_degree", "core_p_density")


def test_planted_core_fills_every_column() -> None:
    found = measure(formation(40, planted()), Settings(nulls=99))
    assert found.formation["core_members"] == ";".join(f"{i:02d}" for i in range(10))
    assert found.formation["core_size"] == 10 and found.formation["core_ties"] == 1
    assert found.formation["core_p_degree"] == found.formation["core_p_density"] == 0.01
    assert found.participants["in_core"].tolist() == [True] * 10 + [False] * 30
    assert (found.participants["supplier_coreness"] >= 0).all()
    assert {name for name, value in found.formation.items() if unknown(value)} == {"core_maybe_members"}
    assert found.formation["core_firmness"] == "firm core"
    assert codes(found) == set()


def test_every_column_is_described() -> None:
    found = measure(formation(40, planted()), QUIET)
    for table, held in (("formations", found.formation), ("participants", found.participants)):
        assert set(held) <= {column.column for column in output_columns(table)}


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_participants(n: int) -> None:
    found = measure(formation(n, [(0, 1, 5.0)] if n == 2 else []), QUIET)
    assert codes(found) == {"core_too_few"}
    assert all(unknown(found.formation[name]) for name in (*CORE, "lip_z", "coreness_pre"))
    assert not known_cells(found.participants["in_core"]).any()


def test_three_participants_have_no_equation_4_core_but_other_measures() -> None:
    found = measure(formation(3, [(0, 1, 5.0), (1, 0, 2.0), (0, 2, 1.0)]), QUIET)
    assert codes(found) == {"core_too_few", "core_no_circle", "core_coreness_open"}
    assert all(unknown(found.formation[name]) for name in CORE)
    assert found.formation["lip_z"] == 0  # core {0}: nothing is missing in it, and 1 and 2 are not linked


def test_no_internal_link() -> None:
    found = measure(formation(5, []), QUIET)
    assert codes(found) == {"core_no_links"}
    assert all(unknown(found.formation[name]) for name in CORE)
    assert found.formation["core_isolates"] == 5


def test_every_pair_linked_alike() -> None:
    links = [(i, j, 7.0) for i in range(6) for j in range(6) if i != j]
    found = measure(formation(6, links), Settings(nulls=19))
    assert codes(found) == {"core_no_contrast"}
    assert all(unknown(found.formation[name]) for name in (*CORE, "coreness_pre"))
    assert found.formation["lip_z"] == 0


def test_every_pair_linked_with_different_values() -> None:
    rng = np.random.default_rng(1)
    links = [(i, j, float(rng.lognormal(3, 1))) for i in range(8) for j in range(8) if i != j]
    found = measure(formation(8, links), Settings(nulls=19))
    assert not any(unknown(found.formation[name]) for name in CORE)
    binary = measure(formation(8, links), Settings(nulls=19, core_weights="binary"))
    assert codes(binary) == {"core_no_contrast"}


def test_isolated_participants_are_peripheral_and_counted() -> None:
    found = measure(formation(45, planted()), QUIET)
    assert found.formation["core_isolates"] == 5 and found.formation["core_components"] == 1
    assert found.participants["in_core"].tolist() == [True] * 10 + [False] * 35


def test_separate_parts_are_told() -> None:
    star = [(0, i, 3.0 + i) for i in range(1, 6)] + [(1, 0, 4.0)]
    found = measure(formation(12, star + [(i + 6, j + 6, w) for i, j, w in star]), QUIET)
    assert "core_components" in codes(found) and found.formation["core_components"] == 2
    assert figure(found, "core_size") > 0


def test_ties_are_told_and_the_first_is_given() -> None:
    """In a ring of both directions every neighbouring pair is as good a core as any other."""
    ring = [(i, (i + d) % 8, 2.0) for i in range(8) for d in (1, 7)]
    found = measure(formation(8, ring), QUIET)
    assert "core_tied" in codes(found)
    assert found.formation["core_margin"] == 0 and found.formation["core_ties"] in (8, 16)


def test_star_has_one_network_of_its_degrees() -> None:
    star = [(0, i, 3.0) for i in range(1, 8)] + [(i, 0, 3.0) for i in range(1, 8)]
    found = measure(formation(8, star), Settings(nulls=19))
    assert unknown(found.formation["core_p_degree"]) and not unknown(found.formation["core_p_density"])
    assert "core_null_frozen" in codes(found)
    assert found.formation["rossa_centralisation"] == pytest.approx(1.0)


def test_random_links_are_no_confident_core() -> None:
    """Links at random: the best split has a fit, and the p-values say what it is worth."""
    weak = 0
    for seed in range(100, 120):
        rng = np.random.default_rng(seed)
        pairs = zip(*np.nonzero((rng.random((24, 24)) < 0.15) & ~np.eye(24, dtype=bool)), strict=True)
        found = measure(formation(24, [(int(i), int(j), 4.0) for i, j in pairs]), Settings(nulls=99))
        assert figure(found, "core_fit") > 0
        weak += "core_weak" in codes(found)
    assert weak >= 16  # at the 5 % level 19 of 20 are expected, and 16 or more with probability .9997


def test_degrees_alone_are_not_called_a_core() -> None:
    rng = np.random.default_rng(2)
    size = rng.pareto(1.2, 40) + 0.2
    matrix = (rng.random((40, 40)) < np.clip(np.outer(size, size) * 0.15, 0, 1)).astype(float)
    chain = DegreeChain(as_edges(matrix), as_edges(matrix).values("binary"), np.array([1], np.uint64))
    *_, (src, dst, _) = chain.replicates(5)
    pairs = list(zip(src, dst, strict=True))
    found = measure(formation(40, [(int(i), int(j), 4.0) for i, j in pairs]), Settings(nulls=99))
    assert found.formation["core_p_density"] == 0.01
    assert "core_by_degree" in codes(found)


@pytest.mark.parametrize("method", ["eq2", "lip", "minres"])
def test_other_methods_make_the_core(method: Any) -> None:
    found = measure(formation(40, planted()), Settings(nulls=9, core_method=method))
    core = np.flatnonzero(found.participants["in_core"])
    assert 0 < len(core) and (core < 10).mean() > 0.6
    assert figure(found, "core_fit") > 0.1
    assert unknown(found.formation["core_p_degree"]) == (method != "eq2")
    assert ("core_null_method" in codes(found)) == (method != "eq2")


def test_results_repeat_and_depend_on_the_seed_alone() -> None:
    given = formation(40, planted(3))
    one, two = (measure(given, Settings(nulls=49, seed=5)) for _ in range(2))
    other = measure(given, Settings(nulls=49, seed=6))
    assert repr(one.formation) == repr(two.formation)
    assert one.formation["core_members"] == other.formation["core_members"]


def test_input_forms_agree() -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(12))
    for i, j, w in planted(4, 12, 4):
        graph.add_edge(i, j, weight=w)
    matrix = nx.to_numpy_array(graph)
    fits = [
        borgatti_everett(form)
        for form in (graph, matrix, sparse.csr_array(matrix), sparse.coo_matrix(matrix), as_edges(matrix))
    ]
    assert len({(fit.fit, fit.members) for fit in fits}) == 1
    before = nx.to_numpy_array(graph)
    assert np.array_equal(before, matrix)  # nothing was mutated


def test_empty_and_edgeless_graphs() -> None:
    forms: tuple[Any, ...] = (nx.DiGraph(), np.zeros((0, 0)), np.zeros((5, 5)), nx.empty_graph(4))
    for form in forms:
        for fit in (borgatti_everett(form), borgatti_everett(form, equation="5"), lip(form), minres(form)):
            assert np.isnan(fit.fit) and fit.size == 0
        assert np.isnan(tiering(form).fit) and np.isnan(elliott(form).fit)
        assert np.isnan(rossa_profile(form).centralisation)
        assert np.isnan(significance(form, replicates=3).p)


def test_acyclic_chain_has_no_walk() -> None:
    """No two participants of a chain reach each other: no strong part of three, the profile unknown."""
    chain = [(i, i + 1, 1.0) for i in range(6)]
    assert "core_no_circle" in codes(measure(formation(7, chain), QUIET))
    assert np.isnan(rossa_profile(formation(7, chain)).centralisation)
    assert np.isfinite(rossa_profile(formation(7, chain), teleport=0.1).centralisation)


BAD: list[tuple[Any, dict[str, Any]]] = [
    (borgatti_everett, {"equation": "3"}),
    (borgatti_everett, {"weights": "log"}),
    (minres, {"weights": "cubed"}),
    (tiering, {"score": "both"}),
    (rossa_profile, {"teleport": 1.0}),
    (elliott, {"weights": "none"}),
    (significance, {"null": "erdos"}),
    (significance, {"replicates": 0}),
    (significance, {"equation": "5"}),
]


@pytest.mark.parametrize(("function", "arguments"), BAD)
def test_bad_parameters_are_named(function: Any, arguments: dict[str, Any]) -> None:
    [name] = arguments
    with pytest.raises(ParameterError, match=f"The '{name}' parameter of {function.__name__} must be"):
        function(np.ones((5, 5)), **arguments)


@pytest.mark.parametrize("matrix", [np.ones((2, 3)), np.full((3, 3), np.nan), -np.ones((3, 3)), np.ones(4)])
def test_bad_graphs_are_refused(matrix: Any) -> None:
    for function in (borgatti_everett, lip, minres, tiering, elliott, rossa_profile, significance):
        with pytest.raises(ParameterError, match="'graph' parameter"):
            function(matrix)


def test_bad_p_values_are_refused() -> None:
    wrong: tuple[tuple[Any, Any], ...] = (([1.5], "fdr"), ([0.5], "sidak"))
    for p, method in wrong:
        with pytest.raises(ParameterError):
            adjust(p, method)


def test_a_circle_too_large_for_a_walk_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [(i, (i + 1) % 12, 1.0 + i) for i in range(12)]
    assert not codes(measure(formation(12, ring), QUIET)) & {"core_circle_large", "core_no_circle"}
    monkeypatch.setattr("clustercoop.analysis.core_periphery.rossa.LARGEST", 11)
    monkeypatch.setattr("clustercoop.analysis.core_periphery.measure.LARGEST", 11)
    found = measure(formation(12, ring), QUIET)
    assert "core_circle_large" in codes(found)
    assert unknown(found.formation["rossa_centralisation"])


def test_a_fit_shows_coreness_where_its_method_makes_it() -> None:
    links = np.array([[0, 2, 1], [1, 0, 0], [0, 1, 0]])
    assert "nan" not in repr(lip(links)) and "supplier=" in repr(minres(links))
