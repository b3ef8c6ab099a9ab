"""Which table of the contract a sheet holds: by the names it goes by, and by its headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from clustercoop.graph.schema import ENDS, NUMERIC, UNSETTLED, TableSpec, tables
from clustercoop.loaders.header_rows import find_block, role
from clustercoop.loaders.mapping import known_table
from clustercoop.loaders.matrices import looks_square
from clustercoop.loaders.names import Named, only_year
from clustercoop.loaders.part_columns import figures_of, part_of_year
from clustercoop.loaders.sheets import RawSheet
from clustercoop.loaders.sides import sided_headers
from clustercoop.loaders.trade import trade_headers
from clustercoop.loaders.upright import lies_on_side

# Tables by the columns that no other table has; a table of figures may name its cluster too.
_SIGNS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("links", frozenset(ENDS)),
    ("measures", frozenset({"cluster_id", "measure"})),
    ("activity", frozenset({"participant_id", "year"})),
    ("participants", frozenset({"participant_id", "cluster_id"})),
    ("activity", frozenset({"participant_id"})),
    ("indicators", frozenset({"cluster_id"})),
)


def one_figure(sheet: RawSheet) -> str:
    """Return the figure that the title of a sheet gives to its columns of years, "" where it does not."""
    if not sheet.sheet or sheet.frame is not None:
        return ""
    spec = tables()["activity"]
    titles = [title for title in find_block(sheet.records, spec).paths if title]
    years = [title for title in titles if only_year(title)]
    if not years or not any(role(title, spec) == "participant_id" for title in titles):
        return ""
    return next(iter(figures_of(spec, [sheet.sheet])), "")


def roles_of(sheet: RawSheet, table: str) -> set[str]:
    """Return the columns of a table that the headers of a sheet name."""
    spec = tables()[table]
    header = sheet.frame.columns if sheet.frame is not None else find_block(sheet.records, spec).paths
    texts = sided_headers([str(path) for path in header]) if table == "links" else map(str, header)
    return {role(text, spec) for text in texts} - {""}


def table_of(sheet: RawSheet, named: Named) -> str:
    """Return the table that a sheet holds: of those named the best, else the one that its headers tell."""
    if named.exact and len(named.tables) == 1:
        return named.tables[0]
    if named.tables:
        best = max(named.tables, key=lambda table: len(roles_of(sheet, table)))
        if best == "clusters" and not named.exact:  # "Данные кластера" may hold any table
            return told_by_headers(sheet) or (best if "cluster_id" in roles_of(sheet, best) else "")
        if named.exact or _fits(sheet, tables()[best]):
            return best
        return told_by_headers(sheet) or best
    return told_by_headers(sheet)


def _fits(sheet: RawSheet, spec: TableSpec) -> bool:
    """Tell whether a sheet has what the table needs, but for a year or a cluster that a name may give."""
    lacks = set(spec.required) - roles_of(sheet, spec.name) - {"year", "value", "cluster_id"}
    return not lacks or (spec.name == "links" and looks_square(sheet)) or lies_on_side(sheet, spec)


def told_by_headers(sheet: RawSheet) -> str:
    """Return the table that the headers of a sheet tell, "" for none."""
    titles = _first_header(sheet, tables()["links"])
    if set(UNSETTLED.names) <= set(titles):
        return UNSETTLED.name
    if trade_headers(titles) or known_table(titles).columns:
        return "links"
    for table, signs in _SIGNS:
        spec = tables()[table]
        held = roles_of(sheet, table)
        figures = any(spec[name].type in NUMERIC for name in held)
        if signs <= held and (figures or table not in ("activity", "indicators", "links")):
            return table
        if table == "links" and signs <= held:
            titles = [title for title in _first_header(sheet, spec) if title]
            if sum(only_year(title) or bool(part_of_year(title)[1]) for title in titles) > 1:
                return table
    if looks_square(sheet):
        return "links"
    if one_figure(sheet):
        return "activity"
    return "activity" if lies_on_side(sheet, tables()["activity"]) else ""


def _first_header(sheet: RawSheet, spec: TableSpec) -> Sequence[str]:
    return (
        [str(c) for c in sheet.frame.columns]
        if sheet.frame is not None
        else find_block(sheet.records, spec).paths
    )
