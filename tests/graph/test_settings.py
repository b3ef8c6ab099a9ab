"""A setting is declared once: its check, its option and its description follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from clustercoop.cli import main
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.settings import DOMAINS, Settings


@pytest.mark.parametrize("name", DOMAINS)
def test_a_setting_is_an_option_with_the_same_domain_and_words(name: str) -> None:
    default, domain = DOMAINS[name]
    for command in ("analyze", "demo", *(("check", "load") if domain.reading else ())):
        options = {option.name: option for option in main.commands[command].params}
        option = options[name]
        assert isinstance(option, click.Option)
        assert (option.default, option.help) == (default, domain.help)
        if domain.choices and not domain.several:
            assert isinstance(option.type, click.Choice)
            assert tuple(option.type.choices) == domain.choices
        assert isinstance(option.type, click.IntRange) == (type(default) is int)
    assert domain.help.split()[0] in (Settings.__doc__ or "")
    assert f"{name} : " in (Settings.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("nulls", -1), ("nulls", 1.0), ("nulls", True), ("seed", "1"), ("workers", -2), ("engine", "cloud"),
        ("strict", 1), ("lang", "xx"), ("lang", None), ("currency", 3), ("currency", "XYZW"),
        ("currency", "руб"), ("thresholds", b"x"),
        ("min_output_coverage", 1.01), ("min_output_coverage", float("nan")), ("min_employee_coverage", "1"),
        ("core_method", ""), ("metrics", "core;chain"), ("outputs", ""), ("core_error", 0.6),
        ("internal_supply", ["links"]), ("metrics", []), ("outputs", ["csv", 1]),
    ],
)  # fmt: skip
def test_a_value_outside_its_domain_is_named(name: str, wrong: Any) -> None:
    with pytest.raises(ParameterError, match=name):
        Settings(**{name: wrong})


def test_a_path_becomes_text_and_an_unknown_name_is_refused() -> None:
    path: Any = Path("a") / "b.toml"  # the type is a text, and people hand over paths
    assert Settings(thresholds=path).thresholds == str(path)
    with pytest.raises(ParameterError, match="processes"):
        Settings().replace(processes=2)


def test_the_code_of_a_currency_is_written_in_capitals() -> None:
    assert Settings(currency=" usd") == Settings(currency="USD")


def test_choices_may_be_a_list() -> None:
    chosen: Any = ["cooperation", "core"]  # the type is a text, and people hand over lists
    assert Settings(metrics=chosen) == Settings(metrics="cooperation,core")
    assert Settings().replace(outputs=("csv", "html")).outputs == "csv,html"
    with pytest.raises(ParameterError, match="one or more, in a list or with commas between them, of csv, "):
        Settings(outputs="pdf")


def test_what_shapes_no_figure_is_not_kept() -> None:
    assert {"workers", "engine"}.isdisjoint(Settings(workers=3).to_dict())
    assert set(Settings().to_dict()) == {name for name, (_, domain) in DOMAINS.items() if domain.shapes}
