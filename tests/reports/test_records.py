import clustercoop
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import DOMAINS
from clustercoop.graph.texts import languages, subset
from clustercoop.reports.content import Content, with_no_dysfunction
from clustercoop.reports.records import (
    input_column,
    input_table,
    records_table,
    rows_by_table,
    setting_called,
    setting_said,
    sums_by_column,
)
from clustercoop.reports.sections.types import TypesSection
from clustercoop.reports.words import Words
from tests.builders import frames
from tests.reports.samples import VALUES, sample

ACCOUNTING = {
    "links": {"rows_rejected": 1, "rows_read": 3, "rows_accepted": 2, "values": {"value": VALUES}},
    "clusters": {"rows_read": 1, "rows_accepted": 1, "rows_rejected": 0, "values": {}},
}


def test_rows_and_sums_are_shown_as_they_were_counted() -> None:
    rows = rows_by_table(ACCOUNTING, Words("en"))
    assert [column.label for column in rows.columns] == [
        "Table",
        "Rows read",
        "Rows accepted",
        "Rows rejected",
    ]
    assert [[cell.raw for cell in row.cells] for row in rows.rows] == [
        ["Clusters", "1", "1", "0"],
        ["Links", "3", "2", "1"],
    ]
    sums = sums_by_column(ACCOUNTING, Words("ru"))
    assert [cell.raw for cell in sums.rows[0].cells] == [
        "Связи",
        "Объём поставок",
        "123456.789",
        "123450",
        "6.789",
    ]


def test_every_column_of_the_accounting_has_its_head_in_each_language() -> None:
    result = clustercoop.analyze(frames(members=3), nulls=0, workers=1, metrics="cooperation")
    accounting = {**result.provenance["accounting"], "folded": {"values": {"value": {"value_folded": 1.0}}}}
    for lang in languages():
        for table in (rows_by_table(accounting, Words(lang)), sums_by_column(accounting, Words(lang))):
            named = Words(lang).subset("record_")
            assert [column.label for column in table.columns] == [named[c.name] for c in table.columns]


def test_what_is_read_and_what_is_set_has_a_name_for_readers_in_each_language() -> None:
    for lang in languages():
        words, called = Words(lang), {name: setting_called(name, Words(lang)) for name in DOMAINS}
        assert all(label != name for name, label in called.items())
        assert len(set(called.values())) == len(called)
        for table, spec in tables().items():
            assert input_table(table, words) != table
            assert all(input_column(column.name, words) != column.name for column in spec.columns)
    assert input_column("Выручка", Words("en")) == "Выручка"


def test_what_a_setting_is_set_to_is_told_in_words_of_the_reader() -> None:
    for lang, yes in (("en", "yes"), ("ru", "да")):
        words, held = Words(lang), subset("setting.", lang)
        for name, (default, domain) in DOMAINS.items():
            if domain.shapes and name != "lang":
                for value in domain.choices or (default,):
                    said = setting_said(name, value, words)
                    assert said and (said not in domain.choices or lang == "en"), (name, value)
                    assert not domain.choices or f"{name}.{value}" in held
        assert setting_said("strict", True, words) == yes
    assert setting_said("currency", "RUB", Words("en")) == "RUB"
    assert (setting_said("nulls", 0, Words("en")), setting_said("nulls", 199, Words("en"))) == ("0", "199")


def test_the_order_of_a_mapping_does_not_matter() -> None:
    turned = {name: dict(reversed(figures.items())) for name, figures in reversed(ACCOUNTING.items())}
    assert rows_by_table(turned, Words("en")) == rows_by_table(ACCOUNTING, Words("en"))
    assert sums_by_column(turned, Words("en")) == sums_by_column(ACCOUNTING, Words("en"))


def test_what_an_input_leaves_out_is_blank_and_what_it_maps_is_text() -> None:
    records = [
        {
            "file": "a.csv",
            "sheet": "",
            "columns": {"Год": "year", "Вид": "kind"},
            "sha256": "ab" * 32,
            "delimiter": "\t",
        },
        {"file": "b.xlsx", "sheet": "s", "columns": {}},
    ]
    table = records_table("inputs", "", records, Words("en"))
    cells = {c.name: [row.cells[at] for row in table.rows] for at, c in enumerate(table.columns)}
    assert [cell.text for cell in cells["sheet"]] == ["", "s"]
    assert [cell.text for cell in cells["columns"]] == ["Вид → Kind; Год → Year", ""]
    assert cells["delimiter"][0].text == "Tab"
    assert cells["sha256"][0].text == "abababababab…" and cells["sha256"][0].raw == "ab" * 32
    assert not any(cell.unknown for row in table.rows for cell in row.cells)


def test_no_dysfunction_of_a_known_type_is_none_not_unknown() -> None:
    frame = sample().formations.copy()
    frame.loc[0, "ecosystem_type"] = ""
    stated = with_no_dysfunction(frame)["dysfunction"]
    assert stated[0] == "" and set(stated[1:]) == {"none"}
    table = TypesSection(Content(sample(), "ru")).table
    at = [column.name for column in table.columns].index("dysfunction")
    assert {row.cells[at].text for row in table.rows} == {"нет"}
