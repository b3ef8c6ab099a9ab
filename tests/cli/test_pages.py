import dataclasses
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.cli import main
from clustercoop.exports import export_neo4j_admin
from clustercoop.graph.errors import OutputError, UnknownNameError
from clustercoop.outputs import read_result
from clustercoop.pages import Page
from clustercoop.reports.content import Content
from clustercoop.reports.html import render_report
from clustercoop.reports.markdown import render_markdown
from clustercoop.reports.network import render_view
from clustercoop.reports.passports import Passports
from tests.builders import frames
from tests.reports.pages import page_of
from tests.reports.samples import make_result


def test_without_a_path_pages_show_themselves_in_a_frame_that_reaches_nothing(tmp_path: Path) -> None:
    result = make_result(clusters=2)
    shown = clustercoop.view(result, "c01", lang="ru")
    assert shown.html == render_view(result, "c01", lang="ru", report="")
    [frame] = [e for e in page_of(shown._repr_html_()).all("iframe")]
    assert set(frame.attributes["sandbox"].split()) == {"allow-scripts", "allow-downloads"}
    assert unescape(frame.attributes["srcdoc"]) == unescape(shown.html)
    assert repr(shown).startswith("<b>Bold</b> & co") and len(repr(shown)) < 200
    assert shown.save(tmp_path / "f.html").read_text("utf-8") == shown.html
    report = clustercoop.report(result)
    assert report.html == render_report(result, "en", views="")


def test_with_a_path_pages_are_files(tmp_path: Path) -> None:
    result = make_result(clusters=2)
    assert clustercoop.view(result, "c00", tmp_path / "v.html", year=2021) == tmp_path / "v.html"
    assert (tmp_path / "v.html").is_file()
    with pytest.raises(UnknownNameError, match="no year 1999"):
        clustercoop.view(result, "c00", year=1999)
    with pytest.raises(OutputError):
        Page("x", "x", "en").save(tmp_path / "v.html" / "below.html")


def test_the_passport_of_one_cluster_is_a_page_with_nothing_cut(tmp_path: Path) -> None:
    result = make_result(clusters=2, smallest=20, largest=24)
    path = clustercoop.report(result, tmp_path / "c01.html", cluster="c01", lang="ru")
    page = page_of(path.read_text("utf-8"))
    assert [one.attributes["id"] for one in page.all("section")] == ["clusters", "passports", "participants"]
    [passport] = page.all("article")
    assert "alone" in passport.attributes["class"].split()
    [drawn] = [e for e in page.all("div") if e.attributes.get("data-drawn") == "participants"]
    assert drawn.attributes["data-part"] == "c01"
    [whole] = [one for one in Passports(Content(result, "ru", page=True, only="c01")).all()[1:]]
    [cut] = Passports(Content(result, "ru", page=True)).all()[1:]
    assert len(whole.core.members) == len(cut.core.members) + cut.core.more and not whole.core.more
    assert (whole.findings_more, whole.requests_more) == (0, 0)
    shown = clustercoop.report(result, cluster="c01", lang="ru")
    assert shown.html == path.read_text("utf-8") and "cluster-c00" not in shown.html
    for unknown in ("c99", ""):
        with pytest.raises(UnknownNameError, match="hold no cluster"):
            clustercoop.report(result, tmp_path / "c99.html", cluster=unknown)


def test_the_command_writes_the_passport_of_one_cluster(table3_folder: Path, tmp_path: Path) -> None:
    cluster = str(read_result(table3_folder).clusters["cluster_id"].iloc[0])
    asked = ["report", str(table3_folder), "--cluster", cluster, "--out", str(tmp_path / "one.html")]
    assert CliRunner().invoke(main, asked).output.strip() == f"report: {tmp_path / 'one.html'}"
    assert "passport alone" in (tmp_path / "one.html").read_text("utf-8")


def test_the_report_names_the_file_that_was_written_or_how_to_get_it() -> None:
    result = make_result(clusters=30, smallest=4, largest=6)
    said = {
        "csv,html": "the rest is in formations.csv",
        "parquet,html": "the rest is in formations.parquet",
        "html": "analyze with --outputs csv writes the rest",
    }
    for outputs, sentence in said.items():
        asked = dataclasses.replace(result, settings=result.settings.replace(outputs=outputs))
        assert sentence in render_markdown(asked).replace("\\", "")
        assert ("csv" in outputs) == ("formations.csv" in render_report(asked))
        assert ("parquet" in outputs) == ("formations.parquet" in render_report(asked))


def test_a_folder_tells_which_outputs_it_holds(table3_folder: Path) -> None:
    assert read_result(table3_folder).settings.outputs == "csv,parquet"


def test_no_folder_with_things_in_it_is_written_over(tmp_path: Path) -> None:
    kept = tmp_path / "mine"
    kept.mkdir()
    (kept / "notes.txt").write_text("years of work", "utf-8")
    tables = frames(members=3)
    with pytest.raises(OutputError, match="is a folder; give the name of a file"):
        clustercoop.template(kept)
    with pytest.raises(OutputError, match="was not written by clustercoop"):
        export_neo4j_admin(clustercoop.load(tables), kept)
    clustercoop.analyze(
        tables, tmp_path / "one", nulls=0, workers=1, metrics="cooperation", outputs="parquet"
    )
    clustercoop.analyze(
        tables, tmp_path / "two", nulls=0, workers=1, metrics="cooperation", outputs="parquet"
    )
    with pytest.raises(OutputError, match="holds the results themselves"):
        clustercoop.report(tmp_path / "one", tmp_path / "two")
    with pytest.raises(OutputError, match="is a folder; give the name of a file"):
        clustercoop.view(tables, "C0", tmp_path / "two")
    export_neo4j_admin(clustercoop.load(tables), tmp_path / "import")
    export_neo4j_admin(clustercoop.load(tables), tmp_path / "import")
    (tmp_path / "import" / "notes.txt").write_text("how it went", "utf-8")
    with pytest.raises(OutputError, match="was not written by clustercoop"):
        export_neo4j_admin(clustercoop.load(tables), tmp_path / "import")
    assert (tmp_path / "import" / "notes.txt").is_file()
    (kept / "report.html").write_text("a copy", "utf-8")
    with pytest.raises(OutputError, match="was not written by clustercoop"):
        clustercoop.report(tmp_path / "one", kept)
    assert (tmp_path / "two" / "run.json").is_file()
    assert sorted(path.name for path in kept.iterdir()) == ["notes.txt", "report.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["import", "mine", "one", "two"]
