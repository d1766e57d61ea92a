"""The report of a backtest, put together from the tables of its shards."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.leaderboard import SHOWN_LEVEL, rank_models
from forecast_cli.evaluation.reliability import bin_reliability, score_low_balance
from forecast_cli.evaluation.report import ModelScore, Problem, Report, RunFacts
from forecast_cli.evaluation.rows import CUTOFF, SCALE, SCORED_LEVELS
from forecast_cli.evaluation.scoring import Scored
from forecast_cli.evaluation.segments import score_segments
from forecast_cli.evaluation.sentences import say_findings
from forecast_cli.evaluation.steps import merge_steps, step_scores
from forecast_cli.store.fingerprint import versions
from forecast_cli.store.layout import (
    ACCOUNTS,
    COSTS,
    FAILURES,
    LEADERBOARD,
    LOW_BALANCE,
    SCORES,
    STEPS,
    WINDOWS,
)
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.run_folder import RunFolder, ShardReceipt
from forecast_cli.store.staging import write_table
from forecast_cli.workflows.fans import draw_fans
from forecast_cli.workflows.ledgers import group_failures, read_table
from forecast_cli.workflows.reading import count_statuses, summarize_input
from forecast_cli.workflows.running import Prepared


def build_report(prepared: Prepared, run: RunFolder, receipts: Sequence[ShardReceipt]) -> Report:
    """Return the report of a run whose whole tables stand in its folder."""
    settings = prepared.settings
    windows = pl.read_parquet(run.output / WINDOWS)
    scores = pl.read_parquet(run.output / SCORES)
    scored = Scored(scores, windows, prepared.key_columns, settings.level, settings.seed)
    leaderboard = rank_models(scored, read_table(run, receipts, COSTS), season=settings.season_length[0])
    steps = step_scores(merge_steps(read_table(run, receipts, STEPS)), levels=settings.level)
    segments = score_segments(scored, [*settings.segment, *BANDS])
    low = pl.read_parquet(run.output / LOW_BALANCE)
    low_balance = score_low_balance(low, keys=prepared.key_columns, seed=settings.seed)
    best = scored.wide(["scrps"]).filter(pl.col(c.MODEL) == leaderboard[0].model)
    return Report(
        facts=_facts(prepared, run, receipts, windows),
        sentences=say_findings(leaderboard, steps, segments, low_balance),
        leaderboard=leaderboard,
        steps=steps,
        segments=segments,
        low_balance=low_balance,
        reliability=bin_reliability(low),
        fans=draw_fans(prepared, run, best),
        problems=_problems(run, settings.id_col),
    )


def write_leaderboard(report: Report, output: Path) -> FileEntry:
    """Write the leaderboard as a table: a column for each figure, and for each end of its interval."""
    rows = [_flat(score) for score in report.leaderboard]
    return write_table(pl.DataFrame(rows, infer_schema_length=None), output, LEADERBOARD)


def _flat(score: ModelScore) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in score.model_dump().items():
        if name == "levels":
            for level in value:
                label = c.level_label(level["level"])
                flat |= {f"coverage_{label}": level["coverage"], f"swidth_{label}": level["width"]}
        elif isinstance(value, dict):
            flat |= {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        elif name == "skill":
            flat |= {name: None, f"{name}_low": None, f"{name}_high": None}
        else:
            flat[name] = value
    return flat


def _facts(prepared: Prepared, run: RunFolder, receipts: Sequence[ShardReceipt], windows: pl.DataFrame) -> RunFacts:
    summary = summarize_input(prepared.checked)
    accounts = count_statuses(pl.read_parquet(run.output / ACCOUNTS, columns=["status"]))
    first, last = _ends(windows)
    return RunFacts(
        input=summary.root,
        files=summary.files,
        rows=summary.rows,
        accounts={status.value: count for status, count in accounts.items()},
        windows=windows.height,
        still_windows=windows[SCALE].null_count(),
        first_cutoff=first,
        last_cutoff=last,
        fingerprint=prepared.fingerprint,
        settings=prepared.settings.affecting_output(prepared.command)
        | {"level": _levels_told(prepared.settings.level)},
        versions=versions(),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - prepared.started, 3),
        cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
    )


def _levels_told(levels: tuple[float, ...]) -> list[float]:
    """Return the levels people ask for; the others are there for the CRPS alone."""
    return [level for level in levels if level not in SCORED_LEVELS or level == SHOWN_LEVEL]


def _ends(windows: pl.DataFrame) -> tuple[date | None, date | None]:
    """Return the first and the last cutoff."""
    first, last = windows.select(pl.col(CUTOFF).min().alias("first"), pl.col(CUTOFF).max().alias("last")).row(0)
    return first, last


def _problems(run: RunFolder, id_col: str) -> tuple[Problem, ...]:
    groups = group_failures(pl.read_parquet(run.output / FAILURES), id_col)
    return tuple(
        Problem(
            status=group.status.value,
            model=group.model,
            model_used=group.model_used,
            error=group.error,
            message=group.message,
            count=group.count,
            examples=group.examples,
        )
        for group in groups
    )
