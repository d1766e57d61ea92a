"""The backtest of one shard: forecasts from each past cutoff with what was known then, beside the actual balances."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Flag, Status
from forecast_cli.data.panel import Panel
from forecast_cli.engine.accounts import days_carried_forward, read_shard_accounts
from forecast_cli.engine.outcomes import (
    ModelForecast,
    complete_ledger,
    contract_failures,
    failure_rows,
    flags_with,
    taken_apart,
    with_panel_rows,
)
from forecast_cli.engine.risk_table import read_threshold_amounts
from forecast_cli.engine.scored_windows import costs_table, score_tables, windows_table
from forecast_cli.engine.shards import Done, Job, Shard
from forecast_cli.engine.tables import forecast_table
from forecast_cli.evaluation.low_balance import low_balance_rows
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.splits import Fold, count_windows, split_windows
from forecast_cli.models.base import FittedModel
from forecast_cli.models.ladder import LadderForecast, forecast_panel, update_panel
from forecast_cli.models.path_levels import levels_to_request
from forecast_cli.models.registry import ModelChoice
from forecast_cli.risk.thresholds import ColumnAmounts
from forecast_cli.store.layout import ACCOUNTS, COSTS, FAILURES, FORECASTS, LOW_BALANCE, WINDOWS

#: Column of the ledger: the number of an account's windows that were forecast.
WINDOWS_COUNT: Final = "windows"


@dataclass(frozen=True)
class _WindowForecasts:
    """A window with the forecasts of each model for its accounts, and the CPU seconds that each model took."""

    fold: Fold
    forecasts: tuple[ModelForecast, ...]
    seconds: tuple[float, ...]


def backtest_shard(job: Job, shard: Shard) -> Done:
    """Forecast every window of a shard's accounts with every model of the job, and score the forecasts."""
    settings = job.settings
    found = read_shard_accounts(job, shard)
    folds = split_windows(found.panel, settings, unknown=days_carried_forward(found))
    replayed = _forecast_windows(folds, job)
    keys, ledger = c.keys_among(found.ledger.columns), _ledger(found.ledger, found.panel, replayed, settings)
    rows = pl.concat(_forecast_rows(one, settings) for one in replayed).sort(*keys, CUTOFF, maintain_order=True)
    windows = windows_table([one.fold for one in replayed], job, shard)
    amounts = read_threshold_amounts(job, shard, [one.fold.train for one in replayed])
    lows = (_low_balances(one, settings, known) for one, known in zip(replayed, amounts, strict=True))
    low = pl.concat(lows).sort(*keys, CUTOFF, maintain_order=True)
    tables = {
        FORECASTS: rows,
        ACCOUNTS: ledger,
        FAILURES: _failures(found.ledger, ledger, replayed, [choice.label for choice in job.models]),
        WINDOWS: windows,
        LOW_BALANCE: low,
        COSTS: _costs(replayed),
        **score_tables(rows, windows, settings),
    }
    return Done(tables, taken_apart([forecast for one in replayed for forecast in one.forecasts]))


def _forecast_windows(folds: Sequence[Fold], job: Job) -> list[_WindowForecasts]:
    """Forecast the windows from the oldest to the newest, fitting at every ``refit``-th; return them in their order."""
    replayed: list[_WindowForecasts] = []
    fitted: dict[str, FittedModel | None] = {}
    for place, fold in enumerate(reversed(folds)):
        if place % job.settings.refit == 0:
            fitted = {}
        forecasts, seconds = [], []
        for choice in job.models:
            started = time.process_time()
            ladder, fitted[choice.label] = _forecast(fold, choice, job.settings, fitted=fitted.get(choice.label))
            seconds.append(time.process_time() - started)
            forecasts.append(ModelForecast(choice.label, ladder, fold.rows))
        replayed.append(_WindowForecasts(fold, tuple(forecasts), tuple(seconds)))
    return replayed[::-1]


def _forecast(
    fold: Fold, choice: ModelChoice, settings: Settings, *, fitted: FittedModel | None
) -> tuple[LadderForecast, FittedModel | None]:
    """Forecast a window, and return the fitted model for the next one; None with a refit at each cutoff."""
    h, levels = settings.horizon, levels_to_request(settings.level)
    if settings.refit == 1:
        return forecast_panel(fold.train, choice, h=h, levels=levels), None
    return update_panel(fold.train, choice, h=h, levels=levels, fitted=fitted)


def _forecast_rows(replayed: _WindowForecasts, settings: Settings) -> pl.DataFrame:
    """Return the forecasts of a window, each with its cutoff and the actual balance (null if not known)."""
    table = forecast_table(replayed.fold.train, replayed.forecasts, settings)
    truth = np.repeat(replayed.fold.y[:, None, :], len(replayed.forecasts), axis=1).ravel()
    origin = pl.col(c.DS) - pl.duration(days=pl.col(c.STEP))
    keys = c.keys_among(table.columns)
    rest = [name for name in table.columns if name not in keys]
    return table.with_columns(origin.alias(CUTOFF), pl.Series(c.Y, truth, nan_to_null=True)).select(
        *keys, CUTOFF, *rest, c.Y
    )


def _low_balances(replayed: _WindowForecasts, settings: Settings, amounts: ColumnAmounts) -> pl.DataFrame:
    forecasts = {one.label: one.ladder.forecast for one in replayed.forecasts}
    return low_balance_rows(
        replayed.fold.train, replayed.fold.y, forecasts, thresholds=settings.threshold, column_amounts=amounts
    )


def _ledger(
    ledger: pl.DataFrame, panel: Panel, replayed: Sequence[_WindowForecasts], settings: Settings
) -> pl.DataFrame:
    """Return the ledger with the number of windows of each account; one without any is skipped, with a reason."""
    each = sum(sum(one.seconds) for one in replayed) / max(len(panel), 1)
    settled = complete_ledger(ledger, [forecast for one in replayed for forecast in one.forecasts], seconds=each)
    counts = pl.DataFrame(
        {
            "row": np.arange(len(panel)),
            WINDOWS_COUNT: count_windows(panel, tuple(one.fold for one in replayed)),
            "days": panel.lengths,
        }
    )
    placed = settled.with_columns(row=with_panel_rows(ledger)["row"]).join(
        counts, on="row", how="left", maintain_order="left"
    )
    short = pl.col("row").is_not_null() & (pl.col(WINDOWS_COUNT) < settings.windows)
    none = short & (pl.col(WINDOWS_COUNT) == 0)
    return placed.with_columns(
        pl.col(WINDOWS_COUNT).fill_null(0),
        status=pl.when(none).then(pl.lit(Status.SKIPPED.value)).otherwise("status"),
        reason=pl.when(short).then(pl.coalesce("reason", _too_short_reason(settings))).otherwise("reason"),
        flags=pl.when(short).then(flags_with(Flag.SHORT)).otherwise("flags"),
    ).select(*ledger.columns, WINDOWS_COUNT)


def _failures(
    before: pl.DataFrame, after: pl.DataFrame, replayed: Sequence[_WindowForecasts], labels: Sequence[str]
) -> pl.DataFrame:
    """Return the table of failures, including accounts without any window, in the order of accounts."""
    keys = c.keys_among(before.columns)
    short = after.filter((before["status"] == Status.OK) & (after["status"] == Status.SKIPPED))
    failures = failure_rows(before, [forecast for one in replayed for forecast in one.forecasts])
    return pl.concat([failures, contract_failures(short, labels)]).sort(*keys, maintain_order=True)


def _too_short_reason(settings: Settings) -> pl.Expr:
    needed = settings.min_train + settings.windows * settings.step
    return pl.format(
        f"short: {{}} {{}} of history, enough for {{}} of {settings.windows} windows; all of them take {needed} days "
        f"(--min-train {settings.min_train}, --step {settings.step})",
        "days",
        pl.when(pl.col("days") == 1).then(pl.lit("day")).otherwise(pl.lit("days")),
        WINDOWS_COUNT,
    )


def _costs(replayed: Sequence[_WindowForecasts]) -> pl.DataFrame:
    """Return a row for each window and model: number of accounts, number of fallbacks, and CPU seconds."""
    return costs_table(
        (
            forecast.label,
            len(one.fold.rows),
            sum(o.status is Status.FALLBACK for o in forecast.ladder.outcomes),
            seconds,
        )
        for one in replayed
        for forecast, seconds in zip(one.forecasts, one.seconds, strict=True)
    )
