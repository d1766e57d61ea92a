"""Pace: whoever does long work says that it goes on, and with which account. Where nobody listens, nothing is said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

#: What tells an account apart: its id, and its currency where that is named.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Word:
    """A sign of life. Until the next one, ``accounts`` are worked on: 0 for work that may take as long as it takes.

    ``account`` is the one that is worked on, where that is known.
    """

    accounts: int
    account: Key | None = None


Listener = Callable[[Word], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have what is said in this process from now on heard by ``listener`` alone."""
    _listeners[:] = [listener]


def tell(accounts: int, account: Key | None = None) -> None:
    """Say that work goes on."""
    for listener in _listeners:
        listener(Word(accounts, account))


@contextmanager
def at_work(accounts: int) -> Iterator[None]:
    """Say that ``accounts`` are worked on inside, and none after."""
    tell(accounts)
    try:
        yield
    finally:
        tell(0)
