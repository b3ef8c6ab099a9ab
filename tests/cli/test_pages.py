from html import unescape
from pathlib import Path

import pytest

import clustercoop
from clustercoop.graph.errors import OutputError, UnknownNameError
from clustercoop.pages import Page
from clustercoop.reports.html import render_report
from clustercoop.reports.network import render_view
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
