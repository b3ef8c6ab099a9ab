"""Functional dependence in both readings, and cooperation beside what is usual in the industry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustercoop.analysis.metric import number_of
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.benchmarks import Benchmark, read_benchmarks
from clustercoop.analysis.policy.cast import Cast
from clustercoop.analysis.policy.judgements import of_cases
from clustercoop.analysis.policy.requirements import NOISE, Case
from clustercoop.graph.arrays import Floats
from clustercoop.graph.said import Said, coded, say


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster-year.

    Supplier's side: Σ supply to other participants / Σ output over members that produce, producers of final
    products left out. Buyer's side: Σ purchases from members that make no final product / Σ purchases over
    the producers of final products. A side is stated where both cells are known for all members that count,
    none of them contradicts itself, and the role of each that may count is known.
    """
    benchmarks = read_benchmarks(analysed.settings.benchmarks)
    industries = _industries(analysed)

    def row(case: Case) -> dict[str, Any]:
        cluster = str(case.row["cluster_id"])
        supplier, buyer, told = _sides(case.cast)
        industry = industries.get(cluster, "")
        fitting = [each for each in benchmarks if industry and each.covers(industry)]
        ratio, low, high = (
            number_of(case.row.get(f"cooperation_ratio{end}")) for end in ("", "_low", "_high")
        )
        usual = fitting[0] if len(fitting) == 1 else None
        return {
            "cluster_id": cluster,
            "year": int(case.row["year"]),
            "supplier_side": supplier,
            "buyer_side": buyer,
            "cooperation_ratio": ratio,
            "cooperation_ratio_low": low,
            "cooperation_ratio_high": high,
            "industry": industry,
            "benchmark": usual.id if usual else "",
            "benchmark_low": usual.low if usual else None,
            "benchmark_high": usual.high if usual else None,
            "benchmark_date": usual.date if usual else "",
            "position": _position(ratio, low, high, usual),
            "beside": coded(_beside(ratio, low, high, fitting)),
            "benchmark_source": coded(
                [say("said.text", text={"texts": dict(usual.source)})] if usual else []
            ),
            "because": coded(told),
        }

    return pd.DataFrame(of_cases(analysed, row))


def _industries(analysed: Analysed) -> dict[str, str]:
    clusters = analysed.graph.clusters
    if "industry" not in clusters:
        return {}
    known = clusters.dropna(subset=["industry"])
    return dict(zip(known["cluster_id"].astype(str), known["industry"].astype(str), strict=True))


def _sides(cast: Cast | None) -> tuple[float, float, list[Said]]:
    if cast is None:
        return float("nan"), float("nan"), [say("dependence.no_members")]
    told = []
    output, supply = cast.figure("output"), cast.figure("internal_supply")
    counted = cast.producing & ~cast.final
    supplier = _ratio(supply[counted], output[counted])
    buyer = _ratio(cast.bought_from_intermediate[cast.final], cast.purchases[cast.final])
    if cast.nameless.any():
        names = [one for one, bare in zip(cast.ids, cast.nameless, strict=True) if bare]
        return float("nan"), float("nan"), [say("dependence.no_role", who={"members": names})]
    if math.isnan(supplier):
        told.append(say("dependence.supplier_unknown"))
    if not cast.final.any():
        told.append(say("dependence.no_final"))
    elif math.isnan(buyer):
        told.append(say("dependence.buyer_unknown"))
    return supplier, buyer, told


def _ratio(part: Floats, whole: Floats) -> float:
    """Return the ratio of sums, unknown where a cell is or a part exceeds its whole."""
    total = float(whole.sum())
    if not total > 0 or (part > whole * (1 + NOISE)).any():
        return float("nan")
    return float(part.sum()) / total


def _position(ratio: float, low: float, high: float, usual: Benchmark | None) -> str:
    if usual is None:
        return ""
    least, most = (ratio, ratio) if not math.isnan(ratio) else (low, high)
    bottom, top = usual.low * (1 - NOISE), usual.high * (1 + NOISE)
    if least > top:
        return "above the usual"
    if most < bottom:
        return "below the usual"
    return "as usual" if least >= bottom and most <= top else "cannot be told"


def _beside(ratio: float, low: float, high: float, fitting: list[Benchmark]) -> list[Said]:
    shown: Mapping[str, Any]
    if not math.isnan(ratio):
        id, shown = "benchmark.ratio", {"ratio": {"share": ratio}}
    elif math.isnan(low) and math.isnan(high):
        id, shown = "benchmark.unknown", {}
    else:
        least, most = (0.0 if math.isnan(low) else low), (1.0 if math.isnan(high) else high)
        id, shown = "benchmark.between", {"from": {"share": least}, "to": {"share": most}}
    if not fitting:
        return [say("benchmark.none")]
    return [
        say(
            id,
            industry={"texts": dict(usual.texts)},
            low={"share": usual.low},
            high={"share": usual.high},
            **shown,
        )
        for usual in fitting
    ]
