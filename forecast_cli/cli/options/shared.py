"""Options that several commands share and that are not settings: the input, formats, logging, metrics."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.messages import LogFormat
from forecast_cli.cli.options.declared import option
from forecast_cli.data.files.addresses import WRITE_HOME, is_unexpanded, lost_scheme


class OutputFormat(StrEnum):
    """Format of a result on stdout."""

    TABLE = "table"
    JSON = "json"


def of_this_machine(path: Path | None) -> Path | None:
    """Return ``path`` as it is; raises typer.BadParameter where it was an address, or begins with a ~."""
    if path is not None and lost_scheme(path):
        raise typer.BadParameter("is an address, expected a local path")
    if path is not None and is_unexpanded(path):
        raise typer.BadParameter(f"the shell did not replace ~ by the home folder: {WRITE_HOME}")
    return path


def _file_of_this_machine(path: Path | None) -> Path | None:
    if path == Path():  # made from an empty text, too
        raise typer.BadParameter("is empty or the current folder, expected a file: is its shell variable set?")
    return of_this_machine(path)


def not_empty(place: str) -> str:
    """Return ``place`` as it is; raises typer.BadParameter where it is empty, which would be the current folder."""
    if not place.strip():
        raise typer.BadParameter("is empty, expected a path: is its shell variable set?")
    return place


SourceArgument = Annotated[
    str,
    typer.Argument(
        help="Balances to read: a parquet file, a folder (also hive-partitioned), a quoted glob, or an object-store "
        "address.",
        metavar="INPUT",
        callback=not_empty,
        show_default=False,
    ),
]
ReportsOption = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        help="Folder or object-store address to write tables and reports to.",
        metavar="DIR",
        callback=not_empty,
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Overwrite a finished run, or the output of a different run.")
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="Output format.")]


class ConfigOptions:
    """Option that names a file of settings."""

    config = Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="FORECAST_CONFIG",
            help="TOML file with settings; flags and FORECAST_* variables override it.",
            metavar="FILE",
        ),
    ]


class QuietOptions:
    """Option of every command that prints a summary: print nothing but warnings and errors."""

    quiet = Annotated[
        bool | None, typer.Option("--quiet", "-q", help="Print only warnings and errors, no progress or summary.")
    ]


class LogOptions:
    """Options of every command that reads or writes data: the format of its messages."""

    log_format = option(LogFormat, "Format of the messages on stderr (default: text).")
    show_ids = Annotated[
        bool | None,
        typer.Option("--show-ids", help="Show account ids in JSON logs instead of keyed hashes."),
    ]


class MetricsOptions:
    """Option that writes figures of a run for a monitoring system."""

    metrics = option(
        Path, "Write metrics of the run to FILE in Prometheus format.", "FILE", callback=_file_of_this_machine
    )


class PreviousOptions:
    """Option that names the earlier run with which a forecast is compared."""

    previous = option(
        str,
        "Report what changed since an earlier run. DIR is the output of that run (folder or object-store address), "
        "or a folder of outputs, of which the latest is used.",
        "DIR",
    )
