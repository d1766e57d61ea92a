"""The gate in words: what each check is called, what it found, and how it all ended."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted
from forecast_cli.evaluation.gate import Check, Comparison, CoverageCheck, ErrorCheck, Verdict, WindowsCheck
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import percent

#: Turns data (a segment, a model) into what may stand in a text.
Quote = Callable[[object], str]


@dataclass(frozen=True)
class CheckLine:
    """A check as a row of a table, its data quoted."""

    name: str
    base: str
    new: str
    change: str
    allowed: str
    verdict: Verdict


def check_line(check: Check, metric: str, *, quote: Quote = printable) -> CheckLine:
    """Return a check as a row."""
    match check:
        case WindowsCheck():
            base, new = check.paired + check.lost, check.paired
            return CheckLine("windows scored", f"{base:,}", f"{new:,}", "", "all of BASE's", check.verdict)
        case ErrorCheck():
            figures = (_figure(check.base), _figure(check.new), _change(check))
            allowed = f"up to +{percent(check.tolerance)}"
            return CheckLine(_group(check, quote) or quote(metric), *figures, allowed, check.verdict)
        case CoverageCheck():
            low, high = check.band
            name = f"coverage of {level_label(check.level)} % intervals"
            shares = (_share(check.base.value), _share(check.new.value))
            return CheckLine(name, *shares, "", f"{percent(low)} to {percent(high)}", check.verdict)
        case _:
            assert_never(check)


def check_name(check: Check, metric: str, *, quote: Quote = printable) -> str:
    """Return what a check is called on its own, away from the table."""
    if isinstance(check, ErrorCheck):
        return f"{quote(metric)}, {_group(check, quote) or 'all windows'}"
    return check_line(check, metric, quote=quote).name


def check_sentence(check: Check, comparison: Comparison, *, quote: Quote = printable) -> str:
    """Return what a check found, in one line."""
    line = check_line(check, comparison.metric, quote=quote)
    name = check_name(check, comparison.metric, quote=quote)
    match check:
        case WindowsCheck():
            return _windows_sentence(check)
        case ErrorCheck():
            found = f"{name}: {line.base} -> {line.new}, {line.change}; {line.allowed} allowed"
            return f"{found}, {counted(check.windows, 'window')} of {counted(check.accounts, 'account')}"
        case CoverageCheck():
            return f"{name}: {line.base} -> {line.new}; {line.allowed} allowed"
        case _:
            assert_never(check)


def title(comparison: Comparison, *, quote: Quote = printable) -> str:
    """Return what was compared."""
    windows = f"{counted(comparison.windows, 'window')} of {counted(comparison.accounts, 'account')}"
    return f"{quote(comparison.base_model)} in BASE, {quote(comparison.new_model)} in NEW: {windows}"


def verdict_line(comparison: Comparison) -> str:
    """Return in one line how the checks ended, and how many were none."""
    skipped = _skipped(comparison)
    aside = f"; {counted(skipped, 'segment')} too small to say" if skipped else ""
    return f"{ending(comparison)}{aside}"


def ending(comparison: Comparison) -> str:
    """Return how many checks failed, or that all passed."""
    judged = counted(len(comparison.checks) - _skipped(comparison), "check")
    return f"{len(comparison.failed)} of {judged} failed" if comparison.failed else f"{judged} passed"


def _skipped(comparison: Comparison) -> int:
    return sum(check.verdict is Verdict.SKIPPED for check in comparison.checks)


def _group(check: ErrorCheck, quote: Quote) -> str | None:
    return None if check.segment is None else f"{quote(check.segment)} = {quote(check.value)}"


def _windows_sentence(check: WindowsCheck) -> str:
    if check.paired == 0:
        return "windows scored: no window has a score in both BASE and NEW"
    if check.lost:
        return f"windows scored: {counted(check.lost, 'window')} that BASE has a score for, NEW has none"
    return f"windows scored: all {counted(check.paired, 'window')} of BASE"


def _change(check: ErrorCheck) -> str:
    """Return the change and its interval in percent, ``+6.2 % (+4.1 to +8.0)``; a segment too small has none."""
    change = check.change
    if not math.isfinite(change.value):
        return "not known"
    if not math.isfinite(change.low):
        return f"{_signed(change.value)} %"
    return f"{_signed(change.value)} % ({_signed(change.low)} to {_signed(change.high)})"


def _signed(share: float) -> str:
    """Return a relative change in percent; what rounds to nothing has no sign."""
    rounded = round(share * 100, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def _figure(value: float) -> str:
    """Return an error with four digits, without an exponent: it may be in units of a balance."""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}".removesuffix(".")


def _share(value: float) -> str:
    return f"{value * 100:.1f} %" if math.isfinite(value) else "-"
