"""Heartbeats: long-running work reports that it is alive and which account it is on. Ignored without a listener."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forecast_cli.core.ids import Key


@dataclass(frozen=True)
class Heartbeat:
    """A sign of life. ``accounts`` are being worked on until the next one: 0 for work that has no time limit.

    ``account`` is the key of the account being worked on, if known.
    """

    accounts: int
    account: Key | None = None


Listener = Callable[[Heartbeat], None]

_listeners: list[Listener] = []


def on_heartbeat(listener: Listener) -> None:
    """Register ``listener`` to be called with each heartbeat of this process, in place of any earlier listener."""
    _listeners[:] = [listener]


def send_heartbeat(accounts: int, account: Key | None = None) -> None:
    """Report that ``accounts`` are being worked on, and which ``account`` is the current one, if known."""
    for listener in _listeners:
        listener(Heartbeat(accounts, account))


@contextmanager
def working_on_accounts(accounts: int) -> Iterator[None]:
    """Report that ``accounts`` are being worked on inside the ``with`` block, and none after it."""
    send_heartbeat(accounts)
    try:
        yield
    finally:
        send_heartbeat(0)
