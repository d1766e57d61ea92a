"""Text of the gate: the name of each check, its finding, and the verdict."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted
from forecast_cli.evaluation.gate import (
    Check,
    Comparison,
    CoverageCheck,
    ErrorCheck,
    Pair,
    TailCheck,
    Verdict,
    WindowsCheck,
)
from forecast_cli.evaluation.report import Estimate
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import percent

#: Escapes data (a segment, a model) for the text it is inserted into.
Quote = Callable[[object], str]


@dataclass(frozen=True)
class CheckLine:
    """A check as a row of a table; data in it is escaped."""

    name: str
    base: str
    new: str
    change: str
    allowed: str
    verdict: Verdict


def check_line(check: Check, comparison: Comparison, *, quote: Quote = printable) -> CheckLine:
    """Return a check as a row; if several pairs of models are compared, its name includes the pair."""
    line = _line(check, comparison.metric, quote)
    return replace(line, name=_with_pair(line.name, check, comparison, quote))


def check_name(check: Check, comparison: Comparison, *, quote: Quote) -> str:
    """Return the name of a check for use outside the table."""
    if not isinstance(check, ErrorCheck):
        return check_line(check, comparison, quote=quote).name
    name = f"{quote(comparison.metric)}, {_group(check, quote) or 'all windows'}"
    return _with_pair(name, check, comparison, quote)


def check_sentence(check: Check, comparison: Comparison, *, quote: Quote = printable) -> str:
    """Return the finding of a check in one line."""
    line = check_line(check, comparison, quote=quote)
    name = check_name(check, comparison, quote=quote)
    match check:
        case WindowsCheck():
            return f"{name}: {_windows_words(check)}"
        case ErrorCheck():
            found = f"{name}: {line.base} -> {line.new}, {line.change}; {line.allowed} allowed"
            return f"{found}, {counted(check.windows, 'window')} of {counted(check.accounts, 'account')}"
        case TailCheck():
            return f"{name}: {line.base} of BASE, {line.new} of NEW; {line.change} more, {line.allowed} allowed"
        case CoverageCheck():
            outside = "; BASE is outside as well" if check.base_outside else ""
            return f"{name}: {line.base} -> {line.new}{_bracketed(check.new)}; {line.allowed} allowed{outside}"
        case _:
            assert_never(check)


def title(comparison: Comparison, *, quote: Quote = printable) -> str:
    """Return what was compared, and the models that only one backtest has."""
    windows = f"{counted(comparison.windows, 'window')} of {counted(comparison.accounts, 'account')}"
    models = ", ".join(pair_words(pair, quote=quote) for pair in comparison.pairs)
    alone = [
        f"{', '.join(quote(model) for model in only)} in {side} only"
        for side, only in (("BASE", comparison.base_only), ("NEW", comparison.new_only))
        if only
    ]
    return "; ".join([f"{models}: {windows}", *alone])


def made_from_line(comparison: Comparison, *, quote: Quote = printable) -> str:
    """Return the settings and versions in which BASE and NEW differ; empty if they do not."""
    differences = "; ".join(map(quote, comparison.made_from))
    return f"From BASE to NEW: {differences}" if differences else ""


def pair_words(pair: Pair, *, quote: Quote) -> str:
    """Return the name of the compared model, or both names if BASE and NEW have different ones."""
    if pair.base == pair.new:
        return quote(pair.base)
    return f"{quote(pair.base)} in BASE, {quote(pair.new)} in NEW"


def shown_checks(comparison: Comparison) -> tuple[Check, ...]:
    """Return the checks that get a row; if several pairs are compared, of the segments only those that failed."""
    return tuple(check for check in comparison.checks if _has_row(check, comparison))


def hidden_checks_line(comparison: Comparison) -> str:
    """Return the outcome of the checks without a row; empty if all have one."""
    left = [check for check in comparison.checks if not _has_row(check, comparison)]
    if not left:
        return ""
    small = sum(check.verdict is Verdict.SKIPPED for check in left)
    return (
        f"{counted(len(left) - small, 'segment')} passed, {small} too small to say; all of them: --format json, "
        "or --model for those of one model"
    )


def verdict_line(comparison: Comparison) -> str:
    """Return the verdict in one line, with the number of segments too small to check."""
    skipped = _skipped(comparison)
    note = f"; {counted(skipped, 'segment')} too small to say" if skipped else ""
    return f"{ending(comparison)}{note}"


def ending(comparison: Comparison) -> str:
    """Return how many checks failed, or that all passed."""
    judged = counted(len(comparison.checks) - _skipped(comparison), "check")
    return f"{len(comparison.failed)} of {judged} failed" if comparison.failed else f"{judged} passed"


def _skipped(comparison: Comparison) -> int:
    return sum(check.verdict is Verdict.SKIPPED for check in comparison.checks)


def _line(check: Check, metric: str, quote: Quote) -> CheckLine:
    match check:
        case WindowsCheck():
            base, new = check.paired + check.lost, check.paired
            return CheckLine("windows scored", f"{base:,}", f"{new:,}", "", "all of BASE's", check.verdict)
        case ErrorCheck():
            figures = (_figure(check.base), _figure(check.new), _change(check))
            allowed = f"up to +{percent(check.tolerance)}"
            return CheckLine(_group(check, quote) or quote(metric), *figures, allowed, check.verdict)
        case TailCheck():
            name = f"windows over {check.ratio:g}x the other's {quote(metric)}"
            figures = (
                _share(check.shrank),
                _share(check.grew),
                _share(check.excess.value) + _bracketed(check.excess),
            )
            return CheckLine(name, *figures, f"up to {percent(check.tolerance)}", check.verdict)
        case CoverageCheck():
            low, high = check.band
            name = f"coverage of {level_label(check.level)} % intervals"
            shares = (_share(check.base.value), _share(check.new.value))
            allowed = f"{percent(low)} to {percent(high)}"
            return CheckLine(name, *shares, "BASE is outside" if check.base_outside else "", allowed, check.verdict)
        case _:
            assert_never(check)


def _with_pair(name: str, check: Check, comparison: Comparison, quote: Quote) -> str:
    return f"{pair_words(check.pair, quote=quote)}: {name}" if len(comparison.pairs) > 1 else name


def _has_row(check: Check, comparison: Comparison) -> bool:
    of_segment = isinstance(check, ErrorCheck) and check.segment is not None
    return len(comparison.pairs) == 1 or not of_segment or check.verdict is Verdict.FAILED


def _group(check: ErrorCheck, quote: Quote) -> str:
    return "" if check.segment is None else f"{quote(check.segment)} = {quote(check.value)}"


def _bracketed(share: Estimate) -> str:
    """Return the confidence interval of a share in parentheses, empty if there is none."""
    ends = share.ends
    return f" ({_share(ends[0]).removesuffix(' %')} to {_share(ends[1])})" if ends else ""


def _windows_words(check: WindowsCheck) -> str:
    if check.paired == 0:
        return "no window has a score in both BASE and NEW"
    if check.lost:
        return f"no score in NEW for {counted(check.lost, 'window')} of BASE"
    return f"all {counted(check.paired, 'window')} of BASE"


def _change(check: ErrorCheck) -> str:
    """Return a change in percent and its interval, ``+6.2 % (+4.1 to +8.0 %)``; too few accounts have no interval."""
    change = check.change
    if not math.isfinite(change.value):
        return "not known"
    if not math.isfinite(change.low):
        return f"{_signed(change.value)} %"
    return f"{_signed(change.value)} % ({_signed(change.low)} to {_signed(change.high)} %)"


def _signed(share: float) -> str:
    """Return a relative change in percent; a value that rounds to zero has no sign."""
    rounded = round(share * 100, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def _figure(value: float) -> str:
    """Return an error with four significant digits and no exponent: it may be in units of the balance."""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}".removesuffix(".")


def _share(value: float) -> str:
    return f"{value * 100:.1f} %" if math.isfinite(value) else "-"
