"""Closedness: what is made inside is used inside, what is used is made inside, and flow returns.

No single index says that. The parts are measured each by its own function, and two axes, integration and
isolation, sum them up (`clustercoop.analysis.closedness.verdict`).
"""

from clustercoop.analysis.closedness.ascendency import ascendency_ratio
from clustercoop.analysis.closedness.circulation import circulation_share, maximum_circulation
from clustercoop.analysis.closedness.components import longest_chain, strongly_connected_share
from clustercoop.analysis.closedness.finn import average_path_length, finn_cycling_index
from clustercoop.analysis.closedness.leontief import autonomy, embodied_inside_share
from clustercoop.analysis.closedness.measure import measure
from clustercoop.analysis.closedness.throughflow import Throughflow, throughflow
from clustercoop.analysis.closedness.trophic import trophic_incoherence, trophic_levels

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
