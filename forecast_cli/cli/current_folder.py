"""Current folder of the command: left if nothing can be started in it."""

import os
from pathlib import Path

from forecast_cli.cli.messages import Log


def leave_unusable_folder(log: Log) -> None:
    """Continue in the root folder, with a warning, if the current folder was deleted or may not be entered.

    Processes are started in the current folder. Relative paths could not be resolved there either.
    """
    try:
        os.chdir(Path.cwd())
    except OSError as error:
        os.chdir("/")
        log.warn(f"current folder: {error.strerror}; relative paths are taken from /")
