"""Linkages against published tables, extraction against its definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis.policy.linkages import by_sector, formation_linkages, linkages
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.model import SupplyGraph

# Germany 1995, six groups, million euro, as printed in the Eurostat Manual of Supply, Use and Input–Output
# Tables (2008), table 15.4: agriculture, industry, construction, trade, business services, other services.
GERMANY = [
    [1131, 25480, 1, 607, 710, 762],
    [7930, 304584, 64167, 41082, 11981, 30360],
    [426, 7334, 3875, 5296, 23457, 9155],
    [3559, 72717, 14190, 74399, 10835, 21008],
    [3637, 96115, 31027, 65755, 193176, 34223],
    [1552, 14986, 1747, 11225, 15058, 22070],
]
OUTPUT = [43910, 1079446, 245606, 540063, 692487, 508918]


def test_backward_linkages_of_the_manual() -> None:
    found = linkages(GERMANY, OUTPUT)
    np.testing.assert_allclose(found.backward, [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782], rtol=1e-3)


def test_forward_linkages_of_the_manual() -> None:
    # The manual prints 1.6691 for industry; from its own table it is 1.691, with digits in another order.
    found = linkages(GERMANY, OUTPUT)
    np.testing.assert_allclose(found.forward, [2.1126, 1.6909, 1.3558, 1.5848, 2.1037, 1.2106], rtol=1e-3)


def test_extraction_from_a_printed_inverse() -> None:
    """Miller and Blair's two sectors print L = [1.254 .330; .264 1.122]: x_j Σ_i L_ij / L_jj."""
    found = linkages([[150, 500], [200, 100]], [1000, 2000])
    printed = [1000 * (1.254 + 0.264) / 1.254, 2000 * (0.330 + 1.122) / 1.122]
    np.testing.assert_allclose(found.extraction, printed, rtol=1e-3)


def test_extraction_is_what_is_gone_when_row_and_column_go() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        n = int(rng.integers(1, 9))
        flows = rng.exponential(1.0, (n, n)) * (rng.random((n, n)) < 0.6)
        output = np.maximum(flows.sum(axis=0), flows.sum(axis=1)) * rng.uniform(1.05, 3, n) + 0.1
        found, final = linkages(flows, output), output - flows.sum(axis=1)
        inputs = flows / output
        for j in range(n):
            rest = np.delete(np.arange(n), j)
            left = np.linalg.solve(np.eye(n - 1) - inputs[np.ix_(rest, rest)], final[rest]) if n > 1 else 0.0
            assert found.extraction[j] == pytest.approx(output.sum() - np.sum(left))


def test_kinds() -> None:
    # A chain: the first sells all to the second, the second to the third.
    found = linkages([[0, 10, 0], [0, 0, 20], [0, 0, 0]], [10, 20, 30])
    assert found.backward.tolist() == pytest.approx([1, 1.5, 2])  # 10/20; 20/30 of 1.5
    assert found.forward.tolist() == pytest.approx([3, 2, 1])
    assert found.kind.tolist() == ["dependent on demand", "independent", "dependent on supply"]
    even = linkages([[0, 5], [5, 0]], [10, 10])
    assert even.kind.tolist() == ["independent", "independent"]
    with pytest.raises(ParameterError):
        linkages([[0, 10], [10, 0]], [10, 10])


def test_of_a_formation_and_its_sectors() -> None:
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ["a", "b", "c", "d"],
                    "cluster_id": "k",
                    "industry_code": ["24.1", "24.2", "28", "62"],
                }
            ),
            "links": pd.DataFrame(
                {"year": 2022, "supplier_id": ["a", "b"], "buyer_id": ["b", "c"], "value": [10.0, 20.0]}
            ),
            "activity": pd.DataFrame(
                {"participant_id": ["a", "b", "c"], "year": 2022, "output": [10.0, 20.0, 30.0]}
            ),
        }
    )
    formation = graph.formation("k", 2022)
    found, why, _ = formation_linkages(formation, graph)
    assert found is not None and not why
    assert found.backward.tolist() == pytest.approx([1, 1.5, 2, 1])
    # Without c nobody buys from b, and so nobody from a; without b, a sells nothing and c buys elsewhere.
    assert found.extraction.tolist() == pytest.approx([10, 10 + 20, 10 + 20 + 30, 0])
    names, flows, output, members = by_sector(formation, np.array(["24", "24", "28", "62"], dtype=object))
    assert names.tolist() == ["24", "28", "62"] and members.tolist() == [2, 1, 1]
    assert flows.tolist() == [[10, 20, 0], [0, 0, 0], [0, 0, 0]]
    assert output[:2].tolist() == [30, 30] and np.isnan(output[2])
