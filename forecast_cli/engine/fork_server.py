"""Set-up of the fork server, which imports this module first: it ends with its run, even while it is importing.

Importing this module has an effect in a fork server only. Garbage collection is off in the server; in processes forked
from it, it is on, but leaves imported objects alone, so that their memory stays shared.
"""

import gc
import os
import sys
from typing import Final

#: Environment variable with the id of the process for which a fork server is started.
SERVED: Final = "_FORECAST_CLI_SERVED"
#: Option of prctl(2): the signal that this process gets when its parent ends.
_SET_PARENT_DEATH_SIGNAL: Final = 1
_SIGKILL: Final = 9


def is_fork_server() -> bool:
    """Return whether this process was started as a fork server."""
    return any("multiprocessing.forkserver" in argument for argument in sys.orig_argv)


def end_with_parent() -> None:
    """Make the kernel kill this process when its parent ends (Linux only); exit now if the parent has already ended."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, _SIGKILL)
    if os.environ.get(SERVED) not in (None, str(os.getppid())):
        os._exit(1)


def freeze_imports() -> None:
    """Turn garbage collection off here; processes forked from here turn it on, but leave imported objects alone."""
    gc.disable()
    os.register_at_fork(before=gc.freeze, after_in_child=gc.enable)


if is_fork_server():
    end_with_parent()
    freeze_imports()
