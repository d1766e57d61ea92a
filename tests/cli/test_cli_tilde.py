"""A path that begins with a ``~`` which no shell has replaced, as in ``--output=~/out`` or in a container."""

from pathlib import Path

import pytest
from cli_harness import Cli, balance_rows

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--jobs", "1")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("forecast", "rows.parquet", "--output=~/out", *QUICK), ExitCode.CONFIG_INVALID),
        (("forecast", "rows.parquet", "--output=~/out", "--dry-run", *QUICK), ExitCode.CONFIG_INVALID),
        (("forecast", "rows.parquet", "--output=~root/out", *QUICK), ExitCode.CONFIG_INVALID),
        (("forecast", "rows.parquet", "--output=out", "--fitted=~/run"), ExitCode.CONFIG_INVALID),
        (("forecast", "~/rows.parquet", "--output=out", *QUICK), ExitCode.INPUT_REJECTED),
        (("validate", "~/*.parquet"), ExitCode.INPUT_REJECTED),
        (("validate", "~root"), ExitCode.INPUT_REJECTED),
        (("score", "rows.parquet", "--forecast=~/run", "--output=out"), ExitCode.CHECK_FAILED),
        (("check", "~/run"), ExitCode.CHECK_FAILED),
        (("doctor", "~/out"), ExitCode.USAGE),
        (("sample", "--output=~/sample"), ExitCode.USAGE),
    ],
)
def test_a_tilde_that_no_shell_replaced_is_refused_before_anything_is_written(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], code: ExitCode
) -> None:
    monkeypatch.chdir(tmp_path)
    balance_rows(3).write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "~").mkdir()
    balance_rows(3).write_parquet(tmp_path / "~" / "rows.parquet")
    outcome = cli(*args).assert_exit(code)
    assert "did not replace ~" in outcome.out + outcome.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["rows.parquet", "rows.parquet", "~"]
