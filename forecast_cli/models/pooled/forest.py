"""Forests: trees that group similar windows, with quantiles of the outcomes in each leaf."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.leaves import KEPT, leaf_quantiles
from forecast_cli.models.rows import in_c_order

#: Fewest windows in a leaf, share of the features considered for a split, and largest depth of a tree.
_LEAF: Final = 15
_FEATURES: Final = 0.3
_DEEPEST: Final = 16


@dataclass(frozen=True)
class Tree:
    """One tree of m nodes, the root first: go to ``left`` [m] if the feature [m] <= ``threshold`` [m], else ``right``.

    A leaf leads to itself. ``values`` [m, k, 3] float32 are, at each of k knots, the 10th, 50th and 90th percentile
    of the outcomes in a leaf; 0 for other nodes. Trees of ``grow_mean_forest`` have [m, k, 1], the means.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: NDArray[np.float32]


Forest = tuple[Tree, ...]


def predict(forest: Forest, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean over the trees of their leaves' values for each row of ``x`` [n, f]: [n, k, 3] or [n, k, 1].

    Trees are added one after the other, so that the result of a row does not depend on other rows.
    """
    from forecast_cli.models.pooled.loops import add_leaves

    total = np.zeros((len(x), *forest[0].values.shape[1:]))
    rows = in_c_order(x)
    for tree in forest:
        add_leaves(rows, tree.feature, tree.threshold, tree.left, tree.right, tree.values, total)
    return total / len(forest)


def grow_forest(x: NDArray[np.float32], outcomes: NDArray[np.float64], *, trees: int, seed: int) -> Forest:
    """Grow ``trees`` extremely randomised trees on features ``x`` [n, f] and ``outcomes`` [n, k] at the knots.

    Splits minimise the squared error within leaves, summed over the knots (Geurts, Ernst and Wehenkel, Machine Learning
    63, 2006); leaves keep quantiles (Meinshausen, Journal of Machine Learning Research 7, 2006).
    """
    order = np.argsort(outcomes, axis=0, kind="stable")  # serves all trees
    return tuple(
        _build_tree(grown, _leaf_values(grown, x, outcomes, order))
        for grown in _grow_trees(x, outcomes, None, trees, seed)
    )


def grow_mean_forest(
    x: NDArray[np.float32], target: NDArray[np.float64], weight: NDArray[np.float64] | None, *, trees: int, seed: int
) -> Forest:
    """Grow ``trees`` on features ``x`` [n, f] whose leaves keep the mean of ``target`` [n, k] with ``weight`` [n]."""
    return tuple(
        _build_tree(grown, grown.value.astype(np.float32)) for grown in _grow_trees(x, target, weight, trees, seed)
    )


def join_forests(forests: Iterable[Forest]) -> Forest:
    """Return one forest with all trees of ``forests``."""
    return tuple(tree for forest in forests for tree in forest)


def _grow_trees(
    x: NDArray[np.float32], y: NDArray[np.float64], weight: NDArray[np.float64] | None, trees: int, seed: int
) -> list[Any]:
    """Return scikit-learn trees grown on ``x`` [n, f] and ``y`` [n] or [n, k], with the seeds its forest would draw.

    The forest class of scikit-learn is not used because it warns if several forests are grown in threads.
    """
    from forecast_cli.models.pooled.trees import ExtraTreeRegressor  # only learning needs it

    drawn = np.random.RandomState(seed).randint(np.iinfo(np.int32).max, size=trees)
    growing = [
        ExtraTreeRegressor(
            min_samples_leaf=_LEAF, max_features=_FEATURES, max_depth=_DEEPEST, random_state=int(own_seed)
        )
        for own_seed in drawn
    ]
    return [tree.fit(x, y, sample_weight=weight).tree_ for tree in growing]


def _leaf_values(
    grown: Any, x: NDArray[np.float32], outcomes: NDArray[np.float64], order: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the quantiles of the outcomes in each leaf, [m, k, 3]; 0 for other nodes."""
    values = np.zeros((grown.node_count, outcomes.shape[1], len(KEPT)), dtype=np.float32)
    reached, quantiles = leaf_quantiles(grown.apply(x), outcomes, order)
    values[reached] = quantiles
    return values


def _build_tree(grown: Any, values: NDArray[np.float32]) -> Tree:
    own = np.arange(grown.node_count, dtype=np.int32)
    is_leaf = grown.children_left < 0
    return Tree(
        feature=np.where(is_leaf, 0, grown.feature).astype(np.int32),
        threshold=np.where(is_leaf, np.inf, grown.threshold),
        left=np.where(is_leaf, own, grown.children_left).astype(np.int32),
        right=np.where(is_leaf, own, grown.children_right).astype(np.int32),
        values=values,
    )
