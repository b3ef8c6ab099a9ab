r"""Systemic risk of a participant: the output that is lost when it stops, after the loss has spread.

A shock goes two ways until nothing changes any more. Downstream, a buyer makes what its scarcest essential
input allows, and loses in proportion to what it lacks of the others; upstream, a supplier loses the part of
its sales that the buyer no longer takes. With W_ij the supply of i to j, x_i the output, p_i the product and
h the part of its output that a participant still makes,

.. math::

    \sigma_i &= \min\Bigl(1, \frac{x_i}{\sum_{l: p_l = p_i} x_l h^d_l}\Bigr) \qquad
    h^d_j \leftarrow \min\Bigl(\psi_j,\;
        \min_{k \in E_j} 1 - \sum_{i: p_i = k} \sigma_i \frac{W_{ij}}{Z_{jk}} (1 - h^d_i),\;
        1 - \sum_{i: p_i \notin E_j} \sigma_i \frac{W_{ij}}{Z_j} (1 - h^d_i)\Bigr)

    h^u_i &\leftarrow \min\Bigl(\psi_i,\; 1 - \sum_j \frac{W_{ij}}{x_i} (1 - h^u_j)\Bigr) \qquad
    R = \frac{\sum_j x_j \bigl(1 - \min(h^d_j, h^u_j)\bigr)}{\sum_j x_j}

ψ is 0 for what stops and 1 elsewhere, Z_jk what j buys of product k, Z_j all that it buys. σ is the part of
i's supply that nobody replaces: its share of what the members still make of the same product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.finn import checked_flows
from clustercoop.analysis.diversity import industry_group
from clustercoop.analysis.jit import jit
from clustercoop.analysis.linear import solve_leontief
from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.linkages import trading, trading_problem
from clustercoop.analysis.recording import all_purchases, recording
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.graph.arrays import AnyInts, Bools, Floats, Ints
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.shipped import shipped_rules

AT_REST: Final = 1e-10
ROUNDS: Final = 5000


@jit
def _spread(
    down: Floats, src: Ints, group: Ints, part: Floats, buyer: Ints, output: Floats, product: Ints
) -> None:
    """Let the shock go downstream in each row of `down`, which holds ψ, until it is at rest.

    A link's `part` is its share in an input of its buyer, `group`; who buys an input stands in `buyer`.
    """
    n = output.size
    kinds = 0
    for i in range(n):
        kinds = max(kinds, product[i] + 1)
    made = np.zeros(kinds)
    lacking = np.zeros(buyer.size)
    stands = np.zeros(n)
    for row in range(down.shape[0]):
        moved = 1.0
        for i in range(n):
            stands[i] = down[row, i]
        for _ in range(ROUNDS):
            if moved < AT_REST:
                break
            for p in range(kinds):
                made[p] = 0.0
            for i in range(n):
                made[product[i]] += down[row, i] * output[i]
            for g in range(buyer.size):
                lacking[g] = 0.0
            for e in range(src.size):
                i = src[e]
                if down[row, i] < 1.0:
                    there = made[product[i]]
                    share = output[i] / there if there > output[i] else 1.0
                    lacking[group[e]] += share * (1.0 - down[row, i]) * part[e]
            moved = 0.0
            g = 0
            while g < buyer.size:
                j = buyer[g]
                worst = 0.0
                while g < buyer.size and buyer[g] == j:
                    worst = max(worst, lacking[g])
                    g += 1
                left = min(stands[j], max(1.0 - worst, 0.0))
                moved = max(moved, abs(left - down[row, j]))
                down[row, j] = left


@dataclass(frozen=True, eq=False)
class Supply:
    """A supply network as shocks see it.

    Attributes
    ----------
    src, dst, weight : arrays, shape (m,)
        ``src`` supplies ``weight`` to ``dst``.
    output : array, shape (n,)
        Output; at least what is supplied.
    product : array of int, shape (n,)
        What each makes, as a code from 0.
    essential : array of bool, shape (m,)
        Whether the buyer can make nothing without the product of this link.
    base : array, shape (m,)
        What the weight is a part of: the buyer's purchases of the product where it is essential, all its
        purchases elsewhere.
    """

    src: AnyInts
    dst: AnyInts
    weight: Floats
    output: Floats
    product: AnyInts
    essential: Bools
    base: Floats

    @property
    def n(self) -> int:
        """Number of participants."""
        return len(self.output)

    @cached_property
    def inputs(self) -> tuple[AnyInts, AnyInts]:
        """For each link the input (buyer and essential product, or its other inputs) that it belongs to."""
        kinds = int(self.product.max(initial=0)) + 2
        key = self.dst.astype(np.int64) * kinds + np.where(self.essential, self.product[self.src] + 1, 0)
        keys, group = np.unique(key, return_inverse=True)
        return group, keys // kinds

    def left(self, stopped: Bools) -> tuple[Floats, Floats]:
        """Return the part of its output that each still makes, by the shock downstream and upstream.

        Parameters
        ----------
        stopped : array of bool, shape (k, n)
            Who stops, in each of k scenarios.

        Returns
        -------
        array, array, shape (k, n)
        """
        down = np.where(stopped, 0.0, 1.0)
        group, buyer = self.inputs
        links = self.src.astype(np.int64), group.astype(np.int64), self.weight / self.base
        _spread(down, *links, buyer.astype(np.int64), self.output, self.product.astype(np.int64))
        return down, self._up(stopped)

    def _up(self, stopped: Bools) -> Floats:
        r"""Return what is left upstream: by one solve where only one stops, round by round elsewhere.

        With u = 1 − h, u_s = 1 and u_i = Σ B_ij u_j for the others; so u = N_is / N_ss with N = (I − B)^-1.
        """
        sold = self.weight / self.output[self.src]
        one = stopped.argmax(axis=1)
        if (stopped.sum(axis=1) == 1).all():
            target = np.zeros((self.n, len(stopped)))
            target[one, np.arange(len(stopped))] = 1
            whole = solve_leontief(self.n, self.src, self.dst, sold, target)
            if not np.isnan(whole).any():
                left: Floats = np.clip(1 - (whole / whole[one, np.arange(len(stopped))]).T, 0, 1)
                return left
        from scipy.sparse import csr_array

        back = csr_array((sold, (self.dst, self.src)), shape=(self.n, self.n))
        psi = np.where(stopped, 0.0, 1.0)
        up = psi
        for _ in range(ROUNDS):
            new = np.clip(np.minimum(psi, 1 - np.asarray((1 - up) @ back)), 0, 1)
            moved, up = np.abs(new - up).max(initial=0), new
            if moved < AT_REST:
                break
        return up

    def lost(self, stopped: Bools) -> tuple[Floats, Floats, Floats]:
        """Return the shares of all output that are lost in each scenario: by both ways, downstream, upstream.

        Parameters
        ----------
        stopped : array of bool, shape (k, n)
        """
        down, up = self.left(stopped)
        weights = self.output / self.output.sum()
        return ((1 - np.minimum(down, up)) @ weights, (1 - down) @ weights, (1 - up) @ weights)


def systemic_risk(
    flows: ArrayLike, output: ArrayLike, product: Sequence[str], essential: ArrayLike | None = None
) -> Floats:
    """Return the economic systemic risk index of each participant, shape (n,).

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` is what i supplied to j; the diagonal does not count.
    output : array-like, shape (n,)
        Output, at least what is supplied to others.
    product : sequence of str, length n
        Who makes the same can replace one another.
    essential : array-like of bool, shape (n, n), optional
        Whether j can make nothing without what i's product brings; by default all inputs are essential.

    Returns
    -------
    array, shape (n,)
        Share of all output lost when the participant stops, its own included, in [0, 1].

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative values, or less output than is supplied.

    References
    ----------
    Diem, C., Borsos, A., Reisch, T., Kertész, J., Thurner, S. (2022). Quantifying firm-level economic
    systemic risk from nation-wide supply networks. Scientific Reports 12, 7719.

    Examples
    --------
    A chain of three: where the first stops the second and third have nothing to work with; where the third
    stops the second loses all its sales, and the first those half that it made for the second.

    >>> systemic_risk([[0, 5, 0], [0, 0, 10], [0, 0, 0]], [10, 10, 20], ["ore", "steel", "cars"]).tolist()
    [1.0, 0.875, 0.875]
    """
    matrix, x = checked_flows("systemic_risk", np.array(flows, dtype=np.float64), output)
    np.fill_diagonal(matrix, 0)
    if (matrix.sum(axis=1) > x * (1 + 1e-9)).any():
        raise parameter_error("output", "systemic_risk", "at least what is supplied", x.tolist())
    if len(product) != len(x):
        raise parameter_error("product", "systemic_risk", f"of length {len(x)}", len(product))
    needed = np.ones(matrix.shape, bool) if essential is None else np.asarray(essential, dtype=bool)
    if needed.shape != matrix.shape:
        raise parameter_error("essential", "systemic_risk", f"of shape {matrix.shape}", needed.shape)
    src, dst = np.nonzero(matrix)
    codes = np.unique(np.asarray(product, dtype=str), return_inverse=True)[1]
    if not x.sum() > 0:
        return np.full(len(x), NAN)
    network = supply_of(src, dst, matrix[src, dst], x, codes, needed[src, dst])
    return network.lost(np.eye(len(x), dtype=bool))[0]


def supply_of(
    src: AnyInts,
    dst: AnyInts,
    weight: Floats,
    output: Floats,
    product: AnyInts,
    essential: Bools,
    outside: tuple[AnyInts, AnyInts, Floats] | None = None,
    purchases: Floats | None = None,
) -> Supply:
    """Return a network with its bases; `outside` are purchases from others as (buyer, product, value).

    `purchases` are all of each member's, where known: what the links do not tell is of no essential product.
    """
    n, kinds = (
        len(output),
        int(max(product.max(initial=0), 0 if outside is None else outside[1].max(initial=0))),
    )
    of = dst.astype(np.int64) * (kinds + 1) + product[src]
    spent = sum_by(of, weight, n * (kinds + 1))
    whole = sum_by(dst, weight, n)
    if outside is not None:
        buyer, code, value = outside
        spent = spent + sum_by(buyer.astype(np.int64) * (kinds + 1) + code, value, n * (kinds + 1))
        whole = whole + sum_by(buyer, value, n)
    if purchases is not None:
        whole = np.fmax(whole, purchases)
    return Supply(src, dst, weight, output, product, essential, np.where(essential, spent[of], whole[dst]))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What counts as an essential input: divisions of physical industries, and digits of a product."""

    first: int
    last: int
    digits: int

    def physical(self, code: str) -> bool:
        """Tell whether an industry code is of a physical industry."""
        division = industry_group(code)
        return division.isdigit() and self.first <= int(division) <= self.last

    def product(self, code: str) -> str:
        """Return the code cut to the digits by which products are told apart.

        Examples
        --------
        >>> Inputs(1, 43, 4).product("25.62.1"), Inputs(1, 43, 4).product("C25")
        ('2562', '25')
        """
        return "".join(sign for sign in code if sign.isdigit())[: self.digits] or code.strip()


@cache
def inputs() -> Inputs:
    """Return the rule of ``analysis/data/systemic.toml``."""
    data = shipped_rules("analysis", "data", "systemic.toml")
    return Inputs(data["essential"]["first"], data["essential"]["last"], data["product"]["digits"])


def formation_supply(
    formation: Formation, graph: SupplyGraph, thresholds: Thresholds
) -> tuple[Supply | None, str, Bools]:
    """Return the network of a formation, or None, why, and the members at whom it fails.

    A member that trades inside needs a known output, not below its supply, and an industry code; members
    without trade inside count with their output where it is known. An input that is not essential costs its
    share of all purchases, so these must be known of its buyer, or nearly all recorded as links; where they
    are known of nobody, links must record purchases of its buyer outside.
    """
    code, at = trading_problem(formation, graph)
    if code:
        return None, code, at
    nameless = trading(formation) & (formation.industry_code == "")
    if nameless.any():
        return None, "systemic_industry_unknown", nameless
    rows = formation.purchase_rows
    partners = graph.links["supplier"].to_numpy()[rows]
    known = graph.people.of_nodes(formation.year, "industry_code")
    rule = inputs()
    names = [rule.product(str(code)) for code in formation.industry_code]
    others = [rule.product(str(code)) for code in known[partners]]
    labels, codes = np.unique(np.array([*names, *others], dtype=str), return_inverse=True)
    buyer = np.searchsorted(formation.members, graph.links["buyer"].to_numpy()[rows])
    value = graph.links["value"].to_numpy()[rows] * formation.share[buyer]
    physical = np.array([rule.physical(str(code)) for code in formation.industry_code], dtype=bool)
    output = np.where(formation.output > 0, formation.output, 0.0)
    essential = physical[formation.src] & physical[formation.dst]
    purchases = all_purchases(formation)
    untold = np.isnan(purchases)
    untold[np.setdiff1d(np.arange(formation.n), formation.dst[~essential])] = False
    bought = recording(formation).purchases
    if np.isnan(
        bought.coverage
    ):  # all that is bought is known of nobody: who records purchases outside is taken
        untold &= ~(formation.purchases_outside > 0)
    elif bought.settles(thresholds.shares_recorded, thresholds):
        untold[:] = False
    if untold.any():
        return None, "systemic_purchases_unknown", untold
    network = supply_of(
        formation.src,
        formation.dst,
        formation.weight,
        output,
        codes[: formation.n],
        essential,
        (buyer, codes[formation.n :], value),
        purchases,
    )
    return network, "", np.zeros(formation.n, bool)
