"""Tell how many of the sample's recurring streams a search could find at most, by an oracle that knows what none does.

python -m benchmarks.found_at_most [SEED ...]

The oracle (``benchmarks/oracle.py``) takes all other planted payments out of the flow before it scores a stream
(*others known*), so that only spending is left to drown it, or none (*unknown*).

A search tries every day with flow as one of each cycle, by each rule for weekends, as an amount that repeats and with
some spreads. By chance a score of x is reached at most once in e^x tries: *asked* is the score at which one in ten of
what is found would be false. *Any* counts scores over 0. Decoys, in flow that no planted payment is left in, show
how far chance gets.

Streams that come on the days of another of their cycle are one stream to any search, and do not count (*together*),
unless the sum of both is within a quarter of theirs. Those that follow the balance (interest, card payments) count.
"""

import sys
from datetime import timedelta

import numpy as np
import polars as pl

from benchmarks.oracle import STEP, Floats, Stream, decoy, score
from benchmarks.recurring_events import ACCOUNTS, DAYS, FEWEST, SEEDS, panel_of, shares, with_interest
from forecast_cli.data.sample.block import generate_block, planted_payments
from forecast_cli.data.sample.spec import SampleSpec

#: Cycles and rules a day is tried as: week and fortnight, half month, month and quarter by three rules.
TRIED = 2 + 3 * 3
SPREADS = 3
DECOYS, FALSE = 4_000, 0.1
CENTS = 100.0


def planted_in(spec: SampleSpec, ids: pl.Series) -> list[Stream]:
    """Return the streams that have a payment; one on a day that its account has no row for shows on the next it has."""
    keys = ["account_id", "date"]
    rows = generate_block(spec, 0, spec.accounts).select(*keys, shown="date").sort(keys)
    place = pl.DataFrame({"account_id": ids, "row": np.arange(len(ids))})
    paid = planted_payments(spec, 0, spec.accounts).join(place, on="account_id").sort(keys)
    seen = paid.join_asof(rows, on="date", by="account_id", strategy="forward", check_sortedness=False).with_columns(
        column=(pl.coalesce("shown", "date") - spec.end).dt.total_days() + spec.days - 1,
        cents=(pl.col("amount") * CENTS).round(),
    )
    tables = seen.sort("stream", "column").partition_by("account_id", "stream", maintain_order=True)
    return [
        Stream(one["row"][0], one["kind"][0], one["cycle"][0], one["column"].to_numpy(), one["cents"].to_numpy())
        for one in tables
    ]


def one_with_another(one: Stream, others: list[Stream]) -> bool:
    """Say whether a stream comes on the days of another of its cycle, and their sum is not within a quarter of it."""
    together = any(np.isin(one.days, other.days).mean() >= 0.9 for other in others if other.cycle == one.cycle)
    sums = one.cents + sum(((one.days[:, None] == other.days) * other.cents).sum(axis=1) for other in others)
    return together and not abs(np.median(sums) - one.cents.mean()) <= 0.25 * abs(one.cents.mean())


def scores_of(one: Stream, every: list[Stream], flow: Floats, rest: Floats) -> dict[str, object]:
    """Return the row of a stream among ``every`` one; ``rest`` is ``flow`` [n, t] without any."""
    beside = [other for other in every if other.row == one.row and other is not one]
    follows = bool(np.isnan(one.cents).any())
    return {
        "kind": one.kind,
        "cycle": one.cycle,
        "amounts": "follow the balance" if follows else "repeat" if one.fixed else "vary",
        "together": one_with_another(one, beside),
        "known": np.inf if follows else score(one, rest[one.row], own=one.cents),
        "unknown": np.inf if follows else score(one, flow[one.row], own=np.zeros(len(one.days))),
    }


def table_of(seed: int) -> tuple[pl.DataFrame, Floats, float]:
    """Return a row for each planted stream, the scores of decoys, and the score that is asked."""
    spec = SampleSpec(accounts=ACCOUNTS, days=DAYS, seed=seed)
    panel = panel_of(spec)
    flow = np.rint(np.diff(panel.y, axis=1, prepend=np.nan) * CENTS)
    every, rest = planted_in(spec, panel.ids), flow.copy()
    for one in every:
        np.add.at(rest[one.row], one.days, -np.nan_to_num(one.cents))
    sought = [one for one in every if one.cycle in STEP and len(one.days) >= FEWEST]
    tried = np.count_nonzero(np.nan_to_num(flow)) * TRIED * (1 + SPREADS)
    asked = float(np.log(tried * (1 - FALSE) / FALSE / len(sought)))
    table = pl.DataFrame([scores_of(one, every, flow, rest) for one in sought])
    return table, decoys(sought, without_interest(rest, spec, panel.ids), seed), asked


def without_interest(rest: Floats, spec: SampleSpec, ids: pl.Series) -> Floats:
    """Return flow [n, t] with that of days unknown on which interest comes, which recurs and is not planted."""
    days = pl.date_range(spec.end - timedelta(days=spec.days - 1), spec.end, eager=True)
    pays = np.flatnonzero(ids.is_in(with_interest(spec).implode()))
    out = rest.copy()
    out[np.ix_(pays, np.flatnonzero(days.dt.month_end() == days))] = np.nan
    return out


def decoys(streams: list[Stream], rest: Floats, seed: int) -> Floats:
    """Return the scores of decoys of streams drawn at random, of those whose amounts are known."""
    rng, some = np.random.default_rng(seed), [one for one in streams if not np.isnan(one.cents).any()]
    drawn = [some[place] for place in rng.integers(0, len(some), DECOYS)]
    return np.array([decoy(one, rest[one.row], rng) for one in drawn])


def main(seeds: list[int]) -> None:
    """Print the figures of each seed."""
    for seed in seeds:
        table, false, asked = table_of(seed)
        alone = ~pl.col("together")
        table = table.with_columns(
            evidence=(pl.col("known") > 0) & alone,
            found=(pl.col("known") > asked) & alone,
            first=(pl.col("unknown") > asked) & alone,
        )
        share = table.select(pl.col("together", "evidence", "found", "first").mean()).row(0, named=True)
        print(
            f"seed {seed}: {len(table)} planted, {share['together']:.3f} together | others known: any "
            f"{share['evidence']:.3f}, asked ({asked:.1f}) {share['found']:.3f} | unknown: {share['first']:.3f} | "
            f"decoys: nine in ten under {np.quantile(false, 0.9):.1f}, over 0 {(false > 0).mean():.4f}, over what is "
            f"asked {(false > asked).mean():.4f}"
        )
        for by in ("cycle", "amounts", "kind"):
            part = shares(table, by, "found").items()
            print(f"  by {by}: " + ", ".join(f"{key} {mean:.2f} of {rows}" for key, (mean, rows) in part))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SEEDS))
