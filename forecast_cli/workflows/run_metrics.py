"""Metrics of a run for monitoring: freshness, volume, outcomes, sanity checks and cost.

``metrics.json`` is written with the other files of the output; ``--metrics FILE`` writes the same for Prometheus.
"""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Flag, Status
from forecast_cli.data.files.addresses import Output
from forecast_cli.evaluation.report import Report
from forecast_cli.reports.prometheus import render_run
from forecast_cli.reports.run_metrics import (
    Change,
    Cost,
    Freshness,
    LowBalance,
    LowBalanceOutcome,
    ModelUse,
    NotAsAsked,
    RunMetrics,
    Sanity,
    Score,
    Volume,
    parse_run_metrics,
    render_run_metrics,
)
from forecast_cli.store.atomic import write_whole
from forecast_cli.store.layout import ACCOUNTS, FAILURES, METRICS, RISK
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import raise_read_back_errors, read_back, scan_forecasts, write_text
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.reading import count_statuses, summarize_input
from forecast_cli.workflows.results import FailureGroup
from forecast_cli.workflows.shard_tables import group_failures, part_entries
from forecast_cli.workflows.summary import count_low_balances


def write_metrics_json(
    prepared: Prepared,
    receipts: Sequence[ShardReceipt],
    *,
    change: Change | None = None,
    report: Report | None = None,
) -> FileEntry:
    """Write ``metrics.json`` of a run whose other tables are written, and return its manifest entry."""
    metrics = measure(prepared, receipts, change=change, report=report)
    return write_text(render_run_metrics(metrics), prepared.output, METRICS)


def measure(
    prepared: Prepared, receipts: Sequence[ShardReceipt], *, change: Change | None, report: Report | None
) -> RunMetrics:
    """Return the metrics of a run whose tables are written; ``report`` is that of a backtest or score."""
    output, accounts = prepared.output, read_back(prepared.output / ACCOUNTS, ["status", "last", "flags"])
    counts = {status.value: count for status, count in count_statuses(accounts).items()}
    failures = group_failures(read_back(output / FAILURES), prepared.settings.id_col)
    return RunMetrics(
        command=prepared.command,
        freshness=_freshness(prepared, accounts),
        volume=_volume(prepared, receipts),
        accounts=counts,
        flags=_count_flags(accounts),
        absent_accounts=report.facts.absent.accounts if report else 0,
        fallback_ratio=counts[Status.FALLBACK] / max(accounts.height, 1),
        not_as_asked=tuple(
            NotAsAsked(
                status=group.status.value,
                reason=group.error,
                model=group.model,
                model_used=group.model_used,
                accounts=group.count,
            )
            for group in failures
        ),
        models=_model_mix(prepared, failures),
        low_balances=_low_balances(prepared),
        sanity=Sanity(
            not_finite=sum(receipt.not_finite for receipt in receipts),
            crossed=sum(receipt.crossed for receipt in receipts),
        ),
        scores=_scores(report) if report else (),
        outcomes=_outcomes(report) if report else (),
        change=change,
        cost=Cost(
            cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
            wall_seconds=round(time.monotonic() - prepared.started, 3),
            shards=len(prepared.shards),
            blocks_done_one_by_one=sum(len(receipt.taken_apart) for receipt in receipts),
        ),
    )


def _scores(report: Report) -> tuple[Score, ...]:
    return tuple(
        Score(model=one.model, metric=name, value=estimate.value)
        for one in report.leaderboard
        for name, estimate in one.metrics.items()
    )


def _outcomes(report: Report) -> tuple[LowBalanceOutcome, ...]:
    return tuple(
        LowBalanceOutcome(
            model=one.model,
            threshold=one.threshold,
            days=one.days,
            windows=one.windows,
            predicted=one.predicted.value,
            observed=one.observed.value,
        )
        for one in report.low_balance_calibration
    )


def write_metrics(path: Path, output: Output, *, exit_code: ExitCode, shards_resumed: int) -> None:
    """Write the metrics of the finished run in ``output`` for Prometheus; ``path`` is replaced as a whole.

    Raises OutputNotWrittenError, also if the run's ``metrics.json`` cannot be read, and CheckFailedError if that is
    damaged.
    """
    with open_finished_run(output, reads=(METRICS,)) as folder, raise_read_back_errors(folder / METRICS):
        content = (folder / METRICS).read_bytes()
    metrics = parse_run_metrics(content, where=str(output / METRICS))
    text = render_run(metrics, exit_code=exit_code, shards_resumed=shards_resumed, run=path.stem)
    write_whole(path, text.encode())


def _freshness(prepared: Prepared, accounts: pl.DataFrame) -> Freshness:
    finished, origin = datetime.now(UTC), prepared.contract.origin
    newest = accounts.get_column("last").max()
    day = newest if isinstance(newest, date) else None
    return Freshness(
        finished_at=finished.isoformat(timespec="seconds"),
        origin=origin.isoformat() if origin else None,
        newest_row=day.isoformat() if day else None,
        newest_row_age_days=(finished.date() - day).days if day else None,
    )


def _volume(prepared: Prepared, receipts: Sequence[ShardReceipt]) -> Volume:
    read = summarize_input(prepared.checked)
    return Volume(
        files=read.files,
        bytes=read.bytes,
        rows=read.rows,
        accounts=read.accounts,
        forecast_rows=sum(part.rows for part in part_entries(receipts)),
        quarantined_files=read.quarantined_files,
    )


def _count_flags(accounts: pl.DataFrame) -> dict[str, int]:
    """Count accounts by flag; every flag is a key."""
    counts = dict(accounts.select(pl.col("flags").explode()).group_by("flags").len().iter_rows())
    return {flag.value: counts.get(flag.value, 0) for flag in Flag}


def _model_mix(prepared: Prepared, failures: Sequence[FailureGroup]) -> tuple[ModelUse, ...]:
    """Return how many accounts each model forecast, by the requested model; empty for a backtest."""
    if prepared.command != "forecast":
        return ()
    rows = scan_forecasts(prepared.output).group_by(c.MODEL).len().collect()
    horizon = prepared.settings.horizon
    mix: Counter[tuple[str, str]] = Counter({(name, name): count // horizon for name, count in rows.iter_rows()})
    for group in failures:
        if group.model is not None and group.model_used is not None:
            mix[group.model, group.model] -= group.count
            mix[group.model, group.model_used] += group.count
    return tuple(ModelUse(model=model, model_used=used, accounts=count) for (model, used), count in sorted(mix.items()))


def _low_balances(prepared: Prepared) -> tuple[LowBalance, ...]:
    if not (prepared.output / RISK).exists():
        return ()
    found = count_low_balances(prepared.output, prepared.recorded_settings)
    return tuple(
        LowBalance(threshold=one.threshold, days=days, accounts=one.accounts, likely=likely)
        for one in found
        for days, likely in zip(one.windows, one.likely, strict=True)
    )
