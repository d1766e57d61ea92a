"""Names and places of files in an output folder."""

import re
from pathlib import Path
from typing import Final

FORECASTS: Final = "forecasts"
ACCOUNTS: Final = "accounts.parquet"
FAILURES: Final = "failures.parquet"
RISK: Final = "risk.parquet"
WINDOWS: Final = "windows.parquet"
SCORES: Final = "scores.parquet"
LOW_BALANCE: Final = "low_balance.parquet"
LEADERBOARD: Final = "leaderboard.parquet"
STEPS: Final = "steps.parquet"
SEGMENTS: Final = "segments.parquet"
#: Tables that only shards write; leaderboard, steps, segments and reports are computed from them.
FIGURES: Final = "figures.parquet"
STEP_SUMS: Final = "step_sums.parquet"
COSTS: Final = "costs.parquet"
#: Models learned from all accounts, for ``forecast --fitted``.
LEARNED_TREES: Final = "learned_trees.parquet"
LEARNED_SCORES: Final = "learned_scores.parquet"
LEARNED_WEIGHTS: Final = "learned_weights.parquet"
LEARNED_WIDTHS: Final = "learned_widths.parquet"
LEARNED_PAST: Final = "learned_past.parquet"
EVENTS: Final = "events.parquet"
#: Weights of the candidate that was combined with ``auto`` for an account.
WEIGHTS: Final = "weights.parquet"
#: Commands that write reports.
REPORTED: Final = ("backtest", "score")
REPORTS: Final = ("report.json", "report.html", "report.md")
#: Reports that are rendered from ``report.json``.
RENDERED: Final = REPORTS[1:]
#: Metrics for monitoring; like ``accounts.parquet``, they contain times, so their bytes differ from run to run.
METRICS: Final = "metrics.json"
MANIFEST: Final = "manifest.json"
SUCCESS: Final = "_SUCCESS"
LOCK: Final = ".lock"
HOLDER: Final = ".holder.json"
RUNNING: Final = ".run"
STAGING: Final = f"{RUNNING}/staging"
SHARDS: Final = f"{RUNNING}/shards"
PLAN: Final = f"{RUNNING}/plan.json"
SPILL: Final = f"{RUNNING}/spill"
#: Part files of forecasts, until the run is finished and all of them are moved to ``FORECASTS`` at once.
UNFINISHED: Final = f"{RUNNING}/{FORECASTS}"
#: Claim of the run that is writing to an output in an object store.
CLAIM: Final = f"{RUNNING}/claim.json"

LEARNED: Final = (LEARNED_TREES, LEARNED_WIDTHS, LEARNED_SCORES, LEARNED_WEIGHTS, LEARNED_PAST)

#: Tables that a run may write. ``OWN`` lists all that a run may leave in its folder: other files are foreign.
TABLES: Final = (
    ACCOUNTS,
    FAILURES,
    RISK,
    WINDOWS,
    SCORES,
    LOW_BALANCE,
    LEADERBOARD,
    STEPS,
    SEGMENTS,
    *LEARNED,
    EVENTS,
    WEIGHTS,
)
#: Files that the manifest lists, except for part files of forecasts.
LISTED: Final = frozenset({*TABLES, *REPORTS, METRICS})
OWN: Final = frozenset({FORECASTS, *LISTED, MANIFEST, SUCCESS, LOCK, HOLDER, RUNNING})
_PART: Final = re.compile(rf"{FORECASTS}/part-\d{{5,}}\.parquet")


def shard_path(index: int, table: str) -> str:
    """Return the path of a shard's table in a finished run, relative to the output; all but forecasts are merged."""
    if table == FORECASTS:
        return f"{FORECASTS}/part-{index:05d}.parquet"
    return f"{SHARDS}/{index:05d}.{table}"


def unfinished_path(path: str) -> str:
    """Return where a file of a shard is until the run is finished, so that no reader finds a part of the forecasts."""
    return f"{RUNNING}/{path}" if path.startswith(f"{FORECASTS}/") else path


def receipt_path(index: int) -> str:
    """Return the path of a shard's receipt, relative to the output."""
    return f"{SHARDS}/{index:05d}.json"


def is_own(name: str) -> bool:
    """Return whether runs write an entry of that name, relative to the output, to it or to its ``FORECASTS``."""
    last = Path(name).name
    return name in OWN or _PART.fullmatch(name) is not None or (last.startswith(".") and last.endswith(".tmp"))


def is_foreign(name: str) -> bool:
    """Return whether no run writes an entry of that name, relative to the output, and readers may see it."""
    return not is_own(name) and not Path(name).name.startswith(".")


def is_litter(path: Path) -> bool:
    """Return whether a file is one that file systems and desktops leave in any folder: nobody misses it."""
    return path.name == ".DS_Store" or path.match(".nfs*") or path.match(".*.crc")
