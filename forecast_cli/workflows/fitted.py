"""What an earlier run learned, for a run with ``--fitted``."""

from collections.abc import Sequence
from pathlib import Path

from forecast_cli.config.calendars import HOME
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError
from forecast_cli.engine.shards import choose_candidates
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import ModelChoice, learns
from forecast_cli.store.layout import MANIFEST
from forecast_cli.store.learned_tables import read_learned
from forecast_cli.store.read import read_manifest


def read_fitted(settings: Settings, models: Sequence[ModelChoice]) -> Learned | None:
    """Return what the run named with ``--fitted`` learned; None where none is, or no model asks for it.

    Raises ConfigError where that run has nothing for these settings.
    """
    if settings.fitted is None or not learns(models):
        return None
    learned = read_learned(Path(settings.fitted), h=settings.horizon)
    _refuse_other_holidays(settings.holidays, Path(settings.fitted))
    _refuse_others(choose_candidates(settings), learned, settings.fitted)
    return learned


def _refuse_other_holidays(holidays: str, fitted: Path) -> None:
    """Raise ConfigError where the run whose learned part is used moved payments by another calendar."""
    if not (fitted / MANIFEST).is_file():
        return  # tables alone do not tell
    try:
        theirs = read_manifest(fitted).settings.get("holidays", HOME)
    except CheckFailedError as error:
        raise ConfigError(f"--fitted {fitted}: {error.message}", error.hint) from None
    if theirs != holidays:
        raise ConfigError(
            f"--fitted {fitted}: was learned with the holidays of {theirs}, this run has those of {holidays}",
            f"learn anew without --fitted, or, if it is theirs that balances keep to, give --holidays {theirs}",
        )


def _refuse_others(candidates: Sequence[ModelChoice], learned: Learned, fitted: str) -> None:
    """Raise ConfigError where ``candidates`` were not weighed by the run whose learned part is used."""
    missing = [one.label for one in candidates if one.name not in learned.candidates]
    if missing:
        raise ConfigError(
            f"--fitted {fitted}: candidates {', '.join(missing)} were not weighed there "
            f"({', '.join(learned.candidates) or 'none'} were)",
            "leave --candidates out, or learn anew without --fitted",
        )
