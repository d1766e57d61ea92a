"""Values that explain one account's forecast. Money is in units of the balance; days are calendar days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forecast_cli.core.ledger import Status
from forecast_cli.data.files.addresses import Output

#: Days of history that are drawn, and over which mean balance and spending are computed.
RECENT = 90


@dataclass(frozen=True)
class ShowRequest:
    """Request to explain one account of the forecast at ``forecast``; ``account`` is its id as the user types it.

    ``input`` is where to read its history from, None for the run's own input. ``currency`` chooses one if the account
    has several; ``model`` is one of the run's, None for its first.
    """

    account: str
    forecast: Output
    input: str | None = None
    currency: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Standing:
    """Outcome for the account: its row of ``accounts.parquet``, and the outcome of the model shown.

    ``model_used`` is the model that made the forecast: ``model``, or its replacement if it failed; None if there is no
    forecast. ``model_failure`` says why it failed. ``n_obs`` counts days with a balance; ``repairs`` holds counts above
    0 only.
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
    """Prediction interval: its level in percent, and its ends for each day."""

    level: float
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class AccountFan:
    """Forecast for each day from the day after the origin; ``bands`` are ordered narrowest first."""

    dates: tuple[date, ...]
    mean: tuple[float, ...]
    median: tuple[float, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class AccountHistory:
    """The last days up to the origin, at most ``RECENT``, and their balances."""

    dates: tuple[date, ...]
    balances: tuple[float, ...]


@dataclass(frozen=True)
class Rates:
    """Mean balance over the last ``days`` days, and mean inflow and outflow (negative) per day."""

    days: int
    mean_balance: float
    in_a_day: float
    out_a_day: float


@dataclass(frozen=True)
class Payment:
    """Expected payment: its most likely day, signed amount, and the probability that it occurs.

    ``seen`` payments of its stream were found, the first on ``since``.
    """

    day: date
    amount: float
    rule: str
    confidence: float
    seen: int
    since: date


@dataclass(frozen=True)
class EndedPayments:
    """Recurring payments that have ended: their signed amount, and how many were ``seen`` from ``since`` on."""

    last_seen: date
    amount: float
    rule: str
    seen: int
    since: date


@dataclass(frozen=True)
class Regular:
    """Recurring payments that have not ended: the number of streams, and monthly inflow and outflow (negative)."""

    streams: int
    in_a_month: float
    out_a_month: float


@dataclass(frozen=True)
class WindowRisk:
    """Risk within ``days`` days: the probability of falling below the threshold, the low point, and days below."""

    days: int
    prob_below: float
    expected_low: float
    low_q05: float
    days_below: float


@dataclass(frozen=True)
class ThresholdRisk:
    """Risk for one threshold; ``crossed`` are the days by which 10, 50 and 90 % of paths have fallen below it."""

    name: str
    amount: float
    windows: tuple[WindowRisk, ...]
    crossed: tuple[date | None, date | None, date | None]


@dataclass(frozen=True)
class Breakdown:
    """Parts of the mean forecast ``days`` ahead: ``last`` + ``own`` + ``correction`` = ``mean``.

    ``own`` is what the account's payments and level add to the last balance; ``correction`` is what was learned from
    similar accounts.
    """

    days: int
    last: float
    own: float
    correction: float
    mean: float


@dataclass(frozen=True)
class Share:
    """Weight ``share`` of a candidate in the forecast of the days ahead from ``first`` to ``last``."""

    candidate: str
    first: int
    last: int
    share: float


@dataclass(frozen=True)
class Why:
    """What a forecast by ``auto`` rests on.

    ``learned_as_of``: only data from before this day was learned from; ``windows``: the number of windows learned from;
    ``learned_days``: how many days ahead they show, fewer than are forecast where all accounts are young; None if
    nothing was learned. ``steps`` is empty if the account's history is not available. ``shares`` are the
    weights of the combined candidate, empty if there is none.
    """

    learned_as_of: date | None
    windows: int | None
    learned_days: int | None
    steps: tuple[Breakdown, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class AccountExplanation:
    """Everything a forecast holds about one account. Values that a skipped or failed account lacks are None or empty.

    ``account_id`` has the type of the output's id column. ``history_note`` says why the history is missing, or that it
    comes from another input. ``every_payment``: ``payments`` holds every payment within the horizon, otherwise only the
    next one of each stream. ``ended`` are those last seen within three months. ``holidays`` is the calendar that moves
    payments, None if no model detects payments.
    """

    account_id: object
    currency: str | None
    output: Output
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
    ended: tuple[EndedPayments, ...] = ()
    regular: Regular | None = None
    holidays: str | None = None
    risk: tuple[ThresholdRisk, ...] = ()
    why: Why | None = None
