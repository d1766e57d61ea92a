"""The reading boundary: panics, polars and pyarrow errors become one kind of error, without secrets."""

import pickle

import polars as pl
import pytest

from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.redact import redact
from forecast_cli.data.read_errors import collect, raise_read_errors
from forecast_cli.data.source import Source

SOURCE = Source("balances", (), pl.String(), None, "none", ())


def test_IN04_panic_of_the_reader_becomes_a_rejection() -> None:
    with (
        pytest.raises(InputRejectedError, match=r"a\.parquet: cannot be read: the reader panicked"),
        raise_read_errors("a.parquet", (), None),
    ):
        raise pl.exceptions.PanicException("page of -1 bytes\nwith a backtrace")


def test_IN04_collect_names_the_input() -> None:
    lazy = pl.LazyFrame({"x": ["12", "text"]}).select(pl.col("x").cast(pl.Int64))
    with pytest.raises(InputRejectedError, match=r"^balances: cannot be read: ") as caught:
        collect(lazy, SOURCE)
    assert caught.value.hint is not None
    assert "--on-bad-file quarantine" in caught.value.hint


def test_wrong_query_stays_a_bug() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        collect(pl.LazyFrame({"x": [1]}).select("y"), SOURCE)


def test_IN15_no_secret_passes_the_boundary() -> None:
    shown = "s3://AKIA:hunter2@bucket/day"
    with pytest.raises(InputRejectedError) as caught, raise_read_errors(shown, (), None):
        raise OSError("403 for s3://AKIA:hunter2@bucket/day?secret_key=hunter2&region=eu")
    assert "hunter2" not in str(caught.value)
    assert "region=eu" in str(caught.value)
    assert caught.value.__cause__ is None
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message  # noqa: S301


def test_IN15_password_with_an_at_sign_is_redacted_whole() -> None:
    assert redact("s3://user:p@ss@host/x") == "s3://***@host/x"
