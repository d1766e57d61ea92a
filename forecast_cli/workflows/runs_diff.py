"""Differences between two runs: inputs and settings, statuses of accounts, and the numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.errors import OutputConflictError
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.data.read_errors import read_errors
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.store.check import damaged_files
from forecast_cli.store.fingerprint import identity_of, setting_differences
from forecast_cli.store.layout import ACCOUNTS, FORECASTS
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.tables import scan_table
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.run_pairs import keys_in_both, status_changes, table_of
from forecast_cli.workflows.run_tables import damaged, split_ids
from forecast_cli.workflows.runs import run_in

_EXAMPLES = 5
#: Number of account ids whose forecasts are compared at a time.
_ACCOUNTS: Final = 25_000
_READS = (ACCOUNTS, FORECASTS)


@dataclass(frozen=True)
class Distances:
    """How far the means of two runs lie apart in one currency, in units of the balance.

    ``currency`` is None without ``--currency-col``. ``largest`` and ``average``: over the rows that both runs have.
    ``accounts``: those with the largest distances, and how large these are.
    """

    currency: str | None
    largest: float
    average: float
    accounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Moved:
    """How far the forecasts of two runs differ.

    ``both``: rows that both runs have; ``changed``: those of them with any number different; ``old_only`` and
    ``new_only``: rows of one run only. ``distances``: one for each currency, since amounts of two cannot be compared.
    """

    both: int
    changed: int
    old_only: int
    new_only: int
    distances: tuple[Distances, ...]


@dataclass(frozen=True)
class RunDiff:
    """Differences between two runs.

    ``made_from`` says why they may differ; ``counts`` holds (name, old, new); ``statuses`` holds (old, new, accounts).
    """

    old: Output
    new: Output
    made_from: tuple[str, ...]
    counts: tuple[tuple[str, int, int], ...]
    statuses: tuple[tuple[str, str, int], ...]
    numbers: Moved

    @property
    def same(self) -> bool:
        """Return whether every account has the same status and the same numbers in both runs."""
        moved = self.numbers.changed + self.numbers.old_only + self.numbers.new_only
        return not moved and not self.statuses


def diff_runs(old: Output, new: Output) -> RunDiff:
    """Compare the run in ``new`` with the run in ``old``; each is a folder or an address.

    Raises CheckFailedError if one is missing, unfinished or damaged, OutputBusyError if one is being
    written, UsageError if a folder holds several runs, OutputConflictError if the runs are of different commands,
    ConfigError if an address cannot be opened, and OutputNotWrittenError if it cannot be read.
    """
    with open_finished_run(old, _READS) as old_folder, open_finished_run(new, _READS) as new_folder:
        one, other = run_in(old_folder), run_in(new_folder)
        before, after = one[1], other[1]
        if before.command != after.command:
            raise OutputConflictError(
                f"{old} is a {before.command}, {new} a {after.command}: they have no numbers in common",
                "name two runs of one command",
            )
        try:
            statuses = status_changes(*(table_of(path, run.settings, ACCOUNTS) for path, run in (one, other)))
            numbers = _numbers(one, other)
        except read_errors() as error:
            raise damaged(_first_damaged(one, other), error) from None
        return RunDiff(
            old=old if isinstance(old, Address) else one[0],
            new=new if isinstance(new, Address) else other[0],
            made_from=tuple(_made_from(before, after)),
            counts=tuple(_counts(before, after)),
            statuses=statuses,
            numbers=numbers,
        )


def _made_from(old: Manifest, new: Manifest) -> Iterator[str]:
    """Yield what differs in what two runs were made from: settings, versions, content of input files, origin."""
    yield from setting_differences(identity_of(old), identity_of(new))
    before, after = ({file.path: file.sha256 for file in one.input.files} for one in (old, new))
    contents = set(before.values()), set(after.values())
    gone = sum(sha not in contents[1] for sha in before.values())
    come = sum(sha not in contents[0] for sha in after.values())
    if gone or come:
        same = len(contents[0] & contents[1])
        yield f"input: {counted(come, 'file')} of new content, {gone} removed, {same} unchanged"
    if old.input.origin != new.input.origin:
        yield f"origin {old.input.origin} -> {new.input.origin}"


def _counts(old: Manifest, new: Manifest) -> Iterator[tuple[str, int, int]]:
    yield "rows read", old.input.rows, new.input.rows
    yield "accounts", old.input.accounts, new.input.accounts
    for status in dict.fromkeys([*old.accounts, *new.accounts]):
        yield status, old.accounts.get(status, 0), new.accounts.get(status, 0)
    yield "forecast rows", old.forecast_rows, new.forecast_rows


def _first_damaged(*runs: tuple[Path, Manifest]) -> Path:
    """Return the output of the first run that has a damaged file, of the last if none has."""
    return next((output for output, manifest in runs if any(damaged_files(output, manifest.files))), runs[-1][0])


def _numbers(*runs: tuple[Path, Manifest]) -> Moved:
    """Compare the forecasts of two runs, ``_ACCOUNTS`` ids at a time; all at once if their ids have two types."""
    old, new = (scan_table(path / ACCOUNTS).select(run.settings["id_col"]).collect().to_series() for path, run in runs)
    parts = [
        _compare_forecasts(*(table_of(path, run.settings, FORECASTS, bounds) for path, run in runs))
        for bounds in split_ids(old if old.dtype == new.dtype else old.clear(), accounts=_ACCOUNTS)
    ]
    accounts, sizes = pl.concat(parts), [run.forecast_rows for _, run in runs]
    both, changed = accounts.select(pl.col("both", "changed").sum()).row(0)
    by_currency = accounts.sort(c.CURRENCY, "key").partition_by(c.CURRENCY, maintain_order=True)
    return Moved(both, changed, sizes[0] - both, sizes[1] - both, tuple(map(_distances, by_currency)))


def _compare_forecasts(old: pl.LazyFrame, new: pl.LazyFrame) -> pl.DataFrame:
    """Return for each account of both runs how many rows both have and differ, and how far means lie apart."""
    names = [frame.collect_schema().names() for frame in (old, new)]
    others = [name for name in (CUTOFF, c.DATE, c.MODEL) if all(name in each for each in names)]
    on = [*keys_in_both(old, new), *others]
    values = [name for name in names[0] if name in names[1] and name not in (*on, c.STEP, c.Y)]
    moved = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_new") for name in values)
    apart = (pl.col(c.MEAN) - pl.col(f"{c.MEAN}_new")).abs()
    currency = pl.col(c.CURRENCY) if c.CURRENCY in on else pl.lit(None, pl.String).alias(c.CURRENCY)
    both = old.join(new, on=on, suffix="_new", maintain_order="left").with_columns(currency)
    figures = {
        "both": pl.len(),
        "changed": moved.sum(),
        "known": apart.count(),
        "sum": apart.sum(),
        "largest": apart.max(),
    }
    return both.group_by("key", c.CURRENCY, maintain_order=True).agg(**figures).collect()


def _distances(accounts: pl.DataFrame) -> Distances:
    """Return how far the means of one currency lie apart."""
    furthest = accounts.filter(pl.col("largest") > 0).sort("largest", "key", descending=[True, False]).head(_EXAMPLES)
    largest, total, known = accounts.select(pl.col("largest").max(), pl.col("sum").sum(), pl.col("known").sum()).row(0)
    return Distances(
        currency=accounts[c.CURRENCY][0],
        largest=largest or 0.0,
        average=total / known if known else 0.0,
        accounts=tuple(furthest.select("key", "largest").iter_rows()),
    )
