"""Fan charts of a backtest: windows with the worst and with median scores, with their history and actual balances."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.data.contract.series import read_accounts
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.report import Fan
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.store.parquet import scan_forecasts
from forecast_cli.workflows.preparing import Prepared

#: Accounts drawn for each kind, and days of history shown before the cutoff.
_EACH: Final = 4
_HISTORY: Final = 120
#: Levels to draw, in percent; for each, the nearest level of the settings is used.
_DRAWN: Final = (80.0, 95.0)


def draw_fans(prepared: Prepared, windows: pl.DataFrame) -> tuple[Fan, ...]:
    """Return the fans of the worst and the median windows, at most one for each account.

    ``windows`` are those of the best model: key columns, cutoff, model, scrps; rows with a null scrps are left out.
    """
    scored, keys = windows.drop_nulls("scrps"), prepared.settings.key_columns
    worst = _first_of_each(scored, -pl.col("scrps"), keys)
    others = scored.join(worst, on=keys, how="anti")
    median = _first_of_each(others, (pl.col("scrps") - scored["scrps"].median()).abs(), keys)
    chosen = [
        (kind, row) for kind, rows in (("worst", worst), ("median", median)) for row in rows.iter_rows(named=True)
    ]
    if not chosen:
        return ()
    drawn = [row for _, row in chosen]
    rows, histories = _forecasts_of(prepared, drawn), _histories_of(prepared, drawn)
    return tuple(
        _draw(prepared, kind, row, rows=rows, history=history)
        for (kind, row), history in zip(chosen, histories, strict=True)
    )


def _first_of_each(windows: pl.DataFrame, by: pl.Expr, keys: tuple[str, ...]) -> pl.DataFrame:
    """Return the windows with the smallest ``by``, at most one for each account and ``_EACH`` in total."""
    return windows.sort(by, *keys, CUTOFF).unique(keys, keep="first", maintain_order=True).head(_EACH)


def _draw(
    prepared: Prepared,
    kind: str,
    window: dict[str, Any],
    *,
    rows: pl.DataFrame,
    history: tuple[list[date], list[float]],
) -> Fan:
    """Return the fan of one window, from the forecast ``rows`` of all chosen windows and its own history."""
    own = rows.filter(*(pl.col(name) == pl.lit(window[name]) for name in (*prepared.settings.key_columns, CUTOFF)))
    return Fan(
        account_id=" ".join(str(window[key]) for key in prepared.settings.key_columns),
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
            (level, tuple(own[f"lo_{c.level_label(level)}"]), tuple(own[f"hi_{c.level_label(level)}"]))
            for level in _drawn_levels(prepared.settings.level)
        ),
    )


def _drawn_levels(levels: Sequence[float]) -> list[float]:
    """Return the levels to draw, widest first."""
    return sorted({min(levels, key=lambda level: abs(level - wanted)) for wanted in _DRAWN}, reverse=True)


def _forecasts_of(prepared: Prepared, windows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return the forecast rows of all ``windows``, sorted by step within each; the part files are read once."""
    by = [*prepared.settings.key_columns, CUTOFF, c.MODEL]
    parts = scan_forecasts(prepared.output)
    schema = parts.collect_schema()
    wanted = pl.DataFrame(
        [{name: row[name] for name in by} for row in windows], schema={name: schema[name] for name in by}
    )
    near = parts.filter(pl.col(by[0]).is_in(wanted[by[0]].implode()))
    return near.join(wanted.lazy(), on=by, how="semi").collect().sort(*by, c.STEP)


def _histories_of(prepared: Prepared, windows: Sequence[dict[str, Any]]) -> list[tuple[list[date], list[float]]]:
    """Return the days and balances up to the cutoff of each window, as the models saw them; the input is read once."""
    ids = [window[prepared.settings.key_columns[0]] for window in windows]
    found = read_accounts(prepared.checked.source, prepared.settings, origin=prepared.contract.origin, ids=ids)
    row_of = {key: row for row, key in enumerate(found.panel.row_keys())}
    return [
        _history_of(found.panel, row_of[tuple(window[key] for key in prepared.settings.key_columns)], window[CUTOFF])
        for window in windows
    ]


def _history_of(panel: Panel, row: int, cutoff: date) -> tuple[list[date], list[float]]:
    """Return the last ``_HISTORY`` days and balances of an account up to a cutoff."""
    back = len(np.arange(np.datetime64(cutoff, "D"), panel.origins[row]))
    series = panel.series(row)[: int(panel.lengths[row]) - back][-_HISTORY:]
    return [cutoff - timedelta(days=back) for back in reversed(range(len(series)))], series.tolist()
