"""Texts judged once each: what is plain, what stays the same however a column is held."""

from __future__ import annotations

import csv
import math
import re
from copy import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import tables
from clustercoop.loaders.coded import Cells, Coded, distinct, plain, stacked
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from clustercoop.loaders.ids import clean_id, clean_text, read_texts
from clustercoop.loaders.ledger import Ledger, exact_sum
from clustercoop.loaders.marks import gap_marks, gap_meaning, is_error
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.relations import loose_key, loose_keys
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.who import name_key

# Spellings that the rules treat in every way: plain, marks, guards, look-alikes, totals, spaces, none.
IDS = (
    '7701000001|7701000002|p01|P01|Р01|p-01|0077|77|x|NA|Итого| p02 |="0088"|7701000001.0|ООО Заря|Заря'
    "|inn7701000001|INN 7701000002|p03|p03x"
).split("|")


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, width=64), min_size=1, max_size=6))
def test_the_sum_of_many_values_is_the_rounded_exact_one(values: list[float]) -> None:
    cycle = [*values, 1e16, 1.0, -1e16, 5e-324, 0.1]
    many = np.resize(np.array(cycle), 11_000)
    rounds, rest = divmod(len(many), len(cycle))
    times = [(value, rounds + (at < rest)) for at, value in enumerate(cycle) if not math.isnan(value)]
    exact = sum((Fraction(value) * count for value, count in times), Fraction(0))
    assume(abs(exact) < Fraction(2) ** 1023)
    assert exact_sum(many) == float(exact)


def test_a_column_is_looked_up_again_once_its_texts_are_others() -> None:
    frame = pd.DataFrame({"supplier_id": pd.Categorical(["a", "b", "a"])})
    ledger = Ledger(tables()["links"], [], frame.assign(value=[1.0, 2.0, 3.0]), Notes())
    members: pd.Index[str] = pd.Index(["b"], dtype=object)
    held = ledger.coded("supplier_id")
    assert held is ledger.coded("supplier_id")
    assert held.isin(members).tolist() == [False, True, False]
    assert held.places(members) is held.places(members)
    ledger.rename("supplier_id", Coded.renamed(held.codes, ["b", "a"]))
    assert ledger.coded("supplier_id").isin(members).tolist() == [True, False, True]


def test_no_mark_is_plain() -> None:
    marks = np.array([*gap_marks(), *map(str.upper, gap_marks())], dtype=object)
    assert not plain(marks).any()


@given(st.lists(st.text(st.sampled_from("019azAZеЯ-.# "), max_size=6), max_size=20))
def test_nothing_is_to_be_said_of_plain_texts(texts: list[str]) -> None:
    cells = np.array([*texts, ""], dtype=object)[:-1]
    for text in cells[plain(cells)]:
        assert clean_id(clean_text(text)) == text
        assert not (gap_meaning(text) or is_error(text) or is_total(text))
        assert name_key(text) == (text.lower(), "")
    assert loose_keys(cells).tolist() == [loose_key(text) for text in texts]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12), st.data())
def test_renamed_columns_are_coded_anew(texts: list[str | None], data: st.DataObject) -> None:
    column = Coded.of(pd.array(texts, dtype=TEXT))
    new = [data.draw(st.sampled_from(["x", "y", np.nan])) for _ in column.texts]
    now = Coded.renamed(column.codes, new)
    meant = {old: name for old, name in zip(column.texts, new, strict=True)}
    cells = pd.Series([meant.get(text, np.nan) for text in texts], dtype=TEXT)
    again = Coded.of(cells)
    assert now.codes.tolist() == again.codes.tolist()
    assert now.texts.tolist() == again.texts.tolist()
    assert pd.Series(now.array()).equals(cells)
    assert now.equal(column).tolist() == [a == b for a, b in zip(cells, texts, strict=True)]


@given(st.lists(st.integers(-1, 3), max_size=12))
def test_cells_that_know_their_values_give_them_as_they_appear(codes: list[int]) -> None:
    held = np.array(["k", "l", "m", "n"], dtype=object)
    known = distinct(Cells(np.array(codes, dtype=int), held))
    found = pd.factorize(np.array([None if c < 0 else held[c] for c in codes], dtype=object))
    assert known[0].tolist() == found[0].tolist()
    assert known[1].tolist() == found[1].tolist()
    assert list(copy(Cells(np.array(codes, dtype=int), held))) == [None if c < 0 else held[c] for c in codes]


def test_stacked_columns_keep_their_texts() -> None:
    parts = [pd.DataFrame({"id": pd.Categorical(t)}) for t in (["b", "a"], ["c", None, "a"])]
    assert stacked(parts)["id"].astype(object).where(lambda s: s.notna(), None).tolist() == [
        "b",
        "a",
        "c",
        None,
        "a",
    ]


def test_what_holds_of_no_cell_has_no_flag() -> None:
    texts, flags = read_texts(np.array(["p01", "p02", None], dtype=object), tables()["links"]["supplier_id"])
    assert (texts.texts.tolist(), flags) == (["p01", "p02"], {})


PLACE = re.compile(r"(?:participants|links)(?:\.\w+)?:(\d+)")


def told(data: Dataset, header: int) -> list[tuple[object, ...]]:
    """Return what is told of rows, which count from the first below the header."""
    kept = [f for f in data.findings if f.code not in ("format_found", "number_format", "no_final_newline")]
    return [
        (
            f.code,
            f.table,
            f.row and f.row - header,
            f.column,
            f.value,
            _moved(f.detail, header),
            f.participant_id,
        )
        for f in kept
    ]


def _moved(detail: str, header: int) -> str:
    return PLACE.sub(lambda found: f"row {int(found[1]) - header}", detail)


def told_tables(data: Dataset) -> dict[str, list[list[object]]]:
    held = data.graph.to_tables()
    places = ["row", "file", "sheet"]
    bare = {name: frame.drop(columns=places, errors="ignore") for name, frame in held.items()}
    return {
        name: frame.astype(object).where(frame.notna(), None).values.tolist() for name, frame in bare.items()
    }


@pytest.mark.parametrize("seed", range(8))
def test_every_reader_tells_the_same_of_the_same_rows(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    members, flows = int(rng.integers(1, 8)), int(rng.integers(4, 30))
    frames = {
        "participants": pd.DataFrame(
            {"participant_id": rng.choice(IDS, members), "cluster_id": rng.choice(["c1", "c2"], members)}
        ),
        "links": pd.DataFrame(
            {
                "year": rng.choice(["2020", "2021"], flows),
                "supplier_id": rng.choice(IDS, flows),
                "buyer_id": rng.choice(IDS, flows),
                "value": rng.choice(["5", "7.5", "0", "-5", "n/a"], flows, p=[0.4, 0.3, 0.1, 0.1, 0.1]),
            }
        ),
    }
    for kind in ("csv", "parquet"):
        (tmp_path / kind).mkdir()
    for name, frame in frames.items():
        frame.to_csv(tmp_path / "csv" / f"{name}.csv", index=False, sep=";", quoting=csv.QUOTE_ALL)
        frame.to_parquet(tmp_path / "parquet" / f"{name}.parquet", index=False)
    columnar, framed = read_dataset(tmp_path / "parquet"), read_frames(frames)
    text = read_dataset(tmp_path / "csv")
    assert told(columnar, 0) == told(framed, 0) == told(text, 1)
    assert told_tables(columnar) == told_tables(framed) == told_tables(text)
    for code in ("code", "value", "content"):
        one, two, three = (data.rejected[code].tolist() for data in (columnar, framed, text))
        assert one == two == three
