"""Values formatted for people: shares, amounts, settings, sizes, durations, and shortened lists."""

from collections.abc import Sequence
from typing import Final

from forecast_cli.reports.escape import printable

#: Most values of a shortened list.
_SHOWN: Final = 3
_UNITS: Final = ("bytes", "KB", "MB", "GB", "TB")
_STEP: Final = 1_000
_MINUTE: Final = 60
_HOUR: Final = 3_600
#: A smaller amount is the rounding error of a sum.
_SMALLEST: Final = 5e-9


def percent(share: float) -> str:
    """Return a share, 0 to 1, in percent; only exactly 0 and 1 are shown as 0 % and 100 %."""
    if 0 < share < 0.0001:
        return "< 0.01 %"
    if 0.9999 < share < 1:
        return "> 99.99 %"
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + " %"


def money(amount: float) -> str:
    """Return an amount in units of the balance with two decimals, or three significant digits if it is under 1.

    Zeros after the second decimal are left out: ``0.05``, but ``0.0523``. Never as minus zero.
    """
    if not _SMALLEST <= abs(amount) < 1:
        return f"{round(amount, 2) + 0.0:,.2f}"
    decimals = 2 - int(f"{amount:.2e}".partition("e")[2])
    whole, _, fraction = f"{amount:.{decimals}f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"


def setting_text(value: object, *, none: str = "-") -> str:
    """Return a setting's value as it would be written on the command line, ``none`` for none."""
    match value:
        case None:
            return none
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ", ".join(setting_text(item) for item in value) or none
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case _:
            return printable(value)


def size(count: int) -> str:
    """Return a number of bytes in decimal units, such as ``512 bytes`` or ``1.9 MB``."""
    value, unit = float(count), 0
    while round(value, 1) >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{count} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """Return a duration such as ``0.4 s``, ``12 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    if seconds < 0.05:
        return "under 0.1 s"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def listed(values: Sequence[object], *, of: int | None = None) -> str:
    """Return the first three values, escaped, and ``...`` if there are more.

    ``of`` is the total number, None if ``values`` are all.
    """
    total = len(values) if of is None else of
    names = [printable(value) for value in values[:_SHOWN]]
    return ", ".join([*names, "..."] if total > len(names) else names)
