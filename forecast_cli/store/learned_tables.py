"""Learned state of ``auto`` as tables of the output: written by a run, and read by ``forecast --fitted DIR``."""

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core.errors import ConfigError
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import GRID, Calibration
from forecast_cli.models.pooled.candidates import BANDS, Weights
from forecast_cli.models.pooled.features import feature_names
from forecast_cli.models.pooled.forest import Forest, Tree
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.leaves import KEPT
from forecast_cli.models.pooled.record_lows import RecordLows
from forecast_cli.models.pooled.segments import SEGMENTS
from forecast_cli.models.pooled.zero_rule import FADE, ZeroRule
from forecast_cli.store.layout import LEARNED_PAST, LEARNED_SCORES, LEARNED_TREES, LEARNED_WEIGHTS, LEARNED_WIDTHS
from forecast_cli.store.table_schemas import LEARNED_SCHEMAS
from forecast_cli.store.tables import load_table

_NODES: Final = {"feature": np.int32, "threshold": np.float64, "left": np.int32, "right": np.int32}
#: Columns that name a vintage.
_VINTAGE: Final = ("as_of", "first_month")
_LOWS: Final = ("low_margin", "low_depth")
_ZERO: Final = ("zero_share", "zero_fade")
_SHORT_ZERO: Final = ("short_zero_share", "short_zero_fade")
#: Columns of the rules for low balances, and the largest value of each.
_RULES: Final = {
    **dict.fromkeys((*_LOWS, "zero_share", "short_zero_share"), 1.0),
    **dict.fromkeys(("zero_fade", "short_zero_fade"), FADE),
}
#: Tables that a run does not write if it has nothing to say in them.
_OPTIONAL: Final = (LEARNED_WEIGHTS, LEARNED_PAST)
#: What to do about a learned part that does not fit.
_OTHER: Final = "name the output of a forecast by 'auto' with at least this horizon"
_AGAIN: Final = "learn again with this version: run the forecast without --fitted"


def learned_frames(learned: Learned) -> dict[str, pl.DataFrame]:
    """Return the tables of the learned state, by file name.

    Trees have one row for each node: as_of, first_month, tree, node, feature, threshold, left, right, and for leaves
    values: at each knot the 10th, 50th and 90th percentile. Difficulty has as many trees, with one value at each knot.
    Scores have one row for each day, segment, knot and probability; a day with too few windows to learn from has
    one row without a score. Where ``first_month`` is true, they are for accounts in their first month. Weights, if
    candidates were evaluated, have one row for each day, candidate, segment and band of days ahead. Past, if past
    courses help to predict low balances, has trees whose leaves have one value: the share of past courses.
    """
    vintages = [(one, False) for one in learned.vintages] + [(one, True) for one in learned.first_month]
    parts = {
        LEARNED_TREES: [_forest(vintage, vintage.forest, first=first) for vintage, first in vintages],
        LEARNED_WIDTHS: [_forest(vintage, vintage.difficulty, first=first) for vintage, first in vintages],
        LEARNED_SCORES: [_scores(vintage, learned, first=first) for vintage, first in vintages],
        LEARNED_WEIGHTS: [_weights(vintage) for vintage in learned.vintages],
        LEARNED_PAST: [_forest(vintage, vintage.past, first=first) for vintage, first in vintages],
    }
    tables = {name: pl.concat([pl.DataFrame(schema=LEARNED_SCHEMAS[name]), *some]) for name, some in parts.items()}
    return {name: table for name, table in tables.items() if table.height or name not in _OPTIONAL}


def read_learned(folder: Path, *, h: int) -> Learned:
    """Return the state that the run in ``folder`` learned.

    Raises ConfigError if there is none, it is damaged, of another version, or was learned for fewer than ``h`` days
    ahead.
    """
    tables = _load_tables(folder)
    scores = tables[LEARNED_SCORES]
    longest = int(scores["horizon"][0]) if scores.height else 0
    if longest < h:
        raise ConfigError(f"--fitted {folder}: learned for {longest} days ahead, but {h} are to be forecast", _OTHER)
    knots = knots_of(longest)
    if found := next(_list_faults(tables, knots), None):
        name, fault = found
        raise ConfigError(f"--fitted {folder}: {name} is from another version, or damaged: {fault}", _AGAIN)
    vintages, first_month = (
        tuple(
            _read_vintage(day, {name: _rows_of(table, day, first=first) for name, table in tables.items()}, len(knots))
            for day in scores.filter(first_month=first)["as_of"].unique().sort()
        )
        for first in (False, True)
    )
    return Learned(longest, knots, vintages, first_month)


def _rows_of(table: pl.DataFrame, day: date, *, first: bool) -> pl.DataFrame:
    """Return the rows of the vintage of a ``day``; candidates have no weights in the ``first`` month of accounts."""
    if "first_month" not in table.columns:
        return table.filter(pl.col("as_of") == day, not first)
    return table.filter(as_of=day, first_month=first)


def _load_tables(folder: Path) -> dict[str, pl.DataFrame]:
    """Return the tables by file name; those that a run may leave out are empty then.

    Raises ConfigError if one is missing or cannot be read, or its columns are not those of this version.
    """
    if not folder.is_dir():
        raise ConfigError(f"--fitted {folder}: no such folder", _OTHER)
    tables = {}
    for name, schema in LEARNED_SCHEMAS.items():
        try:
            exists = (folder / name).exists()
            if not exists and name == LEARNED_TREES:
                raise ConfigError(f"--fitted {folder}: holds no learned part: no {name}", _OTHER)
            if not exists and name not in _OPTIONAL:
                raise ConfigError(f"--fitted {folder}: is from another version, or damaged: no {name}", _AGAIN)
            tables[name] = load_table(folder / name) if exists else pl.DataFrame(schema=schema)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ConfigError(f"--fitted {folder}: its learned part cannot be read: {error}", _OTHER) from None
        if dict(tables[name].schema) != schema:
            raise ConfigError(f"--fitted {folder}: {name} is from another version: its columns differ", _AGAIN)
    return tables


def _list_faults(tables: Mapping[str, pl.DataFrame], knots: NDArray[np.int64]) -> Iterator[tuple[str, str]]:
    """Yield file names of damaged tables, and what is wrong with them."""
    scores = tables[LEARNED_SCORES]
    if not _is_whole(scores, knots):
        yield LEARNED_SCORES, "scores of a day are missing or wrong"
    counts = {LEARNED_TREES: len(KEPT) * len(knots), LEARNED_WIDTHS: len(knots), LEARNED_PAST: 1}
    for name, count in counts.items():
        if not _is_sound(tables[name], n_features=len(feature_names(knots))):
            yield name, "a node points outside its tree"
        if not _has_values(tables[name], count):
            yield name, f"a leaf has not {count} finite values"
    days = set(scores.filter(pl.col("score").is_not_null()).select(_VINTAGE).iter_rows())
    for name in (LEARNED_TREES, LEARNED_WIDTHS):
        if set(tables[name].select(_VINTAGE).iter_rows()) != days:
            yield name, "its days are not those of the scores"
    if _count_trees(tables[LEARNED_WIDTHS]) != _count_trees(tables[LEARNED_TREES]):
        yield LEARNED_WIDTHS, f"it has not as many trees as {LEARNED_TREES}"


def _is_sound(trees: pl.DataFrame, *, n_features: int) -> bool:
    """Return whether every node tests an existing feature and leads to later nodes of its tree, a leaf to itself."""
    node, own = pl.col("node"), [*_VINTAGE, "tree"]
    behind = [pl.col(side).is_between(node + 1, node.max().over(own)) for side in ("left", "right")]
    ends = (pl.col("left") == node) & (pl.col("right") == node)
    sound = pl.col("feature").is_between(0, n_features - 1) & (ends | pl.all_horizontal(behind))
    in_order = node == pl.int_range(pl.len()).over(own)
    return bool(trees.select((sound & in_order).all()).item())


def _is_whole(scores: pl.DataFrame, knots: NDArray[np.int64]) -> bool:
    """Return whether each vintage has all finite scores and one rest of it, or a single row without a score."""
    score, rest = pl.col("score"), [pl.col(name) for name in ("horizon", "windows", "learned_days", "slope", *_RULES)]
    if scores.select(pl.col("windows", "learned_days").null_count()).row(0) != (0, 0):
        return False
    if not scores.select(pl.col("learned_days").is_in(knots.tolist()).all()).item():
        return False
    none = (pl.len() == 1) & score.is_null().all()
    some = (pl.len() == SEGMENTS * len(knots) * len(GRID)) & pl.all_horizontal(one.n_unique() == 1 for one in rest)
    sound = some & pl.all_horizontal((one.is_not_null() & one.is_finite()).all() for one in (score, *rest))
    sound &= pl.all_horizontal(pl.col(name).is_between(0.0, most).all() for name, most in _RULES.items())
    return bool(scores.group_by(_VINTAGE).agg(whole=none | sound)["whole"].all())


def _count_trees(nodes: pl.DataFrame) -> Any:
    return nodes.select(pl.struct(*_VINTAGE, "tree").n_unique()).item()


def _has_values(trees: pl.DataFrame, count: int) -> bool:
    """Return whether each leaf, and no other node, has ``count`` finite values."""
    leaf, values = pl.col("left") == pl.col("node"), pl.col("values")
    whole = (values.list.len() == count) & values.list.eval(pl.element().is_finite()).list.all()
    return bool(trees.select(pl.when(leaf).then(values.is_not_null() & whole).otherwise(values.is_null()).all()).item())


def _date(vintage: Vintage) -> date:
    return date.fromisoformat(str(vintage.as_of))


def _forest(vintage: Vintage, forest: Forest, *, first: bool) -> pl.DataFrame:
    """Return the nodes of the trees of one vintage."""
    schema = LEARNED_SCHEMAS[LEARNED_TREES]
    nodes = pl.concat(
        [pl.DataFrame(schema={name: schema[name] for name in schema if name not in _VINTAGE})]
        + [_nodes(number, tree) for number, tree in enumerate(forest)]
    )
    return nodes.select(pl.lit(_date(vintage)).alias("as_of"), pl.lit(first).alias("first_month"), pl.all())


def _nodes(number: int, tree: Tree) -> pl.DataFrame:
    m = len(tree.feature)
    is_leaf = tree.left == np.arange(m)
    return pl.DataFrame(
        {
            "tree": pl.Series([number] * m, dtype=pl.Int32),
            "node": pl.Series(range(m), dtype=pl.Int32),
            **{name: getattr(tree, name) for name in _NODES},
            "values": pl.Series(tree.values.reshape(m, -1)).arr.to_list(),
        }
    ).with_columns(values=pl.when(pl.Series(is_leaf)).then("values"))


def _scores(vintage: Vintage, learned: Learned, *, first: bool) -> pl.DataFrame:
    common: dict[str, Any] = {"as_of": _date(vintage), "first_month": first}
    common |= {"horizon": learned.h, "learned_days": vintage.ahead, "windows": vintage.windows}
    if vintage.calibration is None:
        rows = [common]
    else:
        scores = vintage.calibration.scores
        common["slope"] = vintage.calibration.slope
        for names, rule in (
            (_LOWS, vintage.record_lows),
            (_ZERO, vintage.zero_rule),
            (_SHORT_ZERO, vintage.short_zero_rule),
        ):
            common |= dict(zip(names, astuple(rule), strict=True))
        rows = [
            {
                **common,
                "segment": segment,
                "knot": int(knot),
                "probability": probability,
                "score": float(scores[segment, place, at]),
            }
            for segment in range(SEGMENTS)
            for at, knot in enumerate(learned.knots)
            for place, probability in enumerate(GRID)
        ]
    return pl.DataFrame(rows, schema=LEARNED_SCHEMAS[LEARNED_SCORES])


def _weights(vintage: Vintage) -> pl.DataFrame:
    rows = [
        {
            "as_of": _date(vintage),
            "candidate": one.candidate,
            "segment": segment,
            "windows": int(one.windows[segment]),
            "gain": float(one.gain[segment]),
            "reach": float(one.reach[segment]),
            "from_step": first,
            "weight": float(one.weight[segment, band]),
        }
        for one in vintage.weights
        for segment in range(SEGMENTS)
        for band, first in enumerate(BANDS)
    ]
    return pl.DataFrame(rows, schema=LEARNED_SCHEMAS[LEARNED_WEIGHTS])


def _read_weights(rows: pl.DataFrame) -> tuple[Weights, ...]:
    found = []
    for (name,), own in rows.group_by("candidate", maintain_order=True):
        each = own.filter(pl.col("from_step") == BANDS[0])
        found.append(
            Weights(
                candidate=str(name),
                windows=each["windows"].to_numpy(),
                weight=own["weight"].to_numpy().reshape(SEGMENTS, len(BANDS)),
                gain=each["gain"].to_numpy(),
                reach=each["reach"].to_numpy(),
            )
        )
    return tuple(found)


def _read_vintage(day: date, tables: Mapping[str, pl.DataFrame], k: int) -> Vintage:
    """Return the vintage of a ``day`` from its rows of all tables, for ``k`` knots."""
    scores = tables[LEARNED_SCORES]
    as_of, windows, ahead = np.datetime64(day, "D"), int(scores["windows"][0]), int(scores["learned_days"][0])
    if scores["score"].null_count():
        return Vintage(as_of, windows, ahead)
    values = scores["score"].to_numpy().reshape(SEGMENTS, k, len(GRID))
    return Vintage(
        as_of,
        windows,
        ahead,
        forest=_read_forest(tables[LEARNED_TREES], k, len(KEPT)),
        calibration=Calibration(np.swapaxes(values, 1, 2).copy(), float(scores["slope"][0])),
        record_lows=RecordLows(*scores.select(_LOWS).row(0)),
        weights=_read_weights(tables[LEARNED_WEIGHTS]),
        past=_read_forest(tables[LEARNED_PAST], 1, 1),
        zero_rule=ZeroRule(*scores.select(_ZERO).row(0)),
        short_zero_rule=ZeroRule(*scores.select(_SHORT_ZERO).row(0)),
        difficulty=_read_forest(tables[LEARNED_WIDTHS], k, 1),
    )


def _read_forest(trees: pl.DataFrame, k: int, each: int) -> Forest:
    """Return trees whose leaves have ``each`` values at each of ``k`` knots."""
    return tuple(_tree(nodes, k, each) for _, nodes in trees.group_by("tree", maintain_order=True))


def _tree(nodes: pl.DataFrame, k: int, each: int) -> Tree:
    values = np.zeros((nodes.height, k * each), dtype=np.float32)
    is_leaf = nodes["values"].is_not_null().to_numpy()
    values[is_leaf] = np.array(nodes["values"].drop_nulls().to_list(), dtype=np.float32).reshape(-1, k * each)
    columns = {name: nodes[name].to_numpy().astype(dtype) for name, dtype in _NODES.items()}
    return Tree(values=values.reshape(nodes.height, k, each), **columns)
