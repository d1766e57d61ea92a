"""Estimate the largest share of the sample's recurring streams that any search could find, with an oracle.

python -m benchmarks.found_at_most [SEED ...]

The oracle (``benchmarks/oracle.py``) scores a stream in the flow without all other planted payments (*others known*),
where only spending can hide it, or in the whole flow (*unknown*).

A search tries every day with a flow as a payment of each cycle, with each rule for weekends, with a repeating amount
and with some spreads. By chance, a score of x is reached at most once in e^x tries; *asked* is the score at which one
in ten of the found streams would be false. *Any* counts scores above 0. Decoys, in the flow without planted payments,
show the scores that chance reaches.

Streams paid on the same days as another stream of their cycle look like one stream to any search and do not count as
found (*together*), unless the sum of both amounts is within a quarter of their own. Streams whose amounts depend on the
balance (interest, card payments) count as found.
"""

import sys
from datetime import timedelta

import numpy as np
import polars as pl

from benchmarks.oracle import STEP, Floats, Stream, decoy, score
from benchmarks.recurring_events import ACCOUNTS, DAYS, FEWEST, SEEDS, panel_of, shares, with_interest
from forecast_cli.data.sample.block import generate_block, planted_payments
from forecast_cli.data.sample.spec import LAST_DAY, SampleSpec

#: Pairs of cycle and rule to try for a day: week and fortnight; half month, month and quarter by three rules each.
TRIED = 2 + 3 * 3
SPREADS = 3
DECOYS, FALSE = 4_000, 0.1
CENTS = 100.0


def planted_in(spec: SampleSpec, ids: pl.Series) -> list[Stream]:
    """Return the streams that have a payment.

    A payment on a day without a row of its account is moved to the account's next row.
    """
    keys = ["account_id", "date"]
    rows = generate_block(spec, 0, spec.accounts).select(*keys, shown="date").sort(keys)
    place = pl.DataFrame({"account_id": ids, "row": np.arange(len(ids))})
    paid = planted_payments(spec, 0, spec.accounts).join(place, on="account_id").sort(keys)
    seen = paid.join_asof(rows, on="date", by="account_id", strategy="forward", check_sortedness=False).with_columns(
        column=(pl.coalesce("shown", "date") - LAST_DAY).dt.total_days() + spec.days - 1,
        cents=(pl.col("amount") * CENTS).round(),
    )
    tables = seen.sort("stream", "column").partition_by("account_id", "stream", maintain_order=True)
    return [
        Stream(one["row"][0], one["kind"][0], one["cycle"][0], one["column"].to_numpy(), one["cents"].to_numpy())
        for one in tables
    ]


def one_with_another(one: Stream, others: list[Stream]) -> bool:
    """Return whether a stream cannot be found because it is paid together with another one of its cycle.

    That is, on nine in ten of its days or more. It can be found if the sum of both is within a quarter of its own
    amount.
    """
    together = any(np.isin(one.days, other.days).mean() >= 0.9 for other in others if other.cycle == one.cycle)
    sums = one.cents + sum(((one.days[:, None] == other.days) * other.cents).sum(axis=1) for other in others)
    return together and not abs(np.median(sums) - one.cents.mean()) <= 0.25 * abs(one.cents.mean())


def scores_of(one: Stream, every: list[Stream], flow: Floats, rest: Floats) -> dict[str, object]:
    """Return the result for one of the streams ``every``; ``rest`` is ``flow`` [n, t] without planted payments."""
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
    """Return one row for each planted stream, the scores of decoys, and the score *asked*."""
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
    """Return ``rest`` [n, t] with NaN on the days when interest is paid, which recurs but is no planted stream."""
    days = pl.date_range(LAST_DAY - timedelta(days=spec.days - 1), LAST_DAY, eager=True)
    pays = np.flatnonzero(ids.is_in(with_interest(spec).implode()))
    out = rest.copy()
    out[np.ix_(pays, np.flatnonzero(days.dt.month_end() == days))] = np.nan
    return out


def decoys(streams: list[Stream], rest: Floats, seed: int) -> Floats:
    """Return the scores of decoys of streams drawn at random from those whose amounts are known."""
    rng, some = np.random.default_rng(seed), [one for one in streams if not np.isnan(one.cents).any()]
    drawn = [some[place] for place in rng.integers(0, len(some), DECOYS)]
    return np.array([decoy(one, rest[one.row], rng) for one in drawn])


def main(seeds: list[int]) -> None:
    """Print the figures for each seed."""
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
