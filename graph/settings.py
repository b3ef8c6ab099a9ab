"""Settings: every choice that changes a figure, in one frozen, hashable record."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Literal

from clustercoop.graph.errors import parameter_error

Lang = Literal["en", "ru"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an analysis was told to do; kept with its results.

    Parameters
    ----------
    seed : int
        Seed of every random draw; each formation gets its own stream from it.
    nulls : int
        Null replicates per null model for the core-periphery significance; 0 skips it.
    processes : int
        Worker processes; 0 takes one per core. Results do not depend on it.
    strict : bool
        Turn findings of severity error and warning into a `StrictError`.
    lang : {"en", "ru"}
        Language of reports and findings.
    currency : str
        ISO code of the unit of value (millions of it), "" to take it from the headers (RUB when they
        name none). Thresholds in another currency are not applied.
    thresholds : str
        Path of a thresholds file; "" for the shipped one.
    internal_supply : {"links", "reported", "links_only"}
        Where a participant's sales inside come from: links, and the reported
        ``used_by_participants`` where it has no link as supplier in that year; or the reported
        volume first; or links alone.
    zero_value_added : {"missing", "keep"}
        Whether a value added of exactly zero is a gap or a zero.
    min_output_coverage : float
        Share of producing members whose output must be known before a formation's
        cooperation ratio is stated. At 1 nothing is assumed about the others.
    min_employee_coverage : float
        Share of members' employees (where known; of members otherwise) that must have both cells known
        before R&D or value added per employee is stated.
    core_method : {"eq4", "eq2", "lip", "minres"}
        Which fit makes ``core_members``.
    core_weights : {"log1p", "raw", "binary"}
        How link values enter correlation fits.

    Examples
    --------
    >>> Settings(seed=7).replace(nulls=0).nulls
    0
    """

    seed: int = 0
    nulls: int = 199
    processes: int = 0
    strict: bool = False
    lang: Lang = "en"
    currency: str = ""
    thresholds: str = ""
    internal_supply: Literal["links", "reported", "links_only"] = "links"
    zero_value_added: Literal["missing", "keep"] = "missing"
    min_output_coverage: float = 1.0
    min_employee_coverage: float = 0.8
    core_method: Literal["eq4", "eq2", "lip", "minres"] = "eq4"
    core_weights: Literal["log1p", "raw", "binary"] = "log1p"

    def __post_init__(self) -> None:
        """Refuse values outside their domain; a path object of `thresholds` becomes text."""
        if isinstance(self.thresholds, os.PathLike):
            object.__setattr__(self, "thresholds", os.fspath(self.thresholds))
        for name in ("currency", "thresholds"):
            if not isinstance(getattr(self, name), str):
                raise parameter_error(name, "Settings", "a text", getattr(self, name))
        for name in ("seed", "nulls", "processes"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise parameter_error(name, "Settings", "an int in the range [0, inf)", value)
        choices: dict[str, tuple[str, ...]] = {
            "lang": ("en", "ru"),
            "internal_supply": ("links", "reported", "links_only"),
            "zero_value_added": ("missing", "keep"),
            "core_method": ("eq4", "eq2", "lip", "minres"),
            "core_weights": ("log1p", "raw", "binary"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise parameter_error(name, "Settings", f"one of {', '.join(allowed)}", getattr(self, name))
        for name in ("min_output_coverage", "min_employee_coverage"):
            share = getattr(self, name)
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
                raise parameter_error(name, "Settings", "a number in the range [0, 1]", share)

    def replace(self, **changes: Any) -> Settings:
        """Return a copy with `changes`, checked again."""
        unknown = sorted(set(changes) - set(self.__slots__))
        if unknown:
            raise parameter_error(unknown[0], "Settings", f"one of {', '.join(self.__slots__)}", unknown[0])
        return Settings(**{**asdict(self), **changes})

    def to_dict(self) -> dict[str, Any]:
        """Return the settings that shape figures, for ``run.json`` (`processes` does not)."""
        return {name: value for name, value in asdict(self).items() if name != "processes"}
