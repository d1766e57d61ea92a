"""Sentences: what is said follows from the figures, whatever they are."""

import math
from dataclasses import dataclass, field

import pytest

from forecast_cli.evaluation.report import Estimate, LevelFigure, LowBalanceScore, ModelScore, StepScore
from forecast_cli.evaluation.sentences import say_findings


def estimate(value: float, spread: float = 0.02) -> Estimate:
    return Estimate(value=value, low=value - spread, high=value + spread)


def model(name: str = "Naive", *, scrps: float = 0.7, coverage: float = 0.8, windows: int = 60) -> ModelScore:
    flat = dict.fromkeys(("mae", "rmse", "wape", "bias", "crps", "winkler"), 1.0)
    counts = {"rank": 1, "accounts": 20, "windows": windows, "wins": 1, "fallbacks": 0, "failures": 0}
    return ModelScore(
        model=name,
        scrps=estimate(scrps),
        skill=None,
        mase=estimate(0.8),
        rmsse=estimate(0.8),
        levels=(LevelFigure(level=80, coverage=coverage, width=1.0),),
        cpu_seconds=0.01,
        **flat,
        **counts,
    )


def step(day: int, mase: float, coverage: float = 0.8) -> StepScore:
    levels = (LevelFigure(level=80, coverage=coverage, width=1.0),)
    return StepScore(model="Naive", step=day, scrps=mase, mase=mase, levels=levels)


def low(skill: Estimate) -> LowBalanceScore:
    return LowBalanceScore(
        model="Naive",
        threshold="p10",
        days=30,
        windows=60,
        event_rate=0.2,
        brier=0.1,
        base_brier=0.15,
        skill=skill,
    )


@dataclass
class Told:
    steps: list[StepScore] = field(default_factory=list)
    low: list[LowBalanceScore] = field(default_factory=list)

    def of(self, *models: ModelScore) -> str:
        return " ".join(say_findings(models, self.steps, [], self.low))


@pytest.mark.parametrize(
    ("coverage", "said"),
    [(0.8, "can be taken as they are"), (0.7, "too narrow"), (0.9, "wider than they need be")],
)
def test_it_says_how_far_intervals_can_be_trusted(coverage: float, said: str) -> None:
    assert said in Told().of(model(coverage=coverage))


def test_it_says_how_coverage_differs_by_day() -> None:
    told = Told(steps=[step(1, 0.3, 0.78), step(2, 0.4, 0.93)]).of(model())
    assert "By day ahead they held between 78 % and 93 %." in told


@pytest.mark.parametrize(("last", "how"), [(1.2, "grows"), (0.2, "goes")])
def test_it_says_that_errors_grow_only_where_they_do(last: float, how: str) -> None:
    assert f"Its scaled CRPS {how} from 0.500" in Told(steps=[step(1, 0.5), step(30, last)]).of(model())


@pytest.mark.parametrize(
    ("skill", "said"),
    [
        (estimate(0.27), "is 27 % better than the account's own base rate"),
        (estimate(-0.27), "is 27 % worse than the account's own base rate"),
        (estimate(0.01), "cannot be told from the account's own base rate"),
    ],
)
def test_it_says_what_the_low_balance_skill_supports(skill: Estimate, said: str) -> None:
    assert said in Told(low=[low(skill)]).of(model())


def test_it_says_nothing_of_a_skill_that_could_not_be_had() -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    assert "nan" not in Told(low=[low(nothing)]).of(model())


def test_a_close_second_is_named_with_its_cost_and_a_distant_one_is_not() -> None:
    assert "MSTL is close behind" in Told().of(model(scrps=0.7), model("MSTL", scrps=0.705))
    assert "close behind" not in Told().of(model(scrps=0.7), model("MSTL", scrps=0.8))


def test_no_scored_window_is_said_plainly() -> None:
    assert Told().of(model(windows=0)).startswith("No window could be scored")
