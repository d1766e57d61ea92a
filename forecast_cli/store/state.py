"""State of an output before a run, and whether the run may write there."""

import json
from enum import StrEnum
from typing import Any

from forecast_cli.core.errors import CheckFailedError, OutputConflictError, OutputNotWrittenError
from forecast_cli.store.contents import Contents
from forecast_cli.store.fingerprint import differences, fingerprint, identity_of
from forecast_cli.store.layout import FORECASTS, LOCK, PLAN, TABLES, is_foreign
from forecast_cli.store.manifest import Manifest, find_manifest


class OutputState(StrEnum):
    """State of an output, a folder or the objects below an address, as a run finds it."""

    NEW = "new"
    RESUMABLE = "resumable"  # an interrupted run with this identity
    FINISHED = "finished"  # a finished run with this identity
    DAMAGED = "damaged"  # a finished run with this identity, with missing or damaged files
    OTHER = "other"  # a run of another input, other settings or another version
    FOREIGN = "foreign"  # files that no run wrote


def inspect_output(output: Contents, identity: dict[str, Any]) -> tuple[OutputState, str]:
    """Return the state of ``output`` for a run of ``identity``, and a message that says what prevents the run, or "".

    Writes nothing. Raises OutputNotWrittenError if the output or the plan of an unfinished run cannot be read.
    """
    try:
        return _inspect(output, identity)
    except OSError as error:
        named = error.filename or output
        raise OutputNotWrittenError(f"{named}: cannot be read: {error.strerror}", "fix its permissions") from error


def validate_output(output: Contents, identity: dict[str, Any], *, force: bool) -> tuple[OutputState, str]:
    """Return the state of ``output`` for a run of ``identity`` and a message, as ``inspect_output`` does.

    Writes nothing. Raises OutputConflictError if it holds another run, unless ``force`` allows replacing it, and if it
    holds files that no run wrote, which are never replaced.
    """
    state, why = inspect_output(output, identity)
    if state is OutputState.FOREIGN or (state is OutputState.OTHER and not force):
        hint = "name another --output" + (", or replace that run with --force" if state is OutputState.OTHER else "")
        raise OutputConflictError(f"{output}: {why}", hint)
    return state, why


def _inspect(output: Contents, identity: dict[str, Any]) -> tuple[OutputState, str]:
    try:
        foreign = sorted(name for name in output.names() if is_foreign(name))
    except NotADirectoryError:
        return OutputState.FOREIGN, "is a file, not a folder"
    if foreign:
        return OutputState.FOREIGN, f"holds files that no run wrote: {', '.join(foreign[:3])}"
    try:
        manifest = find_manifest(output)
    except CheckFailedError as error:
        if not output.has(LOCK):
            return OutputState.FOREIGN, "holds a manifest.json that no run wrote"
        return OutputState.OTHER, f"holds a damaged run: {error}"
    if manifest is None:
        return _inspect_unfinished(output, identity)
    return _inspect_finished(output, manifest, identity)


def _inspect_unfinished(contents: Contents, identity: dict[str, Any]) -> tuple[OutputState, str]:
    plan = _read_plan(contents)
    if plan is None:
        tables = [name for name in (FORECASTS, *TABLES) if contents.has(name)]
        if not tables:
            return OutputState.NEW, ""
        return OutputState.OTHER, f"holds {', '.join(tables)} of a run without a manifest"
    if plan.get("fingerprint") == fingerprint(identity):
        return OutputState.RESUMABLE, ""
    return OutputState.OTHER, _differs("an unfinished run", plan.get("identity", {}), identity)


def _inspect_finished(contents: Contents, manifest: Manifest, identity: dict[str, Any]) -> tuple[OutputState, str]:
    if manifest.fingerprint != fingerprint(identity):
        return OutputState.OTHER, _differs("a finished run", identity_of(manifest), identity)
    gone = [entry.path for entry in manifest.files if contents.size(entry.path) != entry.bytes]
    if gone:
        return OutputState.DAMAGED, f"these files are missing or damaged: {', '.join(gone[:3])}"
    return OutputState.FINISHED, ""


def _differs(what: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    return f"holds {what} that differs in: {'; '.join(differences(old, new)) or 'its plan'}"


def _read_plan(contents: Contents) -> dict[str, Any] | None:
    try:
        plan = json.loads(contents.read(PLAN) or b"")
    except ValueError:
        return None
    except OSError as error:
        raise OutputNotWrittenError(
            f"{contents}/{PLAN}: cannot be read: {error.strerror}", "fix its permissions"
        ) from error
    return plan if isinstance(plan, dict) else None
