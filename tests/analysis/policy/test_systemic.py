"""Systemic risk: cases by hand, and a slow oracle of plain loops on random networks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis.policy.systemic import Supply, formation_supply, supply_of, systemic_risk
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.model import SupplyGraph


def slow(
    flows: list[list[float]],
    output: list[float],
    product: list[int],
    essential: list[list[bool]],
    spent: list[list[float]],
    whole: list[float],
    stopped: int,
) -> tuple[float, float, float]:
    """The definition written out: who makes what part of its output, round after round."""
    n = len(output)
    psi = [0.0 if i == stopped else 1.0 for i in range(n)]
    down, up = psi[:], psi[:]
    for _ in range(20000):
        sigma = []
        for i in range(n):
            left = sum(output[k] * down[k] for k in range(n) if product[k] == product[i])
            sigma.append(1.0 if left <= output[i] else output[i] / left)
        new = []
        for j in range(n):
            can, other = psi[j], 0.0
            scarce: dict[int, float] = {}
            for i in range(n):
                if flows[i][j] == 0:
                    continue
                missing = sigma[i] * flows[i][j] * (1 - down[i])
                if essential[i][j]:
                    part = missing / spent[j][product[i]]
                    scarce[product[i]] = scarce.get(product[i], 0.0) + part
                else:
                    other += missing / whole[j]
            for lost in (*scarce.values(), other):
                can = min(can, 1 - lost)
            new.append(max(can, 0.0))
        moved = max(abs(a - b) for a, b in zip(new, down, strict=True))
        down = new
        if moved < 1e-10:
            break
    for _ in range(20000):
        new = [
            max(
                0.0,
                min(psi[i], 1 - sum(flows[i][j] / output[i] * (1 - up[j]) for j in range(n) if flows[i][j])),
            )
            for i in range(n)
        ]
        moved = max(abs(a - b) for a, b in zip(new, up, strict=True))
        up = new
        if moved < 1e-10:
            break
    total = sum(output)
    both = sum(x * (1 - min(a, b)) for x, a, b in zip(output, down, up, strict=True)) / total
    below = sum(x * (1 - a) for x, a in zip(output, down, strict=True)) / total
    above = sum(x * (1 - b) for x, b in zip(output, up, strict=True)) / total
    return both, below, above


def random_supply(
    rng: np.random.Generator,
) -> tuple[Supply, list[list[float]], list[list[float]], list[float]]:
    n, kinds = int(rng.integers(2, 7)), int(rng.integers(1, 5))
    flows = np.where(rng.random((n, n)) < rng.uniform(0.1, 0.6), rng.lognormal(0, 1.5, (n, n)), 0.0)
    np.fill_diagonal(flows, 0)
    output = flows.sum(axis=1) * rng.uniform(1, 2, n) + rng.exponential(1.0, n)
    product = rng.integers(0, kinds, n)
    needs = rng.random((kinds, kinds)) < rng.random()
    outside = np.where(rng.random((n, kinds + 1)) < 0.4, rng.exponential(2.0, (n, kinds + 1)), 0.0)
    purchases = np.where(rng.random(n) < 0.5, flows.sum(axis=0) * 1.5, np.nan)
    src, dst = np.nonzero(flows)
    buyer, code = np.nonzero(outside)
    network = supply_of(
        src,
        dst,
        flows[src, dst],
        output,
        product,
        needs[product[src], product[dst]],
        (buyer, code, outside[buyer, code]),
        purchases,
    )
    spent = [[float(flows[product == k, j].sum() + outside[j, k]) for k in range(kinds)] for j in range(n)]
    recorded = flows.sum(axis=0) + outside.sum(axis=1)
    whole = [float(r if np.isnan(p) else max(r, p)) for r, p in zip(recorded, purchases, strict=True)]
    return network, flows.tolist(), spent, whole


def test_random_networks_against_plain_loops() -> None:
    for seed in range(200):
        network, flows, spent, whole = random_supply(np.random.default_rng(seed))
        n = network.n
        needed = np.zeros((n, n), bool)
        needed[network.src, network.dst] = network.essential
        found = np.array(network.lost(np.eye(n, dtype=bool)))
        for stopped in {0, n - 1}:
            told = slow(
                flows,
                network.output.tolist(),
                network.product.tolist(),
                needed.tolist(),
                spent,
                whole,
                stopped,
            )
            np.testing.assert_allclose(found[:, stopped], told, atol=1e-8, err_msg=f"seed {seed}, {stopped}")


def test_replaceable_suppliers() -> None:
    # Two make screws, 10 each; the machine builder buys 5 of one. When that one stops, its market share is
    # 10 of the 10 that are left, so nobody can step in for all of it: σ = 1, and the buyer stops.
    flows = [[0, 0, 5], [0, 0, 0], [0, 0, 0]]
    assert systemic_risk(flows, [10, 10, 20], ["screw", "screw", "lathe"])[0] == pytest.approx(30 / 40)
    # With two other makers of 10 each, σ = 10/20: half is replaced, the buyer keeps half of its output.
    more = np.zeros((4, 4))
    more[0, 3] = 5
    risk = systemic_risk(more, [10, 10, 10, 20], ["screw", "screw", "screw", "lathe"])
    assert risk[0] == pytest.approx((10 + 10) / 50)


def test_inputs_that_are_not_essential_cost_their_share() -> None:
    # The buyer spends 2 on a service and 8 on steel: without the service it keeps 1 − 2/10.
    flows = np.array([[0, 0, 2.0], [0, 0, 8.0], [0, 0, 0]])
    needed = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]], bool)
    risk = systemic_risk(flows, [5, 10, 20], ["62", "24", "28"], needed)
    assert risk[0] == pytest.approx((5 + 0.2 * 20) / 35)
    assert risk[1] == pytest.approx((10 + 20) / 35)
    # When the buyer stops, the suppliers lose 2/5 and 8/10 of their sales.
    assert risk[2] == pytest.approx((20 + 2 + 8) / 35)


def test_order_and_scale_do_not_matter() -> None:
    network, flows, *_ = random_supply(np.random.default_rng(7))
    matrix, product = np.array(flows), [str(p) for p in network.product]
    risk = systemic_risk(matrix, network.output, product)
    order = np.random.default_rng(1).permutation(network.n)
    again = systemic_risk(
        1000 * matrix[np.ix_(order, order)], 1000 * network.output[order], [product[i] for i in order]
    )
    np.testing.assert_allclose(again, risk[order], atol=1e-9)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least what is supplied"):
        systemic_risk([[0, 5], [0, 0]], [4, 1], ["a", "b"])
    with pytest.raises(ParameterError, match="of length 2"):
        systemic_risk([[0, 5], [0, 0]], [9, 1], ["a"])
    with pytest.raises(ParameterError, match="of shape"):
        systemic_risk([[0, 5], [0, 0]], [9, 1], ["a", "b"], [[True]])
    kept = np.array([[3.0, 5.0], [0.0, 0.0]])
    systemic_risk(kept, [9, 1], ["a", "b"])
    assert kept[0, 0] == 3.0
    assert np.isnan(systemic_risk(np.zeros((2, 2)), [0, 0], ["a", "b"])).all()


def cluster(output: list[float | None], codes: list[str | None]) -> SupplyGraph:
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ["a", "b", "c", "x"],
                    "cluster_id": ["k", "k", "k", None],
                    "industry_code": [*codes, "24.10"],
                }
            ),
            "links": pd.DataFrame(
                {
                    "year": 2022,
                    "supplier_id": ["a", "b", "x"],
                    "buyer_id": ["b", "c", "b"],
                    "value": [30.0, 40.0, 10.0],
                }
            ),
            "activity": pd.DataFrame({"participant_id": ["a", "b", "c"], "year": 2022, "output": output}),
        }
    )


def test_a_formation() -> None:
    tables = cluster([60.0, 80.0, 60.0], ["24.10", "25.62", "62.01"]).to_tables()
    tables["activity"] = tables["activity"].assign(purchases=[np.nan, np.nan, 40.0])
    graph = SupplyGraph.from_tables(tables)
    network, why, _ = formation_supply(graph.formation("k", 2022), graph, load_thresholds())
    assert network is not None and not why
    down, up = network.left(np.eye(3, dtype=bool))
    # b buys 40 of steel, 30 of them from a: without a (all that members make of it) 1/4 of b is left.
    # c, an IT firm, has no essential input: it loses what b no longer makes of its 40 purchases.
    assert down[0].tolist() == pytest.approx([0, 0.25, 0.25])
    # Without c, b loses 40 of its 80 in sales, and a half of the 30 of 60 that it sold to b.
    assert up[2].tolist() == pytest.approx([0.75, 0.5, 0])


@pytest.mark.parametrize(
    ("output", "codes", "why", "who"),
    [
        ([60.0, None, 60.0], ["24", "25", "62"], "systemic_output_unknown", "b"),
        ([20.0, 80.0, 60.0], ["24", "25", "62"], "systemic_above_output", "a"),
        ([60.0, 80.0, 60.0], ["24", None, "62"], "systemic_industry_unknown", "b"),
    ],
)
def test_what_cannot_be_told(output: list[float | None], codes: list[str | None], why: str, who: str) -> None:
    graph = cluster(output, codes)
    formation = graph.formation("k", 2022)
    network, told, at = formation_supply(formation, graph, load_thresholds())
    assert network is None and told == why
    assert formation.ids[at].tolist() == [who]


def test_purchases_that_links_do_not_tell() -> None:
    """c, an IT firm, buys 40 from b: half of 80, given or left by 100 − 20; else of what is unknown."""
    tables = cluster([60.0, 80.0, 100.0], ["24.10", "25.62", "62.01"]).to_tables()
    tables["links"] = tables["links"].query("supplier_id != 'x'")
    lost = []
    for purchases, value_added in ((80.0, None), (None, 20.0), (None, None), (None, 0.0)):
        work = tables["activity"].assign(
            purchases=pd.Series([90.0, 30.0, purchases]),
            value_added=pd.Series([None, None, value_added]),
        )
        graph = SupplyGraph.from_tables({**tables, "activity": work})
        formation = graph.formation("k", 2022)
        network, why, at = formation_supply(formation, graph, load_thresholds())
        if network is None:
            lost.append((why, formation.ids[at].tolist()))
        else:
            lost.append(network.left(np.eye(3, dtype=bool))[0][1].tolist())
    unknown = ("systemic_purchases_unknown", ["c"])
    assert lost == [[1.0, 0.0, 0.5], [1.0, 0.0, 0.5], unknown, unknown]


def test_purchases_known_of_nobody() -> None:
    """Links tell what c buys in all where they tell what it buys outside, not where they do of b alone."""
    graph = cluster([60.0, 80.0, 60.0], ["24.10", "25.62", "62.01"])
    network, why, at = formation_supply(graph.formation("k", 2022), graph, load_thresholds())
    assert network is None and why == "systemic_purchases_unknown" and at.tolist() == [False, False, True]
    tables = graph.to_tables()
    tables["links"] = tables["links"].assign(
        buyer_id=["b", "c", "c"]
    )  # x supplies 10 to c now, a fifth of its 50
    graph = SupplyGraph.from_tables(tables)
    network, why, _ = formation_supply(graph.formation("k", 2022), graph, load_thresholds())
    assert network is not None and network.left(np.eye(3, dtype=bool))[0][1].tolist() == [
        1.0,
        0.0,
        pytest.approx(0.2),
    ]
