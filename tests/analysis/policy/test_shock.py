"""The printed figures of the sources, and the edges of their notions."""

from __future__ import annotations

import math

import pytest

from clustercoop.analysis.policy.shock import shock_groups
from clustercoop.analysis.policy.specialisation import specialisation_share
from clustercoop.graph.errors import ParameterError

# Change in April and May 2020 against a year before, per cent, as printed. May is printed as a level for
# jewelry (35.6 % of last year), vehicles (57.8 %) and household appliances (74.9 %): change = level − 100.
PRINTED = {
    "pharmaceuticals": (13.5, 22.4, "winner"),
    "medical instruments": (2.7, 33.6, "winner"),
    "food": (3.7, 1.5, "not affected"),
    "chemicals": (2.4, 4.2, "not affected"),
    "jewelry": (-76.4, -64.4, "most affected"),
    "automotive": (-60.2, -42.2, "most affected"),
    "household appliances": (-69.5, -25.1, "most affected"),
}


def test_printed_industries_fall_into_their_groups() -> None:
    april, may, groups = zip(*PRINTED.values(), strict=True)
    assert shock_groups(april, may, unaffected_from=-5, winner_from=10).tolist() == list(groups)


def test_april_alone_cannot_tell_winners() -> None:
    # Means: pharmaceuticals 17.95, medical 18.15, chemicals 3.3, food 2.6; April has food above medical.
    means = {name: (a + m) / 2 for name, (a, m, _) in PRINTED.items()}
    assert means["pharmaceuticals"] == pytest.approx(17.95)
    assert means["medical instruments"] == pytest.approx(18.15)
    assert means["chemicals"] == pytest.approx(3.3) and means["food"] == pytest.approx(2.6)
    assert PRINTED["food"][0] > PRINTED["medical instruments"][0]


def test_shock_edges() -> None:
    same = {"unaffected_from": -5.0, "winner_from": 10.0}
    assert shock_groups([-29.9], [-20.0], **same).tolist() == ["moderately affected"]
    assert shock_groups([-30.0], [-20.0], **same).tolist() == ["most affected"]
    assert shock_groups([-29.9], [-20.1], **same).tolist() == ["most affected"]
    assert shock_groups([math.nan], [5.0], **same).tolist() == [""]
    with pytest.raises(ParameterError, match="'winner_from' parameter of shock_groups must be at least 5"):
        shock_groups([1.0], [1.0], unaffected_from=5, winner_from=1)


def test_specialisations() -> None:
    assert specialisation_share([1.0, 1.0], ["20.11", "20"], ["20"]) == 1
    assert specialisation_share([1.0, 3.0], ["24.1", "62"], ["24", "25"]) == 0.25
    assert math.isnan(specialisation_share([1.0, 3.0], ["24.1", ""], ["24"]))
    assert math.isnan(specialisation_share([1.0, math.nan], ["24.1", "62"], ["24"]))
    assert math.isnan(specialisation_share([0.0], ["24.1"], ["24"]))
    with pytest.raises(ParameterError, match="of length 1"):
        specialisation_share([1.0], [], ["24"])
