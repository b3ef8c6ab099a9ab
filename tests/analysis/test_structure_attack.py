"""Structural figures of whole formations against slow versions written from the formulas alone.

Nothing here shares code with `analysis`: splits are enumerated and correlated by numpy, flows are followed
round by round, and what must not change a figure is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness import measure as closedness
from clustercoop.analysis.core_periphery.measure import measure as core_measure
from clustercoop.analysis.core_periphery.minres import minres
from clustercoop.analysis.core_periphery.rossa import rossa_profile
from clustercoop.analysis.core_periphery.significance import significance
from clustercoop.analysis.metric import Measured, is_known, known_cells
from clustercoop.analysis.metrics import measure_all
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.pipeline import analyze_graph
from tests.analysis.closedness.oracles import formation, supply_graph
from tests.builders import everywhere, frames

Matrix = NDArray[np.float64]
LETTERS = "abcdefghijkl"
ROUNDS = 3000


def random_links(seed: int, n: int, chance: float = 0.4) -> Matrix:
    rng = np.random.default_rng(seed)
    flows: Matrix = np.where(rng.random((n, n)) < chance, rng.lognormal(1, 1, (n, n)), 0.0)
    np.fill_diagonal(flows, 0)
    flows[0, 1] = 2.5
    return flows


def as_links(flows: Matrix, names: Sequence[str] = LETTERS) -> list[tuple[str, str, float]]:
    return [(names[i], names[j], float(flows[i, j])) for i, j in zip(*np.nonzero(flows), strict=True)]


def every_split(y: Matrix, equation: str) -> list[tuple[float, tuple[int, ...]]]:
    """Correlate the cells with the pattern of every core, best first; of equal ones the smaller, earlier."""
    n = len(y)
    off = ~np.eye(n, dtype=bool)
    found = []
    for size in range(1, n):
        for core in combinations(range(n), size):
            x = np.isin(np.arange(n), core)
            if equation == "4":
                cells, ideal = np.equal.outer(x, x) & off, np.logical_and.outer(x, x)
            else:
                cells, ideal = off, np.logical_or.outer(x, x)
            value, pattern = y[cells], ideal[cells].astype(float)
            if len(value) and np.ptp(pattern) > 0 and np.ptp(value) > 1e-9:
                found.append((round(float(np.corrcoef(value, pattern)[0, 1]), 9), core))
    return sorted(found, key=lambda entry: (-entry[0], len(entry[1]), entry[1]))


@pytest.mark.parametrize("weights", ["relative", "log1p", "raw", "binary"])
@pytest.mark.parametrize("method", ["eq4", "eq2"])
def test_settings_choose_the_equation_and_the_values(
    method: Literal["eq4", "eq2"], weights: Literal["relative", "log1p", "raw", "binary"]
) -> None:
    for seed in range(6):
        flows = random_links(seed, 5 + seed % 2)
        typical = np.median(flows[flows > 0])
        entered = {
            "relative": np.log1p(10 * flows / typical),
            "log1p": np.log1p(flows),
            "raw": flows,
            "binary": (flows > 0) * 1.0,
        }[weights]
        options = Settings(core_method=method, core_weights=weights, nulls=0)
        found = core_measure(formation(LETTERS[: len(flows)], as_links(flows)), options).formation
        splits = every_split(entered, method[2])
        best = splits[0][0]
        assert found["core_fit"] == pytest.approx(best, abs=1e-8)
        tied = [set(core) for value, core in splits if value == best]
        sure = set.intersection(*tied)
        assert found["core_members"] == ";".join(LETTERS[i] for i in sorted(sure))
        assert found["core_maybe_members"] == ";".join(LETTERS[i] for i in sorted(set.union(*tied) - sure))
        assert found["core_ties"] == len(tied)
        assert found["core_margin"] == pytest.approx(best - splits[1][0], abs=1e-8)


def test_minres_is_not_above_the_error_of_a_general_optimiser() -> None:
    for seed in range(8):
        n = 5 + seed % 4
        y = np.log1p(random_links(seed, n))
        off = ~np.eye(n, dtype=bool)
        rng = np.random.default_rng(seed)

        def error(x: Matrix, y: Matrix = y, off: Any = off, n: int = n) -> tuple[float, Matrix]:
            missed = (y - np.outer(x[:n], x[n:])) * off
            return float((missed**2).sum()), -2 * np.r_[missed @ x[n:], missed.T @ x[:n]]

        ends = [
            minimize(error, rng.random(2 * n) * 2, jac=True, method="L-BFGS-B", bounds=[(0, 1e4)] * 2 * n)
            for _ in range(3)
        ]
        least = min(float(end.fun) for end in ends)
        assert minres(y, weights="raw").fit >= 1 - least / ((y - y[off].mean())[off] ** 2).sum() - 1e-3


def test_rossa_profile_is_the_published_greedy_order() -> None:
    """Start at the least stationary probability; add whoever keeps the walker inside least."""
    for seed in range(12):
        n = 5 + seed % 5
        flows = random_links(seed, n)
        flows[np.arange(n), (np.arange(n) + 1) % n] += 0.5  # strongly connected, so that π is unique
        step = flows / flows.sum(axis=1, keepdims=True)
        values, vectors = np.linalg.eig(step.T)
        walk = np.real(vectors[:, np.argmin(np.abs(values - 1))])
        walk = walk / walk.sum()
        order = [int(np.argmin(walk))]
        profile = [0.0]
        while len(order) < n:
            stay = {}
            for i in set(range(n)) - set(order):
                inside = [*order, i]
                stay[i] = float((walk[inside] @ step[np.ix_(inside, inside)]).sum() / walk[inside].sum())
            order.append(min(stay, key=lambda i: (round(stay[i], 12), walk[i])))  # ties: the rarer visited
            profile.append(stay[order[-1]])
        found = rossa_profile(flows, weights="raw")
        assert found.centralisation == pytest.approx(1 - 2 / (n - 2) * sum(profile[:-1]), abs=1e-9)
        np.testing.assert_allclose(found.profile, profile, atol=1e-9)


def rounds(coefficients: Matrix, start: Matrix) -> Matrix:
    """Sum start + C start + C² start + … one round after another."""
    total, term = start.copy(), start
    for _ in range(ROUNDS):
        term = coefficients @ term
        total = total + term
        if np.abs(term).max() < 1e-15:
            break
    return total


def productive(seed: int) -> tuple[Matrix, Matrix, Matrix]:
    """Return flows, outputs above sales and purchases, and value added that leaves room for imports."""
    n = 4 + seed % 4
    rng = np.random.default_rng(seed)
    flows = random_links(seed, n)
    output = np.maximum(flows.sum(axis=0), flows.sum(axis=1)) * rng.uniform(1.2, 2, n) + rng.uniform(1, 5, n)
    added: Matrix = (output - flows.sum(axis=0)) * rng.uniform(0.2, 0.9, n)
    return flows, output, added


def measured(flows: Matrix, output: Matrix, added: Matrix, core: NDArray[np.bool_]) -> Measured:
    names = LETTERS[: len(flows)]
    graph = supply_graph(
        names,
        [*as_links(flows), (names[0], "outside", 0.1)],
        {
            name: {"output": float(x), "value_added": float(v)}
            for name, x, v in zip(names, output, added, strict=True)
        },
    )
    [whole] = graph.formations()
    parts = (
        closedness(whole, Settings(), graph),
        chain.measure(whole, Settings(), graph),
        entrainment.measure(whole, Settings(), core),
    )
    return sum(parts, Measured())


@pytest.mark.parametrize("seed", range(10))
def test_flows_followed_round_by_round(seed: int) -> None:
    flows, output, added = productive(seed)
    n = len(flows)
    core = np.arange(n) < 2
    found = measured(flows, output, added, core)
    one, unit = np.ones(n), np.eye(n)
    sold_on, bought_from = flows / output[:, None], flows / output[None, :]

    visits = rounds(sold_on, unit)
    cycled = ((1 - 1 / np.diagonal(visits)) * output).sum() / output.sum()
    assert found.formation["finn_cycling_index"] == pytest.approx(cycled, abs=1e-10)
    assert found.formation["total_throughflow"] == pytest.approx(output.sum())
    entered = output - flows.sum(axis=0)
    assert found.formation["average_path_length"] == pytest.approx(output.sum() / entered.sum())
    np.testing.assert_allclose(found.participants["upstreamness"], rounds(sold_on, one), rtol=1e-9)
    np.testing.assert_allclose(found.participants["downstreamness"], rounds(bought_from.T, one), rtol=1e-9)

    # Propagation length: step k weighs by the effect that arrives in it, and only effects on others count.
    term, steps, effect = unit, 0.0, 0.0
    for k in range(1, ROUNDS):
        term = term @ bought_from
        others = term.sum() - np.trace(term)
        steps, effect = steps + k * others, effect + others
        if others < 1e-16:
            break
    assert found.formation["average_propagation_length"] == pytest.approx(steps / effect)

    # Value: what each product holds that was created inside, then what the final products hold.
    held = rounds(bought_from.T, added / output)
    final = output - flows.sum(axis=1)
    np.testing.assert_allclose(found.participants["embodied_inside_share"], held, rtol=1e-9)
    assert found.formation["autonomy"] == pytest.approx((held * final).sum() / final.sum())

    # Entrainment: demand for the core, spread by output, goes back to suppliers; costs go on to buyers.
    spread = np.where(core, output, 0) / output[core].sum()
    pulled, pushed = rounds(bought_from, spread) - spread, rounds(sold_on.T, spread) - spread
    np.testing.assert_allclose(found.participants["entrainment"], pulled, atol=1e-12)
    np.testing.assert_allclose(found.participants["push"], pushed, atol=1e-12)
    assert found.formation["core_pull"] == pytest.approx(pulled[~core].sum(), abs=1e-12)
    assert found.formation["core_push"] == pytest.approx(pushed[~core].sum(), abs=1e-12)
    called = rounds(bought_from, np.where(core, final, 0)) - np.where(core, final, 0)
    share = called[~core].sum() / output[~core].sum()
    assert found.formation["periphery_entrained_share"] == pytest.approx(share, abs=1e-12)
    assert found.formation["core_supply_share"] == pytest.approx(flows[core].sum() / flows.sum())


@pytest.mark.parametrize("seed", range(6))
def test_downstream_control_stops_what_has_passed(seed: int) -> None:
    """Of j's throughflow, the part that went through i: all of it less what still comes when i is dry."""
    flows, output, added = productive(seed)
    n = len(flows)
    found = measured(flows, output, added, np.arange(n) < 2).participants["downstream_control"]
    entered = output - flows.sum(axis=0)
    sold_on = flows / output[:, None]
    for i in range(n):
        dry = sold_on.copy()
        dry[i] = 0
        still = rounds(dry.T, entered)
        part = (output - still) / output * added
        assert found[i] == pytest.approx((part.sum() - part[i]) / added.sum(), abs=1e-9)


SCALED = {
    "output", "internal_supply", "sales_outside", "purchases_outside", "self_supply", "bought_inside",
    "total_throughflow",
    "rd_per_employee", "rd_per_employee_low", "rd_per_employee_high",
    "value_added_per_employee", "value_added_per_employee_low", "value_added_per_employee_high",
}  # fmt: skip


def tables(years: tuple[int, ...] = (2021,)) -> dict[str, pd.DataFrame]:
    return frames(clusters=2, members=8, years=years, seed=3)


def renamed(given: dict[str, pd.DataFrame], name: Any) -> dict[str, pd.DataFrame]:
    out = {key: frame.copy() for key, frame in given.items()}
    for table, column in (
        ("participants", "participant_id"),
        ("activity", "participant_id"),
        ("links", "supplier_id"),
        ("links", "buyer_id"),
    ):
        out[table][column] = [who if who == "outside" else name(who) for who in out[table][column]]
    return out


def analysed(given: dict[str, pd.DataFrame], **options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    graph = SupplyGraph.from_tables(given)
    chosen = Settings(**{"nulls": 9, "workers": 1, **options})
    result = analyze_graph(graph, chosen, only=everywhere(graph))
    return result.formations, result.participants


@cache
def plain(weights: str = "relative") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is measured of `tables` as they are, for tests that change neither frame."""
    return analysed(tables(), core_weights=weights)


def numbers(frame: pd.DataFrame, leave: set[str] | None = None) -> pd.DataFrame:
    chosen = [
        name
        for name in frame.columns
        if pd.api.types.is_numeric_dtype(frame[name]) and name not in (leave or set())
    ]
    return frame[chosen].astype(float)


def test_the_number_of_workers_and_the_order_of_rows_change_nothing() -> None:
    given = tables((2021, 2022))
    one = analysed(given)
    shuffled = {name: frame.sample(frac=1, random_state=2) for name, frame in given.items()}
    for other in (analysed(given, workers=2), analysed(given, workers=4)):
        pd.testing.assert_frame_equal(other[0], one[0])
        pd.testing.assert_frame_equal(other[1], one[1])
    pd.testing.assert_frame_equal(analysed(shuffled)[0], one[0], rtol=1e-12)


def test_names_do_not_matter() -> None:
    """Reversing the order of the ids changes no figure; the core is renamed."""
    given = tables()
    formations, people = plain()
    turn = {str(who): f"z{99 - k:02d}" for k, who in enumerate(given["participants"]["participant_id"])}
    other, others = analysed(renamed(given, turn.__getitem__))
    pd.testing.assert_frame_equal(numbers(other), numbers(formations), rtol=1e-9)
    cores = [{turn[who] for who in core.split(";")} for core in formations["core_members"]]
    assert cores == [set(core.split(";")) for core in other["core_members"]]
    people = people.assign(participant_id=[turn[who] for who in people["participant_id"]])
    key = ["cluster_id", "participant_id"]
    left, right = (numbers(frame.set_index(key).sort_index()) for frame in (people, others))
    pd.testing.assert_frame_equal(left, right, rtol=1e-9)


@pytest.mark.parametrize("weights", ["relative", "raw"])
@pytest.mark.parametrize("factor", [1e-6, 1e-3, 90.0, 1e9])
def test_the_unit_of_money_does_not_matter(factor: float, weights: str) -> None:
    given = tables()
    scaled = {name: frame.copy() for name, frame in given.items()}
    scaled["links"]["value"] *= factor
    for name in ("output", "purchases", "value_added", "rd_expenses"):
        scaled["activity"][name] *= factor
    formations, people = plain(weights)
    other, others = analysed(scaled, core_weights=weights)
    pd.testing.assert_frame_equal(numbers(other, SCALED), numbers(formations, SCALED), rtol=1e-7)
    for name in ("supplier_coreness", "buyer_coreness"):  # raw u and v are in the root of the unit each
        others[name] /= np.sqrt(factor) if weights == "raw" else 1.0
    pd.testing.assert_frame_equal(numbers(others, SCALED), numbers(people, SCALED), rtol=1e-7)


def test_two_products_are_one_link() -> None:
    given = tables()
    half = given["links"].assign(value=given["links"]["value"] / 2)
    split = {
        **given,
        "links": pd.concat([half.assign(product_code="01"), half.assign(product_code="02")]),
    }
    pd.testing.assert_frame_equal(numbers(analysed(split)[0]), numbers(plain()[0]), rtol=1e-12)


def test_a_cluster_is_the_same_under_another_name() -> None:
    given = tables()
    first = given["participants"][given["participants"]["cluster_id"] == "C0"]
    mine = set(first["participant_id"])
    links = given["links"]
    touching = links["supplier_id"].isin(mine) | links["buyer_id"].isin(mine)
    copy = renamed(
        {
            "participants": first.assign(cluster_id="COPY"),
            "links": links[touching],
            "activity": given["activity"][given["activity"]["participant_id"].isin(mine)],
        },
        lambda who: f"copy{who}",
    )
    both = {name: pd.concat([given[name], copy[name]]) for name in copy}
    table = analysed(both)[0].set_index("cluster_id")
    figures = numbers(table, {name for name in table.columns if name.endswith(("_fdr", "_holm"))})
    copied, original = figures.loc[["COPY"]], figures.loc[["C0"]]
    np.testing.assert_allclose(copied, original, rtol=1e-12)


def test_an_isolated_participant_changes_no_flow() -> None:
    given = tables()
    # Of a firm an output would be missing, and with it the whole that passes.
    stranger = pd.DataFrame(
        [{"participant_id": "0zz", "cluster_id": "C0", "name": "Z", "role": "university"}]
    )
    more = {**given, "participants": pd.concat([given["participants"], stranger])}
    before, after = (found.set_index("cluster_id").loc["C0"] for found in (plain()[0], analysed(more)[0]))
    assert after["core_isolates"] == before["core_isolates"] + 1
    assert after["core_components"] == before["core_components"]
    for name in (
        "finn_cycling_index", "total_throughflow", "circulation_share", "strongly_connected_share",
        "trophic_incoherence", "autonomy", "average_path_length", "average_propagation_length",
        "rossa_centralisation", "lip_z", "core_members", "core_pull", "core_push", "reciprocity",
    ):  # fmt: skip
        expected = before[name]
        assert after[name] == (expected if isinstance(expected, str) else pytest.approx(expected)), name


def test_reversing_every_link_swaps_the_ends() -> None:
    for seed in range(6):
        flows, output, _ = productive(seed)
        n = len(flows)
        flows[np.arange(n - 1), np.arange(1, n)] += 0.5  # one part, so that one level is 0
        output = output + 5  # above sales and purchases alike, whichever way they run
        one, other = (measured(matrix, output, np.ones(n), output > 0) for matrix in (flows, flows.T))
        np.testing.assert_allclose(one.participants["upstreamness"], other.participants["downstreamness"])
        np.testing.assert_allclose(one.participants["downstreamness"], other.participants["upstreamness"])
        turned = other.participants["stage"].max() - other.participants["stage"]
        np.testing.assert_allclose(one.participants["stage"], turned, atol=1e-9)
        for name in ("finn_cycling_index", "circulation_share", "trophic_incoherence", "stages"):
            assert one.formation[name] == pytest.approx(other.formation[name], abs=1e-9)


SHARES = (
    "finn_cycling_index", "circulation_share", "strongly_connected_share", "trophic_incoherence", "autonomy",
    "core_output_share", "core_supply_share", "periphery_entrained_share", "rossa_centralisation",
    "core_p_degree", "core_p_density",
)  # fmt: skip
PAIRS = [(i, j) for i in "abcdef" for j in "abcdef" if i != j]
SHAPES: dict[str, list[tuple[str, str, float]]] = {
    "none": [],
    "one link": [("a", "b", 5.0)],
    "star": [("a", buyer, 5.0) for buyer in "bcdef"],
    "star both ways": [("a", buyer, 5.0) for buyer in "bcdef"] + [(buyer, "a", 2.0) for buyer in "bcdef"],
    "two parts": [("a", "b", 5.0), ("b", "c", 2.0), ("c", "a", 1.0), ("d", "e", 3.0), ("e", "f", 4.0)],
    "two cycles": [(i, j, 3.0) for i, j in ("ab", "bc", "ca", "de", "ef", "fd")],
    "one way": [(i, j, 2.0) for i in "abc" for j in "def"],
    "complete, alike": [(i, j, 1.0) for i, j in PAIRS],
    "complete": [(i, j, 1.0 + abs(ord(i) - ord(j))) for i, j in PAIRS],
    "very unequal": [("a", "b", 1e12), ("b", "a", 1e-9), ("b", "c", 1.0), ("c", "a", 1e3), ("d", "b", 7.0)],
}
REPORTED: dict[str, Any] = {
    "no activity": None,
    "all unknown": {who: {"output": None, "value_added": None} for who in "abcdef"},
    "ample": {who: {"output": 1e13, "value_added": 1e12} for who in "abcdef"},
    "no output": {who: {"output": 0.0, "value_added": 0.0} for who in "abcdef"},
    "below sales": {who: {"output": 0.5, "value_added": 0.1} for who in "abcdef"},
}


def number(found: Measured, name: str) -> float:
    value = found.formation[name]
    assert isinstance(value, float), (name, value)
    return value


@pytest.mark.parametrize("activity", REPORTED)
@pytest.mark.parametrize("shape", SHAPES)
def test_degenerate_formations_stay_in_range_and_say_why(shape: str, activity: str) -> None:
    graph = supply_graph("abcdef", [*SHAPES[shape], ("f", "outside", 1e-3)], REPORTED[activity])
    [whole] = graph.formations()
    for method, weights in (
        ("eq4", "relative"),
        ("eq2", "binary"),
        ("lip", "relative"),
        ("minres", "binary"),
    ):
        chosen: Any = {"core_method": method, "core_weights": weights}
        found = measure_all(whole, Settings(nulls=9 if weights == "relative" else 0, **chosen), graph)
        for name in SHARES:
            value = number(found, name)
            assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9, (name, value)
        codes = {finding.code for finding in found.findings}
        fit = number(found, "core_fit")
        if np.isnan(fit) and method in ("eq4", "eq2"):
            assert codes & {"core_too_few", "core_no_links", "core_no_contrast"}
            assert not is_known(found.formation["core_members"])
            assert not known_cells(found.participants["in_core"]).any()
        assert np.isnan(fit) or -1 <= fit <= 1 + 1e-12
        if np.isnan(number(found, "finn_cycling_index")) and shape != "none":
            assert "throughflow_contradicted" in codes
        if np.isnan(number(found, "autonomy")):
            reasons = [gap.code for gap in found.gaps if gap.column == "autonomy"]
            assert any(code.startswith("autonomy_") for code in reasons)


def test_p_is_never_zero_and_repeats() -> None:
    """A planted core of 5 of 14 that no replicate reaches: p is 1 / (1 + R), not 0."""
    rng = np.random.default_rng(1)
    chance = np.full((14, 14), 0.08)
    chance[:5, :5] = 0.95
    flows = np.where(rng.random((14, 14)) < chance, rng.lognormal(1, 0.3, (14, 14)), 0.0)
    np.fill_diagonal(flows, 0)
    nulls: tuple[Literal["degree", "density"], ...] = ("degree", "density")
    for null in nulls:
        one, two = (
            significance(flows, null=null, replicates=19, rng=np.random.default_rng(4)) for _ in range(2)
        )
        assert one.p == two.p and np.array_equal(one.fits, two.fits)
        assert one.p == (1 + (one.fits >= one.observed - 1e-9).sum()) / 20
        assert 1 / 20 <= one.p < 1


def test_p_is_uniform_where_the_null_is_true() -> None:
    """100 networks of the density null itself: of 100 uniform p at most 0.16 leave the diagonal (α = .01)."""
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        flows = np.where(rng.random((12, 12)) < 0.25, rng.lognormal(1, 1, (12, 12)), 0.0)
        np.fill_diagonal(flows, 0)
        found.append(significance(flows, null="density", replicates=39, rng=rng).p)
    p = np.sort(found)
    assert p.min() >= 1 / 40
    distance = np.abs(p - np.arange(1, 101) / 100).max()
    assert distance < 1.63 / np.sqrt(100) + 1 / 40  # Kolmogorov's bound, and the grid of 40 values
