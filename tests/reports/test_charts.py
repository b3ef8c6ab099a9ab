from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.analysis.typology import load_thresholds
from clustercoop.reports.charts import axis_top, phase_portrait, zone_scale
from tests.reports.samples import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
THRESHOLDS = load_thresholds()
POINTS = [(2020, 0.05, 1.0), (2021, 0.2, 3.0), (2022, np.nan, 2.0), (2023, 0.25, 4.5)]


def portrait(points: list[tuple[int, float, float]], title: str = "c", lang: str = "en") -> str:
    return phase_portrait(
        points,
        innovation=(0.1, 0.3),
        productivity=(2.0, 4.0),
        types=THRESHOLDS.types,
        currency="RUB",
        title=title,
        lang=lang,
    )


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(SVG + "text")]


def test_zones_years_and_axes_are_labelled() -> None:
    shown = " ".join(texts(portrait(POINTS)))
    for word in ("traditional", "breakthrough", "2020", "2021", "2023", "R&D per employee, million RUB"):
        assert word in shown
    assert "2022" not in shown, "a year without a figure has no place"


def test_a_gap_is_crossed_by_a_dashed_arrow() -> None:
    # 2021 → 2023 passes over the unknown 2022; 2020 → 2021 does not.
    assert "stroke-dasharray" in portrait(POINTS)
    assert "stroke-dasharray" not in portrait(POINTS[:2])


def test_the_alternative_text_tells_the_path() -> None:
    root = ElementTree.fromstring(portrait(POINTS, "Волга", "ru"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == (
        "Фазовый портрет, «Волга»: 2020: НИОКР 0,05, добавленная стоимость 1 на работника "
        "(традиционное производство); 2021: НИОКР 0,2, добавленная стоимость 3 на работника (рост); "
        "2023: НИОКР 0,25, добавленная стоимость 4,5 на работника (развитие)"
    )


def test_it_is_allowed_by_a_strict_policy_and_the_same_each_time() -> None:
    svg = portrait(POINTS)
    assert svg == portrait(POINTS)
    for forbidden in ("style=", "<style", "<script", "<metadata", "http://", "date"):
        assert forbidden not in svg.replace("http://www.w3.org", "")


def test_ids_of_two_portraits_do_not_meet() -> None:
    def ids(svg: str) -> set[str]:
        return {e.attrib["id"] for e in ElementTree.fromstring(svg).iter() if "id" in e.attrib}

    assert ids(portrait(POINTS, "a")) and ids(portrait(POINTS, "a")).isdisjoint(ids(portrait(POINTS, "b")))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    root = ElementTree.fromstring(portrait(POINTS, name))
    assert {element.tag for element in root.iter()} <= {
        SVG + tag for tag in ("svg", "g", "path", "text", "defs", "clipPath", "rect", "use", "tspan")
    }


def test_nothing_known_makes_no_picture() -> None:
    assert portrait([(2020, np.nan, 1.0)]) == "" and portrait([]) == ""


def test_one_year_and_equal_years_make_a_picture() -> None:
    assert "2020" in texts(portrait([(2020, 0.0, 0.0)]))
    assert "2021" in texts(portrait([(2020, 0.1, 2.0), (2021, 0.1, 2.0)]))


def test_negative_value_added_is_drawn_below_zero() -> None:
    # −1 on an axis whose first zone ends at 2 is half a zone below 0.
    assert zone_scale([-1.0], (2.0, 4.0), 6.0).tolist() == [-0.5]
    assert "2020" in texts(portrait([(2020, 0.2, -1.0)]))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6))
def test_the_axis_ends_above_every_value_and_keeps_its_order(values: list[float]) -> None:
    cuts = (0.1, 0.3)
    top = axis_top(values, cuts)
    assert top >= max(values) and top > cuts[1]
    places = zone_scale(sorted(values), cuts, top)
    assert (np.diff(places) >= 0).all() and places.min() >= 0 and places.max() <= 3
