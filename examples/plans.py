"""What is planted: the twelve synthetic clusters, their names and their traits.

Nothing here describes a real organisation. Every name says so ("Пример", "Example"), and every
participant id begins with 00, which is no region code of a Russian tax number.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

YEARS: Final = (2020, 2021, 2022, 2023)
CC_PROBABILITY: Final = 0.80
CROSS_PROBABILITY: Final = 0.18
PP_PROBABILITY: Final = 0.05
NO_CORE_PROBABILITY: Final = 0.14


@dataclass(frozen=True, slots=True)
class Plan:
    """The traits planted in one cluster; ``plans.toml`` says what each means."""

    cluster_id: str
    name: str
    region: str
    industry: str
    lang: str
    noun: str
    formation: str
    production: str
    size: int
    core: int
    cooperation: float
    rd: float
    value_added: tuple[float, float]
    outside_knowledge: float
    turnover: float
    roles: dict[str, int]
    codes: tuple[str, ...]


def read_plans() -> tuple[Plan, ...]:
    """Return the plans of ``plans.toml``, in its order."""
    text = Path(__file__).with_name("plans.toml").read_text("utf-8")
    plans = []
    for table in tomllib.loads(text)["cluster"]:
        cells: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        plans.append(Plan(**cells))
    return tuple(plans)


PLANS: Final = read_plans()
ROLE_NAMES: Final = {
    "ru": {
        "university": "Пример-университет",
        "research": "НИИ «Пример»",
        "infrastructure": "Технопарк «Пример»",
        "finance": "Фонд «Пример»",
        "education": "Колледж «Пример»",
        "government": "Агентство «Пример»",
    },
    "en": {
        "university": "Example University",
        "research": "Example Research Institute",
        "infrastructure": "Example Technopark",
        "finance": "Example Fund",
        "education": "Example College",
        "government": "Example Agency",
    },
}
ROLE_CODES: Final = {
    "university": "85.22",
    "research": "72.19",
    "infrastructure": "68.20",
    "finance": "64.99",
    "education": "85.21",
    "government": "84.13",
}
KINDS_RU: Final = {"goods": "товары", "services": "услуги", "return": "возврат", "knowledge": "знания"}


def participant_name(plan: Plan, role: str, number: int) -> str:
    """Return an openly fictional name for participant `number` of a cluster.

    Examples
    --------
    >>> participant_name(PLANS[2], "firm", 4)
    'Example Bearings 04 Ltd'
    """
    if role != "firm":
        return f"{ROLE_NAMES[plan.lang][role]} {plan.cluster_id[-2:]}-{number:02d}"
    if plan.lang == "ru":
        return f"{('АО', 'ООО')[number % 2]} «Пример-{plan.noun} {number:02d}»"
    return f"Example {plan.noun} {number:02d} {('Ltd', 'LLC')[number % 2]}"
