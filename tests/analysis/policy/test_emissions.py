"""Emissions: a printed table, identities, the bubble against a linear programme, and the tables."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.analysis.policy.emissions import (
    Abatement,
    embodied_emissions,
    emission_bubble,
    emission_intensity,
)
from clustercoop.cli import main
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import DataError, ParameterError
from clustercoop.greening_cli import lines
from clustercoop.outputs import write_result
from clustercoop.reports.people import for_people

# Germany 2009, six product groups, billion euro and thousand tonnes of carbon dioxide, and the content per
# unit of final product, as in the United Nations handbook on supply, use and input–output tables (2018).
GERMANY = [
    [3, 20, 0, 0, 0, 1],
    [7, 394, 48, 56, 11, 30],
    [1, 11, 18, 8, 28, 10],
    [4, 139, 17, 181, 38, 40],
    [6, 131, 30, 124, 261, 51],
    [0, 18, 3, 12, 17, 47],
]
OUTPUT = [42, 1451, 234, 907, 1010, 721]
CARBON = [9260, 550893, 9162, 80990, 12077, 24173]
CONTENT = [363.803, 558.261, 186.001, 165.476, 41.586, 76.668]


def test_the_printed_carbon_content() -> None:
    # Flows are printed in whole billions, so their coefficients carry up to a per cent.
    np.testing.assert_allclose(embodied_emissions(GERMANY, OUTPUT, CARBON), CONTENT, rtol=0.01)


def test_embodied_emissions_sum_to_all() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = int(rng.integers(1, 8))
        flows = rng.exponential(1.0, (n, n))
        output = np.maximum(flows.sum(axis=0), flows.sum(axis=1)) * 1.3 + 0.1
        emitted = rng.exponential(5.0, n)
        content = embodied_emissions(flows, output, emitted)
        assert content @ (output - flows.sum(axis=1)) == pytest.approx(emitted.sum())
        assert (content >= emission_intensity(emitted, output) - 1e-12).all()
    for wrong in ([1.0, -1.0], [1.0, math.nan], [1.0]):
        with pytest.raises(ParameterError):
            embodied_emissions([[0, 1], [0, 0]], [2, 2], wrong)
    with pytest.raises(ParameterError):
        embodied_emissions([[0, 0], [0, 0]], [2, 0], [1, 1])


def test_bubble() -> None:
    burst = emission_bubble([60.0, 40.0], quota=80.0, allocation=[70.0, 10.0])
    assert burst is not None and not burst.within and burst.headroom == -20
    # One can give 10, the other needs 30: 10 are traded, 20 stay uncovered.
    assert burst.balance.tolist() == [10, -30] and burst.traded == 10 and burst.uncovered == 20
    assert np.isnan(burst.abated).all() and burst.trades == ()
    spread = emission_bubble([60.0, 20.0], quota=160.0)
    assert spread is not None and spread.balance.tolist() == pytest.approx([60, 20])
    assert spread.cost == 0 and spread.trades == ()
    assert emission_bubble([60.0, math.nan], quota=160.0) is None
    idle = emission_bubble([0.0, 0.0], quota=10.0)
    assert idle is not None and idle.within and idle.balance.tolist() == [5, 5]
    for quota, allocation in ((-1.0, None), (10.0, [8.0, 8.0]), (10.0, [1.0])):
        with pytest.raises(ParameterError):
            emission_bubble([1.0, 1.0], quota, allocation)
    assert np.isnan(emission_intensity([1.0], [0.0])[0])


def test_least_cost_is_that_of_a_linear_programme() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(11)
    for _ in range(60):
        n, k = int(rng.integers(1, 6)), int(rng.integers(1, 9))
        emitted = rng.exponential(10.0, n)
        who = rng.integers(0, n, k)
        most = emitted[who] / np.bincount(who, minlength=n)[who] * rng.uniform(0.2, 1.0, k)
        steps = [
            Abatement(int(i), float(c), float(m))
            for i, c, m in zip(who, rng.exponential(3.0, k), most, strict=True)
        ]
        quota = float(emitted.sum() * rng.uniform(0.3, 1.1))
        found = emission_bubble(emitted, quota, abatement=steps)
        assert found is not None
        need = max(emitted.sum() - quota, 0.0)
        told = linprog([s.cost for s in steps], [[-1.0] * k], [-need], bounds=[(0, s.most) for s in steps])
        if told.status == 2:
            assert np.isnan(found.abated).all() and math.isnan(found.cost)
            continue
        assert found.cost == pytest.approx(told.fun, abs=1e-7)
        after = found.balance + found.abated
        for giver, taker, tonnes in found.trades:
            after[giver], after[taker] = after[giver] - tonnes, after[taker] + tonnes
        assert (after >= -1e-6).all() and len(found.trades) <= n
        assert math.isnan(found.cost_alone) or found.cost_alone >= found.cost - 1e-9


@pytest.mark.parametrize("step", [Abatement(9, 1, 1), Abatement(0, -1, 1), Abatement(0, 1, 99)])
def test_abatement_that_cannot_be(step: Abatement) -> None:
    with pytest.raises(ParameterError, match="'abatement' parameter"):
        emission_bubble([10.0, 5.0], 8.0, abatement=[step])


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    tables = {
        "participants": pd.DataFrame(
            {"participant_id": [*"abuvwx"], "cluster_id": ["k", "k", "m", "m", "n", "n"]}
        ),
        "links": pd.DataFrame(
            {
                "year": [2022, 2023, 2023],
                "supplier_id": ["a", "a", "u"],
                "buyer_id": ["b", "b", "v"],
                "value": 5.0,
            }
        ),
        "activity": pd.DataFrame(
            {
                "participant_id": ["a", "b", "a", "b", "u", "v", "w", "x"],
                "year": [2022, 2022, 2023, 2023, 2023, 2023, 2023, 2023],
                "output": [10.0, 20.0, 10.0, 20.0, 8.0, 8.0, 10.0, None],
                "emissions": [20.0, 0.0, 15.0, 0.0, 4.0, None, 5.0, 0.0],
            }
        ),
    }
    return clustercoop.analyze(tables, nulls=0, workers=1)


def test_tables(result: clustercoop.Result) -> None:
    table: Any = result.policy["emissions"].set_index(["participant_id", "year"])
    # Half of a's output goes into b: 1 of b's final product holds 5/20 of 2.
    assert table["embodied_intensity"][:4].to_dict() == pytest.approx(
        {("a", 2022): 2.0, ("b", 2022): 0.5, ("a", 2023): 1.5, ("b", 2023): 0.375}
    )
    assert table["footprint"][:4].tolist() == pytest.approx([10, 10, 7.5, 7.5])
    assert table["intensity_relative"]["a", 2022] == pytest.approx(2 / (20 / 30))
    green: Any = result.policy["greening"].set_index(["cluster_id", "year"])
    assert green.loc["k", "intensity"].tolist() == pytest.approx([20 / 30, 0.5])
    assert green.loc[("k", 2023), "intensity_change"] == pytest.approx(-0.25)
    row = green.loc[("m", 2023)]
    assert pd.isna(row["emissions"]) and row["emissions_at_least"] == 4 and row["intensity_covered"] == 0.5
    shown: Any = for_people(result, "greening", "en")
    told = shown.set_index("cluster_id").loc["m", "because"]
    assert "emissions of members are unknown: v" in str(told)
    assert table.loc[("u", 2023), "embodied_intensity":"footprint"].isna().all()
    # x emits nothing, and how much it makes is not known: nor is what all make.
    row = green.loc[("n", 2023)]
    assert row["emissions"] == 5 and pd.isna(row["intensity"]) and row["intensity_covered"] == 0.5


BUBBLE = """
[[bubble]]
cluster = "k"
year = 2023
quota = 10.0
source = "a test"
allocation = "output"
abatement = [{ participant = "a", cost = 2.0, most = 8.0 }]
"""


def test_the_command(result: clustercoop.Result, tmp_path: Path) -> None:
    path = tmp_path / "bubbles.toml"
    path.write_text(BUBBLE)
    found: Any = clustercoop.bubble(path, result).set_index("participant_id")
    # By output a may emit 3⅓ and b 6⅔; a abates 5 and takes what b does not need.
    assert found["allocation"].tolist() == pytest.approx([10 / 3, 20 / 3])
    assert found["abated"].tolist() == [5, 0] and found["cost"].iloc[0] == 10
    # Alone a would have to abate 11⅔, and can only 8.
    assert math.isnan(found["cost_alone"].iloc[0])
    assert found.attrs["trades"] == [("k", 2023, "b", "a", pytest.approx(20 / 3))]
    write_result(result, tmp_path / "out")
    asked = ["bubble", str(path), "--results", str(tmp_path / "out"), "--out", str(tmp_path / "b.csv")]
    run = CliRunner().invoke(main, [*asked, "--lang", "ru"])
    for name, table in (("b", "bubble"), ("b.trades", "bubble_trades")):
        told = pd.read_csv(tmp_path / f"{name}.csv")
        assert list(told) == [column.column for column in output_columns(table)]
    assert told.values.tolist() == [["k", 2023, "b", "a", pytest.approx(20 / 3)]]
    assert run.exit_code == 0 and "квота не соблюдена: 15 из 10 т" in run.output
    assert "b передаёт a разрешение на 6,67 т" in run.output
    path.write_text('[[bubble]]\ncluster = "m"\nyear = 2023\nquota = 3\nsource = "x"\n')
    CliRunner().invoke(main, asked)
    assert pd.read_csv(tmp_path / "b.trades.csv").empty  # those of the other quota are gone


def test_an_open_bubble_that_has_burst_already(result: clustercoop.Result, tmp_path: Path) -> None:
    path = tmp_path / "bubbles.toml"
    path.write_text(
        '[[bubble]]\ncluster="m"\nyear=2023\nquota=3\nsource="x"\n[[bubble]]\ncluster="m"\nyear=2023\nquota=5\nsource="x"\n'
    )
    found = clustercoop.bubble(path, result)
    assert found["code"].tolist() == ["emissions_unknown"] * 2
    assert found["within"].tolist()[0] is False and pd.isna(found["within"].tolist()[1])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1", r"holds no \[\[bubble\]\]"),
        ("x = 1\n" + BUBBLE, r"line 1: x is no \[\[bubble\]\]"),
        ("[[bubble]]\nsource = 1", "line 2.*source must be a text"),
        (BUBBLE.replace('source = "a test"', 'source = "x"\nstatus = "sure"'), "status must be one of"),
        (BUBBLE.replace('"k"', '"zz"'), r"\(zz, 2023\) are no formation"),
        (BUBBLE.replace("quota = 10.0", "quota = -1"), "quota must be a number ≥ 0"),
        (BUBBLE.replace('"output"', '"need"'), "allocation must be one of"),
        (
            BUBBLE.replace('participant = "a"', 'participant = "q"'),
            r"abatement: participant must be a member of k in 2023, got 'q'",
        ),
        (BUBBLE.replace("most = 8.0", "most = 80.0"), "at most what each emits"),
        (BUBBLE.replace("most = 8.0", "max = 8.0"), "abatement: max is no field of it"),
        (BUBBLE.replace("quota", "limit"), "limit is no field"),
    ],
)
def test_files_that_are_wrong(result: clustercoop.Result, tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "bubbles.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=sentence):
        clustercoop.bubble(path, result)


def test_a_bubble_over_members_nobody_can_read_is_not_decided(tmp_path: Path) -> None:
    files = {
        "participants": "participant_id,cluster_id,role,joined_year\na,c,firm,\nb,c,firm,\nu,c,school,\n{}",
        "activity": "participant_id,year,output,emissions\na,2022,10,5\nb,2022,10,6\nu,2022,,{}\n",
        "links": "year,supplier_id,buyer_id,value\n2022,a,b,1\n",
    }
    quotas = "".join(f'[[bubble]]\ncluster = "c"\nyear = 2022\nquota = {q}\nsource = "x"\n' for q in (10, 12))
    (tmp_path / "quotas.toml").write_text(quotas)
    told = {}
    for name, member, emitted in (("row", "z,c,firm,20x0\n", ""), ("cell", "", "<3"), ("none", "", "")):
        folder = tmp_path / name
        folder.mkdir()
        for table, text in files.items():
            (folder / f"{table}.csv").write_text(text.format(member if table == "participants" else emitted))
        told[name] = clustercoop.bubble(
            tmp_path / "quotas.toml", clustercoop.analyze(folder, nulls=0, workers=1)
        )
    # a and b emit 11 t. z may emit any amount, u up to 3: more than 10 for sure, more than 12 perhaps.
    for name, code in (("row", "members_unread"), ("cell", "emissions_unknown")):
        assert told[name]["code"].tolist() == [code] * 2
        assert told[name]["within"].tolist()[0] is False and pd.isna(told[name]["within"].tolist()[1])
    assert told["none"]["within"].tolist() == [False] * 3 + [True] * 3
    said = list(lines(told["none"], "en"))
    assert "  the quota does not hold: 11 of 10 t" in said and "  the quota holds: 11 of 12 t" in said
