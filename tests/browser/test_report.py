from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clustercoop.pages import Page as Page_
from clustercoop.pages import view
from tests.browser.conftest import Opener, unfold
from tests.reports import models, samples
from tests.reports.samples import sample

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    for lang in ("en", "ru"):
        (folder / f"{lang}.html").write_text(samples.report(lang), "utf-8")
    return {lang: folder / f"{lang}.html" for lang in ("en", "ru")}


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the report on a world of two groups, by language."""
    folder = tmp_path_factory.mktemp("split")
    for lang in ("en", "ru"):
        (folder / f"split-{lang}.html").write_text(models.page("split", lang), "utf-8")
    return {lang: folder / f"split-{lang}.html" for lang in ("en", "ru")}


def test_hostile_names_are_shown_and_do_nothing(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["ru"])
    unfold(page)
    assert page.get_by_text("<script>alert(1)</script>", exact=True).count() > 0
    assert page.locator("img").count() == 0
    assert page.locator("script:not([nonce])").count() == 0
    assert page.title() == "Кооперация промышленных кластеров"


def test_a_smuggled_script_does_not_run(open_page: Opener, tmp_path: Path) -> None:
    # The content policy is the second wall: even markup in the page itself has no nonce to run with.
    path = tmp_path / "hurt.html"
    smuggled = "<svg onload='document.title=1'></svg><script>document.title=2</script>"
    hurt = samples.report("en").replace("<main", smuggled + "<main")
    path.write_text(hurt, "utf-8")
    page = open_page(path)
    assert page.title() == "Cooperation of industrial clusters"
    [made] = open_page.opened
    assert any("Content Security Policy" in complaint for complaint in made.complaints)
    made.complaints.clear()


def test_sorting_keeps_unknown_last_in_both_directions(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.get_by_role("combobox", name="Year").select_option("all")
    head = page.locator("#clusters th[data-c=cooperation_ratio]")

    def column() -> list[str]:
        at = head.evaluate("th => th.cellIndex")
        script = "(t, at) => [...t.tBodies[0].rows].map(r => r.cells[at].dataset.v)"
        read: list[str] = page.locator("#clusters table").evaluate(script, at)
        return read

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    down = [float(value) for value in column() if value]
    assert down == sorted(down, reverse=True)
    assert column()[-1] == "" and "" not in column()[: len(down)]
    # The head keeps the focus, so that the keyboard can turn it again.
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    up = [float(value) for value in column() if value]
    assert up == sorted(down) and column()[-1] == ""


def saved(page: Page, button: Locator) -> tuple[str, list[dict[str, str]]]:
    """Return the name and the rows of the CSV file that a button saves."""
    with page.expect_download() as waiting:
        button.click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    return waiting.value.suggested_filename, list(csv.DictReader(io.StringIO(text)))


def test_export_gives_exact_values_and_inert_text(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["ru"])
    box = page.locator("details.participants", has=page.locator("[data-part=c00]"))
    box.locator("summary").click()
    name, rows = saved(page, box.get_by_role("button", name="Сохранить CSV"))
    assert name == "participants-c00.csv"
    people = samples.sample().participants
    mine = people[people["cluster_id"] == "c00"]
    assert len(rows) == len(mine)
    assert rows[0]["participant_id"] == "00000000"
    named = {row["name"] for row in rows}
    assert '\'=HYPERLINK("http://x.example")' in named
    exact = mine.set_index(["year", "participant_id"])["broker_share"]
    for row in rows:
        truth = exact[int(row["year"]), row["participant_id"]]
        assert float(row["broker_share"] or "nan") == pytest.approx(truth, nan_ok=True)


def test_the_file_holds_what_is_shown(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.locator("#clusters [data-chip=verdictundecided]").click()
    page.locator("#clusters details.chooser summary").click()
    page.locator("#clusters input[value=output]").check()
    page.locator("#clusters th[data-c=output] button").click()
    _, rows = saved(page, page.locator("#clusters").get_by_role("button", name="Save as CSV"))
    # Every third of the twelve clusters is undecided; a drawing is not saved.
    assert len(rows) == 4 and {row["clusters.formation_verdict"] for row in rows} == {"undecided"}
    assert "trend" not in rows[0] and "core_fit" not in rows[0]
    table = samples.sample().formations
    exact = table[table["year"] == 2023].set_index("cluster_id")["output"]
    assert [float(row["output"] or "nan") for row in rows] == pytest.approx(
        [exact[row["cluster_id"]] for row in rows], nan_ok=True
    )
    known = [float(row["output"]) for row in rows if row["output"]]
    assert known == sorted(known, reverse=True)


def test_the_address_keeps_what_is_shown(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.get_by_role("combobox", name="Year").select_option("2021")
    page.locator("#clusters [data-chip=verdictundecided]").click()
    page.locator("#clusters th[data-c=cooperation_ratio] button").click()
    address, before = page.url, page.locator("#clusters tbody").inner_text()
    assert "year=2021" in address and "verdict=undecided" in address
    page.goto("about:blank")
    page.goto(address)
    assert page.locator("#clusters tbody").inner_text() == before
    assert page.locator("#clusters tbody tr").count() == 4
    assert page.get_by_role("combobox", name="Year").input_value() == "2021"
    page.get_by_role("button", name="As at first").click()
    assert page.url.endswith("#clusters") and page.locator("#clusters tbody tr").count() == 12


def test_a_passport_opens_alone_and_leads_on(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    assert page.locator(".passport:visible").count() == 0
    link = page.locator("#clusters tbody a").first
    name = link.inner_text()
    link.click()
    passport = page.locator(".passport:visible")
    assert passport.count() == 1 and passport.locator("h3").inner_text() == name
    assert passport.locator(".series, .portrait").count() >= 4
    passport.locator("a[rel=next]").click()
    assert page.locator(".passport:visible").count() == 1
    page.locator(".passport:visible a[rel=prev]").click()
    assert page.locator(".passport:visible h3").inner_text() == name
    assert str(page.locator(".passport:visible a[href^=views]").get_attribute("href")).endswith(".html")


def test_the_reason_of_an_unknown_cell_shows_on_focus(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.get_by_role("combobox", name="Year").select_option("all")
    cell = page.locator(f"#clusters .na[data-why='{samples.WHY}']").first
    cell.focus()
    tip = page.locator("#tip")
    assert tip.is_visible() and samples.WHY in tip.inner_text()
    assert cell.get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_heads_explain_themselves(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.locator("#clusters th[data-c=cooperation_ratio] button").focus()
    assert page.locator("#tip").inner_text() == "Internal supply / output (ratio of sums)"


def test_filter_and_years_tell_how_much_is_shown(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    section = page.locator("#clusters")
    status = section.locator("[role=status]")
    assert status.inner_text() == "shown 12 of 12"
    page.get_by_role("combobox", name="Year").select_option("all")
    assert status.inner_text() == "shown 48 of 48"
    section.get_by_label("Filter rows").fill("cluster 7")
    assert status.inner_text() == "shown 4 of 48"
    assert section.locator("tbody tr").count() == 4


def test_findings_are_filtered_by_severity(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    assert page.locator(".find.error:visible").count() == 1
    page.locator("input[name=severity][value=error]").uncheck()
    assert page.locator(".find.error:visible").count() == 0
    assert page.locator(".find.info:visible").count() == 1


def test_the_keyboard_reaches_the_content_and_the_sections(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#main"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#clusters"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#clusters"


def test_a_narrow_screen_does_not_scroll_sideways_whatever_the_font(
    open_page: Opener, files: dict[str, Path], split: dict[str, Path]
) -> None:
    for path in (files["ru"], files["en"], split["ru"]):
        page = open_page(path, width=390, height=844)
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        # As in a font a quarter wider than the widest of the machine.
        page.evaluate(WIDE_FONT)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name


WIDE_FONT = """() => { const s = new CSSStyleSheet(); s.replaceSync('*{letter-spacing:.12em}');
document.adoptedStyleSheets = [s]; }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(open_page: Opener, files: dict[str, Path], scheme: str) -> None:
    page = open_page(files["en"], color_scheme=scheme)
    ratios = page.evaluate(CONTRAST, TEXTS)
    # WCAG 2.1, AA: 4.5 for text.
    assert min(ratios.values()) >= 4.5, ratios


TEXTS = (
    "p",
    ".soft",
    "td",
    "th",
    "nav a",
    "a",
    ".tiles span",
    ".sev.error",
    ".sev.warning",
    ".sev.info",
    ".na",
    "summary",
)
MODEL_TEXTS = (
    ".found p",
    ".ladder li span",
    ".ladder em",
    "td.pe1",
    "td.pe4",
    "td.pc1",
    "td.pc4",
    "td.pass",
    "td.best",
    "td.apart",
)
CONTRAST = """(queries) => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255,255,255)";
  };
  const out = {};
  for (const query of queries) {
    const e = document.querySelector("main " + query) || document.querySelector(query);
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    out[query] = (a + 0.05) / (b + 0.05);
  }
  return out;
}"""


def test_printing_opens_what_is_folded(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["en"])
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    # Notes stay lines on paper.
    assert page.locator("#findings details:not([open]):not(.info)").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#findings details.info[open]").count() == 0
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden() and page.locator(".tools").first.is_hidden()


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_formation_model_is_drawn_and_readable(
    open_page: Opener, split: dict[str, Path], width: int, scheme: str
) -> None:
    page = open_page(split["ru"], width=width, color_scheme=scheme)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The mark of every strip stands inside its picture, and strips are as wide as they are drawn.
    strips = page.locator("#verdicts td .strip")
    assert strips.count() == len(models.world("split").clusters)
    box = strips.first.bounding_box()
    assert box is not None
    assert box["width"] > 120
    contrast = page.evaluate(CONTRAST, MODEL_TEXTS)
    assert min(contrast.values()) >= 4.5, contrast


def test_a_drawing_is_not_exported(open_page: Opener, split: dict[str, Path]) -> None:
    page = open_page(split["en"])
    with page.expect_download() as waiting:
        box = page.locator("#verdicts .tools", has=page.get_by_role("button", name="Save as CSV")).first
        box.get_by_role("button", name="Save as CSV").click()
    assert waiting.value.suggested_filename == "probability.csv"
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    assert "strip" not in rows[0] and "years" not in rows[0]
    exact = models.world("split").clusters.set_index("cluster_id")["ecosystem_probability"]
    for row in rows:
        assert float(row["ecosystem_probability"]) == pytest.approx(exact[row["cluster_id"]])


def test_pages_work_in_the_frame_of_a_notebook(open_page: Opener, tmp_path: Path) -> None:
    shown = [Page_(samples.report("en"), "report", "en"), view(sample(), "c01")]
    (tmp_path / "notebook.html").write_text("".join(page._repr_html_() for page in shown), "utf-8")
    page = open_page(tmp_path / "notebook.html")
    report, network = page.frame_locator("iframe >> nth=0"), page.frame_locator("iframe >> nth=1")
    head = report.locator("#clusters th[data-c=core_size]")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    report.locator("#clusters a[href^='#cluster-']").first.click()
    assert report.locator("article.passport, [id^=cluster-]").first.is_visible()
    assert report.locator("#clusters").count() == 1
    network.locator("canvas").first.wait_for()
    network.get_by_role("slider").first.press("ArrowRight")
