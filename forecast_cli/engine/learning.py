"""Learning before a run, from the past of all accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.config.texts import seconds_of
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.check import Contract
from forecast_cli.data.source import Source
from forecast_cli.engine.known_past import KnownPast, LearningAccounts, read_known_past
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.engine.shards import choose_candidates
from forecast_cli.engine.vintages import FEWEST_AHEAD, fewer_days, plan_vintages, with_parts, young_months
from forecast_cli.models.pooled.extending import join_learned
from forecast_cli.models.pooled.learn import learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.weighting import Training, affordable_windows, learn_weights
from forecast_cli.models.pooled.windows import LOOK_BACK, MIN_TRAIN

#: Largest number of days from the day of a vintage to an origin that uses it.
_MONTH: Final = 31


def learn_from(
    source: Source,
    settings: Settings,
    contract: Contract,
    back: Sequence[int] = (0,),
    shortest: int = 1,
    threads: int = 1,
) -> Learned:
    """Learn from the accounts of an input, for forecasts made ``back`` days before each origin.

    First months of accounts are learned from only if histories of the ``shortest`` days that are forecast are that new.

    A vintage is learned from accounts that had begun at least 31 days and the fewest days ahead before it. ``settings``
    are those of ``extend_history``.
    """
    ready = contract.ledger.filter(pl.col("status").is_in([Status.OK, Status.SKIPPED]), pl.col("first").is_not_null())
    accounts, origins = LearningAccounts.from_ledger(ready, settings.seed), _origins(ready, contract.origin, back)
    young = np.timedelta64(MIN_TRAIN + min(FEWEST_AHEAD, settings.horizon), "D")

    def read(days: NDArray[np.datetime64]) -> KnownPast:
        chosen = [accounts.choose(day - young) for day in days]
        return read_known_past(source, settings, days, chosen, longest=2 * LOOK_BACK + _MONTH + max(back))

    past = read(months_of(origins))
    if len(new := young_months(past.days, past.history, settings.horizon)):
        past = read(with_parts(past.days, new, origins))
    plan = plan_vintages(past.days, past.history, settings.horizon)
    look_back = settings.max_history - max(back)
    past = past.take(plan.place)
    parts = _Learning(
        past=past,
        horizon=settings.horizon,
        look_back=look_back,
        first_month=min(shortest, look_back) < MIN_TRAIN,
        threads=threads,
    ).learn_each(plan.ahead)
    learned = join_learned(parts, settings.horizon)
    candidates = choose_candidates(settings)
    if not candidates:
        return learned
    training = Training(
        panel=past.panel,
        known=past.known,
        look_back=look_back,
        accounts=np.array([accounts.count(day - young) for day in past.days]),
        max_stale=settings.max_stale if settings.origin is Origin.INPUT else None,
    )
    return learn_weights(learned, training, candidates, limit_ms=1000 * seconds_of(settings.time_limit))


@dataclass(frozen=True)
class _Learning:
    """Learning from the same ``past``, of first months too or not, for forecasts of ``horizon`` days."""

    past: KnownPast
    horizon: int
    look_back: int
    first_month: bool
    threads: int

    def learn_each(self, ahead: NDArray[np.int64]) -> Iterator[Learned]:
        """Yield what can be learned so many days ``ahead`` [v] as of each day, those of as many days together.

        Accounts that never moved give no window. Where nothing is learned for their lack, fewer days are, if possible.
        """
        for h in np.unique(ahead).tolist():
            yield from self._learn(h, np.flatnonzero(ahead == h))

    def _learn(self, h: int, places: NDArray[np.int64]) -> Iterator[Learned]:
        past, history = self.past.take(places), self.past.history
        options = {"look_back": self.look_back, "threads": self.threads}
        learned = learn(past.panel, past.days, past.known, h=h, **options)
        fewer = np.array(
            [
                0 if vintage.forest else fewer_days(history[:, place], self.horizon, than=h) or 0
                for place, vintage in zip(places, learned.vintages, strict=True)
            ]
        )
        if len(own := np.flatnonzero(fewer == 0)):
            known = past.known[:, own]
            learned = replace(learned, vintages=tuple(learned.vintages[place] for place in own))
            if self.first_month:
                learned = learn_first_month(learned, past.panel, known, **options)
            yield learn_path_shares(learned, past.panel, known, **options)
        for days in np.unique(fewer[fewer > 0]).tolist():
            yield from self._learn(days, places[fewer == days])


def select_learning_columns(contract: Contract) -> Contract:
    """Return ``contract`` with only the ledger columns that learning needs, which are small to pass to a process."""
    return replace(contract, ledger=contract.ledger.select(UNIQUE_ID, "status", "first", "last"))


def validate_candidates(settings: Settings) -> None:
    """Raise ConfigError for candidates that can join no model, or for which the time limit is too short."""
    candidates = choose_candidates(settings)
    if candidates and settings.fitted is None:
        affordable_windows(1000 * seconds_of(settings.time_limit), candidates)


def _origins(ledger: pl.DataFrame, origin: date | None, back: Sequence[int]) -> NDArray[np.datetime64]:
    """Return all days from which a forecast may start."""
    own = ledger["last"].to_numpy() if origin is None else np.array([origin], dtype="datetime64[D]")
    return np.concatenate([own - np.timedelta64(ago, "D") for ago in back])
