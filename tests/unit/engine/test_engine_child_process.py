"""Work in a child process: its result, its errors, and what happens when the process ends early."""

import errno
import gc
import multiprocessing
import operator
import os
import signal

import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import WorkerLostError
from forecast_cli.engine import child_process
from forecast_cli.engine.child_process import run_in_child_process
from forecast_cli.engine.shards import choose_models
from forecast_cli.engine.worker_pool import worker_context


def test_the_result_of_a_child_process_is_returned() -> None:
    assert run_in_child_process("adding", operator.add, [1], [2]) == [1, 2]


def test_a_process_made_as_workers_are_has_what_they_have() -> None:
    models = choose_models(Settings(model=("auto",)))
    assert run_in_child_process("looking", _threads, context=worker_context(models, learns=True)) == "1"


def test_a_process_made_as_workers_are_looks_for_garbage_but_not_in_what_was_imported() -> None:
    models = choose_models(Settings(model=("auto",)))
    looks, left_alone = run_in_child_process("looking", _garbage, context=worker_context(models, learns=True))
    assert looks
    assert left_alone > 50_000


def test_an_interrupt_while_a_fork_server_imports_ends_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = []

    class Interrupted:
        pid = None

        def start(self) -> None:
            heard = signal.pthread_sigmask(signal.SIG_BLOCK, [])
            assert signal.SIGINT not in heard
            raise KeyboardInterrupt

    class Context:
        Pipe = staticmethod(multiprocessing.Pipe)

        def Process(self, **_: object) -> Interrupted:
            return Interrupted()

    monkeypatch.setattr(child_process, "end_fork_server", lambda: ended.append(True))
    with pytest.raises(KeyboardInterrupt):
        run_in_child_process("learning", operator.add, 1, 2, context=Context())  # type: ignore[arg-type]
    assert ended == [True]


def test_an_error_in_a_child_process_is_raised_with_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        run_in_child_process("dividing", operator.truediv, 1, 0)
    assert "in _send_result" in str(raised.value.__cause__)


def test_a_process_that_is_ended_is_an_error_with_a_hint() -> None:
    with pytest.raises(WorkerLostError, match="the process that was learning ended with exit code 9") as lost:
        run_in_child_process("learning", os._exit, 9)
    assert "a lower --memory" in str(lost.value.hint)


def test_a_process_for_which_there_is_no_room_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    with pytest.raises(
        WorkerLostError, match="the process that was learning could not be started: Resource temp"
    ) as lost:
        run_in_child_process("learning", os.getpid)
    assert "a lower --memory" in str(lost.value.hint)


def test_a_process_that_ends_as_it_answers_is_an_error_with_a_hint() -> None:
    with pytest.raises(WorkerLostError, match="ended with exit code 7"):
        run_in_child_process("learning", _cut_off)


def _threads() -> str | None:
    return os.environ.get("POLARS_MAX_THREADS")


def _garbage() -> tuple[bool, int]:
    return gc.isenabled(), gc.get_freeze_count()


class _EndsWhileTold:
    def __reduce__(self) -> str:
        os._exit(7)


def _cut_off() -> _EndsWhileTold:
    return _EndsWhileTold()
