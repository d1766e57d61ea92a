"""Score the detection of recurring payments against the streams planted in the sample, on several seeds.

python -m benchmarks.recurring_events [SEED ...]

A stream found *matches* a planted one of its account if it has its cycle, both ran at one time, six in ten payments of
the planted one in that time lie within 3 days (1 where it is weekly or biweekly) of the days found, and the amount
found, the median or the newest, is within a quarter of the planted mean. Planted amounts that are null, which follow
the balance, match any. Payments that always come on one day cannot be told apart from the balance: where the amount
found is that of all planted payments of these days together, it counts under *or as a sum* alone. *False* is what
matches no planted stream, however short. *Seen* are planted streams with 4 payments or more on days whose whole flow is
within a fifth of the payment; of the others, other flow on the day leaves little that could be told from spending.
Interest of checking accounts and cards recurs on the last day of the month but is no planted stream: what else is found
on that day in accounts with interest counts as *nor interest*. *Whatever the amount* asks for cycle, days and direction
alone; as payments of one account often lie a few days apart, each stream found then stands for one planted stream at
most, and the pairing that matches most is taken. *Shown at one price* is how many payments of one amount are the whole
flow of their day, for streams whose amounts repeat; *shown* how many are seen, for those that vary.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from forecast_cli.data.panel import Panel
from forecast_cli.data.sample.block import account_name, generate_block, planted_payments
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.data.sample.timeline import draw_block
from forecast_cli.models.recurring.business_days import apply_rules
from forecast_cli.models.recurring.cycles import MONTH_DAYS, Cycle, due_days
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.streams import Streams

SEEDS = (7, 11, 23)
ACCOUNTS, DAYS = 250, 730
FEWEST = 4
CENT = 0.005
KEYS = ["account_id", "stream", "kind", "cycle"]


@dataclass(frozen=True)
class Figures:
    """Shares of planted streams found, and of streams found that are false."""

    planted: int
    found: int
    recall: float
    recall_or_sum: float
    recall_of_seen: float
    recall_any_amount: float
    false: float
    false_or_sum: float
    false_or_interest: float
    false_any_amount: float
    ms: float
    by_cycle: dict[str, tuple[float, int]]
    by_kind: dict[str, tuple[float, int]]
    by_shown: dict[str, tuple[float, int]]
    by_seen: dict[str, tuple[float, int]]
    false_by_cycle: dict[str, tuple[float, int]]


def panel_of(spec: SampleSpec) -> Panel:
    """Return the balances of a sample, carried forward, all up to its last day."""
    rows = generate_block(spec, 0, spec.accounts).select("account_id", "date", "balance")
    days = pl.date_range(rows["date"].max() - pl.duration(days=spec.days - 1), rows["date"].max(), eager=True)
    grid = rows.select(pl.col("account_id").unique().sort()).join(pl.DataFrame({"date": days}), how="cross")
    filled = grid.join(rows, on=["account_id", "date"], how="left", maintain_order="left").with_columns(
        pl.col("balance").forward_fill().over("account_id")
    )
    y = filled["balance"].fill_null(float("nan")).to_numpy().reshape(-1, spec.days)
    origins = np.full(len(y), np.datetime64(rows["date"].max()))
    return Panel(filled["account_id"].unique().sort(), y, np.count_nonzero(~np.isnan(y), axis=1), origins)


def score(seed: int) -> Figures:
    """Return the figures of one seed."""
    spec = SampleSpec(accounts=ACCOUNTS, days=DAYS, seed=seed)
    panel = panel_of(spec)
    start = time.process_time()
    streams = find_streams(panel)
    ms = (time.process_time() - start) / len(panel) * 1e3
    found = found_table(panel, streams)
    every = planted_table(spec, panel)
    planted = every.filter(pl.col("payments") >= FEWEST)
    timely = timely_pairs(streams, found, every)
    pairs = timely.filter(pl.col("own") | pl.col("sum"))
    own = pairs.filter("own")
    hit = planted.with_columns(
        hit=pl.col("planted").is_in(own["planted"].implode()), near=pl.col("planted").is_in(pairs["planted"].implode())
    )
    lost = found.with_columns(
        false=~pl.col("found").is_in(own["found"].implode()),
        unlike=~pl.col("found").is_in(pairs["found"].implode()),
        interest=pl.col("account_id").is_in(with_interest(spec).implode())
        & (pl.col("cycle") == "monthly")
        & (pl.col("anchor") == MONTH_DAYS),
    )
    return Figures(
        planted=len(planted),
        found=len(found),
        recall=float(hit["hit"].mean()),
        recall_or_sum=float(hit["near"].mean()),
        recall_of_seen=float(hit.filter(pl.col("seen") >= FEWEST)["hit"].mean()),
        recall_any_amount=most_pairs(timely.join(planted, on="planted", how="semi")) / len(planted),
        false=float(lost["false"].mean()),
        false_or_sum=float(lost["unlike"].mean()),
        false_or_interest=float((lost["unlike"] & ~lost["interest"]).mean()),
        false_any_amount=1 - most_pairs(timely) / len(found),
        ms=ms,
        by_cycle=shares(hit, "cycle", "hit"),
        by_kind=shares(hit, "kind", "hit"),
        by_shown=shares(hit.filter("repeats"), "shown", "hit"),
        by_seen=shares(hit.filter(~pl.col("repeats")), "shown", "hit"),
        false_by_cycle=shares(lost, "cycle", "false"),
    )


def shares(table: pl.DataFrame, by: str, share: str) -> dict[str, tuple[float, int]]:
    """Return for each value of ``by`` the share of its rows, and how many there are."""
    grouped = table.group_by(by).agg(pl.col(share).mean(), pl.len()).sort(by)
    return {name: (mean, rows) for name, mean, rows in grouped.iter_rows()}


def with_interest(spec: SampleSpec) -> pl.Series:
    """Return the accounts that pay or get interest."""
    profiles = draw_block(spec, 0).profiles
    rates = profiles.credit_rate + profiles.debit_rate
    return pl.Series([account_name(number) for number in range(spec.accounts) if rates[number] > 0])


def planted_table(spec: SampleSpec, panel: Panel) -> pl.DataFrame:
    """Return a row for each planted stream: its keys, amount, days, the whole of these, and how many payments show."""
    place = {name: row for row, name in enumerate(panel.ids)}
    flow = np.diff(panel.y, axis=1, prepend=np.nan)
    paid = planted_payments(spec, 0, spec.accounts)
    row = np.array([place[name] for name in paid["account_id"]])
    ago = (panel.origins[0] - paid["date"].to_numpy()).astype("timedelta64[D]").astype(np.int64)
    paid = paid.with_columns(
        flow=pl.Series(flow[row, panel.y.shape[1] - 1 - ago]), day=pl.col("date").cast(pl.Int32).cast(pl.Int64)
    ).with_columns(
        whole=pl.col("amount").sum().over("account_id", "date"),
        shows=((pl.col("flow") - pl.col("amount")).abs() <= 0.2 * pl.col("amount").abs()).fill_null(value=True),
    )
    return (
        paid.group_by(*KEYS, maintain_order=True)
        .agg(
            pl.col("amount").mean(),
            pl.col("whole").median(),
            pl.col("day"),
            pl.len().alias("payments"),
            pl.col("shows").sum().alias("seen"),
            repeats=pl.col("amount").is_not_null().all() & (pl.col("amount").n_unique() * 3 <= pl.len()),
            at_one_price=pl.col("amount").filter((pl.col("flow") - pl.col("amount")).abs() < CENT).value_counts(),
        )
        .with_columns(
            shown=pl.min_horizontal(
                pl.when("repeats")
                .then(pl.col("at_one_price").list.eval(pl.element().struct.field("count")).list.max().fill_null(0))
                .otherwise(pl.col("seen") // 3 * 3),
                pl.when("repeats").then(4).otherwise(12),
            )
        )
        .drop("at_one_price")
        .with_row_index("planted")
    )


def found_table(panel: Panel, streams: Streams) -> pl.DataFrame:
    """Return a row for each stream found, semi-monthly ones once."""
    table = pl.DataFrame(
        {
            "found": np.arange(len(streams)),
            "account_id": panel.ids.gather(streams.row),
            "cycle": [Cycle(cycle).label for cycle in streams.cycle],
            "anchor": streams.phases.anchor,
            "median": streams.median,
            "newest": streams.amount,
            "first": streams.first,
            "last": streams.last,
            "partner": streams.partner,
        }
    )
    return table.filter((pl.col("partner") < 0) | (pl.col("found") < pl.col("partner")))


def timely_pairs(streams: Streams, found: pl.DataFrame, planted: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of a stream found and a planted one of the same cycle, days and direction.

    ``own`` where the amount found is that of the planted stream, ``sum`` where it is that of all planted payments of
    these days together.
    """

    def near(name: str) -> pl.Expr:
        within = [(pl.col(said) - pl.col(name)).abs() <= 0.25 * pl.col(name).abs() for said in ("median", "newest")]
        return pl.any_horizontal(*within)

    unknown = pl.col("amount").is_null()
    alike = unknown | (pl.col("amount").sign() == pl.col("median").sign())
    pairs = found.join(planted, on=["account_id", "cycle"]).with_columns(
        own=unknown | near("amount"), sum=near("whole")
    )
    pairs = pairs.filter(alike | pl.col("own") | pl.col("sum"))
    kept = [_same_days(streams, pair) for pair in pairs.iter_rows(named=True)]
    return pairs.filter(pl.Series(kept, dtype=pl.Boolean)).select("found", "planted", "own", "sum")


def most_pairs(pairs: pl.DataFrame) -> int:
    """Return how many of ``pairs`` can hold at once if each stream is in one pair at most."""
    ends = pairs["planted"].to_numpy(), pairs["found"].to_numpy()
    graph = csr_matrix((np.ones(len(pairs)), ends))
    return int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())


def _same_days(streams: Streams, pair: dict[str, object]) -> bool:
    halves = np.array([half for half in (pair["found"], pair["partner"]) if half >= 0])
    reach = 1 if streams.cycle[halves[0]] in (Cycle.WEEKLY, Cycle.BIWEEKLY) else 3
    days = np.array(pair["day"])
    days = days[(days >= pair["first"] - reach) & (days <= pair["last"] + reach)]
    until = np.full(len(halves), streams.last.max() + 40)
    nominal = due_days(streams.phases.take(halves), until, DAYS // 7 + 10)
    due = apply_rules(nominal, streams.rule[halves], streams.holidays).ravel()
    return len(days) > 0 and bool((np.abs(days[:, None] - due).min(axis=1) <= reach).mean() >= 0.6)


def main(seeds: list[int]) -> None:
    """Print the figures of each seed."""
    for seed in seeds:
        one = score(seed)
        print(
            f"seed {seed}: {one.planted} planted, {one.found} found | recall {one.recall:.3f}, or as a sum "
            f"{one.recall_or_sum:.3f}, of those seen {one.recall_of_seen:.3f}, whatever the amount "
            f"{one.recall_any_amount:.3f} | false {one.false:.3f}, or not a sum {one.false_or_sum:.3f}, nor interest "
            f"{one.false_or_interest:.3f}, whatever the amount {one.false_any_amount:.3f} | {one.ms:.2f} ms an account"
        )
        parts = {
            "recall by cycle": one.by_cycle,
            "recall by kind": one.by_kind,
            "recall, amounts that repeat, by payments shown at one price (4: or more)": one.by_shown,
            "recall, amounts that vary, by payments shown (0: up to 2, 12: or more)": one.by_seen,
            "false by cycle": one.false_by_cycle,
        }
        for name, part in parts.items():
            print(f"  {name}: " + ", ".join(f"{key} {share:.2f} of {rows}" for key, (share, rows) in part.items()))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SEEDS))
