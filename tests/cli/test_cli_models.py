"""The list of models on the command line."""

import json

import pytest
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.models.registry import REGISTRY


def test_the_table_lists_every_model_with_what_it_needs_and_costs(cli: Cli) -> None:
    outcome = cli("models").assert_exit(ExitCode.OK)
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["needs", "costs"]
    assert lines[1].split()[:5] == ["model", "days", "ms", "seasons", "intervals"]
    assert [name for name in REGISTRY if not any(line.startswith(f"{name} ") for line in lines)] == []
    assert max(map(len, lines)) <= 80


def test_json_lists_every_model_in_full(cli: Cli) -> None:
    listed = json.loads(cli("models", "--format", "json").assert_exit(ExitCode.OK).out)
    assert [model["name"] for model in listed] == list(REGISTRY)
    for model in listed:
        spec = REGISTRY[model["name"]]
        assert model["summary"] == spec.summary
        assert model["cost_ms"] == spec.cost_ms
        assert model["needs"] == spec.needs(spec.usable_seasons((30,)), 30)


def test_the_list_says_how_many_days_auto_needs_where_nothing_was_learned(cli: Cli) -> None:
    said = "where nothing was learned from others, needs 60 days more than the horizon: 90 for 30 days"
    assert said in cli("models").assert_exit(ExitCode.OK).flat


def test_a_narrow_terminal_gets_the_models_one_below_another(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    outcome = cli("models").assert_exit(ExitCode.OK)
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[: 2 * len(REGISTRY)].count("") == 0
    assert [name for name in REGISTRY if name not in lines] == []
    assert f"{REGISTRY['MSTL'].summary}; needs 75 days, costs 25 ms; seasons: many; intervals: normal" in outcome.flat
