"""Trees against those of scikit-learn, from which growing them was taken over: the same to the last bit."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from forecast_cli.models.pooled.forest import grow
from forecast_cli.models.pooled.growth import grow_tree, tree_seeds


def lessons(n: int, f: int, k: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Features, some of them with few values or only one, and what came, with ties."""
    rng = np.random.default_rng([n, f, k])
    x = rng.normal(size=(n, f)).astype(np.float32)
    came = np.clip(rng.standard_cauchy((n, k)) + x[:, :1], -4, 4)
    match kind:
        case "coarse":
            x, came = np.round(x), np.round(came)
        case "constant":
            x[:, ::2] = np.where(rng.random((n, (f + 1) // 2)) < 0.02, x[:, ::2], np.float32(7))
        case "still":
            came = np.zeros_like(came)
        case "alike":
            x[:] = x[0]
    return x, came


@pytest.mark.parametrize("kind", ["smooth", "coarse", "constant", "still", "alike"])
@pytest.mark.parametrize(("n", "f", "k"), [(1, 3, 2), (29, 4, 2), (30, 4, 2), (400, 9, 1), (3000, 31, 5)])
def test_trees_are_those_of_scikit_learn(n: int, f: int, k: int, kind: str) -> None:
    x, came = lessons(n, f, k, kind)
    theirs = ExtraTreesRegressor(
        4, min_samples_leaf=15, max_features=0.3, max_depth=16, random_state=n + f, n_jobs=1
    ).fit(x, came if k > 1 else came[:, 0])
    for tree, seed, estimator in zip(
        grow(x, came, trees=4, seed=n + f), tree_seeds(n + f, 4), theirs.estimators_, strict=True
    ):
        want, own = estimator.tree_, np.arange(estimator.tree_.node_count)
        leaf = want.children_left < 0
        assert tree.left.tolist() == np.where(leaf, own, want.children_left).tolist()
        assert tree.right.tolist() == np.where(leaf, own, want.children_right).tolist()
        assert tree.feature.tolist() == np.where(leaf, 0, want.feature).tolist()
        assert tree.threshold.tobytes() == np.where(leaf, np.inf, want.threshold).tobytes()
        assert grow_tree(x, came, seed)[1].tolist() == want.apply(x).tolist()
        assert leaf[own[tree.values[:, :, 2].any(axis=1)]].all()
