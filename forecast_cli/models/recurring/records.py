"""Records: dtypes of the data passed between the steps of the search, from phases to streams and their payments."""

from typing import Final

import numpy as np

from forecast_cli.models.recurring.cycles import OFFSETS

#: A phase: its ``number`` among all phases, its ``cycle``, its ``place`` in the lattice of that cycle; its due days are
#: the columns from ``start`` to ``end``.
PHASE: Final = np.dtype([(name, np.int64) for name in ("number", "cycle", "place", "start", "end")])

#: A candidate: its ``cycle``, the ``place`` of its phase in the lattice of that cycle, the ``width`` of its range, its
#: absolute amounts from ``low`` to ``high``, its ``sign`` 1 or -1. ``fits`` is the number of the account's days with a
#: flow in the range, of either sign; ``hides`` the number of days with other flow of at least ``least``, which may hide
#: it. A ``score`` of 0 means no candidate.
CANDIDATE: Final = np.dtype(
    [(name, np.int64) for name in ("cycle", "place", "width", "fits", "hides")]
    + [(name, np.float64) for name in ("score", "low", "high", "least", "sign")],
    align=True,
)

#: A seed: account ``row``, its phase, and the fields of its ``CANDIDATE``. Of the due days from ``start`` to ``end``,
#: one in ``every`` is its own, beginning with the first; ``newest`` is the day, or the index of the month, of that one.
#: ``replaces`` is the index of the seed that it is tried in place of, else -1.
SEED: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            "row", "cycle", "residue", "anchor", "fits", "hides", "replaces", "start", "end", "every", "newest",
        )
    ]
    + [(name, np.float64) for name in ("low", "high", "least", "sign")]
)  # fmt: skip

#: A stream during the search, with the fields of ``Streams``; its due days are those from ``start`` to ``end``.
STREAM: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            "seed", "start", "end", "row", "cycle", "residue", "anchor", "rule", "n_seen", "first", "last", "covered",
            "partner",
        )
    ]
    + [
        (name, np.float64)
        for name in ("amount", "slope", "balance", "median", "spread", "alive", "rate", "strength")
    ]
    + [("punctuality", np.float64, (len(OFFSETS),)), ("fixed", np.bool_)],
    align=True,
)  # fmt: skip

#: A due day after the rule has moved it: whether it was ``paid``, the signed ``amount`` (else 0) and the days late
#: (``offset``). ``hidden``: no payment was found, but other flow on the day, or flow taken out of it, may hide one.
#: ``within``: the day's flow is of the same sign and large enough to contain it. ``known``: the day lies in the
#: account's history.
PAYMENT: Final = np.dtype(
    [("amount", "f8"), ("due", "i4"), ("offset", "i4")]
    + [(name, "?") for name in ("paid", "hidden", "within", "known")],
    align=True,
)

#: A gap between two payments of a stream: the indices of the due days of the ``newer`` and of the ``older`` one. Of the
#: due days up to the newer one, how many were paid with an amount of the range ``on_time``, early or late (``astray``),
#: with an ``other`` amount, ``missed``, and ``hidden``; of those up to the older one, how many were missed and hidden.
GAP: Final = np.dtype(
    [
        (name, np.int64)
        for name in ("newer", "older", "on_time", "astray", "other", "missed", "hidden", "all_missed", "all_hidden")
    ]
)
