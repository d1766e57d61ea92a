"""Messages about lost workers, for the ledger and for the user."""

import signal

from forecast_cli.core.ids import mark_id
from forecast_cli.core.text import counted
from forecast_cli.engine.retries import Attempt, LostWorker


def describe_timeout(limit: float) -> str:
    """Describe an account that exceeded its time limit."""
    return f"no answer within {limit:g} s (--account-timeout)"


def describe_exit(code: int | None) -> str:
    """Describe a worker that ended with ``code``: an exit code, or minus the number of the signal that killed it."""
    return f"its worker process ended with {explain_exit_code(code)}"


def describe_to_user(attempt: Attempt, lost: LostWorker, following: Attempt | None) -> str:
    """Describe a loss and what is tried next for the user, with the account's id marked (``mark_id``)."""
    shard = attempt.shard
    where = f"account {mark_id('/'.join(map(str, lost.account)))}" if lost.account else f"shard {shard.index}"
    of = f" of {counted(shard.accounts, 'account')}" if lost.account is None else ""
    if following is None:
        return f"{where}{of}: {lost.detail}"
    failed = lost.account is not None and lost.account in following.set_aside
    return f"{where}{of}: {lost.detail}; {'it is recorded as failed' if failed else 'trying again, account by account'}"


def explain_exit_code(code: int | None) -> str:
    """Return the exit code in words, or the signal that ended a process and its most likely reason."""
    if code is None or code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    return f"{name}, most likely for want of memory" if name == "SIGKILL" else name
