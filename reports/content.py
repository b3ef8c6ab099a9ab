"""What the sections of a report share: names, links, reasons, tables in the language of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import metadata
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import OutputColumn
from clustercoop.graph.findings import SEVERITIES, Finding
from clustercoop.reports.columnar import Columnar
from clustercoop.reports.inert import anchor, plain, safe_stem
from clustercoop.reports.marked import ROWS
from clustercoop.reports.network_data import FLOWS_PAGE
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.passport_parts import Rows
from clustercoop.reports.people import beside, for_people, once
from clustercoop.reports.reasons import Reasons
from clustercoop.reports.tables import Table, build_table
from clustercoop.reports.verdicts import Formations
from clustercoop.reports.words import Words
from clustercoop.reports.written import told_of

_Made = TypeVar("_Made")


def sentence(finding: Finding, lang: str) -> str:
    """Return what a finding says and what was done, as one text that begins with a capital."""
    told = f"{finding.message(lang)}; {finding.action(lang)}"
    return f"{told[0].upper()}{told[1:]}."


class Content:
    """What every section of a report on `result` in `lang` builds on, computed when first asked for.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language.
    views : str
        Folder of the network pages, relative to the report; "" for no links to them.
    page : bool
        Whether it is for the page, which draws large tables from data; otherwise tables are written out.
    only : str
        Id of the one cluster that the page is about, "" for all.
    """

    def __init__(
        self, result: Result, lang: str, views: str = "views", page: bool = False, only: str = ""
    ) -> None:
        self.page, self.only = page, only
        self.result = result
        self.words = Words(lang).of("one") if only else Words(lang)
        self.lang = lang
        self.views = views
        graph = result.graph
        self.currency = graph.currency
        self._viewed = {formation.cluster_id for formation in graph.formations()}

    def where(self, key: str, table: str) -> str:
        """Return the text `key` with the file that holds a table; where none does, how to get it."""
        return told_of(key, table, self.result.settings.outputs, self.words)

    def price_notes(self, *codes: str) -> list[str]:
        """Return what the findings of these `codes` (all by default) say of the prices of amounts."""
        wanted = codes or ("prices_nominal", "thresholds_other_years")
        found = (finding for finding in self.result.findings if finding.code in wanted)
        return list(dict.fromkeys(plain(sentence(finding, self.lang)) for finding in found))

    @cached_property
    def unit_over_years(self) -> str:
        """Unit of amounts of several years: nominal where the data hold no deflators."""
        unit = self.words.money(self.currency)
        return self.words("money_nominal", unit=unit) if self.price_notes("prices_nominal") else unit

    def cluster_name(self, cluster_id: str) -> str:
        """Return the name of a cluster as shown."""
        return plain(self.result.graph.cluster_names.get(cluster_id, cluster_id))

    @cached_property
    def cluster_names(self) -> dict[str, str]:
        """Names of the clusters of the result as shown, by id."""
        ids = dict.fromkeys(str(cluster) for cluster in self.result.formations["cluster_id"])
        return {cluster: self.cluster_name(cluster) for cluster in ids}

    def view_link(self, cluster_id: str) -> str:
        """Return the relative address of the cluster's network page, "" where there is none."""
        if not self.views or cluster_id not in self._viewed:
            return ""
        return f"{self.views}/{safe_stem(cluster_id)}.html"

    @property
    def flows_link(self) -> str:
        """Relative address of the page of flows between clusters, "" where there is none."""
        return f"{self.views}/{FLOWS_PAGE}" if self.views and len(self._viewed) > 1 else ""

    def anchor(self, cluster_id: str) -> str:
        """Return where the cluster's passport is on the page."""
        return anchor(cluster_id)

    def passport_link(self, cluster_id: str) -> str:
        """Return the address of the cluster's passport on the page, "" where it has none."""
        return f"#{self.anchor(cluster_id)}" if cluster_id in self.cluster_names else ""

    @cached_property
    def columnar(self) -> Columnar:
        """What makes tables that the page draws from data."""
        names = {cluster: (name, self.passport_link(cluster)) for cluster, name in self.cluster_names.items()}
        return Columnar(self.words, self.currency, self.result.graph.names, self.reasons, names)

    @cached_property
    def version(self) -> str:
        """Version that made the result; of the installed program where the result does not say."""
        said = self.result.provenance.get("version")
        if said:
            return str(said)
        try:
            return metadata.version("clustercoop")
        except metadata.PackageNotFoundError:
            return ""

    @cached_property
    def reasons(self) -> Reasons:
        """Why figures are unknown."""
        return reasons_of(self.result, self.words)

    def _names(self, column: str, value: str) -> str:
        if column == "cluster_id":
            return self.cluster_name(value)
        return plain(self.result.graph.names.get(value, value))

    def names_beside(self, column: str, kind: str, values: Sequence[Any]) -> list[str] | None:
        """Return the names that belong to a column of ids; None for any other, or where none has a name."""
        return beside(column, kind, values, self.result.graph)

    def build(self, frame: pd.DataFrame, columns: tuple[OutputColumn, ...], **more: Any) -> Table:
        """Return a table of Markdown, the rows of it that are written: see `reports.tables.build_table`."""
        return build_table(
            frame,
            columns,
            self.words,
            currency=self.currency,
            reasons=self.reasons,
            names=self._names,
            link=self.passport_link,
            rows=ROWS,
            **more,
        )

    @cached_property
    def formations(self) -> pd.DataFrame:
        """Formations, their sentences in the language of the report."""
        return self._once(
            "shown", lambda: with_no_dysfunction(for_people(self.result, "formations", self.lang))
        )

    @cached_property
    def rows(self) -> Rows:
        """The same by cluster, years in order."""
        return self._once(
            "rows", lambda: Rows(self.formations.sort_values(["cluster_id", "year"], kind="stable"))
        )

    def _once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Return what every report of the result in its language shares."""
        return once(self.result, name, self.lang, make)

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """The table of clusters, its sentences in the language of the report."""
        return for_people(self.result, "clusters", self.lang)

    def policy(self, table: str) -> pd.DataFrame:
        """Return a table of policy, its sentences in the language of the report."""
        return for_people(self.result, table, self.lang)

    @cached_property
    def model(self) -> Formations:
        """What is said about the formation model."""
        return self._once(
            "model",
            lambda: Formations(self.result, self.words, self.cluster_name, self.passport_link, self.clusters),
        )

    @cached_property
    def severities(self) -> tuple[tuple[str, int], ...]:
        """Number of findings by severity, errors first."""
        return tuple((s, self.result.findings.count(s)) for s in SEVERITIES)


def reasons_of(result: Result, words: Words) -> Reasons:
    """Return why figures of a result are unknown."""
    return once(result, "reasons", words.lang, lambda: Reasons(result.gaps, words, result.graph.names))


def with_no_dysfunction(formations: pd.DataFrame) -> pd.DataFrame:
    """Return `formations` with "none" as dysfunction where the type is known and has none: not unknown."""
    if not {"dysfunction", "ecosystem_type"} <= set(formations.columns):
        return formations
    typed = np.array([not is_unknown(value) for value in formations["ecosystem_type"]], dtype=bool)
    free = np.array([is_unknown(value) for value in formations["dysfunction"]], dtype=bool)
    stated = formations["dysfunction"].astype(object).mask(typed & free, "none")
    return formations.assign(dysfunction=stated)
