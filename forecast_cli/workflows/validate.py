"""Validate workflow: finds what is wrong with an input, and what a run would do about it."""

from forecast_cli.config.settings import Settings
from forecast_cli.store.machine import usable_cores
from forecast_cli.workflows.reading import check_whole_input, summarize_input
from forecast_cli.workflows.results import Validation


def run_validate(input: str, settings: Settings) -> Validation:  # noqa: A002 - the word of the command line
    """Check ``input``, a file, folder, glob or URI, against the data contract. Nothing is written or forecast.

    An input that a run would reject gives findings, not an error.
    """
    checked = check_whole_input(input, settings, threads=settings.jobs or usable_cores())
    return Validation(input=summarize_input(checked), accounts=checked.accounts, findings=checked.findings)
