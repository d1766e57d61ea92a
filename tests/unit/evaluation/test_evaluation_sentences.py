"""Sentences of the report agree with the figures, whatever these are."""

import math
from dataclasses import dataclass, field

import pytest
from report_samples import sample_facts

from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ModelScore, SegmentScore, StepScore
from forecast_cli.evaluation.sentences import describe_findings


def estimate(value: float, spread: float = 0.02) -> Estimate:
    return Estimate(value=value, low=value - spread, high=value + spread)


def model(
    name: str = "Naive", *, scrps: float = 0.7, coverage: float = 0.8, fallbacks: int = 0, failures: int = 0
) -> ModelScore:
    metrics = {"scrps": estimate(scrps), "mase": estimate(0.8), "coverage_80": estimate(coverage)}
    counts = {"rank": 1, "accounts": 20, "windows": 60, "wins": 1, "fallbacks": fallbacks, "failures": failures}
    return ModelScore(model=name, metrics=metrics, skill=None, cpu_seconds=0.01, **counts)


def step(day: int, scrps: float, coverage: float = 0.8) -> StepScore:
    metrics = {"scrps": estimate(scrps), "coverage_80": estimate(coverage)}
    return StepScore(model="Naive", step=day, accounts=20, windows=60, metrics=metrics)


def segment(value: str, scrps: float, *, accounts: int = 20, skill: Estimate | None = None) -> SegmentScore:
    """A segment of a model whose sCRPS over all windows is 0.7."""
    told = {"segment": "tenure", "value": value, "model": "Naive", "accounts": accounts, "windows": 2 * accounts}
    excess = estimate(scrps / 0.7 - 1, 0.05)
    return SegmentScore(metrics={"scrps": estimate(scrps)}, skill=skill, excess=excess, **told)


def low(skill: Estimate) -> LowBalanceScore:
    return LowBalanceScore(
        model="Naive",
        threshold="p10",
        days=30,
        accounts=20,
        windows=60,
        event_rate=estimate(0.2),
        brier=estimate(0.1),
        base_brier=estimate(0.15),
        skill=skill,
    )


@dataclass
class Told:
    steps: list[StepScore] = field(default_factory=list)
    segments: list[SegmentScore] = field(default_factory=list)
    low: list[LowBalanceScore] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)

    def of(self, *models: ModelScore) -> str:
        counts = {"windows": 70, "still_windows": 5, "compared_windows": 60, "compared_accounts": 20} | self.facts
        facts = sample_facts().model_copy(update=counts | {"accounts": {"ok": 20, "skipped": 3}})
        said = describe_findings(facts, models, steps=self.steps, segments=self.segments, low_balance=self.low)
        return " ".join(said)


@pytest.mark.parametrize(
    ("coverage", "said"),
    [(0.8, "can be taken as they are"), (0.7, "too narrow"), (0.9, "wider than necessary")],
)
def test_it_says_how_far_intervals_can_be_trusted(coverage: float, said: str) -> None:
    assert said in Told().of(model(coverage=coverage))


def test_it_says_how_coverage_differs_by_day() -> None:
    told = Told(steps=[step(1, 0.3, 0.78), step(2, 0.4, 0.93)]).of(model())
    assert "By day ahead they held between 78 % and 93 %." in told
    assert "On each day they held 78 %." in Told(steps=[step(1, 0.3, 0.781), step(2, 0.4, 0.778)]).of(model())


@pytest.mark.parametrize(("last", "how"), [(1.2, "grows"), (0.2, "goes")])
def test_it_says_that_errors_grow_only_where_they_do(last: float, how: str) -> None:
    assert f"Its scaled CRPS {how} from 0.500" in Told(steps=[step(1, 0.5), step(30, last)]).of(model())


@pytest.mark.parametrize(("between", "said"), [(0.678, "; it is highest on day 29, 0.678."), (0.6354, "on day 30.")])
def test_it_names_the_day_of_the_largest_error_where_that_is_not_the_last(between: float, said: str) -> None:
    told = Told(steps=[step(1, 0.075), step(29, between), step(30, 0.635)]).of(model())
    assert f"grows from 0.075 on day 1 to 0.635 on day 30{said.removeprefix('on day 30')}" in told


@pytest.mark.parametrize(
    ("skill", "said"),
    [
        (estimate(0.27), "is 27 % (95 % interval 25 % to 29 %) better than the account's own base rate"),
        (estimate(-0.27), "is 27 % (95 % interval 25 % to 29 %) worse than the account's own base rate"),
        (
            estimate(0.01),
            "cannot be distinguished from the account's own base rate: skill 1 % (95 % interval -1 % to 3 %)",
        ),
    ],
)
def test_it_says_what_the_low_balance_skill_supports(skill: Estimate, said: str) -> None:
    assert said in Told(low=[low(skill)]).of(model())


def test_it_says_nothing_of_a_skill_that_could_not_be_had() -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    assert "nan" not in Told(low=[low(nothing)]).of(model())


def test_it_says_nothing_of_a_skill_over_a_seasonal_naive_without_error() -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    assert "seasonal naive" not in Told().of(model(scrps=0.0).model_copy(update={"skill": nothing}))


def test_a_close_second_is_named_with_its_cost_and_a_distant_one_is_not() -> None:
    assert "MSTL is close behind" in Told().of(model(scrps=0.7), model("MSTL", scrps=0.705))
    assert "close behind" not in Told().of(model(scrps=0.7), model("MSTL", scrps=0.8))


def test_a_model_by_itself_is_not_called_the_best() -> None:
    assert Told().of(model("auto")).startswith("auto was run alone: its scaled CRPS is 0.700")
    assert Told().of(model("auto"), model("Naive", scrps=0.9)).startswith("Use auto: its scaled CRPS of 0.700")


def test_it_says_over_how_many_windows_of_how_many_accounts() -> None:
    assert "over 60 windows of 20 of 23 accounts." in Told().of(model())


def test_the_weakest_segments_are_named_with_their_interval_and_small_ones_are_not() -> None:
    rows = [segment("young", 0.9), segment("old", 0.8), segment("rare", 5.0, accounts=19), segment("usual", 0.72)]
    told = Told(segments=rows).of(model())
    assert (
        "Beyond chance it is weakest where tenure is young: scaled CRPS 0.900 (95 % interval 0.880 to 0.920) over 40 "
        "windows of 20 accounts."
    ) in told
    assert "It is also weak where tenure is old" in told
    assert "rare" not in told
    assert "usual" not in told


def test_the_weakest_segment_may_be_chance() -> None:
    told = Told(segments=[segment("usual", 0.71), segment("rare", 0.72)]).of(model())
    assert "It is weakest where tenure is rare: scaled CRPS 0.720 (95 % interval 0.700 to 0.740) over 40" in told
    assert "of 20 accounts, which may be chance." in told
    assert "usual" not in told


def test_segments_are_held_against_the_seasonal_naive_by_the_paired_interval() -> None:
    best = model().model_copy(update={"skill": estimate(0.2)})
    better, even, worse, worst = (estimate(skill, 0.05) for skill in (0.2, 0.01, -0.08, -0.1))

    def told(**skills: Estimate | None) -> str:
        return Told(segments=[segment(value, 0.7, skill=skill) for value, skill in skills.items()]).of(best)

    assert "It beats the seasonal naive in each of 2 segments of 20 accounts or more." in told(a=better, b=better)
    assert "It beats the seasonal naive in the one segment of 20 accounts or more." in told(a=better)
    unsure = told(a=better, b=even, c=even)
    assert (
        "It cannot be distinguished from the seasonal naive where tenure is b, and in 1 more, of 3 segments." in unsure
    )
    behind = told(a=worse, b=worst, c=better)
    assert "It is worse than the seasonal naive where tenure is b, by 10 % (95 % interval 5 % to 15 %); " in behind
    assert "; it is worse in 1 more segment." in behind
    assert "seasonal naive" not in Told(segments=[segment("a", 0.7, skill=better)]).of(model())
    assert "segments" not in told(a=None)


def test_models_that_lack_windows_are_named() -> None:
    told = Told().of(model(failures=0), model("MSTL", scrps=0.8, failures=5))
    assert "over the 60 windows that all of them forecast, of 65 that can be scored" in told
    assert "Windows without a forecast: MSTL 5." in told
    assert "all of them forecast" not in Told().of(model())


def test_a_backtest_without_a_scored_window_says_so() -> None:
    for windows, why in (
        (0, "no account has enough history"),
        (5, "no balance had moved at the scale lag before its cutoff"),
        (9, "no window was forecast by every model"),
    ):
        told = Told(facts={"compared_windows": 0, "windows": windows}).of(model())
        assert told == f"No window could be scored: {why}."


def test_one_account_gets_no_interval() -> None:
    alone = model().model_copy(update={"metrics": {name: unsure(0.8) for name in ("scrps", "coverage_80")}})
    said = Told(low=[low(unsure(0.3))]).of(alone.model_copy(update={"skill": unsure(0.2)}))
    assert "nan" not in said
    assert "95 %" not in said
    assert "Naive was run alone: its scaled CRPS is 0.800 over" in said
    assert "That is 20 % below the seasonal naive's." in said
    assert "its 80 % intervals held 80 %: they can be taken as they are" in said.lower()
    assert "cannot be distinguished from the account's own base rate: skill 30 % (Brier" in said


def unsure(value: float) -> Estimate:
    return Estimate(value=value, low=math.nan, high=math.nan)


def test_windows_that_a_simpler_model_forecast_are_counted_and_lead_to_the_section_that_explains_them() -> None:
    told = Told().of(model(fallbacks=1))
    assert "In 1 window a simpler model took its place, in 0 there was no forecast" in told
    assert "see Failures and fallbacks in the report" in told, "sections follow that one: it is not the last"


def test_it_says_in_how_many_windows_of_a_backtest_the_last_day_is_not_known() -> None:
    whole, later = [step(1, 0.3), step(30, 0.7)], step(30, 0.7).model_copy(update={"windows": 40})
    assert "In 20 of 60 windows the balance of the last day forecast is not known" in Told([*whole[:1], later]).of(
        model()
    )
    assert "is not known" not in Told(whole).of(model())
