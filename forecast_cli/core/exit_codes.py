"""Exit codes, as seen by the shell, cron and CI."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command. Part of the contract: change one only with a line in CHANGELOG.md."""

    OK = 0
    BUG = 1
    USAGE = 2
    ACCOUNTS_FAILED = 3
    INPUT_REJECTED = 4
    CONFIG_INVALID = 5
    CHECK_FAILED = 6
    OUTPUT_NOT_WRITTEN = 8
    OUTPUT_BUSY = 75
    INTERRUPTED = 130
    TERMINATED = 143
