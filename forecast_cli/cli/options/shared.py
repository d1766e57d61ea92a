"""Options that several commands share and that are not settings: the input, formats, logging, metrics."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.messages import LogFormat
from forecast_cli.cli.options.declared import option
from forecast_cli.data.files.addresses import lost_scheme


class OutputFormat(StrEnum):
    """Format of a result on stdout."""

    TABLE = "table"
    JSON = "json"


def of_this_machine(path: Path | None) -> Path | None:
    """Return ``path`` as it is; raises typer.BadParameter where it was made from an address of an object store."""
    if path is not None and lost_scheme(path):
        raise typer.BadParameter("is an address, expected a local path")
    return path


def _not_empty(source: str) -> str:
    if not source.strip():
        raise typer.BadParameter("is empty, expected a path: is its shell variable set?")
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
    """Option that names a file of settings."""

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
    """Option of every command that prints a summary: print nothing but warnings and errors."""

    quiet: Annotated[
        bool | None, typer.Option("--quiet", "-q", help="Neither progress nor a summary; warnings and errors still.")
    ]


class LogOptions:
    """Options of every command that reads or writes data: the format of its messages."""

    log_format: Annotated[
        LogFormat | None,
        typer.Option("--log-format", help="Messages on stderr as lines for people, or as JSON (default: text)."),
    ]
    show_ids: Annotated[
        bool | None,
        typer.Option("--show-ids", help="Account ids in a JSON log as they are, instead of keyed hashes."),
    ]


class MetricsOptions:
    """Option that writes figures of a run for a monitoring system."""

    metrics: Annotated[
        Path | None, option("--metrics", "Write the run's figures for Prometheus.", "FILE", callback=of_this_machine)
    ]


class PreviousOptions:
    """Option that names the earlier run with which a forecast is compared."""

    previous: Annotated[
        str | None,
        option(
            "--previous",
            "Say in the summary and in metrics.json what changed since an earlier run: its output, a folder or an "
            "address, or the folder such outputs lie in, of which the latest counts.",
            "DIR",
        ),
    ]
