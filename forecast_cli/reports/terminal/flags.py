"""Explanations of an account's flags for the reader of its forecast."""

from collections.abc import Mapping
from typing import Final

from forecast_cli.core.ledger import Flag

FLAG_WORDS: Final[Mapping[str, str]] = {
    Flag.SHORT: "fewer days of history than a model asked for needs",
    Flag.LEANING: "too short a history to tell much: its forecast leans on what came of other accounts",
    Flag.STALE: "its last row lies before the origin",
    Flag.CONSTANT: "its balance never moved",
    Flag.HISTORY_CUT: "its history begins after its first row (--max-gap, --max-history)",
    Flag.POOLED_INTERVAL: "its intervals come from pooled experience, not from its own past",
    Flag.ZERO_WIDTH: "its intervals have no width: all experience says that nothing moves",
    Flag.ROUNDED: "its balances are too large to be held to the cent",
    Flag.NO_THRESHOLD: "a column named by --threshold says no amount of it: no risk of that",
    Flag.PAST_COURSES: "how low it goes is told in part by how it went before, not by its intervals alone",
    Flag.FILE_QUARANTINED: "a file that holds rows of it was left out",
}


def describe_flag(flag: str) -> str:
    """Return the explanation of a flag; for an unknown flag, its name."""
    return FLAG_WORDS.get(flag, flag.replace("_", " "))
