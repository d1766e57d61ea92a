"""The score of one shard: what finished runs forecast for its accounts, beside the balances that came since."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import SEVERITY, Status
from forecast_cli.core.ledger_schemas import FAILURES_SCHEMA
from forecast_cli.data.contract.series import ShardInput
from forecast_cli.engine.accounts import days_carried_forward, read_shard_accounts
from forecast_cli.engine.backtest import WINDOWS_COUNT
from forecast_cli.engine.outcomes import contract_failures
from forecast_cli.engine.published import PublishedRun, read_published
from forecast_cli.engine.scored_windows import costs_table, score_tables, windows_table
from forecast_cli.engine.shards import Done, Job, Shard
from forecast_cli.evaluation import low_balance as low
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.splits import Fold, fold_at, unknown_days
from forecast_cli.store.layout import ACCOUNTS, COSTS, FAILURES, FORECASTS, LOW_BALANCE, WINDOWS

_LOW_KEYS = (low.THRESHOLD, low.DAYS)


def score_shard(job: Job, shard: Shard, *, runs: Sequence[PublishedRun], longest: int) -> Done:
    """Score what ``runs``, oldest first, forecast for a shard's accounts; no model runs.

    A window is an account of a run with a balance on the run's origin, its cutoff, and a known one on a later day
    (``unknown_days``). Scales and segments are from its last ``longest`` days up to the cutoff.
    """
    settings = job.settings
    found, published = read_shard_accounts(job, shard), [read_published(run, job, shard) for run in runs]
    keys, labels = c.keys_among(found.ledger.columns), [choice.label for choice in job.models]
    by = [*keys, CUTOFF]
    forecasts = _first(pl.concat(one.forecasts for one in published), [*by, c.MODEL, c.STEP])
    folds = _cut_folds(forecasts.select(by).unique(), found, horizon=settings.horizon, longest=longest)
    rows = forecasts.join(pl.concat(map(_actual, folds)), on=[*by, c.STEP], maintain_order="left")
    rows = rows.sort(*by, maintain_order=True)
    windows = windows_table(folds, job, shard)
    lows = _low_balances(folds, _first(pl.concat(one.lows for one in published), [*by, c.MODEL, *_LOW_KEYS]))
    failures = _first(pl.concat(one.failures for one in published), [*by, c.MODEL]).join(windows, on=by, how="semi")
    ledger = _ledger(found.ledger, windows, pl.concat(one.accounts for one in published))
    tables = {
        FORECASTS: rows.select(*by, c.DS, c.STEP, c.MODEL, c.MEAN, *c.quantile_columns(settings.level), c.Y),
        ACCOUNTS: ledger,
        FAILURES: _failures(ledger, failures, labels),
        WINDOWS: windows,
        LOW_BALANCE: lows.sort(by, maintain_order=True),
        COSTS: _costs(windows, failures, labels),
        **score_tables(rows, windows, settings),
    }
    return Done(tables, ())


def _first(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return the first of the rows with the same ``by``: with ``--origin account``, runs repeat old forecasts."""
    return rows.unique(by, keep="first", maintain_order=True)


def _cut_folds(cutoffs: pl.DataFrame, found: ShardInput, *, horizon: int, longest: int) -> list[Fold]:
    """Return the windows of ``cutoffs`` (keys, cutoff), those of one day together; one without accounts if none is."""
    panel, unknown = found.panel, unknown_days(found.panel, days_carried_forward(found))
    placed = cutoffs.join(panel.keys().with_row_index("row"), on=c.keys_among(cutoffs.columns)).sort("row")
    rows = placed["row"].to_numpy().astype(np.int64)
    back = (panel.origins[rows] - placed[CUTOFF].to_numpy()).astype(np.int64)
    scored = (back > unknown[rows]) & (back < panel.lengths[rows])
    return [
        fold_at(
            panel,
            rows[scored & (back == days)],
            days_back=int(days),
            horizon=horizon,
            longest=longest,
            unknown=unknown,
        )
        for days in (np.unique(back[scored]) if scored.any() else [1])
    ]


def _actual(fold: Fold) -> pl.DataFrame:
    """Return the actual balance of each day ahead: keys, cutoff, step, y (null where unknown)."""
    n, h = fold.y.shape
    return pl.DataFrame(
        [
            *fold.train.keys()[np.repeat(np.arange(n), h)],
            pl.Series(CUTOFF, np.repeat(fold.train.origins, h), dtype=pl.Date),
            pl.Series(c.STEP, np.tile(np.arange(1, h + 1), n), dtype=pl.Int32),
            pl.Series(c.Y, fold.y.ravel(), dtype=pl.Float64, nan_to_null=True),
        ]
    )


def _low_balances(folds: Sequence[Fold], published: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``low_balance_rows``: what was ``published`` of each window, and what came true."""
    by = [*c.keys_among(published.columns), CUTOFF]
    names = published[low.THRESHOLD].unique(maintain_order=True).to_list()
    actual = pl.concat(
        low.actual_rows(fold.train, fold.y, _amounts(fold, published, names), thresholds=names) for fold in folds
    )
    joined = published.join(actual, on=[*by, *_LOW_KEYS], maintain_order="left")
    return joined.select(*by, c.MODEL, *_LOW_KEYS, *low.FIGURES)


def _amounts(fold: Fold, published: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the amounts of the thresholds ``names`` as they were published, [m, k]; NaN where there is none."""
    by = [*c.keys_among(published.columns), CUTOFF]
    cutoffs = pl.Series(CUTOFF, fold.train.origins, dtype=pl.Date)
    windows = fold.train.keys().with_columns(cutoffs)
    amounts = np.full((windows.height, len(names)), np.nan)
    for place, name in enumerate(names):
        known = published.filter(pl.col(low.THRESHOLD) == name).unique(by).select(*by, low.AMOUNT)
        found = windows.join(known, on=by, how="left", maintain_order="left")[low.AMOUNT]
        amounts[:, place] = found.fill_null(np.nan).to_numpy()
    return amounts


def _ledger(ledger: pl.DataFrame, windows: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Return the ledger with the number of windows of each account; one without any is skipped, with a reason.

    ``then`` has what the runs' ledgers say of each account and cutoff. Of an account's windows the worst status counts.
    """
    keys = c.keys_among(ledger.columns)
    counts = windows.group_by(keys).len(WINDOWS_COUNT).with_columns(pl.col(WINDOWS_COUNT).cast(pl.Int64))
    severity = pl.col("status").replace_strict(SEVERITY, return_dtype=pl.Int8)
    scored = then.join(windows, on=[*keys, CUTOFF], how="semi").sort(severity, maintain_order=True)
    worst = scored.unique(keys, keep="last", maintain_order=True).select(*keys, scored="status", why="reason")
    latest = then.unique(keys, keep="last", maintain_order=True).select(*keys, then="status", why_not="reason")
    joined = ledger
    for table in (counts, worst, latest):
        joined = joined.join(table, on=keys, how="left", maintain_order="left")
    usable, unscored = pl.col("status") == Status.OK, pl.col(WINDOWS_COUNT).is_null()
    return joined.with_columns(
        status=pl.when(~usable).then("status").when(unscored).then(pl.lit(Status.SKIPPED.value)).otherwise("scored"),
        reason=pl.when(~usable).then("reason").when(unscored).then(_why_unscored()).otherwise("why"),
        **{WINDOWS_COUNT: pl.col(WINDOWS_COUNT).fill_null(0)},
    ).select(*ledger.columns, WINDOWS_COUNT)


def _why_unscored() -> pl.Expr:
    then = pl.col("then")
    return (
        pl.when(then.is_null())
        .then(pl.lit("no forecast: the account is in none of the forecasts"))
        .when(then.is_in([Status.SKIPPED, Status.FAILED]))
        .then(pl.format("no forecast: {} in the forecast ({})", then, "why_not"))
        .otherwise(pl.lit("no outcome: no balance on the origin of the forecast, or none known after it"))
    )


def _failures(ledger: pl.DataFrame, failures: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Return the table of failures: accounts without a window, and ``failures`` in windows, each model once."""
    keys = c.keys_among(ledger.columns)
    unscored = contract_failures(ledger.filter(pl.col(WINDOWS_COUNT) == 0), labels)
    once = failures.unique([*keys, c.MODEL], keep="last", maintain_order=True).select(*keys, *FAILURES_SCHEMA)
    return pl.concat([unscored, once]).sort(*keys, maintain_order=True)


def _costs(windows: pl.DataFrame, failures: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Return a row for each model: windows, fallbacks, and NaN for the CPU seconds, which are not known."""
    counts = dict(failures.filter(status=Status.FALLBACK.value).group_by(c.MODEL).len().iter_rows())
    return costs_table((label, windows.height, counts.get(label, 0), float("nan")) for label in labels)
