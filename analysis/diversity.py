"""Diversity of partners and industries, and change of composition between two years."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Final

import numpy as np
import numpy.typing as npt

from clustercoop.graph.arrays import AnyInts, Floats
from clustercoop.graph.formation import sum_by

LETTERS: Final = ascii_letters + "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩабвгдежзиклмнопрстуфхцчшщ"


def entropy(weights: npt.ArrayLike) -> float:
    """Return the Shannon entropy ``H = −Σ p log₂ p`` of the shares ``p = weights / Σ weights``, in bits.

    Parameters
    ----------
    weights : array of float ≥ 0
        Zero weights add nothing. Without any positive weight the entropy is NaN.

    Examples
    --------
    >>> entropy([1, 1, 1, 1]), entropy([5.0])
    (2.0, 0.0)

    References
    ----------
    .. [1] Shannon 1948, A mathematical theory of communication.
    """
    array = np.asarray(weights, dtype=np.float64)
    positive = array[array > 0]
    if not len(positive):
        return float("nan")
    share = positive / positive.sum()
    return abs(float(-(share * np.log2(share)).sum()))


def hhi(weights: npt.ArrayLike) -> float:
    """Return the Herfindahl–Hirschman index ``Σ p²`` of the shares: 1/n when even, 1 when there is one.

    Examples
    --------
    >>> hhi([1, 1, 1, 1]), hhi([7]), hhi([])
    (0.25, 1.0, nan)

    References
    ----------
    .. [1] Hirschman 1964, The paternity of an index, American Economic Review 54.
    """
    array = np.asarray(weights, dtype=np.float64)
    total = array.sum()
    return float(((array / total) ** 2).sum()) if total > 0 else float("nan")


def reverse_weights(src: AnyInts, dst: AnyInts, weight: Floats, n: int) -> Floats:
    """Return w_ji for every edge (i, j), 0 where there is none; edges sorted by (src, dst), each pair once.

    Examples
    --------
    >>> reverse_weights(np.array([0, 0, 1]), np.array([1, 2, 0]), np.array([3.0, 4.0, 5.0]), 3).tolist()
    [5.0, 0.0, 3.0]
    """
    if not len(src):
        return np.zeros(0)
    key = src.astype(np.int64) * n + dst
    wanted = dst.astype(np.int64) * n + src
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[place] == wanted, weight[place], 0.0)


def partner_diversity(
    src: AnyInts, dst: AnyInts, weight: Floats, n: int, back: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return each member's entropy (bits) and HHI over its partners, shape (n,) each.

    A partner's weight is the value supplied to it plus the value bought from it; NaN without a partner.

    Parameters
    ----------
    src, dst, weight : arrays, shape (m,)
        Edges sorted by (src, dst), each pair once, no self-supply, positive.
    n : int
        Number of members.
    back : array, shape (m,), optional
        `reverse_weights`, where already known.

    Examples
    --------
    >>> bits, index = partner_diversity(np.array([0, 0]), np.array([1, 2]), np.array([2.0, 2.0]), 4)
    >>> bits.tolist(), index.tolist()
    ([1.0, 0.0, 0.0, nan], [0.5, 1.0, 1.0, nan])
    """
    reverse = reverse_weights(src, dst, weight, n) if back is None else back
    one_way = reverse == 0
    member = np.concatenate([src, dst[one_way]])
    both = weight + reverse
    trade = np.concatenate([both, both[one_way]])
    total = sum_by(member, trade, n)
    total[total == 0] = np.nan
    share = trade / total[member]
    # `abs` removes the sign of −0.0 for a member with one partner.
    bits = np.abs(sum_by(member, -share * np.log2(share), n))
    index = sum_by(member, share**2, n)
    bits[np.isnan(total)] = index[np.isnan(total)] = np.nan
    return bits, index


def weighted_jaccard(keys_a: AnyInts, a: Floats, keys_b: AnyInts, b: Floats) -> float:
    """Return ``Σ min(a, b) / Σ max(a, b)`` over the union of two sets of weighted keys.

    Parameters
    ----------
    keys_a, keys_b : arrays of int
        Unique keys, e.g. supplier × size + buyer.
    a, b : arrays of float ≥ 0
        Their weights; a key absent from one side weighs 0 there. NaN where both sides sum to 0.

    Examples
    --------
    >>> weighted_jaccard(np.array([1, 2]), np.array([3.0, 1.0]), np.array([2, 3]), np.array([2.0, 1.0]))
    0.16666666666666666

    References
    ----------
    .. [1] Ružička 1958; Jaccard 1901 for sets.
    """
    _, left, right = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
    shared = float(np.minimum(a[left], b[right]).sum())
    union = float(a.sum() + b.sum()) - shared
    return shared / union if union > 0 else float("nan")


def turnover(before: AnyInts, after: AnyInts) -> float:
    """Return the share of participants of two years who are in only one of them, ``1 − |∩| / |∪|``.

    Examples
    --------
    >>> turnover(np.array([1, 2, 3]), np.array([2, 3, 4])), turnover(np.array([1]), np.array([1]))
    (0.5, 0.0)
    """
    shared = len(np.intersect1d(before, after, assume_unique=True))
    union = len(before) + len(after) - shared
    return 1 - shared / union if union else float("nan")


def industry_group(code: str) -> str:
    """Return the division of an industry code: its first two digits, or the code where it has none.

    Letters before the digits (the section of NACE and OKVED) are dropped.

    Examples
    --------
    >>> industry_group("28.41"), industry_group("C2841"), industry_group("1.2"), industry_group("C")
    ('28', '28', '1', 'C')
    """
    main = code.strip().partition(".")[0].lstrip(LETTERS)
    return main[:2] if main else code.strip()


def variety(codes: Sequence[str]) -> tuple[float, float]:
    """Return the unrelated and related variety of industry codes, in bits; unknown codes are left out.

    With P_g the share of group g (`industry_group`) and p_k the share of code k among participants,
    unrelated variety is ``−Σ_g P_g log₂ P_g`` and related variety ``Σ_g P_g H_g``, where H_g is the entropy
    of the codes within g. They add up to the entropy of the codes. NaN without a code.

    Examples
    --------
    >>> variety(["28.1", "28.4", "62.0", "62.0"])
    (1.0, 0.5)

    References
    ----------
    .. [1] Frenken, Van Oort & Verburg 2007, Related variety, unrelated variety and regional economic
       growth, Regional Studies 41(5).
    """
    known = [code for code in codes if code]
    if not known:
        return float("nan"), float("nan")
    unique, counts = np.unique(np.asarray(known, dtype=str), return_counts=True)
    _, group = np.unique([industry_group(code) for code in unique], return_inverse=True)
    unrelated = entropy(np.bincount(group, counts))
    # Rounding can leave −1e-17 where every group holds one code.
    return unrelated, max(0.0, entropy(counts) - unrelated)
