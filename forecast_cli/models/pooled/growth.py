"""Growth: one extremely randomised tree, to the bit the one that scikit-learn's ``ExtraTreeRegressor`` grows.

Of each node some features are drawn, and of each of those a threshold between its least and its largest value; the one
is taken after which the squares of what came, within both sides and summed over the knots, are least (Geurts, Ernst and
Wehenkel, Machine Learning 63, 2006). What is drawn, and the order in which rows are summed, are those of scikit-learn,
whose import would take a run longer than the trees do.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part

#: Fewest windows in a leaf, share of the features that a split is chosen from, and the deepest a tree goes.
_LEAF: Final = 15
_FEATURES: Final = 0.3
_DEEPEST: Final = 16
#: Values of a feature that lie no further apart are the same, and squares up to this are rounding.
_SAME: Final = np.float32(1e-7)
_ROUNDING: Final = float(np.finfo(np.float64).eps)
#: Draws are below this.
_DRAWS: Final = 2**31
_WORD: Final = 2**32 - 1

#: A node: rows whose ``feature`` is at most ``threshold`` go ``left``, others ``right``; a leaf leads to itself. Its
#: rows lie from ``start`` to ``end``, so many features are known to be ``constant`` in it, and ``impurity`` is the mean
#: square of what came about its mean.
NODE: Final = np.dtype(
    [(name, np.int64) for name in ("feature", "left", "right", "start", "end", "depth", "constant")]
    + [(name, np.float64) for name in ("threshold", "impurity")],
    align=True,
)
#: A split: rows on its left side, and the impurity of both.
_SPLIT: Final = np.dtype(
    [(name, np.int64) for name in ("feature", "at")] + [(name, np.float64) for name in ("threshold", "left", "right")],
    align=True,
)

_Values = NDArray[np.float32]
_Amounts = NDArray[np.float64]
_Whole = NDArray[np.int64]
_Records = NDArray[Any]
_Record = Any


def tree_seeds(seed: int, trees: int) -> list[int]:
    """Return the seed of each of ``trees`` trees."""
    drawn = np.random.RandomState(seed).randint(np.iinfo(np.int32).max, size=trees)
    return [int(np.random.RandomState(one).randint(_DRAWS - 1)) for one in drawn]


def grow_tree(x: NDArray[np.float32], came: NDArray[np.float64], seed: int) -> tuple[_Records, NDArray[np.int64]]:
    """Return the nodes of a tree, the root first, and the one that each row ends in, [n].

    Of features ``x`` [n, f], none of them NaN, and what ``came`` [n, k] at the knots, both in C order.
    """
    nodes, leaf = np.zeros(max(2 * (len(x) // _LEAF) - 1, 1), NODE), np.zeros(len(x), np.int64)
    return nodes[: _grow(x, came, np.array([seed], np.int64), nodes, leaf)], leaf


@part
def _draw(state: _Whole) -> int:
    """Return the next number of Marsaglia's xorshift generator of 32 bits, less its highest bit."""
    word = state[0] if state[0] != 0 else 1
    word ^= (word << 13) & _WORD
    word ^= word >> 17
    word ^= (word << 5) & _WORD
    state[0] = word
    return int(word % _DRAWS)


@part
def _total(came: _Amounts, rows: _Whole, total: _Amounts) -> float:
    """Write the sums of what came in ``rows`` into ``total`` [k], and return the sum of its squares."""
    total[:] = 0.0
    squares = 0.0
    for row in rows:
        for knot in range(len(total)):
            total[knot] += came[row, knot]
            squares += came[row, knot] * came[row, knot]
    return squares


@part
def _sum_left(came: _Amounts, rows: _Whole, at: int, total: _Amounts, left: _Amounts) -> None:
    """Write the sums of the first ``at`` of ``rows`` into ``left`` [k]: from the side on which there are fewer."""
    if at <= len(rows) - at:
        left[:] = 0.0
        for place in range(at):
            for knot in range(len(total)):
                left[knot] += came[rows[place], knot]
    else:
        for knot in range(len(total)):
            left[knot] = total[knot]
        for place in range(len(rows) - 1, at - 1, -1):
            for knot in range(len(total)):
                left[knot] -= came[rows[place], knot]


@part
def _gain(total: _Amounts, left: _Amounts, at: int, many: int) -> float:
    """Return what is the larger, the less squares a split leaves."""
    below, above = 0.0, 0.0
    for knot in range(len(total)):
        right = total[knot] - left[knot]
        below += left[knot] * left[knot]
        above += right * right
    return below / at + above / (many - at)


@part
def _range(x: _Values, rows: _Whole, feature: int) -> tuple[np.float32, np.float32]:
    lowest = highest = x[rows[0], feature]
    for row in rows:
        if x[row, feature] < lowest:
            lowest = x[row, feature]
        elif x[row, feature] > highest:
            highest = x[row, feature]
    return lowest, highest


@part
def _divide(x: _Values, rows: _Whole, feature: int, threshold: float) -> int:
    """Put ``rows`` whose feature is at most ``threshold`` before the others, and return how many there are."""
    first, last = 0, len(rows)
    while first < last:
        if x[rows[first], feature] <= threshold:
            first += 1
        else:
            last -= 1
            rows[first], rows[last] = rows[last], rows[first]
    return last


@part
def _search(
    x: _Values,
    came: _Amounts,
    rows: _Whole,
    node: _Record,
    total: _Amounts,
    left: _Amounts,
    features: _Whole,
    state: _Whole,
    best: _Record,
) -> int:
    """Write the best split into ``best``, ``at`` of all rows where there is none; return the feature tried last.

    ``features`` [f] begin with the ``constant`` ones of ``node``; those that are found to be so are put behind them.
    """
    known, drawn, found, tried, upper = node["constant"], 0, 0, 0, len(features)
    best["at"], gain, feature = len(rows), -np.inf, -1
    while upper > known + found and (tried < max(1, int(_FEATURES * len(features))) or tried <= found + drawn):
        tried += 1
        place = drawn + _draw(state) % (upper - found - drawn)
        if place < known:
            features[drawn], features[place] = features[place], features[drawn]
            drawn += 1
            continue
        place += found
        feature = features[place]
        lowest, highest = _range(x, rows, feature)
        if highest <= lowest + _SAME:
            features[place], features[known + found] = features[known + found], feature
            found += 1
            continue
        upper -= 1
        features[upper], features[place] = features[place], features[upper]
        threshold = (np.float64(highest) - np.float64(lowest)) * _draw(state) / (_DRAWS - 1) + np.float64(lowest)
        if threshold == highest:
            threshold = np.float64(lowest)
        at = _divide(x, rows, feature, threshold)
        if at < _LEAF or len(rows) - at < _LEAF:
            continue
        _sum_left(came, rows, at, total, left)
        gained = _gain(total, left, at, len(rows))
        if gained > gain:
            gain = gained
            best["feature"], best["at"], best["threshold"] = feature, at, threshold
    node["constant"] = known + found
    return feature


@part
def _measure(came: _Amounts, rows: _Whole, squares: float, total: _Amounts, left: _Amounts, split: _Record) -> None:
    """Write the impurity of both sides into ``split``; ``squares`` are those of all ``rows``."""
    below, at, above = 0.0, split["at"], len(rows) - split["at"]
    for row in rows[:at]:
        for knot in range(len(total)):
            below += came[row, knot] * came[row, knot]
    split["left"], split["right"] = below / at, (squares - below) / above
    for knot in range(len(total)):
        split["left"] -= (left[knot] / at) ** 2
        split["right"] -= ((total[knot] - left[knot]) / above) ** 2
    split["left"] /= len(total)
    split["right"] /= len(total)


@part
def _impurity(squares: float, total: _Amounts, many: int) -> float:
    impurity = squares / many
    for knot in range(len(total)):
        impurity -= (total[knot] / many) ** 2
    return impurity / len(total)


@part
def _lowers(split: _Record, impurity: float, many: int, everyone: int) -> bool:
    """Say whether a split lowers the ``impurity`` of ``many`` rows, but for rounding."""
    above = many - split["at"]
    lower = impurity - above / many * split["right"] - split["at"] / many * split["left"]
    return bool(many / everyone * lower + _ROUNDING >= 0.0)


@part
def _split(
    x: _Values,
    came: _Amounts,
    rows: _Whole,
    node: _Record,
    total: _Amounts,
    left: _Amounts,
    features: _Whole,
    constant: _Whole,
    state: _Whole,
    split: _Record,
) -> bool:
    """Put the ``rows`` of a node in the order of its two sides; say whether it has any.

    ``constant`` [f] begin with the features known to be constant in the node, in the order they were found in.
    """
    squares = _total(came, rows, total)
    if node["depth"] == 0:
        node["impurity"] = _impurity(squares, total, len(rows))
    if node["depth"] >= _DEEPEST or len(rows) < 2 * _LEAF or node["impurity"] <= _ROUNDING:
        return False
    known = node["constant"]
    last = _search(x, came, rows, node, total, left, features, state, split)
    for place in range(known):
        features[place] = constant[place]
    for place in range(known, node["constant"]):
        constant[place] = features[place]
    if split["at"] >= len(rows):
        return False
    if last != split["feature"]:
        _divide(x, rows, split["feature"], split["threshold"])
    _sum_left(came, rows, split["at"], total, left)
    _measure(came, rows, squares, total, left, split)
    return _lowers(split, node["impurity"], len(rows), len(x))


@part
def _begin(node: _Record, parent: _Record, start: int, end: int, impurity: float) -> None:
    node["start"], node["end"], node["impurity"] = start, end, impurity
    node["depth"], node["constant"] = parent["depth"] + 1, parent["constant"]


@kernel((np.float32, 2), (np.float64, 2), (np.int64, 1), (NODE, 1), (np.int64, 1))
def _grow(x: _Values, came: _Amounts, state: _Whole, nodes: _Records, leaf: _Whole) -> int:
    """Write nodes, each before those below it, its left side first, and return how many there are."""
    rows, features, constant = np.arange(len(x)), np.arange(x.shape[1]), np.arange(x.shape[1])
    total, left, split = np.zeros(came.shape[1]), np.zeros(came.shape[1]), np.zeros(1, _SPLIT)[0]
    waiting, impurity, many_wait = np.zeros(_DEEPEST, np.int64), np.zeros(_DEEPEST), 0
    nodes[0]["end"] = len(x)
    for number in range(len(nodes)):
        node = nodes[number]
        own = rows[node["start"] : node["end"]]
        if _split(x, came, own, node, total, left, features, constant, state, split):
            node["feature"], node["threshold"], node["left"] = split["feature"], split["threshold"], number + 1
            _begin(nodes[number + 1], node, node["start"], node["start"] + split["at"], split["left"])
            waiting[many_wait], impurity[many_wait] = number, split["right"]
            many_wait += 1
            continue
        node["threshold"], node["left"], node["right"] = np.inf, number, number
        leaf[own] = number
        if many_wait == 0:
            return number + 1
        many_wait -= 1
        parent = nodes[waiting[many_wait]]
        parent["right"] = number + 1
        _begin(nodes[number + 1], parent, nodes[parent["left"]]["end"], parent["end"], impurity[many_wait])
    return len(nodes)
