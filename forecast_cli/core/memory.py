"""The memory of this process."""

import ctypes
import os
import sys
from typing import Final

#: Variable of processes that keep freed memory for what they do next.
KEEPS: Final = "_FORECAST_CLI_KEEPS_MEMORY"
#: Whether this process was started to keep it; one that sets the variable for others was not.
_KEPT: Final = KEEPS in os.environ


def release_memory() -> None:
    """Return freed memory to the system: glibc keeps it for this process until it is asked.

    Does nothing in processes that are started to keep it.
    """
    if sys.platform == "linux" and not _KEPT:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
