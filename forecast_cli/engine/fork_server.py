"""Imported first, and with an effect only, by the fork server: it ends with its run, even while it imports.

It looks for no garbage while it imports. Those made from it look for their own only: what was imported stays shared.
"""

import gc
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


def leave_imports_alone() -> None:
    """Have no garbage looked for here, and none in what was imported by those forked from here, which look again."""
    gc.disable()
    os.register_at_fork(before=gc.freeze, after_in_child=gc.enable)


if is_fork_server():
    end_with_parent()
    leave_imports_alone()
