"""Seeds: the streams to look for, one by one, in the flow of their accounts."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.candidates import FEWEST
from forecast_cli.models.recurring.cycles import Phases
from forecast_cli.models.recurring.lattices import phases_of

_OF_CANDIDATES: Final = ("fits", "hides", "low", "high", "least", "sign")

#: A seed: account ``row``, its phase, and what its candidate says (``CANDIDATE``).
SEED: Final = np.dtype(
    [(name, np.int64) for name in ("row", "cycle", "residue", "anchor", "fits", "hides")]
    + [(name, np.float64) for name in ("low", "high", "least", "sign")]
)


def seeds_of(found: NDArray[Any], rows: NDArray[np.int64], origins: NDArray[np.int64]) -> NDArray[Any]:
    """Return the seeds of the candidates [c, r] of ``rows`` [c], whose ``origins`` [c] are days: account by account."""
    account, rank = np.nonzero(found["score"])
    picks, seeds = found[account, rank], np.zeros(len(account), dtype=SEED)
    seeds["row"] = rows[account]
    for name in _OF_CANDIDATES:
        seeds[name] = picks[name]
    for cycle in FEWEST:
        own = np.flatnonzero(picks["cycle"] == cycle)
        _set_phases(seeds, own, phases_of(cycle, origins[account[own]], picks["place"][own]))
    return seeds


def phases_in(seeds: NDArray[Any]) -> Phases:
    """Return the phases of seeds [m]."""
    return Phases(seeds["cycle"], seeds["residue"], seeds["anchor"])


def finer_of(seeds: NDArray[Any]) -> NDArray[Any]:
    """Return seeds [m] at the next shorter cycle."""
    finer = seeds.copy()
    _set_phases(finer, np.arange(len(finer)), phases_in(seeds).finer())
    return finer


def _set_phases(seeds: NDArray[Any], rows: NDArray[np.int64], phases: Phases) -> None:
    seeds["cycle"][rows], seeds["residue"][rows], seeds["anchor"][rows] = phases.cycle, phases.residue, phases.anchor
