"""Specialisation: shares of marked industries, location quotients, relatedness, integral potential."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import parameter_error


def specialisation_share(
    output: ArrayLike, industry_code: Collection[str], promising: Collection[str]
) -> float:
    """Return the share of output made in promising specialisations.

    Parameters
    ----------
    output : array-like, shape (n,)
        Output of each participant.
    industry_code : collection of str, length n
        Its industry code (NACE, OKVED).
    promising : collection of str
        Marked codes; "20" covers "20" and "20.1", not "201" (`covers`).

    Returns
    -------
    float
        In [0, 1]; NaN where an output is unknown, a producing participant has no code, or nothing is made.

    Examples
    --------
    >>> specialisation_share([60.0, 30.0, 10.0], ["20.1", "24", "201"], ["20"])
    0.6
    """
    amount = np.asarray(output, dtype=np.float64)
    codes = [str(code).strip() for code in industry_code]
    if len(codes) != len(amount):
        raise parameter_error("industry_code", "specialisation_share", f"of length {len(amount)}", len(codes))
    inside = np.array([any(covers(str(p), c) for p in promising) for c in codes], dtype=bool)
    nameless = np.array([not code for code in codes], dtype=bool)
    whole = float(amount.sum())
    if not whole > 0 or (nameless & (amount > 0)).any():
        return float("nan")
    return float(amount[inside].sum()) / whole


def covers(group: str, code: str) -> bool:
    """Tell whether a group of the classification (NACE, OKVED) holds a code; letters of sections aside.

    Two digits are a division; after the dot each digit makes a narrower group.

    Examples
    --------
    >>> covers("20", "20.1"), covers("20.1", "C20.14"), covers("20", "201"), covers("20.14", "20.1")
    (True, True, False, False)
    """
    wide, narrow = (text.strip().lstrip(string.ascii_uppercase).rstrip(".") for text in (group, code))
    return bool(wide) and (narrow == wide or narrow.startswith(wide if "." in wide else f"{wide}."))


def location_quotients(amounts: ArrayLike) -> Floats:
    r"""Return the location quotients, shape (places, industries).

    .. math:: q_{ck} = \frac{x_{ck} / \sum_k x_{ck}}{\sum_c x_{ck} / \sum_{ck} x_{ck}}

    Above 1 an industry weighs more in the place than in all places together. NaN where a place or an industry
    has nothing.

    Parameters
    ----------
    amounts : array-like, shape (places, industries)
        Output or employees; not negative.

    Examples
    --------
    >>> location_quotients([[30, 10], [10, 30]]).tolist()
    [[1.5, 0.5], [0.5, 1.5]]
    """
    x = np.asarray(amounts, dtype=np.float64)
    if x.ndim != 2 or not (x >= 0).all():
        raise parameter_error("amounts", "location_quotients", "a matrix of known amounts", amounts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((x / x.sum(axis=1, keepdims=True)) / (x.sum(axis=0) / x.sum()))


def relatedness(present: ArrayLike) -> Floats:
    r"""Return how related industries are by co-occurrence, shape (industries, industries).

    .. math:: \phi_{kl} = \min(P(k \mid l), P(l \mid k)) = \frac{n_{kl}}{\max(n_k, n_l)}

    over places, with n_kl those that have both. The diagonal is NaN: it says nothing.

    Parameters
    ----------
    present : array-like of bool, shape (places, industries)

    References
    ----------
    Hidalgo, C. A., Klinger, B., Barabási, A.-L., Hausmann, R. (2007). The product space conditions the
    development of nations. Science 317, 482–487.

    Examples
    --------
    >>> float(relatedness([[True, True], [True, False]])[0, 1])
    0.5
    """
    there = np.asarray(present, dtype=np.float64)
    both, own = there.T @ there, there.sum(axis=0)
    most = np.maximum.outer(own, own)
    phi = np.divide(both, most, out=np.full(both.shape, np.nan), where=most > 0)
    np.fill_diagonal(phi, np.nan)
    return np.asarray(phi)


def density(present: ArrayLike) -> Floats:
    r"""Return how near each industry is to those of each place, shape (places, industries).

    .. math:: \omega_{ck} = \sum_{l \in c, l \ne k} \phi_{kl} / \sum_{l \ne k} \phi_{kl}

    In [0, 1]; NaN for an industry that occurs with no other.

    Examples
    --------
    Of the third's neighbours, both related to it by 1/2, the first place has one.

    >>> density([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])[0].round(3).tolist()
    [0.0, 0.4, 0.4]
    """
    there = np.asarray(present, dtype=np.float64)
    phi = np.nan_to_num(relatedness(there))
    whole = phi.sum(axis=0)
    near = there @ phi
    found = np.divide(near, whole, out=np.full(near.shape, np.nan), where=whole > 0)
    return np.asarray(found)


def integral_potential(components: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series[float]:
    r"""Return the integral potential of specialisations from their standardised components.

    .. math:: P_k = \sum_m w_m z_{mk} / \sum_m w_m, \quad z_{mk} = (x_{mk} - \bar x_m) / s_m

    A component that varies nowhere, or has weight 0, says nothing and is left out. A specialisation with an
    unknown component has no potential: parts of different scope do not compare. So mean and spread are those
    of the specialisations whose components are all known.

    Parameters
    ----------
    components : DataFrame
        One row a specialisation, one column a component.
    weights : mapping of str to float
        Component → weight ≥ 0; a component without one is left out.

    References
    ----------
    Rumyantsev, N. M., and others (2022), on promising economic specialisations: effectiveness, market
    potential, innovation activity, availability of publications.

    Examples
    --------
    >>> table = pd.DataFrame({"effectiveness": [1.0, 3.0], "market": [2.0, 2.0]}, index=["24", "28"])
    >>> integral_potential(table, {"effectiveness": 1, "market": 1}).round(4).to_dict()
    {'24': -0.7071, '28': 0.7071}
    """
    if any(not weight >= 0 for weight in weights.values()):
        raise parameter_error("weights", "integral_potential", "numbers from 0 up", dict(weights))
    table = components.astype("float64")
    used = [str(name) for name in table if weights.get(str(name), 0) > 0]
    whole = table[used].dropna()
    spread = {name: float(whole[name].std()) for name in used}
    used = [name for name in used if not spread[name] <= 1e-12 * whole[name].abs().max()]
    if not used:
        return pd.Series(np.nan, index=table.index)
    scores = np.column_stack([(table[name] - whole[name].mean()) / spread[name] for name in used])
    shares = np.array([weights[name] for name in used])
    found = pd.Series(scores @ (shares / shares.sum()), index=table.index)
    return found.where(table.index.isin(whole.index))
