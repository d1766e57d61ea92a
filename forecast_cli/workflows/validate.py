"""Validate workflow: finds what is wrong with an input, and what a run would do about it."""

from forecast_cli.config.settings import Settings
from forecast_cli.store.machine import usable_cores
from forecast_cli.workflows.reading import check_whole_input, summarize_input
from forecast_cli.workflows.results import Validation


def run_validate(input: str, settings: Settings) -> Validation:  # noqa: A002 - the word of the command line
    """Check ``input`` against the data contract. Nothing is written or forecast.

    Rejections are findings of the result, not errors.
    """
    checked = check_whole_input(input, settings, threads=settings.jobs or usable_cores())
    return Validation(input=summarize_input(checked), accounts=checked.accounts, findings=checked.findings)
