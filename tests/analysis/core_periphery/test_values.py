"""Published values of core–periphery fits, reproduced.

Baker's 20 journals (1985–86, citations from row to column) are in Boyd et al. (2010), Social Networks 32,
125–137; the published partitions in Estévez & Nordlund (2025), Social Networks 81, 31–51.
"""

from __future__ import annotations

from typing import Literal

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.borgatti_everett import borgatti_everett
from clustercoop.analysis.core_periphery.common import CoreFit
from clustercoop.analysis.core_periphery.lip import lip
from clustercoop.analysis.core_periphery.minres import minres
from clustercoop.analysis.core_periphery.significance import significance
from clustercoop.analysis.core_periphery.tiering import tiering
from tests.places import SHARED

DATA = SHARED
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not in ../shared/data")

Matrix = NDArray[np.float64]


def baker() -> tuple[list[str], Matrix]:
    frame = pd.read_csv(DATA / "core_periphery" / "baker_valued.csv", index_col=0)
    matrix = frame.to_numpy(np.float64)
    np.fill_diagonal(matrix, 0)
    return list(frame.columns), matrix


def symmetrised(matrix: Matrix) -> Matrix:
    return np.maximum(matrix, matrix.T)


def names(fit: CoreFit, ids: list[str]) -> set[str]:
    return {ids[i] for i in fit.members}


# fit, members: METHODS' sources print .54, .860, .826.
BAKER: list[tuple[Literal["2", "4"], bool, float, str]] = [
    ("2", True, 0.5400, "CYSR JSWE SCW SSR SW"),
    ("4", True, 0.8596, "CW CYSR JSWE SCW SSR SW SWRA"),
    ("4", False, 0.8256, "CW JSWE SCW SSR SW SWRA"),
]


@pytest.mark.parametrize(("equation", "joined", "value", "core"), BAKER)
def test_baker_discrete(equation: Literal["2", "4"], joined: bool, value: float, core: str) -> None:
    ids, matrix = baker()
    fit = borgatti_everett(matrix, equation=equation, weights="binary", directed=not joined)
    assert fit.fit == pytest.approx(value, abs=5e-5)
    assert names(fit, ids) == set(core.split())
    assert fit.exact and fit.ties == 1 and fit.margin > 0


def test_baker_continuous_equation_5() -> None:
    """Published .917 on citations, the larger of both directions."""
    _, matrix = baker()
    fit = borgatti_everett(matrix, equation="5", weights="raw", directed=False)
    assert fit.fit == pytest.approx(0.9175, abs=5e-5)


def test_baker_minres() -> None:
    """Published PRE .586 with one coreness and .665 with two, on log10(x + 1); a factor changes no PRE."""
    _, matrix = baker()
    assert minres(matrix, weights="log1p", symmetric=True).fit == pytest.approx(0.5857, abs=5e-5)
    assert minres(matrix, weights="log1p").fit == pytest.approx(0.6653, abs=5e-5)
    assert minres(np.log10(matrix + 1), weights="raw").fit == pytest.approx(
        minres(matrix, weights="log1p").fit, abs=1e-9
    )


def test_baker_lip() -> None:
    """Ordered pairs: 87 + 6 · 5 − (sum of the six largest total degrees, 107) = 10, so Z = 5."""
    _, matrix = baker()
    degree = np.sort((matrix > 0).sum(axis=0) + (matrix > 0).sum(axis=1))[::-1]
    assert (matrix > 0).sum() == 87 and degree[:6].sum() == 107
    assert lip(matrix).fit == 5


def test_baker_tiering() -> None:
    """11 errors (1 missing in the core, 10 present outside) on 87 links; 17 of 16 · 15 periphery cells."""
    ids, matrix = baker()
    links = tiering(matrix)
    assert links.fit == pytest.approx(11 / 87)
    assert names(links, ids) == set("SW SCW SSR JSWE CW".split())
    density = tiering(matrix, score="density")
    assert density.fit == pytest.approx(17 / 240)
    assert names(density, ids) == set("SW SCW SSR CW".split())


def published(network: str) -> pd.DataFrame:
    frame = pd.read_csv(DATA / "core_periphery" / "published_fits.csv")
    plain = (frame["network"] == network) & (frame["pcore"] == "com") & (frame["intercategorical"] == "dnc")
    found = frame[plain]
    assert len(found) > 0
    return found


def partition(text: str) -> NDArray[np.bool_]:
    return np.array([cell == "0" for cell in text.strip("()").split(";")])


@pytest.mark.parametrize(("network", "file"), [("befig1", "befig1.txt"), ("baker", "baker.txt")])
def test_published_partitions(network: str, file: str) -> None:
    """0 marks the core; "com" with "dnc" (cross blocks not compared) is equation 4."""
    matrix = pd.read_csv(DATA / "core_periphery" / file, sep="\t", index_col=0).to_numpy(np.float64)
    np.fill_diagonal(matrix, 0)
    fit = borgatti_everett(matrix, weights="binary")
    for row in published(network).itertuples():
        assert fit.fit == pytest.approx(float(str(row.gof)), abs=5e-5)
        assert np.array_equal(fit.core, partition(str(row.partition)))


def test_figure_1_of_borgatti_and_everett() -> None:
    """Eq. 2 is .4752 for the drawn core 1–4, but .5324 for 2–4: the figure is no optimum of eq. 2."""
    matrix = pd.read_csv(DATA / "core_periphery" / "befig1.txt", sep="\t", index_col=0).to_numpy(np.float64)
    four = borgatti_everett(matrix, weights="binary")
    assert four.members == (0, 1, 2, 3) and four.fit == pytest.approx(1.0)
    two = borgatti_everett(matrix, equation="2", weights="binary")
    assert two.members == (1, 2, 3) and two.fit == pytest.approx(0.5324, abs=5e-5)
    inside = np.zeros(10)
    inside[:4] = 1
    pattern = np.maximum.outer(inside, inside)
    off = ~np.eye(10, dtype=bool)
    assert np.corrcoef(matrix[off], pattern[off])[0, 1] == pytest.approx(0.4752, abs=5e-5)


def test_karate_club() -> None:
    """Best known: eq. 4 .5432, eq. 2 .4315, Lip Z 23."""
    club = nx.karate_club_graph()
    assert borgatti_everett(club, weights="binary").fit == pytest.approx(0.5432, abs=5e-5)
    assert borgatti_everett(club, weights="binary", equation="2").fit == pytest.approx(0.4315, abs=5e-5)
    assert lip(club).fit == 23


def test_florentine_families() -> None:
    """Eq. 2 exact .3299 {Medici, Strozzi, Guadagni}, Lip Z 9."""
    families = nx.florentine_families_graph()
    fit = borgatti_everett(families, weights="binary", equation="2")
    assert fit.fit == pytest.approx(0.3299, abs=5e-5) and fit.exact
    assert set(fit.members) == {"Medici", "Strozzi", "Guadagni"}
    assert lip(families).fit == 9


def test_printing_cluster() -> None:
    """A real industrial cluster: 26 printing firms of Kecskemét in 2012, advice ties (Juhász 2021).

    There is no published core. Nine firms form one that a long search does not better; it is clearer than
    ties at random (p = .005, the least that 199 replicates can say) and no clearer than the firms' numbers
    of ties make it.
    """
    frame = pd.read_csv(DATA / "printing_cluster_2012" / "network_data.csv", sep=";", index_col=0)
    matrix = frame.to_numpy(np.float64)
    np.fill_diagonal(matrix, 0)
    assert matrix.shape == (26, 26)
    fit = borgatti_everett(matrix, weights="binary")
    assert names(fit, list(frame.columns)) == set("P11 P13 P15 P16 P17 P18 P20 P26 P30".split())
    assert fit.fit == pytest.approx(0.5784, abs=5e-5) and 0 < fit.margin < 0.01
    assert borgatti_everett(matrix, weights="binary", kicks=2000).fit == pytest.approx(fit.fit, abs=1e-12)
    density = significance(matrix, null="density", weights="binary", replicates=199)
    degree = significance(matrix, null="degree", weights="binary", replicates=199)
    assert density.p == pytest.approx(1 / 200)
    assert degree.p > 0.1
