"""Settings with a closed set of values. No heavy imports: the command line needs them for --help."""

from enum import StrEnum


class Origin(StrEnum):
    """Where forecasts start."""

    INPUT = "input"  # one day for all: --as-of, else the input's last day
    ACCOUNT = "account"  # each account's own last day


class Align(StrEnum):
    """Where the windows of a backtest count back from."""

    ACCOUNT = "account"  # each account's own last day
    AS_OF = "as-of"  # one day for all: --as-of, else the input's last day


class Executor(StrEnum):
    """What does the shards of a run."""

    LOCAL = "local"  # processes of this machine
    SPARK = "spark"  # tasks of a Spark job
    RAY = "ray"  # tasks of Ray


class OnBadFile(StrEnum):
    """What to do with a file that cannot be read."""

    REJECT = "reject"
    QUARANTINE = "quarantine"


class OnDuplicate(StrEnum):
    """What to do with an account that has two balances for one day."""

    SET_ASIDE = "set-aside"
    LAST_ROW = "last-row"
    MEAN = "mean"
    FAIL = "fail"
