"""Comparison of two backtests: the accuracy gate of a CI build."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from forecast_cli.core.columns import CURRENCY, UNIQUE_ID
from forecast_cli.core.errors import CheckFailedError, OutputConflictError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import mark_id
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.evaluation.compare import compare_scores, needed_metrics
from forecast_cli.evaluation.gate import Comparison, Gate, Scores
from forecast_cli.evaluation.rows import CUTOFF, METRIC, N_TRAIN, SCALE
from forecast_cli.store.check import refuse_damaged, see_check
from forecast_cli.store.fingerprint import identity_of, setting_differences
from forecast_cli.store.layout import SCORES, WINDOWS
from forecast_cli.store.manifest import FileEntry, Manifest, read_manifest_of
from forecast_cli.store.tables import scan_table
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.run_tables import keys_of

#: Settings that must be equal for two backtests to be comparable; their windows are compared separately.
_TASK: Final = ("horizon", "scale_lag", "id_col", "date_col", "balance_col", "currency_col", "timezone")
#: Relative tolerance for rounding; scales that differ by more show that other balances were read from the same files.
_ROUNDING: Final = 1e-9
_AGAIN: Final = (
    "make both from the same input and settings; to make one again: forecast-cli backtest INPUT --output DIR --force"
)


@dataclass(frozen=True)
class CompareRequest:
    """Two backtests to compare, ``new`` against ``base``, and the gate to apply."""

    base: Output
    new: Output
    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True)
class GateReport:
    """Verdict of the gate on two backtests."""

    request: CompareRequest
    comparison: Comparison

    @property
    def exit_code(self) -> ExitCode:
        """Return CHECK_FAILED if any check of the gate failed, else OK."""
        return ExitCode.CHECK_FAILED if self.comparison.failed else ExitCode.OK


def run_compare(request: CompareRequest) -> GateReport:
    """Compare two backtests of the same data and windows, and apply the gate of ``request``.

    Raises OutputConflictError if a run is not a backtest or the two differ in data, task or windows, CheckFailedError
    if one is missing or damaged, OutputBusyError if a run is writing to one, UsageError for a metric, level, model or
    segment that they do not have, and ConfigError or OutputNotWrittenError if an address cannot be opened or read.
    """
    reads = (SCORES, WINDOWS)
    with open_finished_run(request.base, reads) as one, open_finished_run(request.new, reads) as other:
        base, new = (read_manifest_of(["backtest"], folder) for folder in (one, other))
        _refuse(request, [*_task_differences(base, new), *_data_differences(base, new)])
        read = needed_metrics(request.gate)
        scores = [_read_scores(one, base, request.base, read), _read_scores(other, new, request.new, read)]
    _refuse(request, list(_window_differences(*scores)))
    comparison = compare_scores(scores[0], scores[1], request.gate, seed=base.seed)
    made_from = setting_differences(identity_of(base), identity_of(new))
    return GateReport(request, replace(comparison, made_from=tuple(made_from)))


def _refuse(request: CompareRequest, differences: list[str]) -> None:
    if differences:
        reasons = "; ".join(differences)
        raise OutputConflictError(f"{request.base} and {request.new} cannot be compared: {reasons}", _AGAIN)


def _data_differences(base: Manifest, new: Manifest) -> Iterator[str]:
    """Yield a message if one backtest read input files, identified by content, that the other did not."""
    for here, there, name in ((base, new, "BASE"), (new, base, "NEW")):
        known = {file.sha256 for file in there.input.files}
        only = [file for file in here.input.files if file.sha256 not in known]
        if only:
            yield f"only {name} read {_names(only)}"


def _names(files: list[FileEntry]) -> str:
    shown = ", ".join(f"{Path(file.path).name} (sha256 {file.sha256[:12]})" for file in files[:3])
    return shown if len(files) <= 3 else f"{shown} and {len(files) - 3} more"


def _task_differences(base: Manifest, new: Manifest) -> Iterator[str]:
    for name in _TASK:
        before, after = base.settings.get(name), new.settings.get(name)
        if before != after:
            yield f"{name} is {_format_setting(before)} in BASE and {_format_setting(after)} in NEW"


def _format_setting(value: object) -> str:
    return "not set" if value is None else str(value)


def _read_scores(folder: Path, manifest: Manifest, shown: Output, needed: Collection[str]) -> Scores:
    """Read the two tables that the gate needs, under internal column names; a baseline may consist of these alone."""
    names = dict(zip(keys_of(manifest.settings), (UNIQUE_ID, CURRENCY), strict=False))
    scores, windows = (_scan_table(folder, manifest, name) for name in (SCORES, WINDOWS))
    return Scores(
        name=str(shown),
        scores=scores.filter(pl.col(METRIC).is_in(needed)).rename(names).collect(),
        windows=windows.rename(names).collect(),
        keys=tuple(names.values()),
        metrics=tuple(scores.select(pl.col(METRIC).unique().sort()).collect()[METRIC]),
    )


def _scan_table(folder: Path, manifest: Manifest, name: str) -> pl.LazyFrame:
    entries = [entry for entry in manifest.files if entry.path == name]
    hint = see_check(folder)
    if not entries:
        raise CheckFailedError(f"{folder / name}: not in the manifest", hint)
    refuse_damaged(folder, entries, hint)
    return scan_table(folder / name)


def _window_differences(base: Scores, new: Scores) -> Iterator[str]:
    """Yield messages about windows that only one backtest has, and about shared windows with different balances."""
    on = [*new.keys, CUTOFF]
    for here, there, name in ((base, new, "BASE"), (new, base, "NEW")):
        only = here.windows.join(there.windows, on=on, how="anti").select(on).sort(on)
        if only.height:
            account, cutoff = " ".join(map(str, only.row(0)[:-1])), only.row(0)[-1]
            yield f"only {name} has {counted(only.height, 'window')}, such as account '{mark_id(account)}' at {cutoff}"
    both = base.windows.join(new.windows, on=on, suffix="_new")
    apart = (pl.col(SCALE) - pl.col(f"{SCALE}_new")).abs() > _ROUNDING * pl.col(SCALE).abs()
    unknown = pl.col(SCALE).is_null() != pl.col(f"{SCALE}_new").is_null()
    other = both.filter(apart | unknown | (pl.col(N_TRAIN) != pl.col(f"{N_TRAIN}_new"))).height
    if other:
        yield f"{counted(other, 'window')} with other balances before the cutoff"
