"""The page of two results side by side: whole on any screen, for any reader, and its figures exact."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from clustercoop.comparing import compare
from clustercoop.reports.comparison import Told, render_comparison
from tests.browser.conftest import Opener, barriers
from tests.reports.samples import make_result

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the page on two drawn results, hostile names and all, by language."""
    folder = tmp_path_factory.mktemp("compared")
    before, after = (make_result(clusters=1, seed=seed, smallest=6, largest=9) for seed in (5, 6))
    found = compare(before, after)
    for lang in ("en", "ru"):
        page = render_comparison(Told(found, before, after, lang), ("1", "2"), "0")
        (folder / f"{lang}.html").write_text(page, "utf-8")
    return {lang: folder / f"{lang}.html" for lang in ("en", "ru")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page: Opener, pages: dict[str, Path], scheme: str) -> None:
    page = open_page(pages["ru"], color_scheme=scheme)
    assert barriers(page, scheme) == []


def test_a_narrow_screen_scrolls_no_page_sideways(open_page: Opener, pages: dict[str, Path]) -> None:
    page = open_page(pages["en"], width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator("img").count() == 0 and page.locator("script:not([nonce])").count() == 0


def test_figures_are_sorted_as_numbers_and_saved_exactly(open_page: Opener, pages: dict[str, Path]) -> None:
    page = open_page(pages["ru"])
    box = page.locator("#figures")
    box.get_by_role("button", name="Изменение", exact=True).click()
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Сохранить CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    changes = [float(row["Изменение"]) for row in rows if row["Изменение"]]
    assert len(changes) > 20 and (changes == sorted(changes) or changes == sorted(changes, reverse=True))
    for row in rows:
        if row["Изменение"]:
            assert float(row["Стало"]) - float(row["Было"]) == pytest.approx(
                float(row["Изменение"]), rel=1e-6, abs=1e-9
            )
