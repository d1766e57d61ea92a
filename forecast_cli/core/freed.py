"""Memory that was freed."""

import ctypes
import os
import sys
from typing import Final

#: Variable of processes that keep what they free for what they do next.
KEEPS: Final = "_FORECAST_CLI_KEEPS_MEMORY"


def give_back_memory() -> None:
    """Return to the system what was freed: glibc keeps it for this process, and counts it, until it is asked.

    Does nothing in processes that are started to keep it.
    """
    if sys.platform == "linux" and KEEPS not in os.environ:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
