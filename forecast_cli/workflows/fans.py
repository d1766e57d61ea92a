"""Fans: a few accounts of a backtest drawn, the worst and the median ones, with what was known and what came."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.columns import level_label
from forecast_cli.data.contract.check import read_shard
from forecast_cli.evaluation.report import Fan
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.store.layout import FORECASTS
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.workflows.running import Prepared

#: Accounts drawn of each kind, and days of history shown before the cutoff.
EACH: Final = 4
HISTORY: Final = 120
#: Levels drawn, where they were asked for: the nearest to each.
DRAWN: Final = (80.0, 95.0)


def draw_fans(prepared: Prepared, run: RunFolder, windows: pl.DataFrame) -> tuple[Fan, ...]:
    """Draw the worst and the median windows, at most one of each account.

    ``windows`` are those of the best model: key columns, cutoff, model, scrps; nulls are left out.
    """
    scored, keys = windows.drop_nulls("scrps"), prepared.key_columns
    worst = _first_of_each(scored, -pl.col("scrps"), keys)
    others = scored.join(worst, on=keys, how="anti")
    median = _first_of_each(others, (pl.col("scrps") - scored["scrps"].median()).abs(), keys)
    chosen = [("worst", worst), ("median", median)]
    return tuple(_draw(prepared, run, kind, row) for kind, rows in chosen for row in rows.iter_rows(named=True))


def _first_of_each(windows: pl.DataFrame, by: pl.Expr, keys: tuple[str, ...]) -> pl.DataFrame:
    """Return the windows with the least ``by``, at most one of each account."""
    ordered = windows.with_columns(by.alias("by")).sort("by", *keys, CUTOFF)
    return ordered.unique(keys, keep="first", maintain_order=True).head(EACH).drop("by")


def _draw(prepared: Prepared, run: RunFolder, kind: str, window: dict[str, Any]) -> Fan:
    rows = _forecast_of(prepared, run, window)
    dates, history = _history_of(prepared, window)
    return Fan(
        account_id=" ".join(str(window[key]) for key in prepared.key_columns),
        kind=kind,
        model=window[c.MODEL],
        cutoff=window[CUTOFF],
        scrps=window["scrps"],
        history_dates=tuple(dates),
        history=tuple(history),
        dates=tuple(rows[prepared.settings.date_col]),
        y=tuple(rows[c.Y]),
        median=tuple(rows[c.MEDIAN]),
        bands=tuple(
            (level, tuple(rows[f"lo_{level_label(level)}"]), tuple(rows[f"hi_{level_label(level)}"]))
            for level in _drawn_levels(prepared.settings.level)
        ),
    )


def _drawn_levels(levels: Sequence[float]) -> list[float]:
    """Return the levels to draw, the widest first."""
    return sorted({min(levels, key=lambda level: abs(level - wanted)) for wanted in DRAWN}, reverse=True)


def _forecast_of(prepared: Prepared, run: RunFolder, window: dict[str, Any]) -> pl.DataFrame:
    wanted = [pl.col(name) == pl.lit(window[name]) for name in (*prepared.key_columns, CUTOFF, c.MODEL)]
    return pl.scan_parquet(run.output / FORECASTS / "*.parquet").filter(*wanted).sort(c.STEP).collect()


def _history_of(prepared: Prepared, window: dict[str, Any]) -> tuple[list[date], list[float]]:
    """Return the days and balances up to the cutoff, as the models saw them."""
    settings, id_ = prepared.settings, window[prepared.key_columns[0]]
    found = read_shard(prepared.checked.source, settings, origin=prepared.contract.origin, first_id=id_, last_id=id_)
    panel = found.panel
    currencies = panel.currencies.to_list() if panel.currencies is not None else [None]
    row = currencies.index(window[settings.currency_col]) if settings.currency_col else 0
    cutoff = np.datetime64(window[CUTOFF], "D")
    back = len(np.arange(cutoff, panel.origins[row]))
    series = panel.series(row)[: int(panel.lengths[row]) - back][-HISTORY:]
    days = [window[CUTOFF] - timedelta(days=back) for back in reversed(range(len(series)))]
    return days, series.tolist()
