"""``report.json``: written, read back without loss, and its JSON schema, which ``docs/`` publishes."""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.evaluation.report import FORMAT, Report

_HINT = "write it again: forecast-cli backtest INPUT --output DIR --force"


def render_json(report: Report) -> str:
    """Return the report as JSON; an unknown figure is null."""
    return report.model_dump_json(indent=1) + "\n"


def read_report(text: str) -> Report:
    """Return the report that ``render_json`` wrote; raise CheckFailedError if it is damaged or of another format."""
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
    """Return the first validation error, and the number of further ones."""
    first, more = errors[0], len(errors) - 1
    place = ".".join(map(str, first["loc"])) or "the whole"
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}" + (f" (and {more} more)" if more else "")
