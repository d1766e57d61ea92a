"""Synthetic reports for tests: one like that of a real backtest, and one with hostile data."""

import math
from datetime import date, timedelta

import numpy as np

from forecast_cli.evaluation.report import (
    Budget,
    CrossingDate,
    Estimate,
    Fan,
    LowBalanceCalibration,
    LowBalanceScore,
    ModelScore,
    Problem,
    ReliabilityBin,
    Report,
    RunFacts,
    SegmentScore,
    StepScore,
)

MODELS = ("MSTL(30)", "AutoETS(1)", "Naive", "SeasonalNaive(30)")
METRICS = (
    ("mase", 1.21), ("rmsse", 1.02), ("mae", 1_204.31), ("rmse", 2_310.9), ("wape", 0.31), ("mean_abs_y", 3_900.0),
    ("bias", -41.2), ("sbias", -0.03), ("crps", 911.4),
)  # fmt: skip
LEVELS = (20.0, 40.0, 60.0, 80.0, 95.0)
ERRORS = (0.613, 0.698, 0.706, 0.752)
SHIFTS = (-0.03, 0.07, 0.08, 0.04)
HOSTILE = (
    "<script>document.title='hacked'</script>",
    '"><img src=x onerror="document.title=1">',
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m",
    "abc\u202edef\u2066",
    "[/bold]{{ 7*7 }}{% raw %}",
    "a|b`c*d_e\nf\x00g",
    "</style></script><svg onload=alert(1)>",
)


def sample_report(*, models: int = 4, segments: int = 20, fans: int = 8, examples: int = 3) -> Report:
    """Return a report as of a backtest of 881 accounts; the first four of its ``models`` have names of their own."""
    draw = np.random.default_rng(7)
    names = (*MODELS, *(f"Model{number}" for number in range(5, models + 1)))[:models]
    return Report(
        facts=sample_facts(),
        levels=LEVELS,
        sentences=(
            "Use MSTL(30): its sCRPS of 0.613 is 18.5 % under the seasonal naive's (95 % interval 15.9 to 21.0 %).",
            "Its 80 % intervals held 77.0 % of what came: a little too narrow, most of all in the last week.",
            "It is weakest on accounts of high volatility, where its error is 1.9 times its mean.",
        ),
        leaderboard=tuple(model_score(name, place) for place, name in enumerate(names)),
        steps=tuple(step_score(name, place, step) for place, name in enumerate(names) for step in range(1, 31)),
        segments=tuple(
            segment_score(number, name, place, draw) for number in range(segments) for place, name in enumerate(names)
        ),
        low_balance=tuple(low_balance(name, place, days) for days in (7, 14, 30) for place, name in enumerate(names)),
        low_balance_segments=tuple(
            low_balance(name, place, days, number)
            for number in range(segments)
            for days in (7, 14, 30)
            for place, name in enumerate(names)
        ),
        reliability=tuple(
            reliability(name, place, days, tenth)
            for days in (7, 14, 30)
            for place, name in enumerate(names)
            for tenth in range(0, 10, 2)
        ),
        low_balance_calibration=tuple(
            calibration(name, place, days) for days in (7, 14, 30) for place, name in enumerate(names)
        ),
        fans=tuple(fan(number, draw) for number in range(fans)),
        problems=problems(examples),
    )


def hostile_report() -> Report:
    """Return the same report with hostile text wherever accounts, models, messages or settings are shown."""
    report = sample_report(fans=0)
    draw = np.random.default_rng(1)
    fans = tuple(fan(number, draw).model_copy(update={"account_id": text}) for number, text in enumerate(HOSTILE))
    problem = report.problems[0].model_copy(update={"examples": HOSTILE, "message": HOSTILE[0], "count": len(HOSTILE)})
    model = report.leaderboard[0].model_copy(update={"model": HOSTILE[1], "rank": 5})
    segment = report.segments[0].model_copy(update={"value": HOSTILE[4], "segment": HOSTILE[6]})
    low, calibrated, bins = (
        tuple(one.model_copy(update={"threshold": HOSTILE[number]}) for one in told)
        for number, told in enumerate((report.low_balance, report.low_balance_calibration, report.reliability))
    )
    facts = report.facts.model_copy(update={"input": HOSTILE[7], "settings": {HOSTILE[2]: HOSTILE[0]}})
    return report.model_copy(
        update={
            "facts": facts,
            "sentences": HOSTILE,
            "fans": fans,
            "problems": (problem,),
            "leaderboard": (*report.leaderboard, model),
            "segments": (segment, *report.segments),
            "low_balance": low,
            "low_balance_calibration": calibrated,
            "reliability": bins,
        }
    )


def empty_report() -> Report:
    """Return the report of a backtest in which no account had enough history."""
    nothing = {name: () for name in Report.model_fields if name not in ("format", "facts")}
    counts = dict.fromkeys(("windows", "still_windows", "compared_windows", "compared_accounts"), 0)
    facts = sample_facts().model_copy(update=counts | {"accounts": {}, "first_cutoff": None, "last_cutoff": None})
    return Report(facts=facts, **nothing)


def sample_facts() -> RunFacts:
    return RunFacts(
        input="balances/2026-06",
        files=12,
        rows=1_204_331,
        accounts={"ok": 812, "fallback": 41, "skipped": 19, "failed": 9},
        windows=2_543,
        still_windows=37,
        compared_windows=2_506,
        compared_accounts=853,
        currencies=(),
        first_cutoff=date(2026, 3, 2),
        last_cutoff=date(2026, 5, 31),
        fingerprint="b3f1c2d4e5a697886950413c2d1e0f9a8b7c6d5e4f30213243546576879809a1",
        settings={
            "model": list(MODELS),
            "horizon": 30,
            "level": [80.0, 95.0],
            "windows": 3,
            "step": 30,
            "min_train": 150,
            "threshold": ["p10"],
            "currency_col": None,
            "require_success": False,
        },
        versions={"forecast-cli": "0.3.0", "python": "3.11.2", "polars": "2.1.0", "statsforecast": "2.1.1"},
        finished_at="2026-07-01T04:12:09Z",
        seconds=184.2,
        cpu_seconds=341.9,
    )


def around(value: float, spread: float = 0.03) -> Estimate:
    return Estimate(value=value, low=value - spread, high=value + spread)


def error_of(place: int) -> float:
    return ERRORS[place] if place < len(ERRORS) else 0.8 + 0.01 * place


def metrics_of(place: int, error: float, step: int = 15) -> dict[str, Estimate]:
    """Return all metrics for a part of the windows in which sCRPS is ``error``."""
    shift = SHIFTS[place % 4] - 0.002 * (step - 15)
    metrics = {"scrps": around(error)} | {name: around(error * factor, 0.05 * abs(factor)) for name, factor in METRICS}
    for level in LEVELS:
        width = level * (1 + 0.2 * place) * step**0.5 / 120
        metrics |= {
            f"coverage_{level:g}": around(min(0.96, max(0.02, level / 100 + shift)), 0.015),
            f"width_{level:g}": around(1_500 * width, 90.0),
            f"swidth_{level:g}": around(width, 0.06),
            f"winkler_{level:g}": around(6_100 * error, 200.0),
            f"swinkler_{level:g}": around(4.11 * error, 0.1),
            f"pinball_{level:g}": around(600 * error, 20.0),
        }
    return metrics


def model_score(name: str, place: int) -> ModelScore:
    error = error_of(place)
    return ModelScore(
        model=name,
        rank=place + 1,
        accounts=853,
        windows=2_506,
        skill=None if name == "SeasonalNaive(30)" else around(1 - error / 0.752, 0.025),
        metrics=metrics_of(place, error),
        wins=(412, 201, 144, 96)[place % 4],
        fallbacks=(41, 12, 0, 12)[place % 4],
        failures=(9, 9, 0, 0)[place % 4],
        cpu_seconds=(0.023, 0.021, 0.0007, 0.0004)[place % 4],
    )


def step_score(name: str, place: int, step: int) -> StepScore:
    error = error_of(place) * (0.35 + 0.65 * (step / 15) ** 0.6) + 0.04 * np.sin(step / (2.5 + place))
    return StepScore(model=name, step=step, accounts=853, windows=2_506, metrics=metrics_of(place, error, step))


def segment_score(number: int, name: str, place: int, draw: np.random.Generator) -> SegmentScore:
    segment, value = segment_of(number)
    return SegmentScore(
        segment=segment,
        value=value,
        model=name,
        accounts=int(draw.integers(20, 400)),
        windows=int(draw.integers(60, 1_200)),
        metrics=metrics_of(place, error_of(place) * draw.uniform(0.6, 1.9), int(draw.integers(5, 25))),
    )


def segment_of(number: int) -> tuple[str, str]:
    segments = (
        ("account_type", ("checking", "savings", "credit_card", "business")),
        ("tenure", ("under 6 months", "6 to 12 months", "1 to 2 years", "over 2 years")),
        ("balance", ("negative", "low", "middle", "high")),
        ("volatility", ("still", "low", "middle", "high")),
        ("activity", ("rare", "weekly", "most days", "daily")),
    )
    segment, values = segments[number // 4 % len(segments)]
    return segment, values[number % 4] + (f" {number}" if number >= 20 else "")


def low_balance(name: str, place: int, days: int, segment: int | None = None) -> LowBalanceScore:
    base = 0.09 + 0.002 * days
    told = (None, None) if segment is None else segment_of(segment)
    return LowBalanceScore(
        model=name,
        threshold="p10",
        days=days,
        segment=told[0],
        value=told[1],
        accounts=853,
        windows=2_506,
        event_rate=around(0.1 + 0.004 * days, 0.01),
        brier=around(base * (0.78 + 0.07 * place), 0.005),
        base_brier=around(base, 0.005),
        skill=around(0.22 - 0.07 * place, 0.03),
    )


def reliability(name: str, place: int, days: int, tenth: int) -> ReliabilityBin:
    predicted = (tenth + 0.5) / 10
    observed = min(1.0, max(0.0, predicted + SHIFTS[place % 4] + 0.02 * np.sin(tenth + days)))
    windows = 900 // (tenth + 1)
    return ReliabilityBin(
        model=name, threshold="p10", days=days, predicted=predicted, observed=observed, windows=windows
    )


def calibration(name: str, place: int, days: int) -> LowBalanceCalibration:
    came = 0.05 + 0.003 * days
    return LowBalanceCalibration(
        model=name,
        threshold="p10",
        days=days,
        accounts=830,
        windows=2_210,
        already=296,
        predicted=around(came * 1.1, 0.004),
        observed=around(came, 0.01),
        budgets=tuple(
            Budget(
                share=share,
                windows=round(2_210 * share),
                probability=0.6 - 4 * share,
                precision=around(0.7 - 0.05 * place - 3 * share, 0.08),
                lift=around((0.7 - 0.05 * place - 3 * share) / came, 0.6),
                recall=around((0.7 - 0.05 * place - 3 * share) / came * share, 0.02),
                lead=(1.0, 3.0, days / 2) if days > 7 or place else (math.nan, math.nan, math.nan),
            )
            for share in (0.01, 0.05)
        ),
        dates=tuple(
            CrossingDate(
                share=share,
                windows=round(900 * (1 - share)),
                predicted=around(share + 0.05, 0.01),
                observed=around(share + 0.03 * place, 0.02),
            )
            for share in (0.1, 0.5, 0.9)
        ),
    )


def fan(number: int, draw: np.random.Generator) -> Fan:
    """Return the fan of an account that is paid monthly and spends its pay; worst ones have an unexpected payment."""
    worst, days, h = number % 8 < 4, 150, 30
    moves = draw.normal(-60, 45, days + h)
    moves[np.arange(days + h) % 30 == (3 * number) % 30] += 1_850
    moves[days + 9] -= 5_200 if worst else 0
    balance = np.round(2_400 + 900 * number + np.cumsum(moves), 2)
    cutoff = date(2026, 5, 31)
    expected = balance[days - 1] + np.cumsum(np.where(moves[days:] < -3_000, -60, moves[days:])) * 0.95
    spread = 130 * np.sqrt(np.arange(1, h + 1))
    return Fan(
        account_id=f"acc-{number * 7919 % 10_000:07d}",
        kind="worst" if worst else "median",
        model="MSTL(30)",
        cutoff=cutoff,
        scrps=4.21 - 0.3 * number if worst else 0.58,
        history_dates=tuple(cutoff - timedelta(days=days - 1 - day) for day in range(days)),
        history=tuple(balance[:days].tolist()),
        dates=tuple(cutoff + timedelta(days=day) for day in range(1, h + 1)),
        y=tuple(None if day >= 26 and number == 5 else float(balance[days + day]) for day in range(h)),
        median=tuple(expected.round(2).tolist()),
        bands=tuple(
            (level, tuple((expected - z * spread).tolist()), tuple((expected + z * spread).tolist()))
            for level, z in ((95.0, 1.96), (80.0, 1.28))
        ),
    )


def problems(examples: int) -> tuple[Problem, ...]:
    def ids(first: int) -> tuple[str, ...]:
        return tuple(f"acc-{first + number:07d}" for number in range(examples))

    return (
        Problem(
            status="skipped",
            model=None,
            model_used=None,
            error="",
            message="under 150 days of history before every cutoff",
            count=19,
            examples=ids(100),
        ),
        Problem(
            status="fallback",
            model="MSTL(30)",
            model_used="SeasonalNaive(30)",
            error="TooShortError",
            message="61 days needed, 44 there",
            count=41,
            examples=ids(200),
        ),
        Problem(
            status="failed",
            model="AutoETS(1)",
            model_used=None,
            error="TimeoutError",
            message="no answer in 60 s",
            count=9,
            examples=ids(300),
        ),
    )
