"""Heartbeats: long work reports that it goes on, and with which account. Without a listener they go nowhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forecast_cli.core.ids import Key


@dataclass(frozen=True)
class Heartbeat:
    """A sign of life. Until the next one, ``accounts`` are worked on: 0 for work that has no time limit.

    ``account`` is the one that is worked on, where that is known.
    """

    accounts: int
    account: Key | None = None


Listener = Callable[[Heartbeat], None]

_listeners: list[Listener] = []


def on_heartbeat(listener: Listener) -> None:
    """Have ``listener``, and no other, called with each heartbeat of this process from now on."""
    _listeners[:] = [listener]


def send_heartbeat(accounts: int, account: Key | None = None) -> None:
    """Report that work goes on."""
    for listener in _listeners:
        listener(Heartbeat(accounts, account))


@contextmanager
def working_on_accounts(accounts: int) -> Iterator[None]:
    """Report that ``accounts`` are worked on inside, and none after."""
    send_heartbeat(accounts)
    try:
        yield
    finally:
        send_heartbeat(0)
