"""Where files and folders are in an output folder."""

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
#: Tables of shards that only the leaderboard, steps, segments and reports are made from.
FIGURES: Final = "figures.parquet"
STEP_SUMS: Final = "step_sums.parquet"
COSTS: Final = "costs.parquet"
#: What was learned from all accounts, for ``forecast --fitted``.
LEARNED_TREES: Final = "learned_trees.parquet"
LEARNED_SCORES: Final = "learned_scores.parquet"
LEARNED_WEIGHTS: Final = "learned_weights.parquet"
LEARNED_PAST: Final = "learned_past.parquet"
EVENTS: Final = "events.parquet"
#: Which candidate joined the model that learns for an account, and with what share.
WEIGHTS: Final = "weights.parquet"
REPORTS: Final = ("report.json", "report.html", "report.md")
#: Reports that ``report.json`` holds all of.
RENDERED: Final = REPORTS[1:]
#: What a monitor should know of the run; like ``accounts.parquet``, it holds times.
METRICS: Final = "metrics.json"
MANIFEST: Final = "manifest.json"
SUCCESS: Final = "_SUCCESS"
LOCK: Final = ".lock"
HOLDER: Final = ".holder.json"
RUNNING: Final = ".run"
STAGING: Final = "staging"
SHARDS: Final = "shards"
PLAN: Final = "plan.json"
SPILL: Final = "spill"
#: Who is at work on an output in an object store.
CLAIM: Final = f"{RUNNING}/claim.json"

LEARNED: Final = (LEARNED_TREES, LEARNED_SCORES, LEARNED_WEIGHTS, LEARNED_PAST)

#: Everything a run may leave in its folder; anything else makes the folder a foreign one.
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
OWN: Final = frozenset({FORECASTS, *TABLES, *REPORTS, METRICS, MANIFEST, SUCCESS, LOCK, HOLDER, RUNNING})


def shard_path(index: int, table: str) -> str:
    """Return where a shard's table goes, relative to the output folder: forecasts to stay, others to be merged."""
    if table == FORECASTS:
        return f"{FORECASTS}/part-{index:05d}.parquet"
    return f"{RUNNING}/{SHARDS}/{index:05d}.{table}"


def receipt_path(index: int) -> str:
    """Return where a shard's receipt goes, relative to the output folder."""
    return f"{RUNNING}/{SHARDS}/{index:05d}.json"


def is_own(path: Path) -> bool:
    """Say whether an entry of an output folder is one that a run writes."""
    return path.name in OWN or (path.name.startswith(".") and path.name.endswith(".tmp"))
