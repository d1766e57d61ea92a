"""The memory of this process."""

import ctypes
import os
import sys
from typing import Final

#: Variable of processes that keep freed memory for what they do next.
KEEPS: Final = "_FORECAST_CLI_KEEPS_MEMORY"


def release_memory() -> None:
    """Return freed memory to the system: glibc keeps it for this process until it is asked.

    Does nothing in processes that are started to keep it.
    """
    if sys.platform == "linux" and KEEPS not in os.environ:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
