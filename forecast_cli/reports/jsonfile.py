"""``report.json``: a report as JSON, read back as it was, and the schema of it that ``docs/`` publishes."""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.evaluation.report import FORMAT, Report

_HINT = "write it again: forecast-cli backtest INPUT --output DIR --force"


def render_json(report: Report) -> str:
    """Return the report as JSON; a figure that could not be had is null."""
    return report.model_dump_json(indent=1) + "\n"


def read_report(text: str) -> Report:
    """Return the report that ``render_json`` wrote; raises CheckFailedError where it is damaged or of other format."""
    values = _parsed(text)
    found = values.get("format") if isinstance(values, dict) else None
    if isinstance(found, int) and found != FORMAT:
        raise CheckFailedError(f"report.json: format {found}, this version reads format {FORMAT}", _HINT)
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        raise CheckFailedError(f"report.json: {_first(error.errors(include_url=False))}", _HINT) from None


def render_schema() -> str:
    """Return the JSON schema (draft 2020-12) of ``report.json``."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Report.model_json_schema(
        mode="serialization"
    )
    return json.dumps(schema, indent=1) + "\n"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckFailedError(f"report.json: not JSON: {error}", _HINT) from None


def _first(errors: list[ErrorDetails]) -> str:
    """Return the first of what is wrong, and how much more there is."""
    first, more = errors[0], len(errors) - 1
    place = ".".join(map(str, first["loc"])) or "the whole"
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}" + (f" (and {more} more)" if more else "")
