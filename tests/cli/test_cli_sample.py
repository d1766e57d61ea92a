"""Synthetic accounts on the command line."""

from pathlib import Path

import polars as pl
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode

SMALL = ("--accounts", 7, "--days", 40, "--seed", 3)


def test_a_sample_is_written_and_summed_up(cli: Cli, tmp_path: Path) -> None:
    output = tmp_path / "s"
    outcome = cli("sample", *SMALL, "--output", output).assert_exit(ExitCode.OK)
    rows = pl.read_parquet(output / "*.parquet")
    assert rows["account_id"].n_unique() == 7
    assert f"7 accounts written to {output}: {rows.height} rows in 1 file" in outcome.flat
    assert f" forecast {output} --output {output}-forecast" in outcome.out


def test_the_same_seed_gives_the_same_bytes(cli: Cli, tmp_path: Path) -> None:
    for name in ("a", "b"):
        cli("sample", *SMALL, "--output", tmp_path / name, "--quiet").assert_exit(ExitCode.OK)
    [a], [b] = ([path.read_bytes() for path in (tmp_path / name).glob("*.parquet")] for name in ("a", "b"))
    assert a == b


def test_a_folder_with_a_sample_is_replaced_only_by_force(cli: Cli, tmp_path: Path) -> None:
    sample = ("sample", *SMALL, "--output", tmp_path / "s", "-q")
    cli(*sample).assert_exit(ExitCode.OK)
    assert "--force" in cli(*sample).assert_error(ExitCode.CONFIG_INVALID, str(tmp_path)).err
    outcome = cli(*sample, "--force").assert_exit(ExitCode.OK)
    assert (outcome.out, outcome.err) == ("", "")


def test_a_number_out_of_range_is_a_usage_error(cli: Cli, tmp_path: Path) -> None:
    cli("sample", "--accounts", 0, "--output", tmp_path / "s").assert_error(ExitCode.USAGE, "--accounts 0")
