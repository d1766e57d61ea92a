"""Metrics of a run as Prometheus gauges: counts, shares, days and seconds, but no amounts of money."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from forecast_cli.evaluation.metrics import is_amount
from forecast_cli.reports.escape import printable
from forecast_cli.reports.run_metrics import Change, Cost, Freshness, LowBalanceOutcome, RunMetrics, Volume

_DAY: Final = 86_400
_PREFIX: Final = "forecast_cli_"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


@dataclass(frozen=True)
class Gauge:
    """A gauge; ``says`` is its help text. ``samples`` are its values, each with the labels that distinguish it."""

    name: str
    says: str
    samples: Sequence[tuple[float, Mapping[str, str]]]


def render_run(metrics: RunMetrics, *, exit_code: int, shards_resumed: int, run: str) -> str:
    """Return the text file of a finished run; every sample has the label ``run``, so that two runs do not collide."""
    gauges = (
        gauge("exit_code", "Exit code of the run.", exit_code),
        *_freshness(metrics.freshness),
        *_volume(metrics.volume),
        *_outcome(metrics),
        *_sanity(metrics),
        *_change(metrics.change),
        *_cost(metrics.cost),
        gauge("shards_resumed", "Shards that an earlier run had finished.", shards_resumed),
    )
    return render_gauges(gauges, {"run": run})


def _freshness(of: Freshness) -> tuple[Gauge, ...]:
    age = of.newest_row_age_days
    return (
        gauge("finished_timestamp_seconds", "When the run was finished.", _timestamp(of.finished_at)),
        gauge("origin_timestamp_seconds", "Day the forecasts start from.", _timestamp(of.origin)),
        gauge("newest_row_timestamp_seconds", "Day of the newest balance.", _timestamp(of.newest_row)),
        gauge("newest_row_age_seconds", "Whole days from the newest balance to the run.", age and age * _DAY),
    )


def _volume(of: Volume) -> tuple[Gauge, ...]:
    return (
        gauge("input_accounts", "Accounts of the input.", of.accounts),
        gauge("input_rows", "Rows of the input.", of.rows),
        gauge("input_files", "Files of the input.", of.files),
        gauge("quarantined_files", "Files of the input that were left out.", of.quarantined_files),
        gauge("input_bytes", "Bytes of the input.", of.bytes),
        gauge("forecast_rows", "Rows of the forecasts.", of.forecast_rows),
    )


def _outcome(metrics: RunMetrics) -> tuple[Gauge, ...]:
    why: dict[tuple[str, str], int] = {}
    for one in metrics.not_as_asked:
        why[one.status, one.reason] = why.get((one.status, one.reason), 0) + one.accounts
    return (
        Gauge(
            "accounts",
            "Accounts by the worst status over models.",
            [(count, {"status": status}) for status, count in metrics.accounts.items()],
        ),
        Gauge(
            "flagged_accounts", "Accounts by flag.", [(count, {"flag": flag}) for flag, count in metrics.flags.items()]
        ),
        gauge("absent_accounts", "Accounts of scored forecasts without rows in the input.", metrics.absent_accounts),
        Gauge(
            "not_as_asked",
            "Accounts and models not forecast as requested, by status and reason.",
            [(count, {"status": status, "reason": reason}) for (status, reason), count in why.items()],
        ),
        gauge("fallback_ratio", "Share of accounts with a simpler model.", metrics.fallback_ratio),
        Gauge(
            "model_accounts",
            "Accounts by the model requested and the one used.",
            [(one.accounts, {"model": one.model, "model_used": one.model_used}) for one in metrics.models],
        ),
        Gauge(
            "low_balance_accounts",
            "Accounts with 50 % or more to be under a threshold, by the first model.",
            [(one.likely, {"threshold": one.threshold, "days": str(one.days)}) for one in metrics.low_balances],
        ),
        Gauge(
            "score",
            "A metric of a backtest or score, by model; none is an amount of money.",
            [
                (one.value, {"model": one.model, "metric": one.metric})
                for one in metrics.scores
                if not is_amount(one.metric)
            ],
        ),
        Gauge(
            "low_balance_predicted_ratio",
            "Mean probability to be under a threshold, over windows not under it before.",
            [(one.predicted, _labels(one)) for one in metrics.outcomes],
        ),
        Gauge(
            "low_balance_observed_ratio",
            "Share of these windows that were under it.",
            [(one.observed, _labels(one)) for one in metrics.outcomes],
        ),
    )


def _labels(one: LowBalanceOutcome) -> dict[str, str]:
    return {"model": one.model, "threshold": one.threshold, "days": str(one.days)}


def _sanity(metrics: RunMetrics) -> tuple[Gauge, ...]:
    of = metrics.sanity
    return (
        gauge("forecast_rows_not_finite", "Forecast rows that hold a NaN or an infinity: 0, or a bug.", of.not_finite),
        gauge("forecast_rows_crossed", "Forecast rows whose quantiles cross: 0, or a bug.", of.crossed),
    )


def _change(change: Change | None) -> tuple[Gauge, ...]:
    if change is None:
        return ()
    risk = [(one, {"threshold": one.threshold, "days": str(one.days)}) for one in change.risk]
    return (
        gauge(
            "previous_finished_timestamp_seconds",
            "When the run was finished that this one is compared with.",
            _timestamp(change.previous.finished_at),
        ),
        Gauge(
            "changed_accounts",
            "Accounts whose status is another than in the run before.",
            [(one.accounts, {"old": one.old, "new": one.new}) for one in change.statuses],
        ),
        gauge(
            "median_outside_previous_ratio",
            "Share of accounts whose median for a day lies outside of the interval of the run before.",
            change.medians.outside_interval,
        ),
        Gauge(
            "prob_below_moved",
            "Mean of how far the probability of a low balance moved since the run before.",
            [(one.mean, labels) for one, labels in risk],
        ),
        Gauge(
            "low_balance_newly_likely",
            "Accounts that are likely to run low and were not in the run before.",
            [(one.newly_likely, labels) for one, labels in risk],
        ),
        Gauge(
            "low_balance_no_longer_likely",
            "Accounts that were likely to run low in the run before and are not now.",
            [(one.no_longer_likely, labels) for one, labels in risk],
        ),
    )


def _cost(of: Cost) -> tuple[Gauge, ...]:
    return (
        gauge(
            "cpu_seconds",
            "Processor time of the shards, without start, check of the input and learning.",
            of.cpu_seconds,
        ),
        gauge("wall_seconds", "Time from start to end of the run that finished it.", of.wall_seconds),
        gauge("shards", "Shards of the run.", of.shards),
        gauge("blocks_done_one_by_one", "Blocks of accounts over which a model raised.", of.blocks_done_one_by_one),
    )


def _timestamp(moment: str | None) -> float | None:
    if moment is None:
        return None
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def gauge(name: str, says: str, value: float | None) -> Gauge:
    """Return a gauge with one sample without labels of its own, or none if ``value`` is None."""
    return Gauge(name, says, [] if value is None else [(value, {})])


def render_gauges(gauges: Iterable[Gauge], labels: Mapping[str, str]) -> str:
    """Return gauges as a text file, with ``labels`` added to every sample; values that are not finite are left out."""
    finite = (replace(one, samples=[each for each in one.samples if math.isfinite(each[0])]) for one in gauges)
    return "".join(_render(one, labels) for one in finite if one.samples)


def _render(one: Gauge, labels: Mapping[str, str]) -> str:
    name = f"{_PREFIX}{one.name}"
    head = [f"# HELP {name} {one.says}", f"# TYPE {name} gauge"]
    lines = [f"{name}{_label_text({**labels, **own})} {value:.16g}" for value, own in one.samples]
    return "".join(f"{line}\n" for line in [*head, *lines])


def _label_text(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{printable(value).translate(_ESCAPES)}"' for name, value in labels.items()) + "}"
