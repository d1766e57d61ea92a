"""Records: what the steps of the search hand on, from phases of cycles to streams and their payments."""

from typing import Final

import numpy as np

from forecast_cli.models.recurring.cycles import OFFSETS

#: A phase: its ``number`` among all, its ``cycle``, its ``place`` in the lattice of that cycle, its due days from
#: ``start`` to ``end`` among the columns of all.
PHASE: Final = np.dtype([(name, np.int64) for name in ("number", "cycle", "place", "start", "end")])

#: A candidate: its ``cycle``, the ``place`` of its phase in the lattice of that cycle, its amounts without sign from
#: ``low`` to ``high``, ``sign`` 1 or -1. ``fits`` days of the account have such a flow, in or out; other flow may hide
#: it, of ``least`` size, on as many as it ``hides`` on. ``score`` 0 is that of none.
CANDIDATE: Final = np.dtype(
    [(name, np.int64) for name in ("cycle", "place", "width", "fits", "hides")]
    + [(name, np.float64) for name in ("score", "low", "high", "least", "sign")],
    align=True,
)

#: A seed: account ``row``, its phase, and what its candidate says (``CANDIDATE``). From ``start`` to ``end`` are its
#: due days. ``coarse`` is the number of the seed that it is tried in place of, at the next shorter cycle, else -1.
SEED: Final = np.dtype(
    [(name, np.int64) for name in ("row", "cycle", "residue", "anchor", "fits", "hides", "coarse", "start", "end")]
    + [(name, np.float64) for name in ("low", "high", "least", "sign")]
)

#: A stream while it is looked for, its fields those of ``Streams``; from ``start`` to ``end`` are its due days.
STREAM: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            "seed", "start", "end", "row", "cycle", "residue", "anchor", "rule", "n_seen", "first", "last", "covered",
            "partner",
        )
    ]
    + [(name, np.float64) for name in ("amount", "median", "spread", "alive", "rate", "strength")]
    + [("punctuality", np.float64, (len(OFFSETS),)), ("fixed", np.bool_)],
    align=True,
)  # fmt: skip

#: A due day, once the rule has moved it: whether it was ``paid``, by what signed ``amount`` (else 0), how late in days
#: (``offset``). ``hidden``: no payment was told, but other flow on the day may hide it, ``within`` if it is large
#: enough to hold it. ``known``: the day lies in the account's history.
PAYMENT: Final = np.dtype(
    [("amount", "f8"), ("due", "i4"), ("offset", "i4")]
    + [(name, "?") for name in ("paid", "hidden", "within", "known")],
    align=True,
)
