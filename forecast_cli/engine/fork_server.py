"""Imported first, and with an effect only, by the fork server: it ends with its run, even while it imports."""

import os
import sys
from typing import Final

#: Variable that holds the process that a fork server is started for.
SERVED: Final = "_FORECAST_CLI_SERVED"
#: prctl(2): the signal this process gets when its parent ends.
_SET_PARENT_DEATH_SIGNAL: Final = 1
_SIGKILL: Final = 9


def is_fork_server() -> bool:
    """Say whether this process was started to be one."""
    return any("multiprocessing.forkserver" in argument for argument in sys.orig_argv)


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends; Linux alone can. Where that has ended already, end now."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, _SIGKILL)
    if os.environ.get(SERVED) not in (None, str(os.getppid())):
        os._exit(1)


if is_fork_server():
    end_with_parent()
