"""Work in a process of its own: what it gives, what it raises, and what becomes of it when it is ended."""

import operator
import os

import pytest

from forecast_cli.core.errors import WorkerLostError
from forecast_cli.engine.apart import run_apart


def test_what_is_done_apart_comes_back() -> None:
    assert run_apart("adding", operator.add, [1], [2]) == [1, 2]


def test_what_is_raised_apart_is_raised_here_and_says_where() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        run_apart("dividing", operator.truediv, 1, 0)
    assert "in _answer" in str(raised.value.__cause__)


def test_a_process_that_is_ended_is_an_error_with_a_hint() -> None:
    with pytest.raises(WorkerLostError, match=r"that was learning was ended by the system \(9\)") as lost:
        run_apart("learning", os._exit, 9)
    assert "--memory" in str(lost.value.hint)
