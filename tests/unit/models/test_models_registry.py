import subprocess
import sys

import pytest

from forecast_cli.core.errors import ConfigError
from forecast_cli.models.registry import REGISTRY, parse_model
from forecast_cli.models.spec import SeasonUse


@pytest.mark.parametrize("name", REGISTRY)
def test_every_model_is_found_by_its_name_and_builds(name: str):
    choice = parse_model(name, (30,))
    assert choice.label == choice.spec.name == name
    assert callable(choice.build().fit)
    assert choice.min_obs(30) >= 1


@pytest.mark.parametrize("name", REGISTRY)
def test_every_model_says_what_it_is_and_costs(name: str):
    spec = REGISTRY[name]
    assert spec.summary
    assert spec.cost_ms > 0


def test_no_model_needs_fewer_observations_for_a_longer_horizon():
    for name in REGISTRY:
        choice = parse_model(name, (7,))
        needs = [choice.min_obs(h) for h in (1, 30, 366)]
        assert needs == sorted(needs), name


def test_own_season_lengths_go_before_the_defaults():
    assert parse_model("SeasonalNaive", (30, 7)).season_lengths == (30,)
    assert parse_model("SeasonalNaive(7)", (30,)).season_lengths == (7,)


def test_label_is_what_was_asked():
    assert parse_model(" SeasonalNaive( 7 ) ", (30,)).label == "SeasonalNaive( 7 )"


def test_model_without_seasons_takes_none():
    assert parse_model("Naive", (30,)).season_lengths == ()


def test_unknown_model_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="unknown model 'seasonalnaive'") as caught:
        parse_model("seasonalnaive", (30,))
    assert caught.value.hint == "did you mean 'SeasonalNaive'? list the models with: forecast-cli models"


def test_unlike_any_model_is_refused_with_the_list():
    with pytest.raises(ConfigError) as caught:
        parse_model("qqqq", (30,))
    assert caught.value.hint == "list the models with: forecast-cli models"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a name"),
        ("SeasonalNaive(7", "expected a name"),
        ("SeasonalNaive()", "whole days from 1 to 366, found ''"),
        ("SeasonalNaive(0)", "whole days from 1 to 366, found '0'"),
        ("SeasonalNaive(367)", "whole days from 1 to 366, found '367'"),
        ("SeasonalNaive(7.5)", "whole days from 1 to 366, found '7.5'"),
        ("SeasonalNaive(-7)", "whole days from 1 to 366, found '-7'"),
        ("SeasonalNaive(7,30)", "takes one season length, found 2"),
        ("Naive(7)", "Naive takes no season length"),
    ],
)
def test_season_lengths_that_make_no_sense_are_refused(text: str, words: str):
    with pytest.raises(ConfigError) as caught:
        parse_model(text, (30,))
    assert words in caught.value.message


def test_longest_season_bounds_what_is_used():
    for spec in REGISTRY.values():
        if spec.max_season is not None:
            assert spec.seasons is SeasonUse.ONE
            assert spec.usable_seasons((spec.max_season,)) == (spec.max_season,)
            assert spec.usable_seasons((spec.max_season + 1,)) == (1,)


def test_registry_loads_without_statsforecast():
    code = (
        "import sys, forecast_cli.models.registry; sys.exit('statsforecast' in sys.modules or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
