"""Results as plain values for JSON: all that the tables show, with more examples."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from forecast_cli.core.ids import mark_id, mask_numbers
from forecast_cli.core.ledger import Status
from forecast_cli.core.redact import redact
from forecast_cli.data.findings import Finding
from forecast_cli.workflows.results import (
    FailureGroup,
    ForecastPlan,
    ForecastRun,
    InputSummary,
    Validation,
)

if TYPE_CHECKING:
    from forecast_cli.reports.run_metrics import Change

#: Fields of a change that are amounts of money, which no log holds.
_AMOUNTS: Final = {"medians": {"mean", "p95", "largest"}}


def run_values(run: ForecastRun) -> dict[str, Any]:
    """Return the fields of a run for the last line of a log."""
    return {
        "counts": {"accounts": run.input.accounts, **run.accounts, "forecast_rows": run.forecast_rows},
        "manifest": str(run.output / "manifest.json"),
        "output": str(run.output),
        "input": input_values(run.input),
        "fingerprint": run.fingerprint,
        "holidays": run.holidays,
        "reused": run.reused,
        "shards": run.shards,
        "shards_resumed": run.shards_resumed,
        "failures": [group_values(group) for group in run.failures],
        "findings": [finding_summary(finding) for finding in run.findings],
        "low_balances": [
            {
                "threshold": one.threshold,
                "accounts": one.accounts,
                "likely": {str(days): count for days, count in zip(one.windows, one.likely, strict=True)},
            }
            for one in run.low_balances
        ],
        "change": _change_values(run.change) if run.change else None,
    }


def plan_values(plan: ForecastPlan) -> dict[str, Any]:
    """Return the fields of a plan for the last line of a log."""
    return {
        "counts": {"accounts": plan.input.accounts, **before_models(plan.accounts)},
        "manifest": None,
        "output": str(plan.request.output),
        "output_state": ": ".join(filter(None, (plan.output_state, plan.output_why))),
        "input": input_values(plan.input),
        "models": list(plan.models),
        "shards": plan.shards,
        "jobs": plan.jobs,
        "cpu_seconds": plan.cpu_seconds,
        "set_aside": [group_values(group) for group in plan.set_aside],
        "findings": [finding_summary(finding) for finding in plan.findings],
    }


def validation_values(validation: Validation) -> dict[str, Any]:
    """Return everything that ``validate`` found, with up to 20 examples for each rule."""
    return {
        "rejected": validation.rejected,
        "exit_code": validation.exit_code,
        "input": input_values(validation.input),
        "accounts": before_models(validation.accounts),
        "findings": [finding_values(finding) for finding in validation.findings],
    }


def input_values(summary: InputSummary) -> dict[str, Any]:
    """Return the summary of an input, with secrets removed."""
    return asdict(summary) | {"root": redact(summary.root)}


def before_models(accounts: Mapping[Status, int]) -> dict[str, int]:
    """Return the accounts by status without fallback, which is only known after the models."""
    return {status.value: count for status, count in accounts.items() if status is not Status.FALLBACK}


def group_values(group: FailureGroup) -> dict[str, Any]:
    """Return one reason for failures or fallbacks, for a log: ids are marked, and figures removed from the message."""
    return {
        "status": group.status,
        "model": group.model,
        "model_used": group.model_used,
        "error": group.error,
        "message": mask_numbers(redact(group.message)),
        "count": group.count,
        "examples": [mark_id(example) for example in group.examples],
    }


def finding_summary(finding: Finding) -> dict[str, Any]:
    """Return a finding without its examples."""
    return {
        "rule": finding.rule,
        "action": finding.action,
        "unit": finding.unit,
        "count": finding.count,
        "message": redact(finding.message),
    }


def finding_values(finding: Finding) -> dict[str, Any]:
    """Return a finding with all its fields."""
    return finding_summary(finding) | {
        "title": finding.title,
        "total": finding.total,
        "share": finding.share,
        "hint": finding.hint,
        "examples": [redact(example) for example in finding.examples],
        "retryable": finding.retryable,
    }


def _change_values(change: "Change") -> dict[str, Any]:
    values = change.model_dump(mode="json", exclude=_AMOUNTS)
    return values | {"previous": values["previous"] | {"output": redact(change.previous.output)}}
