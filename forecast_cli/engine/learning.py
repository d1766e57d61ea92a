"""Learning before a run, from the past of all accounts."""

from collections.abc import Sequence
from dataclasses import replace
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
from forecast_cli.engine.vintages import FEWEST_AHEAD, days_ahead, plan_vintages, with_parts, young_months
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
    least_age = np.timedelta64(MIN_TRAIN + min(FEWEST_AHEAD, settings.horizon), "D")

    def read(days: NDArray[np.datetime64]) -> KnownPast:
        chosen = [accounts.choose(day - least_age) for day in days]
        return read_known_past(source, settings, days, chosen, longest=2 * LOOK_BACK + _MONTH + max(back))

    past = read(months_of(origins))
    ahead = days_ahead(past.history, settings.horizon)
    if len(young := young_months(past.days, ahead, settings.horizon)):
        past = read(with_parts(past.days, young, origins))
        ahead = days_ahead(past.history, settings.horizon)
    plan = plan_vintages(past.days, ahead, settings.horizon)
    look_back = settings.max_history - max(back)
    past = past.take(plan.place)

    def learn_ahead(h: int) -> Learned:
        own = past.take(np.flatnonzero(plan.ahead == h))
        learned = learn(own.panel, own.days, own.known, h=h, look_back=look_back, threads=threads)
        if min(shortest, look_back) < MIN_TRAIN:
            learned = learn_first_month(learned, own.panel, own.known, look_back=look_back, threads=threads)
        return learn_path_shares(learned, own.panel, own.known, look_back=look_back, threads=threads)

    learned = join_learned(map(learn_ahead, np.unique(plan.ahead).tolist()), settings.horizon)
    candidates = choose_candidates(settings)
    if not candidates:
        return learned
    training = Training(
        panel=past.panel,
        known=past.known,
        look_back=look_back,
        accounts=np.array([accounts.count(day - least_age) for day in past.days]),
        max_stale=settings.max_stale if settings.origin is Origin.INPUT else None,
    )
    return learn_weights(learned, training, candidates, limit_ms=1000 * seconds_of(settings.time_limit))


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
