"""The public names, each imported from its home; `clustercoop` loads them from here on first use."""

from clustercoop.api import (
    analyze as analyze,
    check as check,
    clear as clear,
    demo as demo,
    explain as explain,
    load as load,
    query as query,
    remove as remove,
    Check as Check,
)
from clustercoop.pages import report as report, view as view, Page as Page
from clustercoop.outputs import read_result as read_result
from clustercoop.cookbook import list_queries as list_queries
from clustercoop.policy import claims as claims, propose_claims as propose_claims
from clustercoop.comparing import compare as compare
from clustercoop.analysis.comparison import Comparison as Comparison
from clustercoop.forms import template as template
from clustercoop.scenarios import whatif as whatif, WhatIf as WhatIf
from clustercoop.greening import bubble as bubble
from clustercoop.analysis.policy.changes import Scenario as Scenario
from clustercoop.analysis.policy.emissions import (
    Abatement as Abatement,
    embodied_emissions as embodied_emissions,
    emission_bubble as emission_bubble,
    emission_intensity as emission_intensity,
)
from clustercoop.analysis.policy.linkages import linkages as linkages
from clustercoop.analysis.policy.systemic import systemic_risk as systemic_risk
from clustercoop.analysis.policy.additions import fewest_links as fewest_links
from clustercoop.graph.columns import output_columns as output_columns
from clustercoop.graph.errors import (
    ClusterCoopError as ClusterCoopError,
    DataError as DataError,
    SchemaError as SchemaError,
    StrictError as StrictError,
    ParameterError as ParameterError,
    UnknownNameError as UnknownNameError,
    OutputError as OutputError,
    MissingExtraError as MissingExtraError,
    StoreError as StoreError,
)
from clustercoop.graph.settings import Settings as Settings
from clustercoop.graph.model import SupplyGraph as SupplyGraph
from clustercoop.graph.formation import Formation as Formation
from clustercoop.graph.findings import Finding as Finding, Findings as Findings
from clustercoop.graph.stores.uri import open_store as open_store
from clustercoop.graph.stores.interchange import write_graph_file as write_graph_file
from clustercoop.loaders.io_systems import system_tables as system_tables
from clustercoop.loaders.network_files import read_graph_file as read_graph_file
from clustercoop.loaders.statistics import read_table as read_table
from clustercoop.analysis.results import Result as Result
from clustercoop.analysis.boundary import (
    conductance as conductance,
    coverage as coverage,
    ei_index as ei_index,
    reciprocity as reciprocity,
    partition_ei_index as partition_ei_index,
    partition_coverage as partition_coverage,
)
from clustercoop.analysis.diversity import (
    entropy as entropy,
    hhi as hhi,
    turnover as turnover,
    variety as variety,
    weighted_jaccard as weighted_jaccard,
)
from clustercoop.analysis.support import support_measures as support_measures
from clustercoop.analysis.typology import (
    classify as classify,
    rule_verdicts as rule_verdicts,
    load_thresholds as load_thresholds,
)
from clustercoop.analysis.trajectories import trajectories as trajectories
from clustercoop.analysis.core_periphery.common import CoreFit as CoreFit
from clustercoop.analysis.core_periphery.borgatti_everett import borgatti_everett as borgatti_everett
from clustercoop.analysis.core_periphery.minres import minres as minres
from clustercoop.analysis.core_periphery.tiering import tiering as tiering
from clustercoop.analysis.core_periphery.lip import lip as lip
from clustercoop.analysis.core_periphery.rossa import rossa_profile as rossa_profile
from clustercoop.analysis.core_periphery.elliott import elliott as elliott
from clustercoop.analysis.core_periphery.significance import significance as significance, adjust as adjust
from clustercoop.analysis.closedness.finn import (
    finn_cycling_index as finn_cycling_index,
    average_path_length as average_path_length,
)
from clustercoop.analysis.closedness.ascendency import ascendency_ratio as ascendency_ratio
from clustercoop.analysis.closedness.circulation import circulation_share as circulation_share
from clustercoop.analysis.closedness.components import (
    strongly_connected_share as strongly_connected_share,
    longest_chain as longest_chain,
)
from clustercoop.analysis.closedness.trophic import (
    trophic_levels as trophic_levels,
    trophic_incoherence as trophic_incoherence,
)
from clustercoop.analysis.closedness.leontief import (
    autonomy as autonomy,
    embodied_inside_share as embodied_inside_share,
)
from clustercoop.analysis.chain import (
    upstreamness as upstreamness,
    downstreamness as downstreamness,
    average_propagation_lengths as average_propagation_lengths,
    downstream_control as downstream_control,
)
from clustercoop.analysis.brokers import broker_share as broker_share, gould_fernandez as gould_fernandez
from clustercoop.analysis.entrainment import (
    leontief_inverse as leontief_inverse,
    ghosh_inverse as ghosh_inverse,
    core_pull as core_pull,
    core_push as core_push,
)
from clustercoop.analysis.policy.shock import shock_groups as shock_groups
from clustercoop.analysis.policy.specialisation import (
    density as density,
    integral_potential as integral_potential,
    location_quotients as location_quotients,
    relatedness as relatedness,
    specialisation_share as specialisation_share,
)
from clustercoop.analysis.verdicts.verdict import FormationModel as FormationModel, assess as assess
from clustercoop.analysis.verdicts.mixture import GaussianMixture as GaussianMixture

__version__: str
__all__: list[str]
