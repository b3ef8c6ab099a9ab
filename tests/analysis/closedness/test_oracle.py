"""Random networks against slow, obvious oracles, and the invariances that the measures must have."""

from __future__ import annotations

import warnings
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from clustercoop.analysis import chain, entrainment, linear
from clustercoop.analysis.brokers import gould_fernandez
from clustercoop.analysis.closedness import (
    autonomy,
    circulation_share,
    finn,
    finn_cycling_index,
    longest_chain,
    maximum_circulation,
    measure,
    strongly_connected_share,
    trophic_incoherence,
    trophic_levels,
)
from clustercoop.analysis.closedness.components import component_labels
from clustercoop.analysis.linear import solve_leontief
from clustercoop.graph.arrays import Floats
from clustercoop.graph.settings import Settings
from tests.analysis.closedness.oracles import (
    brokerage_by_triples,
    circulation_by_linear_program,
    finn_by_inverse,
    formation,
    levels_by_least_squares,
    supply_graph,
)


@st.composite
def networks(draw: st.DrawFn, most: int = 9, loops: bool = False) -> Floats:
    """Draw flows between 2 … `most` participants, sparse to dense, over nine orders of magnitude."""
    n = draw(st.integers(2, most))
    values = st.one_of(st.just(0.0), st.floats(1e-3, 1e6), st.integers(1, 5).map(float))
    flows: Floats = draw(arrays(np.float64, (n, n), elements=values))
    if not loops:
        np.fill_diagonal(flows, 0.0)
    return flows


def digraph(flows: Floats) -> nx.DiGraph[int]:
    return nx.from_numpy_array(flows, create_using=nx.DiGraph)


def balanced(flows: Floats, extra: Floats) -> tuple[Floats, Floats, Floats]:
    """Return boundary inputs, outputs and throughflow that balance `flows`, `extra` through each."""
    given, received = flows.sum(axis=1), flows.sum(axis=0)
    through = np.maximum(given, received) + extra
    return through - received, through - given, through


@settings(deadline=None, max_examples=60)
@given(networks(loops=True))
def test_circulation_equals_the_linear_program(flows: Floats) -> None:
    if not flows.any():
        assert np.isnan(circulation_share(flows))
        return
    assert circulation_share(flows) == pytest.approx(circulation_by_linear_program(flows), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(networks(most=7), st.integers(0, 2**32 - 1))
def test_circulation_equals_network_simplex(flows: Floats, seed: int) -> None:
    """Exactly, on integers: networkx maximises by costs of −1."""
    whole = np.random.default_rng(seed).integers(0, 50, flows.shape) * (flows > 0)
    if not whole.any():
        return
    graph: nx.DiGraph[int] = nx.DiGraph()
    src, dst = np.nonzero(whole)
    for i, j in zip(src.tolist(), dst.tolist(), strict=True):
        graph.add_edge(i, j, capacity=int(whole[i, j]), weight=-1)
    cost, _ = nx.network_simplex(graph)
    found = maximum_circulation(len(whole), src, dst, whole[src, dst].astype(float))
    assert found.sum() == -cost


@settings(deadline=None, max_examples=60)
@given(networks())
def test_a_circulation_fits_and_balances(flows: Floats) -> None:
    src, dst = np.nonzero(flows)
    weight = flows[src, dst]
    flow = maximum_circulation(len(flows), src, dst, weight)
    assert ((flow >= 0) & (flow <= weight)).all()
    net = np.zeros(len(flows))
    np.add.at(net, src, flow)
    np.subtract.at(net, dst, flow)
    assert np.abs(net).max() <= 1e-9 * max(float(weight.sum()), 1.0)
    assert flow.sum() <= weight.sum() * (strong_share(flows) + 1e-12) if len(src) else True


def strong_share(flows: Floats) -> float:
    src, dst = np.nonzero(flows)
    return strongly_connected_share(len(flows), src, dst, flows[src, dst])


@settings(deadline=None, max_examples=60)
@given(networks())
def test_components_and_stages_equal_networkx(flows: Floats) -> None:
    src, dst = np.nonzero(flows)
    labels = component_labels(len(flows), src, dst, strong=True)
    expected = {frozenset(part) for part in nx.strongly_connected_components(digraph(flows))}
    assert {frozenset(np.flatnonzero(labels == k).tolist()) for k in np.unique(labels)} == expected
    between = labels[src] != labels[dst]
    assert (labels[src] > labels[dst])[between].all()  # each after all that it can reach
    weak = component_labels(len(flows), src, dst, strong=False)
    assert len(np.unique(weak)) == nx.number_weakly_connected_components(digraph(flows))
    condensed = nx.condensation(digraph(flows))
    assert longest_chain(len(flows), src, dst) == nx.dag_longest_path_length(condensed) + 1


@settings(deadline=None, max_examples=60)
@given(networks(loops=True), st.floats(1e-3, 10.0))
def test_finn_equals_the_dense_inverse(flows: Floats, share: float) -> None:
    extra = share * (flows.sum(axis=0) + flows.sum(axis=1) + 1)
    inflow, _, _ = balanced(flows, extra)
    assert finn_cycling_index(flows, inflow) == pytest.approx(finn_by_inverse(flows, inflow), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(networks())
def test_levels_equal_least_squares(flows: Floats) -> None:
    # Least squares squares the condition of nine orders of magnitude: compare on a milder range.
    mild = np.where(flows > 0, 1 + np.log1p(flows), 0.0)
    assert trophic_levels(mild) == pytest.approx(levels_by_least_squares(mild), abs=1e-8, nan_ok=True)
    if flows.any():
        assert -1e-12 <= trophic_incoherence(flows) <= 1 + 1e-9


@settings(deadline=None, max_examples=60)
@given(networks(), st.floats(0.01, 5.0))
def test_chain_positions_equal_the_dense_inverse(flows: Floats, share: float) -> None:
    inflow, outflow, through = balanced(flows, share * (flows.sum(axis=0) + flows.sum(axis=1)) + 1.0)
    n = len(flows)
    up = np.linalg.inv(np.eye(n) - flows / through[:, None]).sum(axis=1)
    down = np.linalg.inv(np.eye(n) - (flows / through[None, :]).T).sum(axis=1)
    assert chain.upstreamness(flows, through) == pytest.approx(up, rel=1e-8)
    assert chain.downstreamness(flows, through) == pytest.approx(down, rel=1e-8)
    # Both ways of counting the participants that a unit passes.
    assert (inflow * up).sum() == pytest.approx(through.sum(), rel=1e-8)
    assert (outflow * down).sum() == pytest.approx(through.sum(), rel=1e-8)


@settings(deadline=None, max_examples=60)
@given(networks(), st.floats(0.05, 5.0), st.data())
def test_invariances(flows: Floats, share: float, data: st.DataObject) -> None:
    """Relabelling changes nothing, scaling values changes nothing, reversing swaps the two ends."""
    if not flows.any():
        return
    order = np.array(data.draw(st.permutations(range(len(flows)))))
    inflow, outflow, through = balanced(flows, share * (flows.sum(axis=0) + flows.sum(axis=1)) + 1.0)
    finn, circulation, incoherence = (
        finn_cycling_index(flows, inflow),
        circulation_share(flows),
        trophic_incoherence(flows),
    )
    moved = flows[np.ix_(order, order)]
    close: dict[str, Any] = {"rel": 1e-7, "abs": 1e-9}
    for version, entering in ((moved, inflow[order]), (flows * 1e3, inflow * 1e3), (flows.T, outflow)):
        assert finn_cycling_index(version, entering) == pytest.approx(finn, **close)
        assert circulation_share(version) == pytest.approx(circulation, **close)
        assert trophic_incoherence(version) == pytest.approx(incoherence, **close)
    down = chain.downstreamness(flows, through)
    assert chain.upstreamness(flows.T, through) == pytest.approx(down, **close)


@settings(deadline=None, max_examples=60)
@given(networks(most=7), st.lists(st.sampled_from(["firm", "university", "bank"]), min_size=7, max_size=7))
def test_brokerage_equals_a_walk_over_triples(flows: Floats, groups: list[str]) -> None:
    mine = groups[: len(flows)]
    assert gould_fernandez(flows, mine).tolist() == brokerage_by_triples(flows > 0, mine)


@settings(deadline=None, max_examples=60)
@given(networks(), st.floats(0.01, 3.0), st.data())
def test_leontief_equals_its_series_and_pull_its_columns(
    flows: Floats, share: float, data: st.DataObject
) -> None:
    _, _, output = balanced(flows, share * (flows.sum(axis=0) + flows.sum(axis=1)) + 1.0)
    n = len(flows)
    core = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    inverse = entrainment.leontief_inverse(flows, output)
    assert inverse == pytest.approx(np.linalg.inv(np.eye(n) - flows / output[None, :]), rel=1e-8)
    src, dst = np.nonzero(flows)
    pulled = entrainment.core_pull(src, dst, flows[src, dst], output, core)
    if not core.any():
        assert np.isnan(pulled).all()
        return
    share_of = np.where(core, output, 0) / output[core].sum()
    assert pulled == pytest.approx((inverse - np.eye(n)) @ share_of, rel=1e-8, abs=1e-12)
    assert (pulled >= -1e-12).all()


@settings(deadline=None, max_examples=60)
@given(networks(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_autonomy_and_leakage_add_up_to_one(flows: Floats, share: float, inside: float) -> None:
    """Value made inside and value bought outside are all there is in what leaves."""
    inflow, outflow, output = balanced(flows, share * (flows.sum(axis=0) + flows.sum(axis=1)) + 1.0)
    made = autonomy(flows, output, inside * inflow)
    leaked = autonomy(flows, output, (1 - inside) * inflow)
    assert made + leaked == pytest.approx(1, rel=1e-9)
    # (I − A)^-1 y = x, so the share is Σ VA / Σ y.
    assert made == pytest.approx(inside * inflow.sum() / outflow.sum(), rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(networks(), st.floats(0.5, 3.0))
def test_not_productive_is_unknown(flows: Floats, factor: float) -> None:
    """NaN exactly when the spectral radius is 1 or more."""
    n = len(flows)
    received = flows.sum(axis=0)
    coefficients = factor * flows / np.where(received > 0, received, 1.0)[None, :]
    src, dst = np.nonzero(coefficients)
    radius = np.abs(np.linalg.eigvals(coefficients)).max()
    found = solve_leontief(n, src, dst, coefficients[src, dst], np.ones(n))
    if radius > 1 + 1e-6:
        assert np.isnan(found).all()
    elif radius < 1 - 1e-6:
        assert (found >= 1 - 1e-9).all()


figures = st.one_of(st.none(), st.sampled_from([0.0, 1e-6, 1.0, 50.0, 1e12]))


@settings(deadline=None, max_examples=40)
@given(networks(most=6, loops=True), st.data())
def test_no_formation_is_too_broken_to_measure(flows: Floats, data: st.DataObject) -> None:
    """Whatever is missing or contradicted: no warning, no error; shares in [0, 1] or unknown."""
    n = len(flows)
    ids = [f"p{i}" for i in range(n)]
    outside = data.draw(arrays(np.float64, (2, n), elements=st.sampled_from([0.0, 1.0, 40.0, 1e9])))
    links = [(ids[i], ids[j], float(flows[i, j])) for i, j in zip(*np.nonzero(flows), strict=True)]
    links += [("x", who, float(v)) for who, v in zip(ids, outside[0], strict=True) if v]
    links += [(who, "x", float(v)) for who, v in zip(ids, outside[1], strict=True) if v]
    names = ("output", "purchases", "value_added", "employees", "rd_expenses")
    activity = {who: {name: data.draw(figures) for name in names} for who in ids}
    roles = {who: data.draw(st.sampled_from(["firm", "university", ""])) for who in ids}
    graph = supply_graph(ids, links, activity, roles)
    core = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for whole in graph.formations():
            found = [
                measure(whole, Settings(), graph),
                chain.measure(whole, Settings(), graph),
                entrainment.measure(whole, Settings(), core),
            ]
            for part in found:
                check_shares(part.formation, part.participants)


def check_shares(formation_columns: Any, people: dict[str, NDArray[Any]] | Any) -> None:
    for name, value in formation_columns.items():
        if name in ("finn_cycling_index", "isolation") or name.endswith("_share") or name == "autonomy":
            assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9, (name, value)
    for name in ("broker_share", "downstream_control", "embodied_inside_share"):
        if name in people:
            values = people[name][~np.isnan(people[name])]
            assert ((values >= -1e-9) & (values <= 1 + 1e-9)).all(), (name, values)
    for name in ("upstreamness", "downstreamness"):
        if name in people:
            assert (people[name][~np.isnan(people[name])] >= 1 - 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(networks(loops=True), st.floats(0.01, 3.0))
def test_large_networks_take_other_solvers_to_the_same_values(flows: Floats, share: float) -> None:
    """With the limits at 0, small networks go the way of those with thousands of participants."""
    inflow, _, through = balanced(flows, share * (flows.sum(axis=0) + flows.sum(axis=1)) + 1.0)
    src, dst = np.nonzero(flows)
    coefficient = flows[src, dst] / through[dst]
    mild = np.where(flows > 0, 1 + np.log1p(flows), 0.0)
    dense = (
        finn_cycling_index(flows, inflow),
        solve_leontief(len(flows), src, dst, coefficient, inflow),
        trophic_levels(mild),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "DENSE", 0)
        for limit in ("_SMALL", "_DENSE_COMPONENT"):
            patch.setattr(finn, limit, 0)
        patch.setattr(finn, "_BLOCK", 2)
        assert finn_cycling_index(flows, inflow) == pytest.approx(dense[0], rel=1e-9, abs=1e-12)
        assert solve_leontief(len(flows), src, dst, coefficient, inflow) == pytest.approx(dense[1], rel=1e-9)
        assert trophic_levels(mild) == pytest.approx(dense[2], abs=1e-8, nan_ok=True)


def test_global_random_state_is_untouched() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    whole = formation(["a", "b"], [("a", "b", 3.0), ("b", "a", 1.0)])
    measure(whole, Settings())
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()
