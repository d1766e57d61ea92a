"""Limits of the system are told apart from bad files and from bugs."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from forecast_cli.cli.problems import problem_of
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import SystemLimitError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.data.files import blame
from forecast_cli.data.files.blame import find_unreadable
from forecast_cli.data.files.open import open_source

PANIC = 'called `Result::unwrap()` on an `Err` value: Os { code: 11, kind: WouldBlock, message: "..." }'
ERRORS = [
    OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    pl.exceptions.ComputeError("Too many open files (os error 24): in/b.parquet"),
    pl.exceptions.PanicException(PANIC),
    pa.ArrowMemoryError("malloc of size 4096 failed"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_no_file_is_left_out_where_the_system_refuses_to_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    pl.DataFrame({"account_id": ["a"], "date": ["2026-01-01"], "balance": [1.0]}).with_columns(
        pl.col("date").str.to_date()
    ).write_parquet(tmp_path / "a.parquet")
    settings = Settings(on_bad_file="quarantine")
    source = open_source(str(tmp_path), settings)
    monkeypatch.setattr(blame, "scan_pieces", raising(error))
    with pytest.raises(SystemLimitError, match=f"{tmp_path}: cannot be read: ") as caught:
        find_unreadable(source, settings)
    assert caught.value.hint is not None
    assert "run the same command again" in caught.value.hint


@pytest.mark.parametrize("error", [MemoryError("1.70 MiB"), RuntimeError("can't start new thread")])
def test_a_limit_of_the_system_is_no_bug(error: Exception) -> None:
    problem = problem_of(error)
    assert problem.trace is None
    assert problem.exit_code is ExitCode.BUG
    assert "bug" not in problem.message


def test_an_allocation_that_fails_says_how_much_was_wanted() -> None:
    assert problem_of(MemoryError("1.70 MiB")).message == "the system: Cannot allocate memory (1.70 MiB)"
    assert problem_of(MemoryError()).message == "the system: Cannot allocate memory"


def test_other_errors_stay_bugs() -> None:
    assert problem_of(RuntimeError("no thread of thought")).trace is not None
    assert problem_of(FileNotFoundError(errno.ENOENT, "gone")).trace is not None


def raising(error: BaseException) -> Callable[..., object]:
    def scan(*_: object) -> object:
        raise error

    return scan
