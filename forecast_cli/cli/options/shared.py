"""Options that commands share besides settings: what is read, how a result and messages are written."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from forecast_cli.cli.messages import LogFormat
from forecast_cli.cli.options.declared import option

#: A path that was made of an address has one slash where that has two.
_WAS_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


class OutputFormat(StrEnum):
    """How a result on stdout is written."""

    TABLE = "table"
    JSON = "json"


def of_this_machine(path: Path | None) -> Path | None:
    """Refuse an address of a store, which this command does not take."""
    if path is not None and _WAS_ADDRESS.match(str(path)):
        raise typer.BadParameter("is an address, expected a path of this machine")
    return path


def _not_empty(source: str) -> str:
    if not source.strip():
        raise typer.BadParameter("is empty, expected a path: is its variable set?")
    return source


SourceArgument = Annotated[
    str,
    typer.Argument(
        help="Parquet file, folder (hive folders too), glob or URI of balances.",
        metavar="INPUT",
        callback=_not_empty,
        show_default=False,
    ),
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to show the result.")]


class ConfigOptions:
    """Where settings come from, besides flags."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="FORECAST_CONFIG",
            show_envvar=False,
            help="TOML file of settings; flags and FORECAST_* variables win over it (also: FORECAST_CONFIG).",
            metavar="FILE",
        ),
    ]


class QuietOptions:
    """How much a command says: for every command with a summary."""

    quiet: Annotated[
        bool | None, typer.Option("--quiet", "-q", help="Neither progress nor a summary; warnings and errors still.")
    ]


class LogOptions:
    """How a command's messages are written: for every command that reads or writes data."""

    log_format: Annotated[
        LogFormat | None,
        typer.Option("--log-format", help="Messages on stderr as lines for people, or as JSON (default: text)."),
    ]
    show_ids: Annotated[
        bool | None,
        typer.Option("--show-ids", help="Account ids in a JSON log as they are, instead of keyed hashes."),
    ]


class MetricsOptions:
    """What a run tells a monitor."""

    metrics: Annotated[
        Path | None, option("--metrics", "Write the run's figures for Prometheus.", "FILE", callback=of_this_machine)
    ]


class PreviousOptions:
    """The run that a forecast is compared with."""

    previous: Annotated[
        str | None,
        option(
            "--previous",
            "Say in the summary and in metrics.json what changed since an earlier run: its output, a folder or an "
            "address, or the folder such outputs lie in, of which the latest counts.",
            "DIR",
        ),
    ]
