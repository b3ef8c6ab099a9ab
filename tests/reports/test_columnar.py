import pandas as pd

from clustercoop.graph.columns import output_columns
from clustercoop.graph.gaps import gaps_frame
from clustercoop.reports.columnar import Columnar
from clustercoop.reports.reasons import Reasons
from clustercoop.reports.words import Words


def columns(name: str, frame: pd.DataFrame, lang: str) -> dict[str, dict[str, object]]:
    words = Words(lang)
    made = Columnar(
        words, "RUB", {"01": "Завод", "02": "02"}, Reasons(gaps_frame(()), words), {"C": ("Волга", "#c")}
    )
    return {column["c"]: column for column in made.table(frame, output_columns(name))["columns"]}


def test_participants_are_shown_by_name_and_saved_by_id() -> None:
    frame = pd.DataFrame(
        {
            "cluster_id": ["C", "C"],
            "year": [2021, 2021],
            "supplier_id": ["01", "02"],
            "buyer_id": ["02", "01"],
        }
    )
    shown = columns("eligibility_links", frame, "en")
    assert shown["supplier_id"]["d"] == ["Завод (01)", "02"]
    assert shown["supplier_id"]["r"] == ["01", "02"] and shown["buyer_id"]["r"] == ["02", "01"]


def test_all_clusters_and_groups_are_told_in_words() -> None:
    frame = pd.DataFrame({"grouping": ["all"], "group": ["*"], "cluster_id": ["*"]})
    for lang, told in (("en", "all"), ("ru", Words("ru").term("all"))):
        shown = columns("transitions", frame, lang)
        assert shown["cluster_id"]["d"] == shown["group"]["d"] == [told]
        assert shown["cluster_id"]["r"] == ["*"]
