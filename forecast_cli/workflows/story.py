"""One account's forecast, explained: plain frozen values. Money in units of the balance, days are calendar days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forecast_cli.core.ledger import Status

#: Days of history that are drawn, and that level and spending are told of.
RECENT = 90


@dataclass(frozen=True)
class ShowRequest:
    """One account of the output folder ``forecast``, as its user types its id.

    ``input``: where its history is read from, None for where the forecast read it. ``currency`` picks one where the
    account has several, ``model`` one of the forecast's, None for its first.
    """

    account: str
    forecast: Path
    input: str | None = None
    currency: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Standing:
    """The outcome for the account: its row of ``accounts.parquet``, and of the model that is shown.

    ``model_used`` is what took the model's place where it failed, None where there is no forecast; ``model_failure``
    says why. ``n_obs``: days with a balance. ``repairs``: counts, only those above 0.
    """

    status: Status
    reason: str | None
    flags: tuple[str, ...]
    n_obs: int | None
    first: date | None
    last: date | None
    repairs: Mapping[str, int]
    model: str
    model_used: str | None
    model_failure: str | None


@dataclass(frozen=True)
class Band:
    """An interval: its level in percent, and its ends by day."""

    level: float
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class AccountFan:
    """The forecast by day, from the day after the origin on; ``bands`` the narrowest first."""

    dates: tuple[date, ...]
    mean: tuple[float, ...]
    median: tuple[float, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class AccountHistory:
    """The last days up to the origin, ``RECENT`` at most, and their balances."""

    dates: tuple[date, ...]
    balances: tuple[float, ...]


@dataclass(frozen=True)
class Rates:
    """Level and spending of the last ``days``: the mean balance, and what came in and went out (negative) a day."""

    days: int
    mean_balance: float
    in_a_day: float
    out_a_day: float


@dataclass(frozen=True)
class Payment:
    """A payment to come: its likeliest day, signed amount, and the probability that it comes.

    ``seen`` payments of its stream were found since ``since``.
    """

    day: date
    amount: float
    rule: str
    confidence: float
    seen: int
    since: date


@dataclass(frozen=True)
class Regular:
    """Recurring payments that still run: how many streams, and what they bring and take (negative) a month."""

    streams: int
    in_a_month: float
    out_a_month: float


@dataclass(frozen=True)
class WindowRisk:
    """How low the balance goes within ``days``: the probability to be under the threshold, and the low point."""

    days: int
    prob_below: float
    expected_low: float
    low_q05: float
    days_below: float


@dataclass(frozen=True)
class ThresholdRisk:
    """The risk of one threshold; ``crossed`` are the days by which 10, 50 and 90 % of paths have been under it."""

    name: str
    amount: float
    windows: tuple[WindowRisk, ...]
    crossed: tuple[date | None, date | None, date | None]


@dataclass(frozen=True)
class Breakdown:
    """How the mean forecast of one day is made up: ``last`` + ``own`` + ``correction`` = ``mean``.

    ``own``: what the account's payments and level add to the last balance; ``correction``: what came of accounts like
    it adds to that.
    """

    days: int
    last: float
    own: float
    correction: float
    mean: float


@dataclass(frozen=True)
class Share:
    """A candidate's ``share`` of what is said of the days ahead from ``first`` to ``last``."""

    candidate: str
    first: int
    last: int
    share: float


@dataclass(frozen=True)
class Why:
    """What a forecast by ``auto`` rests on. ``learned_as_of``: nothing of that day or later was learned from.

    ``windows`` were learned from; both None where nothing was. ``steps`` are empty without the account's history.
    ``shares`` of the candidate that joined, where one did.
    """

    learned_as_of: date | None
    windows: int | None
    steps: tuple[Breakdown, ...]
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class AccountExplanation:
    """Everything a forecast holds about one account. What a skipped or failed account does not have is None or empty.

    ``account_id`` is of the output's type; ``history_note`` says where the history is missing, or of another input.
    ``every_payment`` says whether ``payments`` names every day of a stream within the horizon, or its next alone;
    ``holidays`` is the calendar that moves them, None where no model looks for payments.
    """

    account_id: object
    currency: str | None
    output: Path
    origin: date | None
    horizon: int
    models: tuple[str, ...]
    standing: Standing
    fan: AccountFan | None = None
    history: AccountHistory | None = None
    history_note: str | None = None
    rates: Rates | None = None
    payments: tuple[Payment, ...] = ()
    every_payment: bool = False
    regular: Regular | None = None
    holidays: str | None = None
    risk: tuple[ThresholdRisk, ...] = ()
    why: Why | None = None
