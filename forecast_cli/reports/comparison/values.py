"""Verdict of the gate as plain values for JSON: every check with all its figures; an unknown figure is null."""

import math
from dataclasses import asdict, fields
from typing import Any

from forecast_cli.evaluation.gate import Check, Comparison, Pair
from forecast_cli.evaluation.report import Estimate
from forecast_cli.reports.comparison.words import check_sentence, verdict_line


def comparison_values(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return {
        "passed": not comparison.failed,
        "message": verdict_line(comparison),
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "base_only": list(comparison.base_only),
        "new_only": list(comparison.new_only),
        "made_from": list(comparison.made_from),
        "metric": comparison.metric,
        "accounts": comparison.accounts,
        "windows": comparison.windows,
        "checks": [_check_values(check, comparison) for check in comparison.checks],
    }


def _check_values(check: Check, comparison: Comparison) -> dict[str, Any]:
    kind = type(check).__name__.removesuffix("Check").lower()
    figures = {field.name: _plain(getattr(check, field.name)) for field in fields(check)}
    return {"check": kind, **figures, "message": check_sentence(check, comparison, quote=str)}


def _plain(value: Any) -> Any:
    match value:
        case Pair():
            return asdict(value)
        case Estimate():
            return {name: _plain(figure) for name, figure in value}
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value
