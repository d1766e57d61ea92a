"""Compiled: loops over an account's days in machine code, by numba, whose only importer this is.

A *kernel* is compiled when the module it stands in is imported, and kept on disk beside that module or in the user's
cache folder. What is kept is compiled anew once its file has changed, and knows of no other file: a kernel has what it
needs from its arguments and its own module, and whoever changes this one removes the ``*.nbi``. None is parallel, and
none rounds otherwise than as written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import DTypeLike

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(*arguments: tuple[DTypeLike, int]) -> Callable[[_F], _F]:
    """Compile a function for arrays in C order, each a dtype and a number of dimensions; other threads run beside it.

    Where nothing can be kept on disk, or what is kept cannot be read, it is compiled each time.
    """
    types = tuple(numba.types.Array(numba.from_dtype(np.dtype(dtype)), dims, "C") for dtype, dims in arguments)

    def compiled(function: _F) -> _F:
        try:
            made: _F = numba.njit(types, cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
        except Exception:  # noqa: BLE001 - no folder to write to, a full disk, a damaged file; a wrong function fails again
            made = numba.njit(types, nogil=True, error_model="numpy")(function)
        return made

    return compiled


def part(function: _F) -> _F:
    """Compile a function for the kernels of its own module; it may neither make an array nor hand one back.

    References to arrays are not counted in it (``_nrt``, an option that numba does not document), which would take most
    of the time of loops as small as these: an array handed back would be freed twice. Nor can Python
    call it (``no_cpython_wrapper``: the process would end), only a compiled function: that saves a fourth of the time
    to compile it.
    """
    made: _F = numba.njit(nogil=True, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        function
    )
    return made


def cache_folder() -> Path | None:
    """Return the folder that keeps what is compiled in this room; None where none can be written."""
    try:
        return Path(numba.njit(cache=True)(_nothing).stats.cache_path)
    except Exception:  # noqa: BLE001 - as kernel has it
        return None


def _nothing() -> None:
    """Stand for a kernel: it is never called, and so never compiled."""
