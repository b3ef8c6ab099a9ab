import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clustercoop.analysis.core_periphery.rossa import rossa_profile
from clustercoop.graph.columns import output_column
from clustercoop.graph.errors import MissingExtraError, UnknownNameError
from clustercoop.graph.findings import Finding, Findings
from clustercoop.graph.settings import Settings
from tests.reports.samples import make_result, sample

pyplot = pytest.importorskip("matplotlib.pyplot")

OF_ALL = ("plot_cooperation", "plot_phase", "plot_verdicts", "plot_closedness")
OF_ONE = ("plot_matrix", "plot_core_profile", "plot_chain")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def test_lines_are_the_ratios_and_bars_the_bounds() -> None:
    frame = sample().formations
    axes = sample().plot_cooperation()
    held = frame.sort_values(["cluster_id", "year"])
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    np.testing.assert_array_equal(drawn, held["cooperation_ratio"].to_numpy(float))
    open_ = held[held["cooperation_ratio"].isna()].dropna(
        subset=["cooperation_ratio_low", "cooperation_ratio_high"]
    )
    collections: list[Any] = list(axes.collections)
    bars = [segment for bar in collections for segment in bar.get_segments()]
    ends = [(float(start[1]), float(end[1])) for start, end in bars]
    assert ends == list(zip(open_["cooperation_ratio_low"], open_["cooperation_ratio_high"], strict=True))


def test_a_matrix_has_the_core_first_and_every_link() -> None:
    formation = sample().graph.formation("c03", 2023)
    axes: Any = sample().plot_matrix("c03", 2023)
    [image] = axes.images
    values = np.ma.filled(image.get_array(), 0.0)
    assert values.sum() == pytest.approx(formation.weight.sum())
    people = sample().participants.query("cluster_id == 'c03' and year == 2023")
    inside = set(people["participant_id"][people["in_core"].fillna(False).astype(bool)])
    [line, _] = [line for line in axes.lines]
    assert line.get_ydata()[0] == len(inside) - 0.5
    within = [i in inside and j in inside for i, j in ends(formation)]
    block = values[: len(inside), : len(inside)].sum()
    assert block == pytest.approx(formation.weight[np.array(within)].sum())


def ends(formation: Any) -> list[tuple[str, str]]:
    return list(zip(formation.ids[formation.src], formation.ids[formation.dst], strict=True))


def test_a_profile_is_that_of_the_measure() -> None:
    axes = sample().plot_core_profile("c02")
    found = rossa_profile(sample().graph.formations(["c02"])[-1])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), found.profile)


def test_stages_count_every_member_whose_stage_is_known() -> None:
    axes: Any = sample().plot_chain("c01", 2022)
    people = sample().participants.query("cluster_id == 'c01' and year == 2022")
    assert sum(bar.get_height() for bar in axes.patches) == people["stage"].notna().sum()


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_hostile_names_are_drawn_as_they_are_in_every_picture(lang: str) -> None:
    result = replace(sample(), settings=Settings(lang=lang))
    named = {id: f"${{7*7}}$ _{id}" for id in result.graph.cluster_ids}
    vars(result.graph)["cluster_names"], before = named, result.graph.cluster_names
    try:
        for name in OF_ALL:
            axes = getattr(result, name)()
            axes.figure.canvas.draw()
            label = output_column("formations", "cooperation_ratio").label(lang)
            assert name not in ("plot_cooperation", "plot_verdicts") or axes.get_ylabel() == label
        for name in OF_ONE:
            getattr(result, name)("c00").figure.canvas.draw()
    finally:
        vars(result.graph)["cluster_names"] = before


def test_axes_of_ones_own_are_drawn_on() -> None:
    _, own = pyplot.subplots()
    assert all(getattr(sample(), name)(ax=own) is own for name in OF_ALL)


def test_what_is_not_there_is_named() -> None:
    small = make_result(clusters=1)
    with pytest.raises(UnknownNameError):
        small.plot_phase("nobody")
    with pytest.raises(UnknownNameError):
        small.plot_closedness(1999)
    with pytest.raises(UnknownNameError):
        small.plot_matrix("nobody")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"clustercoop\[plot\]"):
        sample().plot_phase()


@pytest.mark.parametrize(("lang", "nominal"), [("en", "nominal"), ("ru", "в текущих ценах")])
def test_amounts_of_several_years_without_deflators_are_called_nominal(lang: str, nominal: str) -> None:
    told = Findings([Finding("prices_nominal", value="2019–2022")])
    over_years = replace(sample(), settings=Settings(lang=lang), findings=told)
    assert over_years.plot_phase().get_xlabel().endswith(nominal)
    constant = replace(over_years, findings=Findings())
    assert nominal not in constant.plot_phase().get_xlabel()
