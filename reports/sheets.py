"""The sheets of the workbook that hold the tables of a result: names beside ids, columns by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import OutputColumn, output_column, output_columns
from clustercoop.graph.schema import ENDS
from clustercoop.reports.content import Content
from clustercoop.reports.section import Sheet, sheet_of
from clustercoop.reports.tables import unit

MOST_LINKS: Final = 50_000
_KEYS: Final = ("cluster_id", "year", "participant_id")


def table_sheets(content: Content, page: str) -> Iterator[Sheet]:
    """Yield a sheet a table: formations, participants, clusters, links, support received, policy.

    Parameters
    ----------
    content : Content
    page : str
        Address of the report that names of clusters lead to, "" for none.
    """
    result = content.result
    for name, frame in (
        ("formations", content.formations),
        ("participants", result.participants),
        ("clusters", content.clusters),
    ):
        sheet = _sheet(content, name, frame, by_section(name))
        yield sheet if name == "participants" or not page else _linked(content, sheet, frame, page)
    if (links := _links(content)) is not None:
        yield links
    if len(result.graph.measures):
        columns = [one for one in output_columns("support_received") if one.column in result.graph.measures]
        yield _sheet(content, "measures", result.graph.measures, columns)
    for name in result.policy:
        yield _sheet(content, name, content.policy(name), by_section(name))


def by_section(table: str) -> list[OutputColumn]:
    """Return the columns of a table: keys, then section by section, then those that no section shows.

    Examples
    --------
    >>> [column.column for column in by_section("participants")][:3]
    ['cluster_id', 'year', 'participant_id']
    """
    columns = output_columns(table)
    order = list(dict.fromkeys(column.section for column in columns if column.section))

    def place(column: OutputColumn) -> int:
        if column.column in _KEYS:
            return -1
        return order.index(column.section) if column.section else len(order)

    return sorted(columns, key=place)


def _sheet(content: Content, name: str, frame: pd.DataFrame, columns: Iterable[OutputColumn]) -> Sheet:
    words, held = content.words, [column for column in columns if column.column in frame.columns]
    several = len({column.section for column in held if column.section}) > 1
    told = []
    for column in held:
        measure = unit(column.unit, content.currency, words)
        label = column.label(content.lang)
        group = words(f"nav_{column.section}") if several and column.section else ""
        head = f"{label}, {measure}" if measure else label
        told.append((column.column, head, column.kind, "" if column.column in _KEYS else group))
    return sheet_of(content, name, frame, told)


def _linked(content: Content, sheet: Sheet, frame: pd.DataFrame, page: str) -> Sheet:
    """Let the names of clusters, or the ids where these have none, lead to the passports."""
    ids = [str(cluster) for cluster in frame["cluster_id"]]
    at = 0 if content.names_beside("cluster_id", "id", ids) is None else 1
    addresses = {cluster: content.passport_link(cluster) for cluster in set(ids)}
    links = [page + addresses[cluster] if addresses[cluster] else "" for cluster in ids]
    return replace(sheet, links={at: links})


def _links(content: Content) -> Sheet | None:
    """Return supply between members as it was counted; the largest where there is more than a sheet shows."""
    formations = content.result.graph.formations()
    sizes = [len(formation.src) for formation in formations]
    if not sum(sizes):
        return None
    frame = pd.DataFrame(
        {
            "cluster_id": np.repeat([formation.cluster_id for formation in formations], sizes),
            "year": np.repeat([formation.year for formation in formations], sizes),
            "supplier_id": np.concatenate([formation.ids[formation.src] for formation in formations]),
            "buyer_id": np.concatenate([formation.ids[formation.dst] for formation in formations]),
            "value": np.concatenate([formation.weight for formation in formations]),
        }
    )
    kept = frame.sort_values("value", ascending=False, kind="stable").head(MOST_LINKS)
    kept = kept.sort_values(["cluster_id", "year", "value"], ascending=[True, True, False], kind="stable")
    of = {"cluster_id": "formations", "year": "formations"} | dict.fromkeys(ENDS, "eligibility_links")
    columns = [output_column(table, name) for name, table in of.items()]
    told = [(column.column, column.label(content.lang), column.kind, "") for column in columns]
    money = content.words("head_supply", unit=content.words.money(content.currency))
    sheet = sheet_of(content, "links", kept, [*told, ("value", money, "money", "")])
    return replace(sheet, total=len(frame) if len(frame) > len(kept) else 0)
