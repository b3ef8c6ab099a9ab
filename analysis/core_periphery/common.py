"""What every core–periphery method takes and gives: links as edges, and the result of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.closedness.components import root_of
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bools, Floats, Int32s, Ints, Objects
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.settings import Weights

if TYPE_CHECKING:
    import networkx as nx
    import scipy.sparse as sp

    GraphLike: TypeAlias = "Edges | Formation | NDArray[Any] | sp.spmatrix | sp.sparray | nx.Graph[Any]"
else:  # networkx and scipy are imported by whoever has such a graph
    GraphLike = object

TYPICAL: Final = 0.1
"""Share of the median link at which a value's logarithm sets in: of recipes free of the unit, the one that
comes closest to planted cores on average (``python -m benchmarks.weightings``)."""


@dataclass(frozen=True, eq=False)
class Edges:
    """A directed weighted graph without self-links and parallel links, sorted by (src, dst).

    Attributes
    ----------
    n : int
        Participants, numbered 0 … n − 1.
    src, dst : array of int32, shape (m,)
        ``src`` supplied ``dst``.
    weight : array of float64, shape (m,)
        Positive values.
    ids : array of object, shape (n,)
        What the participants are called.
    """

    n: int
    src: Int32s
    dst: Int32s
    weight: Floats
    ids: Objects

    def values(self, weights: Weights) -> Floats:
        """Return what links enter a fit with, shape (m,).

        "relative": log(1 + w / (`TYPICAL` · median w)), the same in any unit; "log1p": log(1 + w), for
        counts; "raw": w itself; "binary": 1.
        """
        return entered(self.weight, weights, self.median)

    @cached_property
    def by_value(self) -> Ints:
        """The links from the least value, shape (m,)."""
        return np.argsort(self.weight)

    @cached_property
    def median(self) -> float:
        """The median link, 1 without any."""
        m = len(self.weight)  # np.median takes five times as long
        middle = self.weight[self.by_value[(m - 1) // 2 : m // 2 + 1]]
        return float(middle.sum()) / len(middle) if m else 1.0

    def symmetrised(self) -> Edges:
        """Return the undirected graph whose links have the larger value of both directions."""
        low = np.minimum(self.src, self.dst)
        high = np.maximum(self.src, self.dst)
        pair, inverse = np.unique(low.astype(np.int64) * self.n + high, return_inverse=True)
        largest = np.zeros(len(pair))
        np.maximum.at(largest, inverse, self.weight)
        one, other = pair // self.n, pair % self.n
        return _sorted(self.n, np.r_[one, other], np.r_[other, one], np.r_[largest, largest], self.ids)

    @cached_property
    def layout(self) -> Layout:
        """What the links say of who is linked with whom."""
        n, m = self.n, len(self.src)
        ends, partners = np.zeros(2 * n + 1, np.int64), np.empty(2 * m, np.int32)
        by_buyer, degree, by_degree = np.empty(m, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
        components = lay_out(self.src, self.dst, ends, partners, by_buyer, degree, by_degree)
        return Layout(ends, partners, by_buyer, degree, by_degree, components)

    @property
    def components(self) -> int:
        """Number of weakly connected components that hold a link."""
        return self.layout.components

    @property
    def isolates(self) -> Bools:
        """Participants without a link, shape (n,)."""
        return np.asarray(self.layout.degree == 0)


class Layout(NamedTuple):
    """Who is linked with whom, listed from both ends.

    Attributes
    ----------
    ends : array of int64, shape (2n + 1,)
        Where each participant's links begin and end: as supplier, then as buyer. Positions below m are links,
        those from m on are positions in `by_buyer`.
    partners : array of int32, shape (2m,)
        The buyer of each link, then the supplier of each of `by_buyer`: see `ends`.
    by_buyer : array of int64, shape (m,)
        The links in the order of their buyers, then suppliers.
    degree : array of int64, shape (n,)
        Links in and out of each participant.
    by_degree : array of int64, shape (n,)
        The participants by falling `degree`; equal ones by number.
    components : int
        Weakly connected components that hold a link.
    """

    ends: Ints
    partners: Int32s
    by_buyer: Ints
    degree: Ints
    by_degree: Ints
    components: int


@jit
def lay_out(
    src: Int32s, dst: Int32s, ends: Ints, partners: Int32s, by_buyer: Ints, degree: Ints, by_degree: Ints
) -> int:
    """Write what a `Layout` holds, `ends` given as 0; return its components."""
    n, m = degree.size, src.size
    for e in range(m):
        ends[src[e] + 1] += 1
        ends[n + dst[e] + 1] += 1
    for k in range(2 * n):
        ends[k + 1] += ends[k]
    free, root, larger = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(2 * n + 1, np.int64)
    components = 0
    for i in range(n):
        free[i], root[i] = ends[n + i], i
        degree[i] = ends[i + 1] - ends[i] + ends[n + i + 1] - ends[n + i]
        components += 1 if degree[i] > 0 else 0
        larger[2 * n - degree[i]] += 1
    for e in range(m):
        i, j, at = int(src[e]), int(dst[e]), free[dst[e]]
        partners[e], partners[at], by_buyer[at - m] = j, i, e
        free[j] = at + 1
        i, j = root_of(root, i), root_of(root, j)
        components -= 1 if i != j else 0
        root[j] = i
    for k in range(2 * n):
        larger[k + 1] += larger[k]
    for i in range(n - 1, -1, -1):
        larger[2 * n - degree[i]] -= 1
        by_degree[larger[2 * n - degree[i]]] = i
    return components


def entered(weight: Floats, weights: Weights, median: float) -> Floats:
    """Return what links of these values enter a fit with (see `Edges.values`), the typical value given."""
    if weights in ("relative", "log1p"):
        return np.asarray(np.log1p(weight / (TYPICAL * median) if weights == "relative" else weight))
    return weight if weights == "raw" else np.ones_like(weight)


def _sorted(n: int, src: NDArray[Any], dst: NDArray[Any], weight: NDArray[Any], ids: Objects) -> Edges:
    """Drop self-links and zeros, sum parallel links and sort."""
    key = np.asarray(src, np.int64) * n + np.asarray(dst, np.int64)
    keep = (np.asarray(src) != np.asarray(dst)) & (np.asarray(weight) != 0)
    pair, inverse = np.unique(key[keep], return_inverse=True)
    total = sum_by(inverse, np.asarray(weight, np.float64)[keep], len(pair))
    return Edges(n, (pair // n).astype(np.int32), (pair % n).astype(np.int32), total, ids)


def as_edges(graph: GraphLike, function: str = "as_edges") -> Edges:
    """Return any graph the methods accept as `Edges`.

    Parameters
    ----------
    graph : Formation, Edges, square array, scipy sparse matrix, or networkx graph
        Entry (i, j), or the edge i → j with its attribute ``weight`` (1 without), is what i supplied to j.
        An undirected networkx graph has every link both ways. The diagonal is left out.
    function : str
        Named in the error message.

    Raises
    ------
    ParameterError
        The array is not square, or a value is negative, infinite or NaN.

    Examples
    --------
    >>> edges = as_edges(np.array([[9.0, 2.0], [0.0, 0.0]]))
    >>> edges.n, edges.src.tolist(), edges.dst.tolist(), edges.weight.tolist()
    (2, [0], [1], [2.0])
    """
    if isinstance(graph, Edges):
        return graph
    if isinstance(graph, Formation):
        return Edges(graph.n, graph.src, graph.dst, graph.weight, graph.ids)
    given: Any = graph
    if hasattr(given, "is_directed"):  # networkx, without importing it for other input
        return _from_networkx(given, function)
    if hasattr(given, "tocoo"):
        coo = given.tocoo()
        shape, src, dst, weight = coo.shape, coo.row, coo.col, np.asarray(coo.data, np.float64)
    else:
        try:
            matrix = np.atleast_2d(np.asarray(given, dtype=np.float64))
        except (TypeError, ValueError):
            raise parameter_error("graph", function, "a graph or a square matrix of numbers", given) from None
        shape = matrix.shape
        src, dst = np.nonzero(matrix)
        weight = matrix[src, dst]
    if len(shape) != 2 or shape[0] != shape[1]:
        raise parameter_error("graph", function, "a graph or a square matrix", f"shape {shape}")
    n = int(shape[0])
    return _checked(n, src, dst, weight, np.arange(n).astype(object), function)


def _from_networkx(graph: Any, function: str) -> Edges:
    ids = np.empty(len(graph), dtype=object)
    ids[:] = list(graph.nodes)
    number = {node: i for i, node in enumerate(ids)}
    triples = [(number[a], number[b], float(w)) for a, b, w in graph.edges(data="weight", default=1)]
    if not graph.is_directed():
        triples += [(b, a, w) for a, b, w in triples if a != b]
    columns = np.array(triples, dtype=np.float64).reshape(-1, 3)
    src, dst = columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64)
    return _checked(len(ids), src, dst, columns[:, 2], ids, function)


def _checked(
    n: int, src: NDArray[Any], dst: NDArray[Any], weight: Floats, ids: Objects, function: str
) -> Edges:
    if not bool((np.isfinite(weight) & (weight >= 0)).all()):
        raise parameter_error("graph", function, "a graph with finite values ≥ 0", "others")
    return _sorted(n, src, dst, weight, ids)


def check_weights(weights: str, function: str) -> None:
    """Refuse an unknown way for link values to enter a fit."""
    if weights not in get_args(Weights):
        raise parameter_error("weights", function, f"one of {', '.join(get_args(Weights))}", weights)


@dataclass(frozen=True, eq=False, repr=False)
class CoreFit:
    """A core and how well it fits.

    Attributes
    ----------
    method : str
        Which fit, for people: "Borgatti–Everett eq. 4".
    ids : array of object, shape (n,)
        The participants.
    core : array of bool, shape (n,)
        Who is in the core. All False where no split is defined.
    fit : float
        Value of the method's criterion: a correlation or share (larger is better), or, for tiering and Lip,
        an error (smaller is better). NaN where no split is defined.
    margin : float
        How much worse the best *different* split is, ≥ 0; 0 where another split ties. For a search (``exact``
        False) it is an upper bound; NaN for continuous methods.
    ties : int
        Splits with this very fit, itself included: all of them where ``exact``, else those found.
    exact : bool
        Whether the optimum is proven.
    supplier, buyer : array of float64, shape (n,)
        Coreness u and v of continuous methods; NaN otherwise.
    edges : Edges
        The links that were fitted.
    settings : mapping
        The parameters that made it.
    """

    method: str
    ids: Objects
    core: Bools
    fit: float
    margin: float
    ties: int
    exact: bool
    supplier: Floats
    buyer: Floats
    edges: Edges = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what it holds, coreness where the method makes it; the links are left out."""
        made = self.buyer.size and not np.isnan(self.buyer).all()
        coreness = () if made else ("supplier", "buyer")
        names = [one.name for one in fields(self) if one.repr and one.name not in coreness]
        return f"CoreFit({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    @property
    def size(self) -> int:
        """Number of core members."""
        return int(self.core.sum())

    @property
    def components(self) -> int:
        """Number of weakly connected components that hold a link."""
        return self.edges.components

    @property
    def isolates(self) -> Bools:
        """Participants without a link, shape (n,)."""
        return self.edges.isolates

    @property
    def members(self) -> tuple[Any, ...]:
        """Ids of the core, in the order of the participants."""
        return tuple(self.ids[self.core])


def core_fit(
    edges: Edges,
    method: str,
    core: NDArray[Any],
    fit: float,
    *,
    margin: float = np.nan,
    ties: int = 1,
    exact: bool = False,
    supplier: Floats | None = None,
    buyer: Floats | None = None,
    **settings: Any,
) -> CoreFit:
    """Build a `CoreFit` with what every method says alike."""
    unknown = np.full(edges.n, np.nan)
    return CoreFit(
        method=method,
        ids=edges.ids,
        core=np.asarray(core, dtype=bool),
        fit=float(fit),
        margin=float(margin),
        ties=int(ties),
        exact=exact,
        supplier=unknown if supplier is None else supplier,
        buyer=unknown if buyer is None else buyer,
        edges=edges,
        settings=settings,
    )
