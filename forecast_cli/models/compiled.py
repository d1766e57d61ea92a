"""Compilation of loops to machine code by numba. No other module imports numba.

A *kernel* is compiled when its module is imported, and cached on disk beside that module or in the user's cache folder.
The cache is invalidated only when the kernel's own source file changes. A kernel therefore uses only its arguments and
its own module, and whoever changes this file must remove the ``*.nbi`` files. No kernel is parallel, and none uses fast
math: operations round as they are written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import DTypeLike

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(*arguments: tuple[DTypeLike, int]) -> Callable[[_F], _F]:
    """Return a decorator that compiles a function of arrays in C order, each given as dtype and number of dimensions.

    The function releases the GIL. If the cache on disk cannot be written or read, it is compiled at every import.
    """
    types = tuple(numba.types.Array(numba.from_dtype(np.dtype(dtype)), dims, "C") for dtype, dims in arguments)

    def compiled(function: _F) -> _F:
        try:
            jitted: _F = numba.njit(types, cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
        except Exception:  # noqa: BLE001 - no folder to write to, a full disk, a damaged file; a wrong function fails again
            jitted = numba.njit(types, nogil=True, error_model="numpy")(function)
        return jitted

    return compiled


def subroutine(function: _F) -> _F:
    """Compile a function for use by kernels of the same module; it must neither create nor return an array.

    It does not count references to arrays (``_nrt``, an undocumented option of numba), because counting would take most
    of the time of such small loops; a returned array would be freed twice. Only compiled functions may call it: without
    a Python wrapper (``no_cpython_wrapper``) it compiles in three quarters of the time, but a call from Python would
    crash the process.
    """
    jitted: _F = numba.njit(
        nogil=True, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)
    return jitted


def cache_folder() -> Path | None:
    """Return the folder of the compilation cache of this subpackage; None if no folder can be written."""
    try:
        return Path(numba.njit(cache=True)(_placeholder).stats.cache_path)
    except Exception:  # noqa: BLE001 - for the same reasons as in ``kernel``
        return None


def _placeholder() -> None:
    """Stand in for a kernel; it is never called, and so never compiled."""
