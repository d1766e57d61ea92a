"""Where things stand in an output folder."""

from pathlib import Path
from typing import Final

FORECASTS: Final = "forecasts"
ACCOUNTS: Final = "accounts.parquet"
FAILURES: Final = "failures.parquet"
MANIFEST: Final = "manifest.json"
SUCCESS: Final = "_SUCCESS"
LOCK: Final = ".lock"
HOLDER: Final = ".holder.json"
RUNNING: Final = ".run"
STAGING: Final = "staging"
SHARDS: Final = "shards"
PLAN: Final = "plan.json"

#: Everything a run may leave in its folder; anything else makes the folder a foreign one.
OWN: Final = frozenset({FORECASTS, ACCOUNTS, FAILURES, MANIFEST, SUCCESS, LOCK, HOLDER, RUNNING})


def part_name(index: int) -> str:
    """Return the name of a shard's part file, relative to the output folder."""
    return f"{FORECASTS}/part-{index:05d}.parquet"


def is_own(path: Path) -> bool:
    """Say whether an entry of an output folder is one that a run writes."""
    return path.name in OWN or (path.name.startswith(".") and path.name.endswith(".tmp"))
