"""clustercoop: how industrial clusters cooperate, from supply links to a defensible report.

Everything a user needs is a name of this module; it loads on first use, so that importing
`clustercoop` costs nothing.

Examples
--------
>>> import clustercoop
>>> issubclass(clustercoop.DataError, clustercoop.ClusterCoopError)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from clustercoop.version import __version__ as __version__

_HOMES: Final = {
    "api": "analyze check clear demo explain load query remove Check",
    "pages": "report view Page",
    "outputs": "read_result",
    "cookbook": "list_queries",
    "policy": "claims propose_claims",
    "comparing": "compare",
    "analysis.comparison": "Comparison",
    "forms": "template",
    "scenarios": "whatif WhatIf",
    "greening": "bubble",
    "analysis.policy.changes": "Scenario",
    "analysis.policy.emissions": "Abatement embodied_emissions emission_bubble emission_intensity",
    "analysis.policy.linkages": "linkages",
    "analysis.policy.systemic": "systemic_risk",
    "analysis.policy.additions": "fewest_links",
    "graph.columns": "output_columns",
    "graph.errors": (
        "ClusterCoopError DataError SchemaError StrictError ParameterError UnknownNameError OutputError "
        "MissingExtraError StoreError"
    ),
    "graph.settings": "Settings",
    "graph.model": "SupplyGraph",
    "graph.formation": "Formation",
    "graph.findings": "Finding Findings",
    "graph.stores.uri": "open_store",
    "graph.stores.interchange": "write_graph_file",
    "loaders.io_systems": "system_tables",
    "loaders.network_files": "read_graph_file",
    "loaders.statistics": "read_table",
    "analysis.results": "Result",
    "analysis.boundary": "conductance coverage ei_index reciprocity partition_ei_index partition_coverage",
    "analysis.diversity": "entropy hhi turnover variety weighted_jaccard",
    "analysis.support": "support_measures",
    "analysis.typology": "classify rule_verdicts load_thresholds",
    "analysis.trajectories": "trajectories",
    "analysis.core_periphery.common": "CoreFit",
    "analysis.core_periphery.borgatti_everett": "borgatti_everett",
    "analysis.core_periphery.minres": "minres",
    "analysis.core_periphery.tiering": "tiering",
    "analysis.core_periphery.lip": "lip",
    "analysis.core_periphery.rossa": "rossa_profile",
    "analysis.core_periphery.elliott": "elliott",
    "analysis.core_periphery.significance": "significance adjust",
    "analysis.closedness.finn": "finn_cycling_index average_path_length",
    "analysis.closedness.ascendency": "ascendency_ratio",
    "analysis.closedness.circulation": "circulation_share",
    "analysis.closedness.components": "strongly_connected_share longest_chain",
    "analysis.closedness.trophic": "trophic_levels trophic_incoherence",
    "analysis.closedness.leontief": "autonomy embodied_inside_share",
    "analysis.chain": "upstreamness downstreamness average_propagation_lengths downstream_control",
    "analysis.brokers": "broker_share gould_fernandez",
    "analysis.entrainment": "leontief_inverse ghosh_inverse core_pull core_push",
    "analysis.policy.shock": "shock_groups",
    "analysis.policy.specialisation": (
        "density integral_potential location_quotients relatedness specialisation_share"
    ),
    "analysis.verdicts.verdict": "FormationModel assess",
    "analysis.verdicts.mixture": "GaussianMixture",
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names.split()}

if TYPE_CHECKING:
    from clustercoop.analysis.boundary import (
        conductance,
        coverage,
        ei_index,
        partition_coverage,
        partition_ei_index,
        reciprocity,
    )
    from clustercoop.analysis.brokers import broker_share, gould_fernandez
    from clustercoop.analysis.chain import (
        average_propagation_lengths,
        downstream_control,
        downstreamness,
        upstreamness,
    )
    from clustercoop.analysis.closedness.ascendency import ascendency_ratio
    from clustercoop.analysis.closedness.circulation import circulation_share
    from clustercoop.analysis.closedness.components import longest_chain, strongly_connected_share
    from clustercoop.analysis.closedness.finn import average_path_length, finn_cycling_index
    from clustercoop.analysis.closedness.leontief import autonomy, embodied_inside_share
    from clustercoop.analysis.closedness.trophic import trophic_incoherence, trophic_levels
    from clustercoop.analysis.comparison import Comparison
    from clustercoop.analysis.core_periphery.borgatti_everett import borgatti_everett
    from clustercoop.analysis.core_periphery.common import CoreFit
    from clustercoop.analysis.core_periphery.elliott import elliott
    from clustercoop.analysis.core_periphery.lip import lip
    from clustercoop.analysis.core_periphery.minres import minres
    from clustercoop.analysis.core_periphery.rossa import rossa_profile
    from clustercoop.analysis.core_periphery.significance import adjust, significance
    from clustercoop.analysis.core_periphery.tiering import tiering
    from clustercoop.analysis.diversity import entropy, hhi, turnover, variety, weighted_jaccard
    from clustercoop.analysis.entrainment import core_pull, core_push, ghosh_inverse, leontief_inverse
    from clustercoop.analysis.policy.additions import fewest_links
    from clustercoop.analysis.policy.changes import Scenario
    from clustercoop.analysis.policy.emissions import (
        Abatement,
        embodied_emissions,
        emission_bubble,
        emission_intensity,
    )
    from clustercoop.analysis.policy.linkages import linkages
    from clustercoop.analysis.policy.shock import shock_groups
    from clustercoop.analysis.policy.specialisation import (
        density,
        integral_potential,
        location_quotients,
        relatedness,
        specialisation_share,
    )
    from clustercoop.analysis.policy.systemic import systemic_risk
    from clustercoop.analysis.results import Result
    from clustercoop.analysis.support import support_measures
    from clustercoop.analysis.trajectories import trajectories
    from clustercoop.analysis.typology import classify, load_thresholds, rule_verdicts
    from clustercoop.analysis.verdicts.mixture import GaussianMixture
    from clustercoop.analysis.verdicts.verdict import FormationModel, assess
    from clustercoop.api import Check, analyze, check, clear, demo, explain, load, query, remove
    from clustercoop.comparing import compare
    from clustercoop.cookbook import list_queries
    from clustercoop.forms import template
    from clustercoop.graph.columns import output_columns
    from clustercoop.graph.errors import (
        ClusterCoopError,
        DataError,
        MissingExtraError,
        OutputError,
        ParameterError,
        SchemaError,
        StoreError,
        StrictError,
        UnknownNameError,
    )
    from clustercoop.graph.findings import Finding, Findings
    from clustercoop.graph.formation import Formation
    from clustercoop.graph.model import SupplyGraph
    from clustercoop.graph.settings import Settings
    from clustercoop.graph.stores.interchange import write_graph_file
    from clustercoop.graph.stores.uri import open_store
    from clustercoop.greening import bubble
    from clustercoop.loaders.io_systems import system_tables
    from clustercoop.loaders.network_files import read_graph_file
    from clustercoop.loaders.statistics import read_table
    from clustercoop.outputs import read_result
    from clustercoop.pages import Page, report, view
    from clustercoop.policy import claims
    from clustercoop.scenarios import WhatIf, whatif

__all__ = [
    "Abatement",
    "Check",
    "ClusterCoopError",
    "Comparison",
    "CoreFit",
    "DataError",
    "Finding",
    "Findings",
    "Formation",
    "FormationModel",
    "GaussianMixture",
    "MissingExtraError",
    "OutputError",
    "Page",
    "ParameterError",
    "Result",
    "Scenario",
    "SchemaError",
    "Settings",
    "StoreError",
    "StrictError",
    "SupplyGraph",
    "UnknownNameError",
    "WhatIf",
    "adjust",
    "analyze",
    "ascendency_ratio",
    "assess",
    "autonomy",
    "average_path_length",
    "average_propagation_lengths",
    "borgatti_everett",
    "broker_share",
    "bubble",
    "check",
    "clear",
    "circulation_share",
    "claims",
    "classify",
    "compare",
    "conductance",
    "core_pull",
    "core_push",
    "coverage",
    "demo",
    "density",
    "downstream_control",
    "downstreamness",
    "ei_index",
    "elliott",
    "embodied_inside_share",
    "embodied_emissions",
    "emission_bubble",
    "emission_intensity",
    "entropy",
    "explain",
    "fewest_links",
    "finn_cycling_index",
    "ghosh_inverse",
    "gould_fernandez",
    "hhi",
    "integral_potential",
    "leontief_inverse",
    "linkages",
    "lip",
    "list_queries",
    "load",
    "load_thresholds",
    "location_quotients",
    "longest_chain",
    "minres",
    "open_store",
    "output_columns",
    "partition_coverage",
    "partition_ei_index",
    "query",
    "read_graph_file",
    "read_result",
    "read_table",
    "reciprocity",
    "relatedness",
    "remove",
    "report",
    "rossa_profile",
    "rule_verdicts",
    "shock_groups",
    "significance",
    "specialisation_share",
    "strongly_connected_share",
    "support_measures",
    "systemic_risk",
    "system_tables",
    "template",
    "tiering",
    "trajectories",
    "trophic_incoherence",
    "trophic_levels",
    "turnover",
    "upstreamness",
    "variety",
    "view",
    "weighted_jaccard",
    "whatif",
    "write_graph_file",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'clustercoop' has no attribute {name!r}")
    return getattr(import_module(f"clustercoop.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
