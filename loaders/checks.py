"""Checks of one table's rows: what is broken is rejected or made unknown, what is odd is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.schema import FIRST_YEAR, KNOWLEDGE_KINDS, LAST_YEAR, LINK_KINDS, SUPPORT
from clustercoop.loaders.coded import judged
from clustercoop.loaders.ledger import Ledger, Mask
from clustercoop.loaders.names import read_name, years_of
from clustercoop.loaders.raw import stem_of
from clustercoop.loaders.tokens import Issue
from clustercoop.loaders.totals import reject_totals
from clustercoop.loaders.years import spans_years

_BAD: Final = {
    Issue.NOT_A_NUMBER: "not_a_number",
    Issue.FOOTNOTE_UNCLEAR: "footnote_unclear",
    Issue.DECIMAL_UNCLEAR: "decimal_unclear",
    Issue.EXCEL_ERROR: "excel_error",
    Issue.WRONG_KIND: "wrong_kind",
    Issue.HUGE: "huge_number",
    Issue.MERGED: "merged_figure",
    Issue.UNIT_UNCLEAR: "unit_unclear",
    Issue.UNIT_DOUBTFUL: "unit_doubtful",
}
_FOOTER: Final = re.compile(
    r"(?:источник|примечани[ея]|справочно|source|notes?)\s*[:.].*|(?:в том числе|из них)\s*:?"
    r"|(?:руководитель|исполнитель|(?:главный |гл\. )?бухгалтер|директор|согласовано|утверждаю|подпись"
    r"|м\.? ?п\.?|тел(?:ефон|\.)?)(?: (?:организации|предприятия|кластера|учреждения|отдела))?\s*[:_./ ]*",
    re.IGNORECASE | re.DOTALL,
)
_KINDS: Final[dict[str, str]] = {
    **{kind: kind for kind in LINK_KINDS},
    **dict.fromkeys(("товар", "товары", "продукция", "good"), "goods"),
    **dict.fromkeys(("услуга", "услуги", "работы и услуги", "service"), "services"),
    **dict.fromkeys(("возврат", "возвратный поток", "возвратные", "returns", "reverse"), "return"),
    **dict.fromkeys(KNOWLEDGE_KINDS, "knowledge"),
}
_CATEGORIES: Final[dict[str, str]] = {
    **{name: name for name in SUPPORT},
    **dict.fromkeys(("правовая", "правовые", "нормативно-правовая"), "legal"),
    **dict.fromkeys(("экономическая", "экономические", "финансовая", "economical"), "economic"),
    **dict.fromkeys(("организационная", "организационные", "organizational"), "organisational"),
    **dict.fromkeys(("кооперационная", "кооперация", "кооперационные", "co-operation"), "cooperation"),
}
_BESIDE: Final = "beside the contract"
ODD: Final = 1000.0
_MANY: Final = 100_000
JUMP_UP: Final = 10.0
# A fall that prints as 70 % counts as one: the published 0.374 after 1.244 is 69.94 %.
JUMP_DOWN: Final = 1.0 - 0.695


def check_cells(
    ledger: Ledger,
    issues: Mapping[str, NDArray[np.int8]],
    flags: Mapping[tuple[str, str], NDArray[np.bool_]],
) -> None:
    """Reject rows that are no records (repeated headers, totals) or lack what they need; tell odd cells."""
    spec, frame = ledger.spec, ledger.frame
    ids = [c.name for c in spec.columns if c.type == "id" and c.required]
    for name in ids:
        if spec[name].filled:
            ledger.reject(flags.get((name, "gap"), _none(ledger)), "id_gap", name)
    _check_no_records(ledger, ids, issues)
    for name in ids:
        for flag in ("gap", "undecodable", "rounded"):
            if (name, flag) in flags:
                ledger.unname(name, flags[name, flag])
        ledger.reject(flags.get((name, "undecodable"), _none(ledger)), "id_undecodable", name)
        ledger.reject(flags.get((name, "rounded"), _none(ledger)), "id_rounded", name)
    for column in spec.columns:
        name = column.name
        if column.type in ("id", "text"):
            if column.filled:
                ledger.reject(frame[name].isna().to_numpy(), "required_missing", name)
            else:
                ledger.note(flags.get((name, "undecodable"), _none(ledger)), "text_undecodable", name)
            if column.type == "id":
                ledger.note(flags.get((name, "cleaned"), _none(ledger)), "id_cleaned", name)
                ledger.note(flags.get((name, "imprecise"), _none(ledger)), "id_imprecise", name)
                ledger.note(flags.get((name, "redated"), _none(ledger)), "code_from_date", name)
                ledger.note(first_of(flags.get((name, "trimmed"), _none(ledger))), "code_trimmed", name)
            continue
        issue = issues.get(name)
        if issue is None:
            continue
        if column.type == "year":
            two = ledger.written(issue == Issue.NOT_A_NUMBER, name, spans_years)
            ledger.reject(two, "year_of_two", name)
        whole_row = column.required or column.type == "year"
        for kind, code in _BAD.items():
            if whole_row:
                ledger.reject(issue == kind, f"{code}_row", name)
            else:
                ledger.note(issue == kind, code, name)
                ledger.unread(issue == kind, name)
        if column.required:
            ledger.reject(issue == Issue.MISSING, "required_missing", name)
        if column.type == "year":
            years = ledger.values(name)
            whole = (years == np.round(years)) & (years >= FIRST_YEAR) & (years <= LAST_YEAR)
            ledger.reject(~whole & ~np.isnan(years), "year_impossible", name)
            ledger.note(flags.get((name, "dated"), _none(ledger)), "year_from_date", name)
            _tell_new_year(ledger, name, flags.get((name, "january"), _none(ledger)), issue)
            ledger.note(flags.get((name, "closing"), _none(ledger)), "year_closing", name)
            ledger.note(first_of(flags.get((name, "serial"), _none(ledger))), "year_from_serial", name)
        ledger.note(issue == Issue.FOOTNOTE, "footnote_read", name)
        if column.type != "year":
            ledger.note(issue == Issue.BOUND, "bound_read", name)
            if f"{name}_low" not in ledger.frame:
                ledger.unread(issue == Issue.BOUND, name)
    _check_lost_zeros(ledger, flags)


def _tell_new_year(ledger: Ledger, name: str, january: Mask, issue: NDArray[np.int8]) -> None:
    """Tell a column of years where every cell is a 1 January: "as of" that day means the year before."""
    told = (issue != Issue.MISSING) & ledger.alive
    if january[told].any() and january[told].all():
        ledger.note(first_of(told), "year_new_year", name)


def first_of(where: Mask) -> Mask:
    """Return `where` with its first row alone."""
    return np.arange(len(where)) == np.argmax(where) if where.any() else where


def _none(ledger: Ledger) -> Mask:
    return np.zeros(len(ledger), bool)


def _check_no_records(ledger: Ledger, ids: Sequence[str], issues: Mapping[str, NDArray[np.int8]]) -> None:
    """Reject repeated headers, totals and notes, which are rows of the sheet but no records."""
    spec, frame = ledger.spec, ledger.frame
    repeated = np.ones(len(ledger), bool)
    for name in ids:
        column = ledger.coded(name)
        for source in range(len(ledger.grids)):
            header = ledger.header(source, name)
            mine = ledger.source == source
            repeated &= ~mine | column.isin([header])
    if ids:
        ledger.reject(repeated, "header_repeated", ids[0])
    reject_totals(ledger, ids, ["name"] if "name" in frame else [])
    for name in ids:
        column = ledger.coded(name)
        footers = judged(
            column.texts, lambda t: not t[:1].isdigit() and bool(_FOOTER.fullmatch(t)), column.simple
        )
        if footers.any():
            ledger.reject(column.spread(footers), "footer_row", name)
    filled = np.zeros(len(ledger), np.int8)
    for cell in spec.names:
        filled += issues[cell] != Issue.MISSING if cell in issues else ~frame[cell].array.isna()
    if len(spec.required) > 1:
        ledger.reject(filled == 1, "note_row", spec.required[0], value=lambda _: "")


def _check_lost_zeros(ledger: Ledger, flags: Mapping[tuple[str, str], NDArray[np.bool_]]) -> None:
    """Tell 9- and 11-digit numbers among taxpayer numbers, which have 10 or 12 digits."""
    for name in ("participant_id", "supplier_id", "buyer_id"):
        if name not in ledger.frame:
            continue
        column = ledger.coded(name)
        digits = column.digits
        short = np.isin(digits, (9, 11))
        if not short.any():
            continue
        usual = np.isin(digits, (10, 12)).sum() > 0.5 * len(digits)
        numeric = flags.get((name, "numeric"), _none(ledger))
        suspect = column.spread(short) & (numeric | usual)
        count = column.spread(digits, 0)
        _note_length(ledger, suspect, name, count)


def _note_length(ledger: Ledger, suspect: Mask, name: str, count: NDArray[np.int64]) -> None:
    ledger.note(suspect, "id_lost_zero", name, detail=lambda row: str(count[row]))


def check_values(ledger: Ledger) -> None:
    """Make negative numbers unknown (or reject their rows where the number is required).

    Value added may be negative and is only told.
    """
    for column in ledger.spec.columns:
        if column.name not in ledger.figures:
            continue
        below = ledger.values(column.name) < 0
        if column.name in ("value_added", "value_added_per_employee"):
            ledger.note(below, "negative_value_added", column.name)
        elif column.required:
            ledger.reject(below, "negative_value_row", column.name)
        else:
            ledger.blank(below, "negative_value", column.name)
        if column.type == "share":
            ledger.blank(ledger.values(column.name) > 1, "share_above_one", column.name)


# Given the rows that repeat an earlier one, and the earlier one of each row: which of them count once.
Settle = Callable[[Mask, NDArray[np.int64]], Mask]


def check_keys(ledger: Ledger, *, parallel: str = "") -> None:
    """Reject exact repeats, and all rows of one key that disagree.

    Where `parallel` is a finding code, rows of one key that disagree are kept, with that finding.
    """
    check_shared(ledger, drop_repeats(ledger, by_all=bool(parallel)), parallel=parallel)


def drop_repeats(ledger: Ledger, *, by_all: bool = False, settle: Settle | None = None) -> NDArray[np.int64]:
    """Reject exact repeats; return the rows whose key another row has too.

    `settle` says which repeats are to be rejected; all of them by default.
    """
    shared = _shared_keys(ledger, ledger.spec.key)
    if len(shared):
        _reject_repeats(ledger, shared, by_all=by_all, settle=settle)
    return shared


def check_shared(ledger: Ledger, shared: NDArray[np.int64], *, parallel: str = "") -> None:
    """Reject, or tell by the code `parallel`, rows of one key among the `shared` ones that still live."""
    key = list(ledger.spec.key)
    shared = shared[ledger.alive[shared]]
    if not len(shared):
        return
    first = _first_rows(ledger.frame.iloc[shared], key)
    original = np.arange(len(ledger))
    original[shared] = shared[first]

    def as_row(row: int) -> str:
        return _place(ledger, int(original[row]))

    several = np.bincount(first, minlength=len(shared))[first] > 1
    hit = _none(ledger)
    if parallel:
        hit[shared[first != np.arange(len(shared))]] = True
        ledger.merged = int(hit.sum())
        ledger.note(hit, parallel, ledger.figures[0], detail=as_row)
        return
    hit[shared[several]] = True
    names = {int(row): _key_text(ledger, int(row)) for row in np.flatnonzero(hit)}
    ledger.reject(hit, "duplicate_conflict", key[0], value=lambda row: names[row], detail=as_row)


def _reject_repeats(
    ledger: Ledger, rows: NDArray[np.int64], *, by_all: bool = False, settle: Settle | None = None
) -> NDArray[np.int64]:
    """Reject those of `rows` that repeat an earlier one cell by cell; return each row's first equal.

    With `by_all` cells of columns that are not in the contract (quarter, contract, invoice) and days of dates
    count too: two deliveries of one price in two quarters are two deliveries.
    """
    original = np.arange(len(ledger))
    frame = ledger.frame.iloc[rows]
    names = list(ledger.spec.names)
    if by_all:
        frame = frame.assign(**{_BESIDE: ledger.beside(rows)})
        names.append(_BESIDE)
    first = _first_rows(frame, names)
    original[rows] = rows[first]
    repeated = _none(ledger)
    repeated[rows[first != np.arange(len(rows))]] = True
    if settle is not None:
        repeated = settle(repeated, original)

    def as_row(row: int) -> str:
        return _place(ledger, int(original[row]))

    key = ledger.spec.key[0]
    ledger.reject(repeated, "duplicate_row", key, value=lambda _: "", detail=as_row)
    return original


def _shared_keys(ledger: Ledger, key: Sequence[str]) -> NDArray[np.int64]:
    """Return the living rows whose key another living row has too."""
    rows = np.flatnonzero(ledger.alive)
    code = np.zeros(len(ledger), np.int64)
    span = 1
    for name in key:
        codes, unique = _factorized(ledger.frame[name])
        if span > 2**62 // (len(unique) + 1):
            code, distinct = pd.factorize(code)
            span = len(distinct)
        code *= len(unique) + 1
        code += codes
        code += 1
        span *= len(unique) + 1
    code = code if len(rows) == len(code) else code[rows]
    if bool((np.diff(code) > 0).all()):
        return rows[:0]
    if len(code) > _MANY and bool((np.diff(np.sort(code)) > 0).all()):  # sorting is faster than hashing then
        return rows[:0]
    return rows[pd.Series(code).duplicated(keep=False).to_numpy()]


def _factorized(column: pd.Series[Any]) -> tuple[NDArray[Any], Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
    if column.isna().all():
        return np.full(len(column), -1), ()
    return pd.factorize(column, use_na_sentinel=True)


def _first_rows(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.int64]:
    """Return each row's first equal in `names`, as a position; two missing cells are equal."""
    group = np.zeros(len(frame), np.int64)
    for name in names if len(frame) > 1 else ():
        codes, unique = pd.factorize(frame[name], use_na_sentinel=True)
        if len(unique):
            group, _ = pd.factorize(group * (len(unique) + 1) + codes + 1)
    _, start = np.unique(group, return_index=True)
    return start[group].astype(np.int64) if len(group) else group


def _place(ledger: Ledger, row: int) -> str:
    grid = ledger.grids[ledger.source[row]]
    return f"{grid.file}{'!' + grid.sheet if grid.sheet else ''}:{int(ledger.line[row])}"


def _key_text(ledger: Ledger, row: int) -> str:
    cells = (ledger.frame[name].iat[row] for name in ledger.spec.key)
    return ", ".join(f"{c:g}" if isinstance(c, float) else str(c) for c in cells)


def check_memberships(ledger: Ledger) -> None:
    """Reject memberships that end before they begin; tell overlapping ones, and rows that name no cluster."""
    _date_by_file(ledger)
    joined, left = ledger.values("joined_year"), ledger.values("left_year")

    def year(values: NDArray[np.float64]) -> Callable[[int], str]:
        return lambda row: "" if np.isnan(values[row]) else str(int(values[row]))

    ledger.reject(joined > left, "membership_reversed", "left_year", value=year(joined), detail=year(left))
    original = _reject_repeats(ledger, np.flatnonzero(ledger.alive))
    alive = np.flatnonzero(ledger.alive)
    first = _first_rows(ledger.frame.iloc[alive], ["participant_id", "cluster_id"])
    start = np.nan_to_num(joined[alive], nan=FIRST_YEAR)
    stop = np.nan_to_num(left[alive], nan=LAST_YEAR)
    overlap = _none(ledger)
    several = np.flatnonzero(np.bincount(first, minlength=len(alive)) > 1)
    groups = np.flatnonzero(np.isin(first, several))
    accepted: dict[int, list[int]] = {}
    for at in groups.tolist():
        held = accepted.setdefault(int(first[at]), [])
        clash = next((h for h in held if start[at] <= stop[h] and start[h] <= stop[at]), None)
        if clash is None:
            held.append(at)
        else:
            overlap[alive[at]] = True
            original[alive[at]] = alive[clash]
    ledger.note(
        overlap, "membership_overlap", "participant_id", detail=lambda row: _place(ledger, int(original[row]))
    )
    outside = ledger.frame["cluster_id"].isna().to_numpy()
    role = ledger.frame["role"].notna().to_numpy()
    _tell_outside(ledger, outside & role, "participants_outside")
    _tell_outside(ledger, outside & ~role, "cluster_missing")


def _date_by_file(ledger: Ledger) -> None:
    """Let undated rows of yearly files (participants_2021, …) hold for the years of their file."""
    if len(ledger.grids) < 2:
        return
    undated = np.isnan(ledger.values("joined_year")) & np.isnan(ledger.values("left_year"))
    for number, grid in enumerate(ledger.grids):
        title = grid.sheet if read_name(grid.sheet).part else stem_of(grid.file)
        found = years_of(read_name(title).part)
        rows = undated & (ledger.source == number)
        if found is None or not rows.any():
            continue
        first, last = found
        ledger.frame.loc[rows, "joined_year"] = first
        ledger.frame.loc[rows, "left_year"] = last
        one = _none(ledger)
        told = {int(np.flatnonzero(rows)[0]): str(first) if first == last else f"{first}–{last}"}
        one[list(told)] = True
        ledger.note(one, "membership_of_file", "joined_year", value=told.__getitem__, detail=str(rows.sum()))


def _tell_outside(ledger: Ledger, which: Mask, code: str) -> None:
    """Tell once a file how many rows of `which` there are, and whose."""
    for grid in range(len(ledger.grids)):
        rows = np.flatnonzero(which & ledger.alive & (ledger.source == grid))
        if len(rows):
            told = "; ".join(ledger.frame["participant_id"].iloc[rows[:10]])
            told += f" (+{len(rows) - 10})" if len(rows) > 10 else ""
            one = _none(ledger)
            one[rows[0]] = True
            ledger.note(
                one, code, "cluster_id", value={int(rows[0]): told}.__getitem__, detail=str(len(rows))
            )


def check_kinds(ledger: Ledger) -> None:
    """Translate link kinds and measure categories; unknown ones stay text and are told."""
    for column, known, code in (
        ("kind", _KINDS, "kind_unknown"),
        ("category", _CATEGORIES, "category_unknown"),
    ):
        if column not in ledger.frame or ledger.spec.name == "aliases":
            continue
        texts = ledger.frame[column]
        translated = {t: known[t.lower()] for t in texts.dropna().unique() if t.lower() in known}
        strange = texts.notna().to_numpy() & ~texts.isin(list(translated)).to_numpy(bool)
        ledger.note(strange, code, column)
        if any(t != name for t, name in translated.items()):
            ledger.frame[column] = texts.replace(translated)


def check_figures(ledger: Ledger, who: str) -> None:
    """Tell figures of activity or indicators that do not go together, and jumps between years."""

    def shown(name: str) -> Callable[[int], str]:
        return _texts(ledger.values(name))

    activity = "output" in ledger.frame
    added, research = ("value_added", "rd_expenses")
    if not activity:
        added, research = ("value_added_per_employee", "rd_per_employee")
    zero = ledger.values(added) == 0
    beside = [research, *(("output", "employees") if activity else ())]
    positive = np.column_stack([ledger.values(name) > 0 for name in beside])

    def named(row: int) -> str:
        held = zip(beside, positive[row], strict=True)
        return ", ".join(f"{name} {ledger.values(name)[row]:.15g}" for name, above in held if above)

    ledger.note(zero & positive.any(axis=1), "zero_beside_positive", added, detail=named)
    both = zero & (ledger.values(research) == 0) & ~positive.any(axis=1)
    ledger.note(both, "both_zero", added)
    above = (ledger.values(research) > ledger.values(added)) & (ledger.values(added) > 0)
    ledger.note(above, "rd_above_value_added", research, value=shown(research), detail=shown(added))
    if activity:
        over = ledger.values("used_by_participants") > ledger.values("output")
        ledger.note(
            over,
            "used_above_output",
            "used_by_participants",
            value=shown("used_by_participants"),
            detail=shown("output"),
        )
    _check_neighbours(ledger)
    _check_jumps(ledger, who)


def _check_neighbours(ledger: Ledger) -> None:
    """Tell figures a head a thousand times as large or small as the usual one of their column."""
    spec = ledger.spec
    a_head = {c.name: ledger.values(c.name) for c in spec.columns if c.name.endswith("_per_employee")}
    if "employees" in ledger.frame:
        people = ledger.values("employees")
        for name in ("output", "value_added", "rd_expenses"):
            a_head[name] = np.divide(
                ledger.values(name), people, out=np.full(len(ledger), np.nan), where=people > 0
            )
    for name, values in a_head.items():
        known = ledger.alive & (values > 0)
        if known.sum() < 3:
            continue
        usual = float(np.median(values[known]))
        odd = known & ((values > ODD * usual) | (values < usual / ODD))
        ledger.note(odd, "magnitude_odd", name, detail=f"{usual:.6g}")


def _check_jumps(ledger: Ledger, who: str) -> None:
    alive = np.flatnonzero(ledger.alive)
    years = ledger.values("year")[alive]
    codes = _factorized(ledger.frame[who])[0][alive]
    order = np.lexsort((years, codes))
    now, before = order[1:], order[:-1]
    next_year = (codes[now] == codes[before]) & (years[now] == years[before] + 1)
    now, before = alive[now[next_year]], alive[before[next_year]]
    for column in ledger.spec.columns:
        if column.type not in ("money", "count") or column.bounds:
            continue
        values = ledger.values(column.name)
        ratio = np.full(len(ledger), np.nan)
        known = values[before] > 0
        ratio[now[known]] = values[now[known]] / values[before[known]]
        earlier = np.full(len(ledger), np.nan)
        earlier[now] = values[before]

        # Both of one unit: the cell of the file may be in another than the year before.
        for code, jumps in (("jump_up", ratio > JUMP_UP), ("jump_down", ratio < JUMP_DOWN)):
            ledger.note(jumps, code, column.name, value=_texts(values), detail=_texts(earlier))


def _texts(values: NDArray[Any]) -> Callable[[int], str]:
    return lambda row: f"{values[row]:.15g}"
