"""Sentences: what a backtest says in plain words, from its scores alone."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from forecast_cli.evaluation.report import Estimate, LevelFigure, LowBalanceScore, ModelScore, SegmentScore, StepScore

#: An interval's coverage within this of its level is as good as right: what 100 accounts cannot tell apart.
CLOSE: Final = 0.03
#: A model whose sCRPS is within this share of the best one's is close behind.
LITTLE: Final = 0.02
#: A segment is worth a word from this many accounts on.
FEWEST: Final = 20
#: The level that is spoken of.
LEVEL: Final = 80.0


def say_findings(
    leaderboard: Sequence[ModelScore],
    steps: Sequence[StepScore],
    segments: Sequence[SegmentScore],
    low_balance: Sequence[LowBalanceScore],
) -> tuple[str, ...]:
    """Say which model to use, how far to trust its intervals, and where it is weak."""
    if not leaderboard or leaderboard[0].windows == 0:
        return ("No window could be scored: no account has history enough, or none of them moved.",)
    best = leaderboard[0]
    own = [step for step in steps if step.model == best.model]
    return (
        *_say_which(leaderboard),
        *_say_how_far(best, own),
        *_say_when(own),
        *_say_where(best, [row for row in segments if row.model == best.model and row.accounts >= FEWEST]),
        *_say_low([row for row in low_balance if row.model == best.model]),
        *_say_replaced(best),
    )


def _say_which(leaderboard: Sequence[ModelScore]) -> Iterator[str]:
    best = leaderboard[0]
    yield (
        f"Use {best.model}: its scaled CRPS of {_figure(best.scrps)} is the lowest of "
        f"{len(leaderboard)} model{'s' if len(leaderboard) > 1 else ''} over {best.windows:,} windows of "
        f"{best.accounts:,} accounts."
    )
    if best.skill is not None and best.skill.value != 0:
        yield f"That is {_percents(best.skill)} below the seasonal naive's."
    if len(leaderboard) > 1 and leaderboard[1].scrps.value <= (1 + LITTLE) * best.scrps.value:
        second = leaderboard[1]
        yield (
            f"{second.model} is close behind ({second.scrps.value:.3f}), at {_milliseconds(second)} against "
            f"{_milliseconds(best)} of CPU an account and window."
        )


def _say_how_far(best: ModelScore, steps: Sequence[StepScore]) -> Iterator[str]:
    figure = _at_level(best.levels)
    if figure is None:
        return
    held = f"Over all days its {figure.level:g} % intervals held {_percent(figure.coverage)}"
    short = figure.level / 100 - figure.coverage
    if abs(short) <= CLOSE:
        yield f"{held}: they can be taken as they are."
    elif short > 0:
        yield f"{held}: they are too narrow, and the true risk is larger than they say."
    else:
        yield f"{held}: they are wider than they need be."
    by_day = [held_on for step in steps for held_on in step.levels if held_on.level == figure.level]
    if by_day:
        least, most = min(day.coverage for day in by_day), max(day.coverage for day in by_day)
        yield f"By day ahead they held between {_percent(least)} and {_percent(most)}."


def _say_when(steps: Sequence[StepScore]) -> Iterator[str]:
    if len(steps) > 1:
        first, last = steps[0], steps[-1]
        how = "grows" if last.scrps > (1 + CLOSE) * first.scrps else "goes"
        yield (
            f"Its scaled CRPS {how} from {first.scrps:.3f} on day {first.step} to {last.scrps:.3f} on day {last.step}."
        )


def _say_where(best: ModelScore, segments: Sequence[SegmentScore]) -> Iterator[str]:
    weak = [row for row in segments if row.scrps.low > best.scrps.high]
    for row in sorted(weak, key=lambda row: (-row.scrps.value, row.segment, row.value))[:2]:
        yield (
            f"It is weak where {row.segment} is {row.value} ({row.accounts:,} accounts): scaled CRPS "
            f"{_figure(row.scrps)}."
        )


def _say_low(rows: Sequence[LowBalanceScore]) -> Iterator[str]:
    told = [row for row in rows if not math.isnan(row.skill.value)]
    if not told:
        return
    row = max(told, key=lambda row: row.days)
    probability = f"Its probability of a low point under {row.threshold} within {row.days} days"
    figures = f"(Brier {row.brier:.3f} against {row.base_brier:.3f}, event rate {_percent(row.event_rate)})"
    if row.skill.low <= 0 <= row.skill.high:
        yield f"{probability} cannot be told from the account's own base rate {figures}."
    else:
        better = "better" if row.skill.value > 0 else "worse"
        yield f"{probability} is {_percent(abs(row.skill.value))} {better} than the account's own base rate {figures}."


def _say_replaced(best: ModelScore) -> Iterator[str]:
    if best.fallbacks or best.failures:
        yield (
            f"In {best.fallbacks:,} windows a simpler model took its place, in {best.failures:,} there was no "
            "forecast: the last section says why."
        )


def _at_level(levels: Sequence[LevelFigure]) -> LevelFigure | None:
    return min(levels, key=lambda figure: (abs(figure.level - LEVEL), figure.level), default=None)


def _figure(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} (95 % interval {estimate.low:.3f} to {estimate.high:.3f})"


def _percents(estimate: Estimate) -> str:
    ends = f"{_percent(estimate.low)} to {_percent(estimate.high)}"
    return f"{_percent(estimate.value)} (95 % interval {ends})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _milliseconds(score: ModelScore) -> str:
    return f"{1000 * score.cpu_seconds:.2g} ms"
