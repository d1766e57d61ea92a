"""Changes since an earlier run: statuses, medians on the last day that both forecast, low-balance probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.errors import CheckFailedError, ConfigError
from forecast_cli.core.risk_columns import PROB_BELOW, THRESHOLD_NAME, WINDOW
from forecast_cli.reports.run_metrics import Change, MedianMoves, PreviousRun, RiskMoves, StatusChange
from forecast_cli.store.check import see_check
from forecast_cli.store.contents import FolderContents
from forecast_cli.store.find import has_closed_folder, raise_folder_errors, runs_at
from forecast_cli.store.fingerprint import setting_differences
from forecast_cli.store.layout import ACCOUNTS, FORECASTS, RISK
from forecast_cli.store.manifest import Manifest, find_manifest
from forecast_cli.workflows.run_pairs import SettingsRecord, keys_in_both, status_changes, table_of
from forecast_cli.workflows.summary import LIKELY, first_model

#: The most settings that a warning names.
_NAMED: Final = 3
_UNREADABLE: Final = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True)
class Side:
    """One of two runs to compare: its folder, and the settings and versions of its manifest."""

    output: Path
    settings: SettingsRecord
    versions: Mapping[str, str]

    @property
    def made_from(self) -> dict[str, Any]:
        """Return the settings and versions that affect its numbers, without ``as_of``, which differs every night."""
        settings = {name: value for name, value in self.settings.items() if name != "as_of"}
        return {"settings": settings, "versions": self.versions}

    def table(self, name: str) -> pl.LazyFrame:
        """Return a table of the run, with key and date columns under names common to both runs."""
        return table_of(self.output, self.settings, name)

    def of_first_model(self, name: str) -> pl.LazyFrame:
        """Return the rows of a table that belong to the run's first model."""
        return self.table(name).filter(pl.col(c.MODEL) == first_model(self.settings))


def find_previous(folder: Path, *, output: Path, origin: str | None) -> tuple[Path, Manifest] | None:
    """Return the finished forecast in ``folder``, or the most recent of several, by ``Manifest.recency``.

    ``folder`` is a run or holds runs; the run in ``output`` itself and runs with an origin after ``origin`` are left
    out, and so are links in ``folder`` and folders that may not be entered. None if there is no other. Raises
    CheckFailedError if ``folder``, or each run in it, cannot be read.
    """
    outputs = _outputs(folder, output)
    runs = [(path, manifest) for path in outputs if (manifest := _forecast_in(path))]
    if not runs and folder.is_dir():
        _refuse_unreadable(folder, outputs)
    earlier = [run for run in runs if origin is None or (run[1].input.origin or "") <= origin]
    return max(earlier, key=lambda run: run[1].recency, default=None)


def measure_change(previous: tuple[Path, Manifest], new: Side) -> Change:
    """Return the differences between the finished run ``previous`` and the run whose tables are in ``new``.

    Raises CheckFailedError if a table of the previous run cannot be read.
    """
    output, manifest = previous
    old = Side(output, manifest.settings, manifest.versions)
    try:
        return Change(
            previous=PreviousRun(
                output=str(output),
                fingerprint=manifest.fingerprint,
                finished_at=manifest.finished_at,
                origin=manifest.input.origin,
            ),
            made_from=tuple(setting_differences(old.made_from, new.made_from)),
            statuses=tuple(
                StatusChange(old=before, new=after, accounts=count)
                for before, after, count in status_changes(old.table(ACCOUNTS), new.table(ACCOUNTS))
            ),
            medians=_medians(old, new),
            risk=_risk(old, new),
        )
    except (*_UNREADABLE, KeyError, ConfigError) as error:  # the last two: settings or models of another version
        raise CheckFailedError(f"--previous {output}: cannot be read: {error}", see_check(output)) from error


def settings_warning(change: Change) -> str:
    """Return a one-line warning that other settings or versions explain part of a change; it names the first few."""
    named, more = "; ".join(change.made_from[:_NAMED]), len(change.made_from) - _NAMED
    rest = f"; {more} more in metrics.json" if more > 0 else ""
    why = "made with other settings or versions, which explain part of the change"
    return f"--previous {change.previous.output}: {why}: {named}{rest}"


def _outputs(folder: Path, output: Path) -> Sequence[Path]:
    with raise_folder_errors(folder):
        within = runs_at(folder) if folder.is_dir() else ()
    return [path for path in within if path.resolve() != output.resolve()]


def _refuse_unreadable(folder: Path, outputs: Sequence[Path]) -> None:
    """Raise CheckFailedError if a run in ``folder`` cannot be read, or a folder in it may not be entered."""
    for path in outputs:
        find_manifest(FolderContents(path))
    if not outputs and has_closed_folder(folder):
        raise CheckFailedError(f"{folder}: holds no run that you may read", "fix its permissions")


def _forecast_in(output: Path) -> Manifest | None:
    try:
        manifest = find_manifest(FolderContents(output))
    except CheckFailedError:
        return None
    return manifest if manifest and manifest.command == "forecast" else None


def _medians(old: Side, new: Side) -> MedianMoves:
    before, after = old.of_first_model(FORECASTS), new.of_first_model(FORECASTS)
    last = [frame.select(pl.col(c.DATE).max()).collect(engine="streaming").item() for frame in (before, after)]
    day = None if None in last else min(last)
    level = max(old.settings["level"])
    low, high = (f"{side}_{c.level_label(level)}" for side in ("lo", "hi"))
    on = keys_in_both(before, after)
    both = before.filter(pl.col(c.DATE) == day).join(
        after.filter(pl.col(c.DATE) == day).select(*on, now=c.MEDIAN), on=on, nulls_equal=True
    )
    apart = (pl.col("now") - pl.col(c.MEDIAN)).abs()
    currencies = pl.col(c.CURRENCY).n_unique() if c.CURRENCY in on else pl.lit(1)
    mixed = currencies > 1  # amounts of several currencies have no mean
    found = both.select(
        compared=pl.len(),
        moved=(apart > 0).sum(),
        mean=pl.when(~mixed).then(apart.mean()),
        p95=pl.when(~mixed).then(apart.quantile(0.95)),
        largest=pl.when(~mixed).then(apart.max()),
        outside_interval=(~pl.col("now").is_between(pl.col(low), pl.col(high))).mean(),
    ).collect(engine="streaming")
    return MedianMoves(day=day.isoformat() if day else None, level=level, **found.row(0, named=True))


def _risk(old: Side, new: Side) -> tuple[RiskMoves, ...]:
    before, after = old.of_first_model(RISK), new.of_first_model(RISK)
    windows = [set(frame.select(pl.col(WINDOW).unique()).collect()[WINDOW]) for frame in (before, after)]
    days = max(windows[0] & windows[1], default=0)
    on = [*keys_in_both(before, after), THRESHOLD_NAME]
    both = before.filter(pl.col(WINDOW) == days).join(
        after.filter(pl.col(WINDOW) == days).select(*on, now=PROB_BELOW), on=on, nulls_equal=True
    )
    was, now = pl.col(PROB_BELOW), pl.col("now")
    found = both.group_by(threshold=THRESHOLD_NAME).agg(
        compared=pl.len(),
        mean=(now - was).abs().mean(),
        largest=(now - was).abs().max(),
        newly_likely=((now >= LIKELY) & (was < LIKELY)).sum(),
        no_longer_likely=((now < LIKELY) & (was >= LIKELY)).sum(),
    )
    rows = found.sort("threshold").collect(engine="streaming").iter_rows(named=True)
    return tuple(RiskMoves(days=days, **row) for row in rows)
