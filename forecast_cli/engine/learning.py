"""Learning before a run: which accounts are read for it, and from which months on forecasts start."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.check import Contract
from forecast_cli.data.contract.past import read_past
from forecast_cli.data.source import Source
from forecast_cli.models.pooled.learn import learn
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.windows import LOOK_BACK, MIN_TRAIN

#: Most accounts that a month's forecasts are learned from.
MOST_ACCOUNTS: Final = 4_000
#: Days that the first of a month lies before an origin in it, at most.
_MONTH: Final = 31


def learn_from(
    source: Source, settings: Settings, contract: Contract, back: Sequence[int] = (0,), threads: int = 1
) -> Learned:
    """Return what the accounts of an input teach, for forecasts made ``back`` days before each origin.

    A month is learned from the accounts that had begun by then, the ones of the lowest hash where there are many:
    which ones those are does not depend on accounts that began later.
    """
    ready = contract.ledger.filter(pl.col("status").is_in([Status.OK, Status.SKIPPED]), pl.col("first").is_not_null())
    months = months_of(_origins(ready, contract.origin, back))
    began = ready["first"].to_numpy().astype("datetime64[D]")
    hashes = _hashes(ready[UNIQUE_ID], settings.seed) if ready.height > MOST_ACCOUNTS else None
    chosen = [_choose(began, hashes, month - (MIN_TRAIN + settings.horizon)) for month in months]
    union = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))
    longest = 2 * LOOK_BACK + _MONTH + max(back)
    past = read_past(source, settings, ready[UNIQUE_ID].gather(union).unique(), longest=longest)
    known = [
        np.where(past.panel.ids.is_in(ready[UNIQUE_ID].gather(some).implode()).to_numpy(), past.last_before(month), -1)
        for month, some in zip(months, chosen, strict=True)
    ]
    return learn(
        past.panel,
        months,
        np.stack(known, axis=1),
        h=settings.horizon,
        look_back=settings.max_history,
        threads=threads,
    )


def _origins(ledger: pl.DataFrame, origin: date | None, back: Sequence[int]) -> NDArray[np.datetime64]:
    """Return every day that a forecast may start from."""
    own = ledger["last"].to_numpy() if origin is None else np.array([origin])
    days = own.astype("datetime64[D]")
    return np.concatenate([days - ago for ago in back])


def _hashes(ids: pl.Series, seed: int) -> NDArray[np.uint64]:
    """Return a hash of each id and the run's seed, [n]."""
    digests = (hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=8).digest() for name in ids.cast(pl.String))
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def _choose(
    began: NDArray[np.datetime64], hashes: NDArray[np.uint64] | None, latest: np.datetime64
) -> NDArray[np.int64]:
    """Return the places of accounts that had begun by ``latest``, those of the lowest hash where there are many."""
    early = np.flatnonzero(began <= latest)
    if hashes is None or len(early) <= MOST_ACCOUNTS:
        return early
    return np.sort(early[np.argsort(hashes[early], kind="stable")[:MOST_ACCOUNTS]])
