"""Fans: a few accounts of a backtest drawn, the worst and the median ones, with what was known and what came."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.columns import level_label
from forecast_cli.data.contract.check import read_accounts
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.report import Fan
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.store.parquet import scan_forecasts
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.workflows.preparing import Prepared

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
    chosen = [
        (kind, row) for kind, rows in (("worst", worst), ("median", median)) for row in rows.iter_rows(named=True)
    ]
    if not chosen:
        return ()
    drawn = [row for _, row in chosen]
    rows, histories = _forecasts_of(prepared, run, drawn), _histories_of(prepared, drawn)
    return tuple(
        _draw(prepared, kind, row, rows=rows, history=history)
        for (kind, row), history in zip(chosen, histories, strict=True)
    )


def _first_of_each(windows: pl.DataFrame, by: pl.Expr, keys: tuple[str, ...]) -> pl.DataFrame:
    """Return the windows with the least ``by``, at most one of each account."""
    return windows.sort(by, *keys, CUTOFF).unique(keys, keep="first", maintain_order=True).head(EACH)


def _draw(
    prepared: Prepared,
    kind: str,
    window: dict[str, Any],
    *,
    rows: pl.DataFrame,
    history: tuple[list[date], list[float]],
) -> Fan:
    """Draw a window from the forecast ``rows`` of all windows drawn, and the days and balances known at its cutoff."""
    own = rows.filter(*(pl.col(name) == pl.lit(window[name]) for name in (*prepared.key_columns, CUTOFF)))
    return Fan(
        account_id=" ".join(str(window[key]) for key in prepared.key_columns),
        kind=kind,
        model=window[c.MODEL],
        cutoff=window[CUTOFF],
        scrps=window["scrps"],
        history_dates=tuple(history[0]),
        history=tuple(history[1]),
        dates=tuple(own[prepared.settings.date_col]),
        y=tuple(own[c.Y]),
        median=tuple(own[c.MEDIAN]),
        bands=tuple(
            (level, tuple(own[f"lo_{level_label(level)}"]), tuple(own[f"hi_{level_label(level)}"]))
            for level in _drawn_levels(prepared.settings.level)
        ),
    )


def _drawn_levels(levels: Sequence[float]) -> list[float]:
    """Return the levels to draw, the widest first."""
    return sorted({min(levels, key=lambda level: abs(level - wanted)) for wanted in DRAWN}, reverse=True)


def _forecasts_of(prepared: Prepared, run: RunFolder, windows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return the forecast rows of all ``windows``, in one pass over the part files, by step."""
    by = [*prepared.key_columns, CUTOFF, c.MODEL]
    parts = scan_forecasts(run.output)
    schema = parts.collect_schema()
    wanted = pl.DataFrame(
        [{name: row[name] for name in by} for row in windows], schema={name: schema[name] for name in by}
    )
    near = parts.filter(pl.col(by[0]).is_in(wanted[by[0]].implode()))
    return near.join(wanted.lazy(), on=by, how="semi").collect().sort(*by, c.STEP)


def _histories_of(prepared: Prepared, windows: Sequence[dict[str, Any]]) -> list[tuple[list[date], list[float]]]:
    """Return the days and balances up to the cutoff of each of ``windows``, as the models saw them, in one pass."""
    ids = [window[prepared.key_columns[0]] for window in windows]
    found = read_accounts(prepared.checked.source, prepared.settings, origin=prepared.contract.origin, ids=ids)
    row_of = {key: row for row, key in enumerate(found.panel.row_keys())}
    return [
        _history_of(found.panel, row_of[tuple(window[key] for key in prepared.key_columns)], window[CUTOFF])
        for window in windows
    ]


def _history_of(panel: Panel, row: int, cutoff: date) -> tuple[list[date], list[float]]:
    """Return the last days and balances of an account up to a cutoff."""
    back = len(np.arange(np.datetime64(cutoff, "D"), panel.origins[row]))
    series = panel.series(row)[: int(panel.lengths[row]) - back][-HISTORY:]
    return [cutoff - timedelta(days=back) for back in reversed(range(len(series)))], series.tolist()
