"""Plain sentences about the results of a backtest, made from its scores."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from forecast_cli.core.text import counted, joined
from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ModelScore, RunFacts, SegmentScore, StepScore
from forecast_cli.evaluation.rows import SCORED_LEVELS

#: Coverage within this distance of its level counts as right: 100 accounts cannot show a smaller difference.
COVERAGE_TOLERANCE: Final = 0.03
#: A model whose sCRPS is within this share of the best model's is close behind.
CLOSE_BEHIND: Final = 0.02
#: Fewest accounts of a segment that is mentioned.
MIN_ACCOUNTS: Final = 20
#: Level, in percent, whose coverage is described, and the metric: backtests forecast it, and scores need it.
DESCRIBED_LEVEL: Final = 80.0
DESCRIBED_COVERAGE: Final = f"coverage_{DESCRIBED_LEVEL:g}"


def describe_findings(
    facts: RunFacts,
    leaderboard: Sequence[ModelScore],
    *,
    steps: Sequence[StepScore],
    segments: Sequence[SegmentScore],
    low_balance: Sequence[LowBalanceScore],
) -> tuple[str, ...]:
    """Return sentences on which model to use, how far to trust its intervals, and where it is weak."""
    if facts.compared_windows == 0:
        return (f"No window could be scored: {why_unscored(facts)}.", *_describe_absent(facts))
    best = leaderboard[0]
    own = [step for step in steps if step.model == best.model]
    parts = [row for row in segments if row.model == best.model and row.accounts >= MIN_ACCOUNTS]
    return (
        *_recommend_model(facts, leaderboard),
        *_describe_coverage(best, own),
        *_describe_horizon(own),
        *_describe_unfinished(facts, own),
        *(_describe_levels(facts) if facts.is_score else ()),
        *_describe_absent(facts),
        *_describe_weakest_segments(parts),
        *_compare_with_baseline(best, parts),
        *_describe_low_balance([row for row in low_balance if row.model == best.model]),
        *_describe_common_windows(facts, leaderboard),
        *_describe_fallbacks(best),
    )


def why_unscored(facts: RunFacts) -> str:
    """Return why a run has no window in which the models can be compared."""
    if not facts.windows:
        short = "no forecast has a balance of a later day in the input" if facts.is_score else ""
        return short or "no account has enough history"
    if facts.windows == facts.still_windows:
        return "no balance had moved at the scale lag before its cutoff"
    return "no window was forecast by every model"


def _recommend_model(facts: RunFacts, leaderboard: Sequence[ModelScore]) -> Iterator[str]:
    best, ranked = leaderboard[0], [score for score in leaderboard if score.windows]
    scrps = _format_estimate(best.of("scrps"))
    scope = (
        f"over {counted(facts.compared_windows, 'window')} of {facts.compared_accounts:,} of "
        f"{counted(sum(facts.accounts.values()), 'account')}"
    )
    if len(ranked) > 1:
        yield f"Use {best.model}: its scaled CRPS of {scrps} is the lowest of {len(ranked):,} models {scope}."
    else:
        alone = "" if facts.is_score else " was run alone"
        yield f"{best.model}{alone}: its scaled CRPS is {scrps} {scope}."
    if best.skill is not None and best.skill.value > 0:
        yield f"That is {_format_share(best.skill)} below the seasonal naive's."
    if len(leaderboard) > 1 and leaderboard[1].of("scrps").value <= (1 + CLOSE_BEHIND) * best.of("scrps").value:
        second = leaderboard[1]
        cost = f"; CPU time per account and window: {_format_cost(second)} against {_format_cost(best)}"
        behind = f"{second.model} is close behind ({second.of('scrps').value:.3f})"
        yield f"{behind}{'' if facts.is_score else cost}."


def _describe_coverage(best: ModelScore, steps: Sequence[StepScore]) -> Iterator[str]:
    coverage = best.of(DESCRIBED_COVERAGE)
    opening = f"Over all days its {DESCRIBED_LEVEL:g} % intervals held {_format_share(coverage)}"
    shortfall = DESCRIBED_LEVEL / 100 - coverage.value
    if abs(shortfall) <= COVERAGE_TOLERANCE:
        yield f"{opening}: they can be taken as they are."
    elif shortfall > 0:
        yield f"{opening}: they are too narrow, and the true risk is larger than they say."
    else:
        yield f"{opening}: they are wider than necessary."
    by_day = [step.of(DESCRIBED_COVERAGE).value for step in steps]
    if by_day:
        least, most = _format_percent(min(by_day)), _format_percent(max(by_day))
        yield (
            f"By day ahead they held between {least} and {most}." if least != most else f"On each day they held {most}."
        )


def _describe_horizon(steps: Sequence[StepScore]) -> Iterator[str]:
    if len(steps) > 1:
        first, last = (step.of("scrps").value for step in (steps[0], steps[-1]))
        how = "grows" if last > (1 + COVERAGE_TOLERANCE) * first else "goes"
        peak = max(steps, key=lambda step: step.of("scrps").value)
        high = peak.of("scrps").value
        highest = (
            f"; it is highest on day {peak.step}, {high:.3f}" if round(high, 3) > round(max(first, last), 3) else ""
        )
        yield (
            f"Its scaled CRPS {how} from {first:.3f} on day {steps[0].step} to {last:.3f} on day "
            f"{steps[-1].step}{highest}."
        )


def _describe_unfinished(facts: RunFacts, steps: Sequence[StepScore]) -> Iterator[str]:
    """Yield how many windows reach past the last known balance of their account."""
    whole = sum(step.windows for step in steps if step.step == facts.settings["horizon"])
    unfinished = facts.compared_windows - whole
    if unfinished:
        yield (
            f"In {unfinished:,} of {counted(facts.compared_windows, 'window')} the balance of the last day forecast is "
            "not known: early days weigh more, so errors look smaller than over whole windows."
        )


def _describe_levels(facts: RunFacts) -> Iterator[str]:
    """Yield whether the deciles of finished forecasts were published."""
    if not {*SCORED_LEVELS} <= {*facts.settings["level"]}:
        yield "Not all deciles were published, so the scaled CRPS is a few percent higher than that of a backtest."


def _describe_absent(facts: RunFacts) -> Iterator[str]:
    """Yield how many accounts were forecast and are gone: figures of those that are left may be better."""
    absent, examples = facts.absent.accounts, facts.absent.examples
    if absent:
        named = f"{'such as ' if absent > len(examples) else ''}{joined(examples)}"
        are, missing = ("is", "it") if absent == 1 else ("are", "them")
        yield (
            f"{counted(absent, 'account')} of the forecasts, {named}, {are} gone from {facts.input}: "
            f"all figures are without {missing}."
        )


def _describe_weakest_segments(segments: Sequence[SegmentScore]) -> Iterator[str]:
    """Yield the segment with the largest error; a second one only if its excess over the whole is more than chance."""
    ordered = sorted(segments, key=lambda row: (-row.of("scrps").value, row.segment, row.value))
    significant = [row for row in ordered if row.excess.ends and row.excess.low > 0]
    weakest = "Beyond chance it is weakest" if significant else "It is weakest"
    for row, opening in zip(significant or ordered[:1], (weakest, "It is also weak"), strict=False):
        chance = "" if significant else ", which may be chance"
        yield (
            f"{opening} where {row.segment} is {row.value}: scaled CRPS {_format_estimate(row.of('scrps'))} over "
            f"{counted(row.windows, 'window')} of {counted(row.accounts, 'account')}{chance}."
        )


def _compare_with_baseline(best: ModelScore, segments: Sequence[SegmentScore]) -> Iterator[str]:
    """Yield where the best model is worse than the seasonal naive or hard to tell from it, over the same accounts."""
    pairs = [(row, row.skill) for row in segments if row.skill is not None and row.skill.ends]
    if not pairs or best.skill is None or best.skill.value == 0:
        return
    worse = [(row, skill.negated()) for row, skill in pairs if skill.high < 0]
    unsure = [f"{row.segment} is {row.value}" for row, skill in pairs if skill.low <= 0 <= skill.high]
    if worse:
        row, by = max(worse, key=lambda one: one[1].value)
        more = f"; it is worse in {counted(len(worse) - 1, 'more segment')}" if len(worse) > 1 else ""
        yield f"It is worse than the seasonal naive where {row.segment} is {row.value}, by {_format_share(by)}{more}."
    if unsure:
        more = f", and in {len(unsure) - 1} more" if len(unsure) > 1 else ""
        where = f"{unsure[0]}{more}, of {counted(len(pairs), 'segment')}"
        yield f"It cannot be distinguished from the seasonal naive where {where}."
    if not worse and not unsure:
        where = f"each of {len(pairs):,} segments" if len(pairs) > 1 else "the one segment"
        yield f"It beats the seasonal naive in {where} of {MIN_ACCOUNTS} accounts or more."


def _describe_low_balance(rows: Sequence[LowBalanceScore]) -> Iterator[str]:
    scored = [row for row in rows if not math.isnan(row.skill.value)]
    if not scored:
        return
    row = max(scored, key=lambda row: (row.days, row.event_rate.value))
    probability = f"Its probability of a low point under {row.threshold} within {counted(row.days, 'day')}"
    figures = (
        f"(Brier {row.brier.value:.3f} against {row.base_brier.value:.3f}, "
        f"event rate {_format_percent(row.event_rate.value)})"
    )
    if row.skill.ends is None or row.skill.low <= 0 <= row.skill.high:
        yield (
            f"{probability} cannot be distinguished from the account's own base rate: "
            f"skill {_format_share(row.skill)} {figures}."
        )
    else:
        better, skill = ("better", row.skill) if row.skill.value > 0 else ("worse", row.skill.negated())
        yield f"{probability} is {_format_share(skill)} {better} than the account's own base rate {figures}."


def _describe_common_windows(facts: RunFacts, leaderboard: Sequence[ModelScore]) -> Iterator[str]:
    incomplete = [score for score in leaderboard if score.failures]
    if incomplete:
        missing = ", ".join(f"{score.model} {score.failures:,}" for score in incomplete)
        yield (
            f"Models are compared over the {counted(facts.compared_windows, 'window')} that all of them forecast, of "
            f"{facts.windows - facts.still_windows:,} that can be scored. Windows without a forecast: {missing}."
        )


def _describe_fallbacks(best: ModelScore) -> Iterator[str]:
    if best.fallbacks or best.failures:
        yield (
            f"In {counted(best.fallbacks, 'window')} a simpler model took its place, in {best.failures:,} there was no "
            "forecast: see Failures and fallbacks in the report."
        )


def _format_estimate(estimate: Estimate) -> str:
    ends = estimate.ends
    return f"{estimate.value:.3f}" + (f" (95 % interval {ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def _format_share(estimate: Estimate) -> str:
    ends = estimate.ends
    interval = f" (95 % interval {_format_percent(ends[0])} to {_format_percent(ends[1])})" if ends else ""
    return f"{_format_percent(estimate.value)}{interval}"


def _format_percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _format_cost(score: ModelScore) -> str:
    return f"{1000 * score.cpu_seconds:.2g} ms"
