"""Report of a backtest, built from the tables of its shards."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.tally import show_id
from forecast_cli.evaluation.alarms import calibrate_low_balance
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.leaderboard import rank_models
from forecast_cli.evaluation.low_balance import BASE_RATE, EVENT, GROUP
from forecast_cli.evaluation.reliability import bin_reliability, score_low_balance
from forecast_cli.evaluation.report import Absent, LowBalanceCalibration, LowBalanceScore, Problem, Report, RunFacts
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scored import Scored, find_compared_windows
from forecast_cli.evaluation.segment_scores import score_segments
from forecast_cli.evaluation.sentences import DESCRIBED_LEVEL, describe_findings
from forecast_cli.evaluation.steps import add_tallies, score_steps
from forecast_cli.evaluation.window_index import LowBalancePart, LowBalanceParts, ShardRows, WindowIndex, index_windows
from forecast_cli.store.fingerprint import versions
from forecast_cli.store.layout import ACCOUNTS, COSTS, FAILURES, FIGURES, LOW_BALANCE, STEP_SUMS, WINDOWS
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import load_table, scan_table
from forecast_cli.workflows.fans import draw_fans
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.reading import count_statuses, summarize_input
from forecast_cli.workflows.shard_tables import group_failures, shard_paths

#: Levels that the report of a backtest shows. It also has others, which exist only to compute the CRPS.
REPORT_LEVELS: Final = "report_levels"

_OfLow = TypeVar("_OfLow", LowBalanceScore, LowBalanceCalibration)


def build_report(prepared: Prepared, receipts: Sequence[ShardReceipt], *, absent: Absent) -> Report:
    """Return the report of a backtest whose merged tables are already in its folder; a score may miss accounts."""
    settings, output, season = prepared.settings, prepared.output, prepared.settings.season_length[0]
    named = _segments_of(settings)
    index = index_windows(_read_shards(prepared, receipts), settings.key_columns, named, seed=settings.seed)
    scored = _read_scored(prepared, receipts, index)
    costs = pl.concat(map(load_table, shard_paths(output, receipts, COSTS)))
    leaderboard = rank_models(scored, costs, season=season)
    tally = add_tallies(map(load_table, shard_paths(output, receipts, STEP_SUMS)))
    steps = tuple(score_steps(tally, scored.metrics, mixed=scored.mixed, seed=settings.seed))
    segments = score_segments(scored, named, season=season)
    low = _read_low_balance(prepared, receipts, index)
    best = [score.model for score in leaderboard]
    low_balance = score_low_balance(low, named)
    of_all_windows = _best_first((one for one in low_balance if one.segment is None), best)
    facts = _facts(prepared, receipts, scored=scored, absent=absent)
    return Report(
        facts=facts,
        levels=settings.level,
        sentences=describe_findings(facts, leaderboard, steps=steps, segments=segments, low_balance=of_all_windows),
        leaderboard=leaderboard,
        steps=steps,
        segments=segments,
        low_balance=of_all_windows,
        low_balance_segments=tuple(one for one in low_balance if one.segment is not None),
        reliability=bin_reliability(low),
        low_balance_calibration=_best_first(calibrate_low_balance(low), best),
        fans=draw_fans(prepared, leaderboard[0].model, scored),
        problems=_problems(output, settings.id_col),
    )


def _best_first(scores: Iterable[_OfLow], best: Sequence[str]) -> tuple[_OfLow, ...]:
    """Return ``scores`` sorted by threshold and days, then by the order of models on the leaderboard."""
    return tuple(sorted(scores, key=lambda score: (score.threshold, score.days, best.index(score.model))))


def _segments_of(settings: Settings) -> list[str]:
    """Return the columns that segment the windows: those in the settings, the currency, and those of every backtest."""
    currency = [settings.currency_col] if settings.currency_col else []
    return list(dict.fromkeys([*settings.segment, *currency, *BANDS]))


def _facts(prepared: Prepared, receipts: Sequence[ShardReceipt], *, scored: Scored, absent: Absent) -> RunFacts:
    settings = dict(prepared.recorded_settings)
    shown = settings.pop(REPORT_LEVELS, settings["level"])
    summary = summarize_input(prepared.checked)
    accounts = count_statuses(load_table(prepared.output / ACCOUNTS, columns=["status"]))
    first, last = _ends(prepared.output)
    return RunFacts(
        command=prepared.command,
        input=summary.root,
        files=summary.files,
        rows=summary.rows,
        accounts={status.value: count for status, count in accounts.items()},
        absent=absent,
        windows=len(scored.index),
        still_windows=int(np.count_nonzero(~scored.index.moving)),
        compared_windows=len(scored),
        compared_accounts=len(np.unique(scored.accounts)),
        currencies=scored.currencies,
        first_cutoff=first,
        last_cutoff=last,
        fingerprint=prepared.fingerprint,
        settings=settings | {"level": sorted({*shown, DESCRIBED_LEVEL})},
        versions=versions(),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - prepared.started, 3),
        cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
    )


def _ends(output: Path) -> tuple[date | None, date | None]:
    """Return the first and the last cutoff, None if there is no window."""
    cutoffs = scan_table(output / WINDOWS).select(first=pl.col(CUTOFF).min(), last=pl.col(CUTOFF).max()).collect()
    first, last = cutoffs.row(0)
    return first, last


def _problems(output: Path, id_col: str) -> tuple[Problem, ...]:
    groups = group_failures(load_table(output / FAILURES), id_col)
    return tuple(Problem(**asdict(group) | {"examples": tuple(map(show_id, group.examples))}) for group in groups)


def _read_shards(prepared: Prepared, receipts: Sequence[ShardReceipt]) -> Iterator[ShardRows]:
    """Yield what is needed to number the windows of each shard, in the order of shards."""
    by = [*prepared.settings.key_columns, CUTOFF]
    for receipt in receipts:
        windows, figures, low = (receipt.file_of(name).path for name in (WINDOWS, FIGURES, LOW_BALANCE))
        yield ShardRows(
            windows=load_table(prepared.output / windows),
            figures=load_table(prepared.output / figures, columns=[*by, c.MODEL]),
            low_balance=load_table(prepared.output / low, columns=[*by, *GROUP, BASE_RATE, EVENT]),
        )


def _read_scored(prepared: Prepared, receipts: Sequence[ShardReceipt], index: WindowIndex) -> Scored:
    """Return the metrics of all shards over the windows that models are compared on; they are read model by model."""
    figures = scan_table(shard_paths(prepared.output, receipts, FIGURES))
    models, windows = find_compared_windows(index)
    return Scored(
        index=index,
        models=models,
        windows=windows,
        read_figures=lambda model, columns: figures.filter(pl.col(c.MODEL) == model).select(columns).collect(),
        levels=prepared.settings.level,
        currency=prepared.settings.currency_col,
        seed=prepared.settings.seed,
    )


def _read_low_balance(prepared: Prepared, receipts: Sequence[ShardReceipt], index: WindowIndex) -> LowBalanceParts:
    """Return the low-balance rows of all shards, which are read part by part."""
    rows = scan_table(shard_paths(prepared.output, receipts, LOW_BALANCE))

    def read(part: LowBalancePart, columns: Sequence[str]) -> pl.DataFrame:
        of_part = (pl.col(name) == pl.lit(value) for name, value in zip(GROUP, part, strict=True))
        return rows.filter(*of_part).select(columns).collect()

    return LowBalanceParts(index, read, prepared.settings.seed)
