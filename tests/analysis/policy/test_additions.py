"""The fewest links to a target: by hand, and against every subset of links on small cases."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from clustercoop.analysis.policy.additions import fewest_links
from clustercoop.graph.errors import ParameterError


def most_through(pairs: list[tuple[int, int]], give: list[float], take: list[float]) -> float:
    """The largest flow over `pairs`, by augmenting paths."""
    import networkx as nx

    net: nx.DiGraph[str] = nx.DiGraph()
    net.add_nodes_from(["from", "to"])
    for i, j in pairs:
        net.add_edge("from", f"s{i}", capacity=give[i])
        net.add_edge(f"s{i}", f"b{j}", capacity=min(give[i], take[j]))
        net.add_edge(f"b{j}", "to", capacity=take[j])
    return float(nx.maximum_flow_value(net, "from", "to"))


@pytest.mark.parametrize("seed", range(40))
def test_no_smaller_set_will_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    give, take = (np.round(rng.exponential(5, n) * (rng.random(n) < 0.8), 1).tolist() for _ in range(2))
    every = [(i, j) for i in range(n) for j in range(n) if i != j]
    reachable = most_through(every, give, take)
    need = float(rng.uniform(0.3, 1.0)) * reachable
    plan = fewest_links(give, take, need)
    assert plan.reachable == pytest.approx(reachable)
    if need == 0:
        assert plan.links == ()
        return
    size = next(
        k
        for k in range(1, len(every) + 1)
        if any(most_through(list(some), give, take) >= need - 1e-9 for some in combinations(every, k))
    )
    assert plan.smallest and len(plan.links) == size
    for i in range(n):
        assert sum(v for s, _, v in plan.links if s == i) <= give[i] + 1e-6
        assert sum(v for _, b, v in plan.links if b == i) <= take[i] + 1e-6
    assert all(s != b for s, b, _ in plan.links)
    assert sum(v for *_, v in plan.links) == pytest.approx(need)


def test_the_largest_link_first_is_not_always_best() -> None:
    # Need 18. Largest first takes 0→2 with 9 and is left with 0→3 (1), 1→3 (7), 1→2 … : four links or more.
    # 0→3 with 10 and 1→2 with 8 are two, and one link moves 9 at most.
    plan = fewest_links([10, 8, 0, 0], [0, 0, 9, 10], 18)
    assert plan.smallest and len(plan.links) == 2


def test_out_of_reach_and_reached_already() -> None:
    far = fewest_links([5.0, np.nan], [np.nan, 3.0], 4.0)
    assert not far.found and far.links == () and far.reachable == 3
    assert fewest_links([5.0, 1.0], [1.0, 3.0], -2.0).found
    # One member alone has nobody to supply.
    assert not fewest_links([5.0], [5.0], 1.0).found
    with pytest.raises(ParameterError, match="of shape"):
        fewest_links([1.0], [1.0, 2.0], 1.0)
