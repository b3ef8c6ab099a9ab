from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.analysis.typology import load_thresholds
from clustercoop.reports.pictures import Year, Zones, axis_top, closedness, series, zone_scale
from clustercoop.reports.planes import Placed, Rule, distinct, names_beside, plane, rule_plane
from clustercoop.reports.words import Words
from tests.reports.samples import HOSTILE

POINTS = [(2020, 0.05, 1.0), (2021, 0.2, 3.0), (2022, np.nan, 2.0), (2023, 0.25, 4.5)]


def zones(lang: str = "en", tops: tuple[float, float] = (0.45, 6.0)) -> Zones:
    words = Words(lang)
    return Zones((0.1, 0.3), (2.0, 4.0), load_thresholds().types, words.money("RUB"), tops, words)


def portrait(points: list[tuple[int, float, float]], title: str = "c", lang: str = "en") -> str:
    return zones(lang).portrait(points, title)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def test_a_portrait_names_its_zones_years_and_axes() -> None:
    shown = texts(portrait(POINTS))
    named = ("traditional production", "growth", "development", "2020", "2021", "2023")
    assert {*named, "R&D per employee, million RUB"} <= set(shown)
    assert "2022" not in shown, "a year without a figure has no place"
    # The path runs from low to medium innovation: the zones of high innovation are not drawn.
    assert "breakthrough" not in " ".join(shown) and {"0", "0.1", "0.3"} <= set(shown)


def test_a_gap_is_crossed_by_a_dashed_line() -> None:
    # 2021 → 2023 passes over the unknown 2022; 2020 → 2021 does not.
    assert portrait(POINTS).count('class="way gap"') == 1
    assert 'class="way gap"' not in portrait(POINTS[:2])


def test_the_alternative_text_tells_the_path() -> None:
    root = ElementTree.fromstring(portrait(POINTS, "Волга", "ru"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == (
        "Фазовый портрет, «Волга»: 2020: НИОКР 0,05, добавленная стоимость 1 на работника "
        "(традиционное производство); 2021: НИОКР 0,2, добавленная стоимость 3 на работника (рост); "
        "2023: НИОКР 0,25, добавленная стоимость 4,5 на работника (развитие)"
    )


def test_pictures_are_allowed_by_a_strict_policy_and_the_same_each_time() -> None:
    assert portrait(POINTS) == portrait(POINTS)
    for svg in (portrait(POINTS), zones().small(POINTS, "c")):
        for forbidden in ("style=", "<style", "<script", "http", " id="):
            assert forbidden not in svg


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    placed = Placed(name, "#cluster-x", "eco", name)
    rule = Rule((0.1, 0.3), 1, 0.3, "million RUB", Words("en"))
    for svg in (
        portrait(POINTS, name),
        plane(zones(), [(placed, POINTS)], name),
        rule_plane(rule, [(placed, 0.2, 0.5)], name),
        series([Year(2020, 0.5)], lambda _: name, name),
    ):
        known = {"svg", "g", "path", "text", "circle", "rect", "a", "use"}
        assert {element.tag for element in ElementTree.fromstring(svg).iter()} <= known


def test_nothing_known_makes_no_picture() -> None:
    assert portrait([(2020, np.nan, 1.0)]) == "" and portrait([]) == ""
    assert zones().small([], "c") == "" and series([Year(2020, np.nan)], str, "c") == ""
    assert closedness([(2020, np.nan, 0.5)], ("a", "b"), "c") == ""


def test_one_year_and_equal_years_make_a_picture() -> None:
    assert "2020" in texts(portrait([(2020, 0.0, 0.0)]))
    assert "2021" in texts(portrait([(2020, 0.1, 2.0), (2021, 0.1, 2.0)]))


def test_negative_value_added_stays_inside_the_picture() -> None:
    # −1 on an axis whose first zone ends at 2 is half a zone below 0.
    assert zone_scale([-1.0], (2.0, 4.0), 6.0).tolist() == [-0.5]
    root = ElementTree.fromstring(portrait([(2020, 0.2, -1.0)]))
    [dot] = root.iter("circle")
    assert float(dot.attrib["cy"]) == 204


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6))
def test_the_axis_ends_above_every_value_and_keeps_its_order(values: list[float]) -> None:
    cuts = (0.1, 0.3)
    top = axis_top(values, cuts)
    assert top >= max(values) and top > cuts[1]
    places = zone_scale(sorted(values), cuts, top)
    assert (np.diff(places) >= 0).all() and places.min() >= 0 and places.max() <= 3


def test_a_series_shows_bounds_where_only_these_are_known() -> None:
    years = [Year(2020, 0.4), Year(2021, np.nan, 0.1, 0.2), Year(2022, np.nan)]
    told = {2020: "40%", 2021: "10%–20%", 2022: "—"}
    root = ElementTree.fromstring(series(years, lambda year: told[year.year], "Ratio"))
    assert root.attrib["aria-label"] == "Ratio: 2020 40%; 2021 10%–20%; 2022 —"
    [bar] = [path for path in root.iter("path") if path.attrib["class"] == "range"]
    # 0 at 66, the largest number .4 at 28, 38 between: .2 is at 47, .1 at 56.5.
    assert bar.attrib["d"] == "M110.0 47.0V56.5"
    assert len(list(root.iter("circle"))) == 1
    # A line of its own for a label that would run into the next: its 17 letters reach 49 to the right of 138,
    # the next begins 9 to the left of 194.
    years = [Year(2020, 0.4), Year(2021, 0.4), Year(2022, np.nan, 0.1, 0.2), Year(2023, 0.21)]
    told = {2020: "40%", 2021: "40%", 2022: "more than 10%–20%", 2023: "21%"}
    root = ElementTree.fromstring(series(years, lambda year: told[year.year], "Ratio"))
    rows = {text.text: float(text.attrib["y"]) for text in root.iter("text")}
    assert rows["21%"] - rows["more than 10%–20%"] > 9
    # 17 letters are 49.3 to either side of their middle: cut at an edge they would state the contrary.
    for bounded, place in ((2020, 49.3), (2023, 220 - 49.3)):
        years = [Year(one, *((np.nan, 0.1, 0.2) if one == bounded else (0.4,))) for one in range(2020, 2024)]
        root = ElementTree.fromstring(
            series(years, lambda year: "40%" if year.known else "no more than 20 %", "R")
        )
        [text] = [one for one in root.iter("text") if one.text == "no more than 20 %"]
        assert float(text.attrib["x"]) == pytest.approx(place, abs=0.06)


def test_a_path_ends_at_the_last_known_year() -> None:
    placed = Placed("c", "#cluster-c", "eco", "c")
    root = ElementTree.fromstring(plane(zones(), [(placed, POINTS)], "all"))
    [link] = root.iter("a")
    now = [dot for dot in link.iter("circle") if dot.attrib.get("class") == "now"]
    # R&D .25 is 1 + (.25 − .1) / .2 = 1.75 zones of 214 from 54; value added 4.5 is 2.25 of 150 above 462.
    assert [(dot.attrib["cx"], dot.attrib["cy"]) for dot in now] == [("428.5", "124.5")]
    assert link.attrib["href"] == "#cluster-c" and link.attrib["aria-label"] == "c"


def test_the_fields_of_the_rule_meet_at_its_thresholds() -> None:
    rule = Rule((0.1, 0.3), 1, 0.3, "million RUB", Words("en"))
    placed = [(Placed("a", "#a", "eco", "a"), 0.1, 0.3), (Placed("b", "#b", "clu", "b"), 0.0, 0.0)]
    root = ElementTree.fromstring(rule_plane(rule, placed, "rule"))
    [bound] = [path for path in root.iter("path") if path.attrib["class"] == "bound"]
    # The axis ends at .7, the next tenth above 1.05 × 2 × .3: .3 is at 462 − 450 × 3/7 = 269.1.
    # Medium innovation begins one zone of 214 to the right of 54.
    assert bound.attrib["d"] == "M268.0 12.0V462.0M54.0 269.1H696.0"
    [dot] = list(root.iter("circle"))
    assert (dot.attrib["cx"], dot.attrib["cy"]) == ("268.0", "269.1")


def test_names_do_not_cover_one_another() -> None:
    rng = np.random.default_rng(3)
    xs, ys = rng.uniform(60, 600, 40).tolist(), rng.uniform(20, 400, 40).tolist()
    names = [f"Cluster number {k}" for k in range(40)]
    places = names_beside(xs, ys, names, (54, 696, 12, 462))
    boxes = []
    for place, name in zip(places, names, strict=True):
        if place is not None:
            x, y, anchor = place
            width = len(name) * 5.8
            left = x if anchor == "start" else x - width if anchor == "end" else x - width / 2
            boxes.append((left, left + width, y - 8.5, y + 1.5))
    assert len(boxes) > 20
    for k, (a, b, c, d) in enumerate(boxes):
        for e, f, g, h in boxes[:k]:
            assert b <= e or a >= f or d <= g or c >= h


def test_names_that_begin_alike_are_told_apart() -> None:
    names = ["Кластер «А»", "Кластер «Б»", "Кластер «В»", "Кластер"]
    assert distinct(names) == ["«А»", "«Б»", "«В»", "Кластер"]
    assert distinct(["One two", "One three"]) == ["One two", "One three"]
