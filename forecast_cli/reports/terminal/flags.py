"""Explanations of an account's flags for the reader of its forecast."""

from collections.abc import Mapping
from typing import Final

from forecast_cli.core.ledger import Flag

FLAG_WORDS: Final[Mapping[str, str]] = {
    Flag.SHORT: "its history is shorter than a requested model needs",
    Flag.LEANING: "its history is too short to rely on alone: its forecast leans on other accounts",
    Flag.STALE: "its last row lies before the origin",
    Flag.CONSTANT: "its balance never moved",
    Flag.HISTORY_CUT: "its history begins after its first row (--max-gap, --max-history)",
    Flag.POOLED_INTERVAL: "its intervals come from pooled experience, not from its own past",
    Flag.ZERO_WIDTH: "its intervals have zero width, because no move is expected",
    Flag.ROUNDED: "its balances are too large to be exact to the cent",
    Flag.NO_THRESHOLD: "a --threshold column has no amount for it, so it has no risk for that threshold",
    Flag.PAST_COURSES: "its risk of a low balance comes partly from its past courses, not from its intervals alone",
    Flag.FILE_QUARANTINED: "a file with rows of this account was left out",
}


def describe_flag(flag: str) -> str:
    """Return the explanation of a flag; for an unknown flag, its name."""
    return FLAG_WORDS.get(flag, flag.replace("_", " "))
