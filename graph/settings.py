"""Settings: every choice that changes a figure, in one frozen, hashable record."""

from __future__ import annotations

import os
import re
import textwrap
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, Final, Literal, get_args, get_type_hints

from clustercoop.graph.errors import ParameterError, parameter_error
from clustercoop.graph.texts import languages, refusal

Lang = str
Period = Literal["year", "quarter", "month"]
Repeats = Literal["ask", "sum", "once"]
Weights = Literal["relative", "log1p", "raw", "binary"]
PERIODS: Final[dict[str, int]] = {"year": 12, "quarter": 3, "month": 1}
"""Parts of a year by their months."""


METRICS: Final = ("cooperation", "core", "closedness", "chain", "model")
FILES: Final = ("thresholds", "support_measures", "eligibility_rules", "benchmarks")
"""Settings that name a file of one's own; it is kept with the results."""
OUTPUTS: Final = ("csv", "parquet", "html", "md", "xlsx", "views")


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of a setting besides its name, type and default.

    Attributes
    ----------
    help : str
        What it does, for people: in ``--help``, in the docstring and in the docs.
    choices : tuple of str
        The texts it may be; empty where any may.
    least, most : float, optional
        Bounds of a number, both allowed.
    reading : bool
        Whether it matters before any analysis, so that ``check`` and ``load`` take it.
    shapes : bool
        Whether figures depend on it: others are not kept with results.
    several : bool
        Whether it is some of `choices`: a list or tuple, or one text with commas between them.
    """

    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    reading: bool = False
    shapes: bool = True
    several: bool = False

    def must(self, kind: type) -> str:
        """Say what a value of type `kind` must be."""
        if self.choices:
            some = "one or more, in a list or with commas between them," if self.several else "one"
            return f"{some} of {', '.join(self.choices)}"
        if kind is str:
            return "a text"
        if kind is bool:
            return "True or False"
        most = "inf)" if self.most is None else f"{self.most:g}]"
        return f"{'an int' if kind is int else 'a number'} in the range [{self.least or 0:g}, {most}"

    def allows(self, value: object, kind: type) -> bool:
        """Tell whether `value` may stand where the default is of type `kind`."""
        if self.several:
            return isinstance(value, str) and set(value.split(",")) <= set(self.choices)
        if kind in (bool, str):
            return isinstance(value, kind) and (not self.choices or value in self.choices)
        if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
            return False
        assert isinstance(value, int | float)
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def _setting(default: Any, help: str, **domain: Any) -> Any:
    return field(default=default, metadata={"domain": Domain(help, **domain)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an analysis was told to do; kept with its results.

    Parameters
    ----------
    {parameters}

    Raises
    ------
    ParameterError
        A value outside its domain.

    Examples
    --------
    >>> Settings(seed=7).replace(nulls=0).nulls
    0
    """

    nulls: int = _setting(
        199,
        "Null replicates of each null model for the significance of a core; 999 for publication, 0 for none.",
        least=0,
    )
    seed: int = _setting(0, "Seed of every random draw; each formation gets its own stream from it.", least=0)
    strict: bool = _setting(False, "Make every error and warning a refusal.", reading=True)
    currency: str = _setting(
        "",
        "ISO code of the unit of value (millions of it) where headers do not name it; RUB without either. "
        "Thresholds in another currency are not applied.",
        reading=True,
    )
    year: int = _setting(
        0,
        "Year of tables that say none, neither in a column nor in their names; 0 for none.",
        least=0,
        most=2100,
        reading=True,
    )
    lang: Lang = _setting("en", "Language of reports and findings.", choices=languages(), reading=True)
    engine: Literal["local", "spark"] = _setting(
        "local",
        "Where the work on formations runs: this process, or Apache Spark (extra spark).",
        shapes=False,
    )
    spark_master: str = _setting(
        "",
        "Master of Spark (spark://host:7077, yarn, k8s://…) or Spark Connect (sc://host:15002); empty: the "
        "session that runs, what spark-submit or SPARK_REMOTE say, or else this machine.",
        shapes=False,
    )
    workers: int = _setting(
        0,
        "Formations worked on at once; 0 is one a core. Results do not depend on it.",
        least=0,
        shapes=False,
    )
    no_cache: bool = _setting(
        False,
        "Measure every formation anew; otherwise one that did not change since an earlier run comes from "
        "the cache (CLUSTERCOOP_CACHE, or the user's cache folder), which may be deleted at any time.",
        shapes=False,
    )
    metrics: str = _setting(
        ",".join(METRICS),
        "What is computed, separated by commas; figures of the rest are unknown.",
        choices=METRICS,
        several=True,
    )
    outputs: str = _setting(
        ",".join(OUTPUTS),
        "What is written, separated by commas; other commands read results from parquet.",
        choices=OUTPUTS,
        several=True,
        shapes=False,
    )
    thresholds: str = _setting("", "Path of a thresholds file of your own; empty for the shipped one.")
    support_measures: str = _setting(
        "", "Path of a file of support measures of your own; empty for the shipped one."
    )
    eligibility_rules: str = _setting(
        "", "Path of a file of requirements for clusters of your own; empty for the shipped one."
    )
    benchmarks: str = _setting(
        "", "Path of a file of usual cooperation by industry of your own; empty for the shipped one."
    )
    internal_supply: Literal["links", "reported", "links_only"] = _setting(
        "links",
        "Where a participant's sales inside come from: links, and the reported used_by_participants where it "
        "has no link as supplier in that year; or the reported volume first; or links alone.",
    )
    by: Literal["participant", "holding"] = _setting(
        "participant",
        "What counts as one: each participant, or all members of a cluster that have one parent_id.",
    )
    shared_members: Literal["full", "split"] = _setting(
        "full",
        "How a member of several clusters in a year counts: in full in each, or in equal parts (its activity "
        "and its links divided by the number of its clusters).",
    )
    base_year: int = _setting(
        0,
        "Year in whose prices constant amounts are given, where the data hold deflators; 0 is the last of "
        "the thresholds' years that has one.",
        least=0,
        most=2100,
    )
    repeats: Repeats = _setting(
        "ask",
        "Rows of links that are equal in every column: sum them as separate deliveries, or count them once. "
        "By default rows with dates are summed, rows of one document count once, and of others the supply "
        "is unknown.",
        reading=True,
    )
    period: Period = _setting(
        "year",
        "Links by parts of a year beside those of the year, from the dates, months or quarters of the rows.",
        reading=True,
    )
    direction: Literal["auto", "goods", "payments"] = _setting(
        "auto",
        "What runs from the first to the second side of links: goods, or payments (from the buyer to the "
        "supplier). By default the words of the headers decide.",
        reading=True,
    )
    zero_value_added: Literal["missing", "keep"] = _setting(
        "missing", "Whether a value added of exactly zero is a gap or a zero."
    )
    min_output_coverage: float = _setting(
        1.0,
        "Share of producing members whose output must be known before a formation's cooperation ratio is "
        "stated; at 1 nothing is assumed about the others.",
        least=0,
        most=1,
    )
    min_employee_coverage: float = _setting(
        0.8,
        "Share of members' employees (where known; of members otherwise) with both cells known before R&D or "
        "value added per employee is stated.",
        least=0,
        most=1,
    )
    core_method: Literal["eq4", "eq2", "lip", "minres"] = _setting("eq4", "Fit that makes the core.")
    core_weights: Weights = _setting(
        "relative",
        "How link values enter core fits: relative, the logarithm of the value over a typical link of the "
        "formation, the same in any currency; log1p, the logarithm of 1 + value, for counts; raw; or binary, "
        "1 for each link.",
    )

    core_replicates: int = _setting(
        20, "Perturbed networks that tell how firm a core is; 0 for none.", least=0
    )
    core_error: float = _setting(
        0.1,
        "Error of the records that a perturbed network stands for: the chance that a link is left out, and "
        "the standard deviation of a value's logarithm.",
        least=0,
        most=0.5,
    )

    def __post_init__(self) -> None:
        """Refuse values outside their domain; a path object and a list of choices become text.

        The code of a currency is written in capitals.
        """
        for name in FILES:
            if isinstance(getattr(self, name), os.PathLike):
                object.__setattr__(self, name, os.fspath(getattr(self, name)))
        object.__setattr__(self, "currency", str(self.currency).strip().upper())
        if not re.fullmatch("([A-Z]{3})?", self.currency):
            raise refusal(ParameterError, "currency_code", got=repr(self.currency))
        for name, (default, domain) in DOMAINS.items():
            if domain.several and isinstance(getattr(self, name), list | tuple):
                object.__setattr__(self, name, ",".join(map(str, getattr(self, name))))
            if not domain.allows(getattr(self, name), type(default)):
                raise parameter_error(name, "Settings", domain.must(type(default)), getattr(self, name))

    def replace(self, **changes: Any) -> Settings:
        """Return a copy with `changes`, checked again."""
        unknown = sorted(set(changes) - set(DOMAINS))
        if unknown:
            raise parameter_error(unknown[0], "Settings", f"one of {', '.join(DOMAINS)}", unknown[0])
        return Settings(**{**asdict(self), **changes})

    def to_dict(self) -> dict[str, Any]:
        """Return the settings that shape figures, for ``run.json``."""
        return {name: value for name, value in asdict(self).items() if DOMAINS[name][1].shapes}


def _domain(given: Domain, kind: Any) -> Domain:
    """Return the domain of a setting; its type says what it may be where that is one of a few texts."""
    return given if given.choices else replace(given, choices=get_args(kind))


DOMAINS: Final[dict[str, tuple[Any, Domain]]] = {
    each.name: (each.default, _domain(each.metadata["domain"], kind))
    for each, kind in zip(fields(Settings), get_type_hints(Settings).values(), strict=True)
}
"""Default and domain of every setting, in their order."""

assert all(default is not MISSING for default, _ in DOMAINS.values())


def _described(name: str, default: object, domain: Domain) -> str:
    kind = (
        "{" + ", ".join(f'"{c}"' for c in domain.choices) + "}" if domain.choices else type(default).__name__
    )
    said = textwrap.fill(domain.help, 100, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return f"{name} : {kind}, default {default!r}\n{said}"


Settings.__doc__ = (Settings.__doc__ or "").replace(
    "{parameters}", "\n    ".join(_described(name, *what) for name, what in DOMAINS.items())
)
