"""What a monitor should know of a run: how fresh, how much, how it went, whether it can be right, and what it cost."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.ledger import Status
from forecast_cli.reports.prometheus import Gauge, Sample, gauge, render_gauges
from forecast_cli.store.atomic import read_back, write_whole
from forecast_cli.store.layout import ACCOUNTS, FORECASTS
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.read import read_manifest
from forecast_cli.workflows.results import ForecastRun

_DAY: Final = 86_400


def refuse_metrics(path: Path, output: Path) -> None:
    """Raise where a file of metrics cannot stand: in the output, which holds what its run wrote, or in no folder."""
    if output.resolve() in path.resolve().parents:
        raise OutputConflictError(f"--metrics {path}: lies inside the output {output}", "name a file outside of it")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise OutputNotWrittenError(f"--metrics {path}: {what}", "name a file in a folder that is there")


def write_metrics(run: ForecastRun, path: Path) -> None:
    """Write the figures of a finished run as a whole file: a collector never reads less than all of them."""
    write_whole(path, render_gauges(measure(run)).encode())


def measure(run: ForecastRun) -> tuple[Gauge, ...]:
    """Return the figures of a finished run."""
    manifest = read_manifest(run.output)
    return (*_freshness(run, manifest), *_volume(run), *_outcome(run), *_sanity(run), *_cost(run, manifest))


def _freshness(run: ForecastRun, manifest: Manifest) -> tuple[Gauge, ...]:
    finished = datetime.fromisoformat(manifest.finished_at)
    newest = read_back(run.output / ACCOUNTS).get_column("last").max()
    age = (finished.date() - newest).days if isinstance(newest, date) else None
    return (
        gauge("finished_timestamp_seconds", "When the run was finished.", finished.timestamp()),
        gauge("origin_timestamp_seconds", "Day the forecasts start from.", _timestamp(run.input.origin)),
        gauge("newest_row_timestamp_seconds", "Day of the newest balance.", _timestamp(newest)),
        gauge("newest_row_age_seconds", "Whole days from the newest balance to the run.", age and age * _DAY),
    )


def _volume(run: ForecastRun) -> tuple[Gauge, ...]:
    return (
        gauge("input_accounts", "Accounts of the input.", run.input.accounts),
        gauge("input_rows", "Rows of the input.", run.input.rows),
        gauge("input_files", "Files of the input.", run.input.files),
        gauge("input_bytes", "Bytes of the input.", run.input.bytes),
        gauge("forecast_rows", "Rows of the forecasts.", run.forecast_rows),
    )


def _outcome(run: ForecastRun) -> tuple[Gauge, ...]:
    statuses = tuple(Sample(count, {"status": status.value}) for status, count in run.accounts.items())
    reasons: Counter[tuple[str, str]] = Counter()
    for group in run.failures:
        reasons[group.status.value, group.error] += group.count
    told = tuple(Sample(count, {"status": status, "reason": why}) for (status, why), count in reasons.items())
    fallbacks = run.accounts[Status.FALLBACK] / max(sum(run.accounts.values()), 1)
    low = tuple(
        Sample(count, {"threshold": one.threshold, "days": str(days)})
        for one in run.low_balances
        for days, count in zip(one.windows, one.likely, strict=True)
    )
    return (
        gauge("exit_code", "Exit code of the run.", int(run.exit_code)),
        Gauge("accounts", "Accounts by the worst status over models.", statuses),
        Gauge("not_as_asked", "Accounts and models that did not go as asked, by status and reason.", told),
        gauge("fallback_ratio", "Share of accounts with a simpler model.", fallbacks),
        Gauge("model_accounts", "Accounts by the model asked for and the one used.", _model_mix(run)),
        Gauge("low_balance_accounts", "Accounts with 50 % or more to be under a threshold, by the first model.", low),
    )


def _model_mix(run: ForecastRun) -> tuple[Sample, ...]:
    """Return how many accounts each model forecast, for itself and for those that could not."""
    rows = _forecasts(run).group_by(c.MODEL).len().collect()
    mix: Counter[tuple[str, str]] = Counter({(name, name): count // run.horizon for name, count in rows.iter_rows()})
    for group in run.failures:
        if group.model is not None and group.model_used is not None:
            mix[group.model, group.model] -= group.count
            mix[group.model, group.model_used] += group.count
    return tuple(Sample(count, {"model": model, "model_used": used}) for (model, used), count in sorted(mix.items()))


def _sanity(run: ForecastRun) -> tuple[Gauge, ...]:
    """Count what must not be, in what was written: each of these is 0, or a bug."""
    quantiles = c.quantile_columns(run.levels)
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in (c.MEAN, *quantiles))
    ordered = pl.all_horizontal(pl.col(low) <= pl.col(high) for low, high in pairwise(quantiles))
    counts = _forecasts(run).select((~finite).sum().alias("odd"), (~ordered).sum().alias("crossed"))
    odd, crossed = counts.collect().row(0)
    return (
        gauge("forecast_rows_not_finite", "Forecast rows that hold a NaN or an infinity: 0, or a bug.", odd or 0),
        gauge("forecast_rows_crossed", "Forecast rows whose quantiles cross: 0, or a bug.", crossed or 0),
    )


def _cost(run: ForecastRun, manifest: Manifest) -> tuple[Gauge, ...]:
    return (
        gauge("cpu_seconds", "Processor time of the shards.", manifest.cpu_seconds),
        gauge("wall_seconds", "Time from start to end of the run that finished it.", manifest.seconds),
        gauge("shards", "Shards of the run.", run.shards),
        gauge("shards_resumed", "Shards that an earlier run had finished.", run.shards_resumed),
    )


def _forecasts(run: ForecastRun) -> pl.LazyFrame:
    return pl.scan_parquet(run.output / FORECASTS / "*.parquet", hive_partitioning=False)


def _timestamp(day: object) -> float | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() if isinstance(day, date) else None
