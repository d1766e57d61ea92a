"""Options of the gate: what NEW may do, and how the result is written."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from forecast_cli.cli.options.declared import given_in, option, options_in

if TYPE_CHECKING:
    from forecast_cli.evaluation.gate import Gate

_SHARE: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(%?)")


#: Options that may be repeated, and the field of ``Gate`` each fills.
_LISTS: Final = {"segment": "segments", "model": "models"}


class CompareFormat(StrEnum):
    """How the gate's result is written to stdout."""

    TABLE = "table"
    JSON = "json"
    MD = "md"
    GITHUB = "github"
    JUNIT = "junit"


def parse_share(text: str) -> float:
    """Return 0.01 for ``1%`` and for ``0.01``; raises typer.BadParameter for what could be either or is none."""
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"'{text}' is not a share, expected one such as 1% or 0.01")
    value = float(found[1])
    if not found[2] and value >= 1:
        raise typer.BadParameter(f"'{text}' is ambiguous, expected {found[1]}% or a share below 1")
    return value / 100 if found[2] else value


def parse_band(text: str) -> tuple[float, float]:
    """Return (0.75, 0.85) for ``0.75,0.85`` and for ``75%,85%``; raises typer.BadParameter."""
    parts = text.split(",")
    if len(parts) != 2:
        raise typer.BadParameter(f"'{text}' is not a band, expected two shares such as 0.75,0.85")
    low, high = (1.0 if part.strip() in ("1", "1.0") else parse_share(part) for part in parts)
    if not low < high <= 1:
        raise typer.BadParameter(
            f"'{text}' is not a band, expected the lower share first, and the higher one at most 1"
        )
    return low, high


class GateOptions:
    """What NEW may do; each is a field of ``Gate``, with the default of that field."""

    metric = option(str, "Error metric to compare, such as scrps, mase or wape (default: scrps).", "NAME")
    tolerance = option(
        float, "How much larger NEW's error may be, relative to BASE (default: 1%).", "SHARE", parser=parse_share
    )
    segment_tolerance = option(
        float,
        "How much larger NEW's error may be in any segment of 20 or more accounts (default: 5%).",
        "SHARE",
        parser=parse_share,
    )
    segment = option(list[str], "Segments to check, such as tenure (repeatable; default: all).", "NAME")
    coverage_level = option(
        float, "Level of the intervals whose coverage is checked, in percent (default: 80).", "PERCENT"
    )
    coverage_band = Annotated[
        Any,  # typer takes a tuple for an option of two words
        typer.Option(
            "--coverage-band",
            parser=parse_band,
            help="Allowed share of days inside NEW's intervals (default: 0.75,0.85).",
            metavar="LOW,HIGH",
        ),
    ]
    tail_ratio = Annotated[
        float | None,
        typer.Option(
            "--tail-ratio",
            min=1,
            help="Count a window as much worse if NEW's error is more than this many times BASE's (default: 2).",
            metavar="TIMES",
        ),
    ]
    tail_tolerance = option(
        float,
        "Share of windows that may be much worse, minus those that are much better (default: 1%).",
        "SHARE",
        parser=parse_share,
    )
    model = option(
        list[str], "Models to compare (repeatable; default: all that both have, and the best of each).", "MODEL"
    )


def gate_from(ctx: typer.Context) -> "Gate":
    """Return what the command line allows NEW to do."""
    from forecast_cli.evaluation.gate import Gate

    fields = given_in(ctx.params, options_in(GateOptions))
    for name, field in _LISTS.items():
        fields[field] = tuple(dict.fromkeys(fields.pop(name, ())))
    return Gate(**fields)
