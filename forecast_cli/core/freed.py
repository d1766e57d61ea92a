"""Memory that was freed."""

import ctypes
import sys


def give_back_memory() -> None:
    """Return to the system what was freed: glibc keeps it for this process, and counts it, until it is asked."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
