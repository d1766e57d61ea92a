"""Imported first, and with an effect only, by the fork server: it ends with its run, even while it imports."""

import sys
from typing import Final

#: prctl(2): the signal this process gets when its parent ends.
_SET_PARENT_DEATH_SIGNAL: Final = 1
_SIGKILL: Final = 9


def is_fork_server() -> bool:
    """Say whether this process was started to be one."""
    return any("multiprocessing.forkserver" in argument for argument in sys.orig_argv)


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends; Linux alone can."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, _SIGKILL)


if is_fork_server():
    end_with_parent()
