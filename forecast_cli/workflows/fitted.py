"""Learned part of an earlier run, read for a run with ``--fitted``."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from forecast_cli.config.calendars import HOME
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError, OutputBusyError
from forecast_cli.data.files.addresses import Output, output_at
from forecast_cli.engine.shards import choose_candidates
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import ModelChoice, learns
from forecast_cli.store.fingerprint import hash_learned, versions
from forecast_cli.store.layout import LEARNED, MANIFEST, RUNNING
from forecast_cli.store.learned_tables import read_learned
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.places import open_finished_run, place_of


def read_fitted(settings: Settings, models: Sequence[ModelChoice]) -> tuple[Learned | None, str | None]:
    """Return what the run named with ``--fitted`` learned, and a hash of the files that hold it.

    Both are None without ``--fitted``; the first is also None where no model learns. Raises ConfigError where the run
    has nothing for these settings or cannot be read, OutputBusyError where it is at work, and OutputNotWrittenError
    where the store that holds it fails.
    """
    if settings.fitted is None:
        return None, None
    try:
        with open_finished_run(output_at(settings.fitted), reads=LEARNED) as folder:
            return _read(folder, settings) if learns(models) else None, hash_learned(folder)
    except CheckFailedError as error:
        raise ConfigError(f"--fitted {error.message}", error.hint) from None
    except OutputBusyError as error:
        raise OutputBusyError(f"--fitted {error.message}", "wait for it to finish") from None


def refuse_to_replace_fitted(settings: Settings, output: Output) -> None:
    """Raise ConfigError where the run named with ``--fitted`` is in ``output``, which ``--force`` removes."""
    if settings.fitted is not None and place_of(output_at(settings.fitted)) == place_of(output):
        raise ConfigError(
            f"--fitted {output_at(settings.fitted)}: is the output, which --force removes before the run is finished",
            "name another --output, or leave --fitted out",
        )


def _read(fitted: Path, settings: Settings) -> Learned:
    with suppress(OSError):  # a folder that may not be read is refused below
        if (fitted / RUNNING).is_dir():
            read_manifest(fitted)  # says why there is none yet
    learned = read_learned(fitted, h=settings.horizon)
    _refuse_other_run(settings.holidays, fitted)
    _refuse_missing_candidates(choose_candidates(settings), learned, fitted)
    return learned


def _refuse_other_run(holidays: str, fitted: Path) -> None:
    """Raise ConfigError where the run in ``fitted`` learned what a correction of other forecasts is.

    These are forecasts by another version, or with payments moved by another calendar than ``holidays``.
    """
    if not (fitted / MANIFEST).is_file():
        return  # tables alone do not tell
    try:
        manifest = read_manifest(fitted)
    except CheckFailedError as error:
        raise ConfigError(f"--fitted {fitted}: {error.message}", error.hint) from None
    if manifest.versions.get("tables") != versions()["tables"]:
        raise ConfigError(
            f"--fitted {fitted}: learned by a version of forecast-cli whose forecasts differ from this one's",
            "leave --fitted out: the run then learns again, and later runs can use it",
        )
    theirs = manifest.settings.get("holidays", HOME)
    if theirs != holidays:
        raise ConfigError(
            f"--fitted {fitted}: learned with the holidays of {theirs}, but this run uses those of {holidays}",
            f"leave --fitted out, or, if the holidays of {theirs} are the right ones, give --holidays {theirs}",
        )


def _refuse_missing_candidates(candidates: Sequence[ModelChoice], learned: Learned, fitted: Path) -> None:
    """Raise ConfigError where the run in ``fitted`` did not weigh all of ``candidates``."""
    missing = [one.label for one in candidates if one.name not in learned.candidates]
    if missing:
        raise ConfigError(
            f"--fitted {fitted}: candidates {', '.join(missing)} were not weighed there "
            f"({', '.join(learned.candidates) or 'none'} were)",
            "leave out --candidates or --fitted",
        )
