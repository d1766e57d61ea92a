"""Fan charts of a backtest: windows with the worst and with median scores, with their history and actual balances."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.data.contract.series import read_accounts
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.leaderboard import RANKED_BY
from forecast_cli.evaluation.report import Fan
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scored import Scored
from forecast_cli.store.layout import WINDOWS
from forecast_cli.store.tables import load_table, scan_forecasts
from forecast_cli.workflows.preparing import Prepared

#: Accounts drawn for each kind, and days of history shown before the cutoff.
_EACH: Final = 4
_HISTORY: Final = 120
#: Levels to draw, in percent; for each, the nearest level of the settings is used.
_DRAWN: Final = (80.0, 95.0)


def draw_fans(prepared: Prepared, model: str, scored: Scored) -> tuple[Fan, ...]:
    """Return the fans of the worst and the median windows of a model, at most one for each account."""
    chosen = _choose_windows(scored, model) if model in scored.models else []
    if not chosen:
        return ()
    drawn = _keys_of(prepared, [int(scored.windows[place]) for _, place, _ in chosen])
    rows, histories = _forecasts_of(prepared, drawn, model), _histories_of(prepared, drawn)
    return tuple(
        _draw(prepared, kind, row | {c.MODEL: model, RANKED_BY: scrps}, rows=rows, history=history)
        for (kind, _, scrps), row, history in zip(chosen, drawn, histories, strict=True)
    )


def _choose_windows(scored: Scored, model: str) -> list[tuple[str, int, float]]:
    """Return the kind, the place among the compared windows and the sCRPS of each window to draw."""
    scrps, accounts = scored.figures_of(model, RANKED_BY), scored.accounts
    known = np.flatnonzero(~np.isnan(scrps))
    worst = _first_of_each(known, -scrps, accounts)
    others = known[~np.isin(accounts[known], accounts[worst])]
    middle = pl.DataFrame({RANKED_BY: scrps[known]}).select(pl.col(RANKED_BY).median().fill_null(math.nan)).item()
    median = _first_of_each(others, np.abs(scrps - middle), accounts)
    kinds = (("worst", worst), ("median", median))
    return [(kind, place, float(scrps[place])) for kind, places in kinds for place in places]


def _first_of_each(places: NDArray[np.int64], by: NDArray[np.float64], accounts: NDArray[np.int32]) -> list[int]:
    """Return the ``places`` with the smallest ``by``, at most one for each account and ``_EACH`` in total."""
    ordered = places[np.argsort(by[places], kind="stable")]
    _, first = np.unique(accounts[ordered], return_index=True)
    chosen: list[int] = ordered[np.sort(first)[:_EACH]].tolist()
    return chosen


def _keys_of(prepared: Prepared, windows: Sequence[int]) -> list[dict[str, Any]]:
    """Return the key columns and the cutoff of ``windows``, by their numbers."""
    keys = load_table(prepared.output / WINDOWS, columns=[*prepared.settings.key_columns, CUTOFF])
    return keys[windows].to_dicts()


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
        scrps=window[RANKED_BY],
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


def _forecasts_of(prepared: Prepared, windows: Sequence[dict[str, Any]], model: str) -> pl.DataFrame:
    """Return a model's forecast rows of all ``windows``, sorted by step within each; part files are read once."""
    by = [*prepared.settings.key_columns, CUTOFF]
    parts = scan_forecasts(prepared.output)
    schema = parts.collect_schema()
    wanted = pl.DataFrame(
        [{name: row[name] for name in by} for row in windows], schema={name: schema[name] for name in by}
    )
    near = parts.filter(pl.col(c.MODEL) == model, pl.col(by[0]).is_in(wanted[by[0]].implode()))
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
    back = (panel.origins[row].item() - cutoff).days
    series = panel.series(row)[: int(panel.lengths[row]) - back][-_HISTORY:]
    return [cutoff - timedelta(days=back) for back in reversed(range(len(series)))], series.tolist()
