"""Memory of the current process."""

import ctypes
import os
import sys
from typing import Final

#: Environment variable of processes that keep freed memory for reuse.
KEEPS: Final = "_FORECAST_CLI_KEEPS_MEMORY"
#: Whether this process was started with it. Read at import: setting it later affects child processes only.
_KEPT: Final = KEEPS in os.environ


def release_memory() -> None:
    """Return freed memory to the operating system, which glibc does only on request.

    Does nothing on systems other than Linux, or in processes that were started to keep freed memory.
    """
    if sys.platform == "linux" and not _KEPT:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
