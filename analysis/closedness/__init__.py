"""Closedness: what is made inside is used inside, what is used is made inside, and flow returns.

No single index says that. The parts are measured each by its own function, and two axes, integration and
isolation, sum them up (`analysis.closedness.verdict`).
"""

from analysis.closedness.ascendency import ascendency_ratio
from analysis.closedness.circulation import circulation_share, maximum_circulation
from analysis.closedness.components import longest_chain, strongly_connected_share
from analysis.closedness.finn import average_path_length, finn_cycling_index
from analysis.closedness.leontief import autonomy, embodied_inside_share
from analysis.closedness.measure import measure
from analysis.closedness.throughflow import Throughflow, throughflow
from analysis.closedness.trophic import trophic_incoherence, trophic_levels

__all__ = [
    "Throughflow",
    "ascendency_ratio",
    "autonomy",
    "average_path_length",
    "circulation_share",
    "embodied_inside_share",
    "finn_cycling_index",
    "longest_chain",
    "maximum_circulation",
    "measure",
    "strongly_connected_share",
    "throughflow",
    "trophic_incoherence",
    "trophic_levels",
]
