"""Two results side by side: what differs, which rows are behind it, and the page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.analysis.comparison import _differences
from clustercoop.cli import main
from clustercoop.graph.errors import DataError, OutputError, UnknownNameError
from clustercoop.outputs import write_result
from clustercoop.reports.comparison import Told
from clustercoop.reports.section import Shown
from clustercoop.reports.tables import Table
from tests.builders import HOSTILE, frames, measured
from tests.reports.pages import problems

FAST: dict[str, Any] = {
    "core_replicates": 0,
    "metrics": "cooperation,core",
    "outputs": "parquet",
}
BASE = frames(members=6)


def analysed(**changes: pd.DataFrame) -> clustercoop.Result:
    return measured(BASE | changes, **FAST)


@pytest.fixture(scope="module")
def base() -> clustercoop.Result:
    return analysed()


@pytest.fixture(scope="module")
def folder(base: clustercoop.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_result(base, tmp_path_factory.mktemp("compared") / "base")


@pytest.fixture(scope="module")
def moved() -> clustercoop.Result:
    """The same with 1.5 more on the first link of C0 in 2022."""
    links = BASE["links"].copy()
    links.loc[first_link(), "value"] += 1.5
    return analysed(links=links)


def first_link() -> Any:
    links = BASE["links"]
    mine = links["supplier_id"].str.fullmatch("0...") & links["buyer_id"].str.fullmatch("0...")
    return links[(links["year"] == 2022) & mine].index[0]


def renamed(to: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Return the tables with clusters under other ids."""
    with_clusters = {name: frame for name, frame in BASE.items() if "cluster_id" in frame}
    return {
        name: frame.assign(cluster_id=frame["cluster_id"].replace(to))
        for name, frame in with_clusters.items()
    }


def lines(found: clustercoop.Comparison, one: clustercoop.Result, two: clustercoop.Result) -> list[str]:
    return list(Told(found, one, two, "en").lines())


def test_a_result_and_the_folder_it_was_written_to_do_not_differ(
    base: clustercoop.Result, folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    found = clustercoop.compare(base, folder, page)
    assert found.same and set(found.formations["state"]) == {"same"}
    said = "No difference: settings, data and every figure are exactly equal."
    assert lines(found, base, base) == [said] and said in page.read_text("utf-8")
    assert page.read_text("utf-8").count("<section") == 1


def test_results_read_as_data_differ_in_no_currency(tmp_path: Path) -> None:
    """The currency that was asked for stands with the data: nobody need ask for it again."""
    tables = {
        "indicators": pd.DataFrame({"cluster_id": ["k"], "year": 2022, "rd_per_employee": [0.2]}),
    }
    clustercoop.analyze(tables, tmp_path / "one", nulls=0, currency="USD", outputs="parquet")
    clustercoop.analyze(tmp_path / "one", tmp_path / "two", nulls=0, outputs="parquet")
    assert clustercoop.compare(tmp_path / "one", tmp_path / "two").same


def test_one_link_explains_one_cluster_year(base: clustercoop.Result, moved: clustercoop.Result) -> None:
    found = clustercoop.compare(base, moved)
    states = found.formations.set_index(["cluster_id", "year"])["state"]
    assert states.to_dict() == {
        ("C0", 2021): "same",
        ("C0", 2022): "changed",
        ("C1", 2021): "same",
        ("C1", 2022): "same",
    }
    assert set(found.figures.dropna(subset=["year"])["year"]) == {2022}
    assert set(found.figures["cluster_id"]) == {"C0"}
    supply = found.figures.set_index("column").loc["internal_supply"]
    assert supply["change"] == pytest.approx(1.5)
    # Six members have an output of 400 each.
    ratio = found.figures.query("column == 'cooperation_ratio'").iloc[0]
    assert ratio["change"] == pytest.approx(1.5 / (6 * 400))
    assert ratio["relative_change"] == pytest.approx(1.5 / supply["before"])
    link = BASE["links"].loc[first_link()]
    key = f"year=2022; supplier_id={link['supplier_id']}; buyer_id={link['buyer_id']}"
    assert found.rows.to_dict("records") == [
        {
            "row": 1,
            "table": "links",
            "state": "changed",
            "key": key,
            "column": "value",
            "before": link["value"],
            "after": link["value"] + 1.5,
            "cluster_ids": "C0",
            "explains": True,
        }
    ]
    assert not len(found.settings) and not len(found.renamed)


def test_the_other_way_round_is_the_opposite(base: clustercoop.Result, moved: clustercoop.Result) -> None:
    there, back = clustercoop.compare(base, moved), clustercoop.compare(moved, base)
    assert there.figures["change"].tolist() == [-change for change in back.figures["change"]]
    assert there.figures["before"].tolist() == back.figures["after"].tolist()


def test_a_cluster_under_another_id_is_compared_with_itself(base: clustercoop.Result) -> None:
    other = analysed(**renamed({"C0": "Z9"}))
    found = clustercoop.compare(base, other)
    assert found.renamed.values.tolist() == [["C0", "Z9"]] and not found.same
    assert not len(found.figures) and not len(found.rows) and not len(found.gaps)
    assert set(found.formations["cluster_id"]) == {"C1", "Z9"}
    assert "C0 → Z9" in lines(found, base, other)[0]


def test_a_cluster_of_other_members_is_another_cluster(base: clustercoop.Result) -> None:
    tables = renamed({"C0": "Z9"})
    tables["participants"] = tables["participants"].query("participant_id != '0000'")
    found = clustercoop.compare(base, analysed(**tables))
    states = found.formations.groupby("cluster_id")["state"].unique().map(list).to_dict()
    assert not len(found.renamed) and states == {"C0": ["removed"], "C1": ["same"], "Z9": ["added"]}


def test_another_name_changes_a_row_and_no_figure(base: clustercoop.Result) -> None:
    named = analysed(clusters=BASE["clusters"].assign(name=["North", ""]))
    found = clustercoop.compare(base, named)
    assert found.rows[["table", "state", "column", "after", "explains"]].values.tolist() == [
        ["clusters", "changed", "name", "North", False]
    ]
    assert not len(found.figures)


def test_a_year_more_is_added_and_not_changed(base: clustercoop.Result) -> None:
    one = BASE["links"]["year"] == 2021, BASE["activity"]["year"] == 2021
    shorter = analysed(links=BASE["links"][one[0]], activity=BASE["activity"][one[1]])
    found = clustercoop.compare(shorter, base)
    states = found.formations.set_index(["cluster_id", "year"])["state"]
    assert states[("C0", 2021)] == states[("C1", 2021)] == "same"
    assert states[("C0", 2022)] == states[("C1", 2022)] == "added"
    assert found.rows["state"].unique().tolist() == ["added"]
    assert found.rows["row"].nunique() == sum(int((~kept).sum()) for kept in one)


def test_a_missing_output_opens_a_gap_that_says_why(base: clustercoop.Result) -> None:
    work = BASE["activity"].copy()
    work.loc[(work["participant_id"] == "0002") & (work["year"] == 2021), "output"] = None
    found = clustercoop.compare(base, analysed(activity=work))
    ratio = found.figures.query("column == 'cooperation_ratio'").iloc[0]
    assert (ratio["cluster_id"], ratio["year"], ratio["after"], ratio["unknown_before"]) == (
        "C0",
        2021,
        None,
        None,
    )
    assert ratio["unknown_after"] and ratio["change"] is None
    opened = found.gaps.query("column == 'cooperation_ratio' and participant_id == ''")
    assert opened[["state", "code"]].values.tolist() == [["opened", ratio["unknown_after"]]]
    cells = found.rows[["table", "column", "before"]].values.tolist()
    assert cells == [["activity", "output", 400.0]] and pd.isna(found.rows["after"].iloc[0])


def test_a_rejected_row_is_behind_a_figure_too(base: clustercoop.Result) -> None:
    links = BASE["links"].astype({"value": object})
    links.loc[len(links)] = links.loc[first_link()]
    links.loc[len(links) - 1, "value"] = "n/a?"
    other = analysed(links=links)
    found = clustercoop.compare(base, other)
    [row] = found.rows.to_dict("records")
    assert (row["table"], row["state"], row["cluster_ids"], row["explains"]) == (
        "unsettled",
        "added",
        "C0",
        True,
    )
    assert not any("no input row" in line for line in lines(found, base, other))
    assert clustercoop.compare(other, other).same


def test_settings_are_told_first(base: clustercoop.Result, tmp_path: Path) -> None:
    other = measured(BASE, **FAST | {"core_weights": "binary"})
    found = clustercoop.compare(base, other)
    assert found.settings.values.tolist() == [["core_weights", "relative", "binary"]]
    told = lines(found, base, other)
    assert "(How link values enter the core)" in told[0] and "although no input row" in told[-1]
    spoken = measured(BASE, **FAST | {"lang": "ru"})
    assert clustercoop.compare(base, spoken).same


def test_two_years_of_one_result(base: clustercoop.Result) -> None:
    found = clustercoop.compare(base, base, years=(2021, 2022))
    assert set(found.formations["year"]) == {2022}
    supply = base.formations.set_index(["cluster_id", "year"])["internal_supply"]
    shown = found.figures.query("column == 'internal_supply' and cluster_id == 'C1'").iloc[0]
    assert (shown["before"], shown["after"]) == (supply["C1", 2021], supply["C1", 2022])
    assert clustercoop.compare(base, base, years=(2022, 2022)).same
    with pytest.raises(UnknownNameError, match="no cluster in 1999"):
        clustercoop.compare(base, base, years=(2021, 1999))


def test_core_members_come_and_go(base: clustercoop.Result) -> None:
    table = base.formations.assign(core_members=["0000;0001", "0000", "1000", ""])
    other = base.formations.assign(core_members=["0001;0002", "0000", "1000;1001", "1000"])
    found = clustercoop.compare(replace(base, formations=table), replace(base, formations=other))
    assert found.core[["cluster_id", "year", "participant_id", "move"]].values.tolist() == [
        ["C0", 2021, "0000", "out"],
        ["C0", 2021, "0002", "in"],
        ["C1", 2021, "1001", "in"],
    ]


def test_lists_of_members_are_compared(base: clustercoop.Result) -> None:
    """Of two cores and of leaders of the chain: a year in which these alone moved was said to be the same."""
    before, after = (
        replace(base, formations=base.formations.assign(core_in_members=[who, "", "", ""], chain_leaders=""))
        for who in ("0000;0001", "0002")
    )
    found = clustercoop.compare(before, after)
    told = found.figures[["cluster_id", "year", "column", "before", "after"]].values.tolist()
    assert told == [["C0", 2021, "core_in_members", "0000;0001", "0002"]]
    assert found.formations["state"].tolist() == ["changed", "same", "same", "same"]


def test_equal_rows_are_set_against_each_other_one_by_one() -> None:
    one = pd.DataFrame({"who": ["a", "a", "a", "b"], "value": [1.0, 1.0, float("nan"), 2.0]})
    two = pd.DataFrame({"who": ["a", "a", "c"], "value": [float("nan"), 1.0, 2.0]})
    assert sorted((key["who"], state, cells) for key, state, cells in _differences(one, two, ["who"])) == [
        ("a", "removed", [("value", 1.0, None)]),
        ("b", "removed", [("value", 2.0, None)]),
        ("c", "added", [("value", None, 2.0)]),
    ]
    assert not list(_differences(one, one.sample(frac=1, random_state=1), ["who"]))


def shown(one: clustercoop.Result, two: clustercoop.Result, key: str, lang: str = "en") -> Table:
    told = Told(clustercoop.compare(one, two), one, two, lang)
    [block] = [block for part in told.parts() if part.key == key for block in part.blocks]
    assert isinstance(block, Shown)
    return block.table


def changed(base: clustercoop.Result, name: str, values: list[Any]) -> clustercoop.Result:
    return replace(base, formations=base.formations.assign(**{name: values}))


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        # A probability that fell by 0.3 did not change by less than 0.001.
        ("core_p_degree", 0.5, 0.2, ["0.500", "0.200", "−0.300", "−60.0%"]),
        ("core_p_degree", 0.2, 0.5, ["0.200", "0.500", "+0.300", "+150.0%"]),
        ("autonomy", 0.5, 0.25, ["50.0%", "25.0%", "−25.00 pp", "−50.0%"]),
        ("output", 1200.0, 1500.0, ["1,200", "1,500", "+300", "+25.0%"]),
        # Nothing is a share of 0, and nothing differs from what is unknown: blank, not unknown.
        ("autonomy", 0.0, 0.25, ["0.0%", "25.0%", "+25.00 pp", ""]),
        ("autonomy", None, 0.25, ["unknown", "25.0%", "", ""]),
    ],
)
def test_a_change_reads_as_what_it_is(
    base: clustercoop.Result, name: str, before: float | None, after: float, told: list[str]
) -> None:
    gap = {"column": name, "code": "output_unknown", "value": "", "detail": "", "participant_id": ""}
    gaps = pd.DataFrame([{"cluster_id": "C0", "year": 2021, **gap}]).astype({"year": "Int64"})
    one = replace(changed(base, name, [before, 1.0, 1.0, 1.0]), gaps=gaps)
    two = changed(base, name, [after, 1.0, 1.0, 1.0])
    [row] = shown(one, two, "figures").rows
    assert [cell.text for cell in row.cells[3:]] == told
    assert not any(cell.unknown for cell in row.cells)
    exact = [before, after, None if before is None else after - before]
    assert [cell.raw for cell in row.cells[3:6]] == ["" if v is None else f"{v:.10g}" for v in exact]


def test_amounts_have_their_unit_and_rows_all_their_figures(
    base: clustercoop.Result, moved: clustercoop.Result
) -> None:
    labels = {row.cells[2].text for row in shown(base, moved, "figures", "ru").rows}
    assert "Внутренние поставки, млн руб." in labels
    links = BASE["links"].copy()
    links.loc[first_link(), "value"] = 12.345678
    [row] = shown(base, analysed(links=links), "rows", "ru").rows
    assert (row.cells[5].text, row.cells[5].raw) == ("12,345678", "12.345678")


@pytest.fixture(scope="module")
def hostile() -> clustercoop.Result:
    """The same with names that would do harm as markup."""
    tables = renamed(dict(zip(["C0", "C1"], HOSTILE[1:3], strict=True)))
    people = tables["participants"]
    names = [*HOSTILE, "x" * 10_000, "right\u202eot left"]
    people["name"] = [names[n % len(names)] for n in range(len(people))]
    return analysed(**tables)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_names_from_data_stay_text_on_the_page(
    base: clustercoop.Result, hostile: clustercoop.Result, tmp_path: Path, lang: str
) -> None:
    found = clustercoop.compare(base, hostile, tmp_path / "page.html", lang=lang)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert len(found.renamed) == 2 and len(found.rows)
    assert problems(page) == []
    assert "\u202e" not in page and "x" * 500 not in page
    assert not any(name in page for name in HOSTILE[1:3])
    again = tmp_path / "again.html"
    clustercoop.compare(base, hostile, again, lang=lang)
    assert again.read_bytes() == (tmp_path / "page.html").read_bytes()


def test_the_russian_page_speaks_russian(
    base: clustercoop.Result, moved: clustercoop.Result, tmp_path: Path
) -> None:
    clustercoop.compare(base, moved, tmp_path / "page.html", lang="ru")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert problems(page) == [] and '<html lang="ru">' in page
    headings = re.findall(r"<h[12]>([^<]*)", page)
    assert headings and not [told for told in headings if not re.search("[а-я]", told)]
    assert "Уровень кооперации" in page


def test_the_command_tells_and_writes(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["compare", str(folder), str(folder), "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "No difference: settings, data and every figure are exactly equal.",
        f"page: {page}",
    ]
    done = CliRunner().invoke(
        main, ["compare", str(folder), str(folder), "--years", "2021", "2022", "--out", str(page)]
    )
    assert "changed 2, added 0" in done.output and "base, 2021 → base, 2022" in page.read_text("utf-8")


def test_a_folder_that_is_no_result_is_refused_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("kept", "utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    done = CliRunner().invoke(main, ["compare", str(folder), str(empty), "--out", str(page)])
    assert done.exit_code == 1 and "holds no results of clustercoop analyze" in done.output
    assert len(done.output.splitlines()) == 1
    assert page.read_text("utf-8") == "kept" and sorted(tmp_path.iterdir()) == [empty, page]
    with pytest.raises(DataError):
        clustercoop.compare(tmp_path / "absent", folder)
    with pytest.raises(OutputError):
        clustercoop.compare(folder, folder, page / "below.html")


def test_the_largest_change_of_the_ratio_is_told(base: clustercoop.Result, moved: clustercoop.Result) -> None:
    ratios = [
        one.formations.set_index(["cluster_id", "year"])["cooperation_ratio"].to_dict()["C0", 2022]
        for one in (base, moved)
    ]
    said = next(Told(clustercoop.compare(base, moved), base, moved, "en").lines())
    assert said.startswith("Cluster-years whose cooperation ratio changed: 1; most in ")
    assert f"2022: {ratios[0]:.1%} → {ratios[1]:.1%} (+" in said
