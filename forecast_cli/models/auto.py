"""Auto: a forecast from the account's payments and level, corrected and calibrated with windows of all accounts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.ledger import TOO_SHORT
from forecast_cli.data.panel import Panel, cut_panel
from forecast_cli.models.base import DirectModel, Forecast, Joined, PathShares, RowFailure
from forecast_cli.models.failures import blank_failures, too_short_message
from forecast_cli.models.pooled.candidates import Candidates
from forecast_cli.models.pooled.correcting import correct_outlook, forecast_uncorrected
from forecast_cli.models.pooled.features import compute_features
from forecast_cli.models.pooled.joining import join_candidates
from forecast_cli.models.pooled.learned import Learned, Vintage, latest_before
from forecast_cli.models.pooled.outlook import PATH_DAYS, Outlook, forecast_outlook
from forecast_cli.models.pooled.past_share import predict_past_share
from forecast_cli.models.pooled.windows import FIRST_DAYS, LOOK_BACK, MIN_TRAIN
from forecast_cli.models.pooled.zero_rule import UNLEARNED, ZeroRule, has_short_history, never_below_zero
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec

NAME: Final = "auto"
#: Days of history needed: an account's scale rests on its moves.
MIN_OBS: Final = FIRST_DAYS
#: Days of history below which accuracy depends more on other accounts than on the account's own past.
OWN_DAYS: Final = 150


@dataclass(frozen=True)
class Auto(DirectModel):
    """A model that forecasts the account's own payments and reversion, corrected by a forest of all accounts' windows.

    Take path(s) and sd(s) of ``RecurringEvents``, S the account's scale (``scale_of``), and (l, m, u) the 10th, 50th
    and 90th percentile of (y[t + s] - path(s)) / S over past windows in the same leaves, averaged over the trees. The
    distances of l and u from m are multiplied by the account's difficulty, and all three by a slope. Then median(s) =
    path(s) + S m(s), and the quantile p lies S z_p(s) (u(s) - m(s)) above the median or S z_p(s) (m(s) - l(s)) below
    it, z_p the calibrated score of the horizon and the account's segment. Corrections are linear between the knots of
    the horizon. mean(s) is that of the quantiles.

    - With N windows to learn from and t = min(N / 1000, 1), or t = 1 where sd(s) is not known, distances from path(s)
      are t times these plus (1 - t) times those of a Laplace distribution with sd(s).
    - If the balance differs s days later with probability v(s), quantiles with p >= v(s) are not below the last balance
      and those with p <= 1 - v(s) not above it.
    - Of the distance x of a quantile below the account's lowest balance, d max(x - m w, 0) is left, w the width of the
      80 % interval, as far as the median is not below it too (``record_lows``).
    - If a candidate joins with weight w(s), mean and quantiles are (1 - w(s)) times these plus w(s) times its own.
    - A balance with a weekly pattern has path and sd from its days of the week.

    ``docs/auto.md`` describes how all this is learned.
    """

    learned: Learned | None = None
    candidates: Candidates = field(default_factory=dict)

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days, where h is at most the horizon that was learned.

        If there were too few windows to learn from, intervals come from the account's own errors; an account with too
        little history for these is a failure, and so is one that has not moved in its first month.
        """
        panel, learned = cut_panel(panel, LOOK_BACK), self.learned
        longest = h if learned is None else max(h, learned.h)
        outlook = forecast_outlook(panel, longest)
        last = panel.y[:, -1]
        mean = np.repeat(last[:, None], longest, axis=1)
        quantiles = np.repeat(mean[:, :, None], 2 * len(levels) + 1, axis=2)
        joined: dict[int, Joined] = {}
        taken_apart: tuple[str, ...] = ()
        shares = PathShares.plain(len(panel))
        for vintage, rows in _group_by_vintage(learned, panel, outlook.scale):
            part, part_outlook = panel.take(rows), outlook.take(rows)
            if learned is None or vintage is None:
                mean[rows], quantiles[rows] = forecast_uncorrected(part, part_outlook, levels)
                nothing = np.zeros(len(rows))
                shares.put(rows, PathShares(nothing, *_zero_shares(part, part_outlook, (UNLEARNED, UNLEARNED), h)))
                continue
            x = compute_features(part, part_outlook, learned.knots)
            corrected = correct_outlook(
                part, part_outlook, vintage.predict(x), vintage, knots=learned.knots, levels=levels
            )
            past = np.where(part.lengths > h, predict_past_share(vintage.past, x), 0.0)
            rules = vintage.zero_rule, vintage.short_zero_rule
            shares.put(rows, PathShares(past, *_zero_shares(part, part_outlook, rules, learned.h)))
            combined = join_candidates(part, *corrected, vintage.weights, self.candidates, levels=levels)
            mean[rows], quantiles[rows] = combined.mean, combined.quantiles
            joined |= {int(rows[row]): Joined(one.candidate, one.share[:h]) for row, one in combined.joined.items()}
            taken_apart += combined.taken_apart
        quantiles[(panel.lengths < MIN_TRAIN) & (outlook.scale == 0.0)] = np.nan
        mean, quantiles = mean[:, :h], quantiles[:, :h]
        enough = PATH_DAYS + longest if learned is None or not learned.has_forest else MIN_TRAIN
        needed = np.where(panel.lengths < MIN_TRAIN, enough, PATH_DAYS + longest)
        failures = tuple(
            RowFailure(row, TOO_SHORT, too_short_message(int(panel.lengths[row]), int(needed[row])))
            for row in np.flatnonzero(np.isnan(quantiles).any(axis=(1, 2))).tolist()
        )
        streams = outlook.streams
        return blank_failures(Forecast(mean, quantiles, levels, failures, streams, joined, taken_apart, shares))


def _zero_shares(
    panel: Panel, outlook: Outlook, rules: tuple[ZeroRule, ZeroRule], h: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return share and fade [n] of each account, by the rules for a longer and a short history.

    The share is 1 for an account that was below zero, the fade 0 for a weekly pattern.
    """
    short, (rule, rule_if_short) = has_short_history(panel, h), rules
    share = np.where(short, rule_if_short.share, rule.share)
    fade = np.where(short, rule_if_short.fade, rule.fade)
    return np.where(never_below_zero(panel), share, 1.0), np.where(outlook.weekly, 0.0, fade)


def _group_by_vintage(
    learned: Learned | None, panel: Panel, scale: NDArray[np.float64]
) -> Iterator[tuple[Vintage | None, NDArray[np.int64]]]:
    """Yield the rows of accounts that ever moved by the vintage of their origin and age; None if it has no forest."""
    moved, first = scale > 0.0, panel.lengths < MIN_TRAIN
    for rows, vintages in (
        (np.flatnonzero(moved & ~first), () if learned is None else learned.vintages),
        (np.flatnonzero(moved & first), () if learned is None else learned.first_month),
    ):
        places = latest_before(vintages, panel.origins[rows])
        for place in np.unique(places).tolist():
            yield (vintages[place] if place >= 0 and vintages[place].forest else None), rows[places == place]


SPEC = ModelSpec(
    name=NAME,
    summary="recurring payments and mean reversion, corrected by similar accounts and calibrated on all accounts",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.POOLED,
    cost_ms=0.35,
    build=lambda _seasons: Auto(),
    build_learned=Auto,
    needs=lambda _seasons, _h: MIN_OBS,
    finds_events=True,
    own_days=OWN_DAYS,
    notes=f"where nothing was learned from others, needs {PATH_DAYS} days more than the horizon: 90 for 30 days",
)
