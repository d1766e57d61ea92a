"""Validate workflow: finds what is wrong with an input, and what a run would do about it."""

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.machine import usable_cores
from forecast_cli.data.findings import rejects
from forecast_cli.data.scan.amounts import validate_amounts
from forecast_cli.data.source import Source
from forecast_cli.workflows.reading import check_whole_input, summarize_input
from forecast_cli.workflows.results import Validation


def run_validate(input: str, settings: Settings) -> Validation:  # noqa: A002 - the word of the command line
    """Check ``input``, a file, folder, glob or URI, against the data contract. Nothing is written or forecast.

    An input that a run would reject gives findings, not an error.
    """
    checked = check_whole_input(input, settings, threads=settings.jobs or usable_cores())
    refused = None if rejects(checked.findings) else _refusal(checked.source, settings)
    return Validation(summarize_input(checked), checked.accounts, checked.findings, refused)


def _refusal(source: Source, settings: Settings) -> ConfigError | None:
    try:
        validate_amounts(source, settings)
    except ConfigError as error:
        return error
    return None
