"""``metrics.json`` of an output, and ``--metrics``: the same for Prometheus, in a file that is never half-written."""

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cli_harness import Cli, balance_rows

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.reports.prometheus import Gauge, gauge, render_gauges
from forecast_cli.workflows.run_change import find_previous

QUICK = ("--model", "Naive", "--model", "SeasonalNaive", "--horizon", 5, "--jobs", 1)
LINE = re.compile(r'(?P<name>forecast_cli_[a-z_]+)(?P<labels>\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? (?P<value>\S+)')
ROOT = Path(__file__).parents[2]


def read(path: Path) -> dict[str, float]:
    """The samples of a file by name and labels, of which ``run`` tells whose they are."""
    samples = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            found = LINE.fullmatch(line)
            assert found, line
            assert found["labels"].startswith(f'{{run="{path.stem}"')
            labels = found["labels"].replace(f'run="{path.stem}",', "").replace(f'{{run="{path.stem}"}}', "")
            samples[found["name"].removeprefix("forecast_cli_") + labels] = float(found["value"])
    return samples


def test_a_run_with_a_failure_is_counted(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    outcome = cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "--metrics", file)
    outcome.assert_exit(ExitCode.ACCOUNTS_FAILED)
    found = read(file)
    assert found["exit_code"] == 3
    assert found["input_accounts"] == 6
    assert (found['accounts{status="ok"}'], found['accounts{status="failed"}']) == (5, 1)
    [failed] = [count for name, count in found.items() if name.startswith('not_as_asked{status="failed",reason="')]
    assert failed == 2, "one account, two models"
    assert found['model_accounts{model="Naive",model_used="Naive"}'] == 5
    assert (found["forecast_rows"], found["forecast_rows_not_finite"], found["forecast_rows_crossed"]) == (50, 0, 0)
    assert found["newest_row_timestamp_seconds"] == found["origin_timestamp_seconds"]
    assert "A003" not in file.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forecast.prom", "out"]
    cli("check", tmp_path / "out").assert_exit(ExitCode.OK)


def test_a_delivery_that_is_incomplete_shows_in_the_flags_and_in_the_files_left_out(cli: Cli, tmp_path: Path) -> None:
    rows, file = balance_rows(), tmp_path / "forecast.prom"
    late = (pl.col("account_id") < "A002") & (pl.col("date") == rows["date"].max())
    (tmp_path / "in").mkdir()
    rows.filter(~late).write_parquet(tmp_path / "in" / "a.parquet")
    (tmp_path / "in" / "b.parquet").write_bytes(b"")
    asked = ("forecast", tmp_path / "in", "--output", tmp_path / "out", *QUICK, "--on-bad-file", "quarantine")
    cli(*asked, "--metrics", file).assert_exit(ExitCode.OK)
    found = read(file)
    assert (found['flagged_accounts{flag="stale"}'], found['flagged_accounts{flag="rounded"}']) == (2, 0)
    assert (found["input_files"], found["quarantined_files"]) == (1, 1)
    assert told(tmp_path / "out")["flags"]["stale"] == 2


def told(output: Path) -> dict[str, Any]:
    return json.loads((output / "metrics.json").read_text(encoding="utf-8"))


def test_metrics_json_holds_the_figures_of_the_run_and_no_account(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK)
    found = told(tmp_path / "out")
    assert found["accounts"] == {"ok": 5, "fallback": 0, "skipped": 0, "failed": 1}
    assert found["volume"]["accounts"] == 6
    assert found["volume"]["forecast_rows"] == 50
    assert [(one["status"], one["accounts"]) for one in found["not_as_asked"]] == [("failed", 1), ("failed", 1)]
    assert found["models"] == [
        {"model": name, "model_used": name, "accounts": 5} for name in ("Naive", "SeasonalNaive")
    ]
    assert found["sanity"] == {"not_finite": 0, "crossed": 0}
    assert (found["change"], found["scores"]) == (None, [])
    assert found["freshness"]["origin"] == found["freshness"]["newest_row"] == "2026-04-30"
    assert not re.search(r"A00\d", json.dumps(found))


def test_a_bit_of_metrics_json_that_flips_is_found_by_check(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK)
    path = tmp_path / "out" / "metrics.json"
    path.write_text(path.read_text().replace('"failed": 1', '"failed": 0'))
    assert "metrics.json" in cli("check", tmp_path / "out").assert_exit(ExitCode.CHECK_FAILED).out


@pytest.fixture
def nights(cli: Cli, tmp_path: Path) -> Path:
    """The outputs of two nights: on the second A001 has 5,000 more than anybody thought, and A005 is gone."""
    rows = balance_rows()
    rich = pl.when(pl.col("account_id") == "A001").then(5000.0).otherwise(0.0)
    first, last = rows["date"].max() - pl.duration(days=1), pl.col("date") == rows["date"].max()
    rows.filter(pl.col("date") <= first).write_parquet(tmp_path / "1.parquet")
    rows.filter(pl.col("account_id") != "A005").with_columns(
        balance=pl.when(last).then(pl.col("balance") + rich).otherwise("balance")
    ).write_parquet(tmp_path / "2.parquet")
    for night, earlier in ((1, ()), (2, ("--previous", tmp_path / "nights", "--metrics", tmp_path / "nightly.prom"))):
        output = tmp_path / "nights" / str(night)
        options = ("--model", "Naive", "--horizon", 10, "--threshold", 2500, "--jobs", 1, *earlier)
        cli("forecast", tmp_path / f"{night}.parquet", "--output", output, *options).assert_exit(ExitCode.OK)
    return tmp_path / "nights"


def test_the_change_since_the_night_before_is_measured_for_the_same_day(nights: Path) -> None:
    change = told(nights / "2")["change"]
    assert (change["previous"]["output"], change["previous"]["origin"]) == (str(nights / "1"), "2026-04-29")
    assert change["statuses"] == [{"old": "ok", "new": "absent", "accounts": 1}]
    tables = [pl.read_parquet(nights / night / "forecasts").sort("account_id", "date") for night in "12"]
    day = tables[0]["date"].max()
    both = tables[0].join(tables[1], on=["account_id", "date"], suffix="_new").filter(pl.col("date") == day)
    apart = (both["median_new"] - both["median"]).abs()
    medians = change["medians"]
    assert (medians["day"], medians["compared"]) == (day.isoformat(), 5)
    assert medians["largest"] == pytest.approx(apart.max())
    assert medians["mean"] == pytest.approx(apart.mean())
    assert (medians["level"], medians["outside_interval"]) == (95.0, 0.2), "A001 alone"
    [risk] = change["risk"]
    assert (risk["threshold"], risk["days"], risk["compared"]) == ("2500", 7, 5)
    assert (risk["newly_likely"], risk["no_longer_likely"]) == (0, 1)
    assert risk["largest"] > 0.5


def test_the_summary_shows_the_change_and_the_log_does_so_without_an_amount_of_money(cli: Cli, nights: Path) -> None:
    again = ("forecast", nights.parent / "2.parquet", "--output", nights / "2", "--model", "Naive", "--horizon", 10)
    rest = ("--threshold", 2500, "--jobs", 1, "--previous", nights)
    said = cli(*again, *rest).assert_exit(ExitCode.OK).flat
    assert "Since 2026-04-29 under 2500 0 accounts newly likely within 7 days, 1 no longer" in said
    assert "medians 20 % outside their earlier 95 % interval on 2026-05-09 status 1 account changed" in said
    change = cli(*again, *rest, "--log-format", "json").assert_exit(ExitCode.OK).events[-1]["change"]
    want = told(nights / "2")["change"]
    for amount in ("mean", "p95", "largest"):
        del want["medians"][amount]
    assert change == want


def test_an_earlier_run_with_other_settings_is_reported_with_what_differs(cli: Cli, nights: Path) -> None:
    asked = ("forecast", nights.parent / "2.parquet", "--output", nights / "3", "--model", "Naive", "--jobs", 1)
    rest = ("--threshold", 2500, "--as-of", "2026-04-30", "--previous", nights / "2")
    rest = (*rest, "--quiet")
    assert cli(*asked, *rest, "--horizon", 10).assert_exit(ExitCode.OK).err == ""
    assert told(nights / "3")["change"]["made_from"] == []
    other = ("--horizon", 9, "--level", 90, "--max-stale", 1, "--holidays", "ECB", "--force")
    said = cli(*asked, *rest, *other).assert_exit(ExitCode.OK).err.splitlines()
    assert said == [
        f"warning: --previous {nights / '2'}: made with other settings or versions, which explain part of the change: "
        'holidays "US" -> "XECB"; horizon 10 -> 9; level [80.0, 95.0] -> [90.0]; 1 more in metrics.json'
    ]
    assert told(nights / "3")["change"]["made_from"][3] == "max_stale 45 -> 1"
    cli("check", nights / "3").assert_exit(ExitCode.OK)


def test_prometheus_metrics_hold_the_change_without_an_amount_of_money(nights: Path) -> None:
    found = read(nights.parent / "nightly.prom")
    assert found['changed_accounts{old="ok",new="absent"}'] == 1
    assert found["median_outside_previous_ratio"] == 0.2
    assert found['low_balance_no_longer_likely{threshold="2500",days="7"}'] == 1
    assert not [name for name in found if "mean" in name or "largest" in name]


def test_the_run_to_compare_with_is_the_latest_before_and_never_the_run_itself(cli: Cli, nights: Path) -> None:
    shutil.copytree(nights / "2", nights / "3")
    again = ("forecast", nights.parent / "1.parquet", "--output", nights / "1", "--model", "Naive", "--horizon", 10)
    rest = ("--threshold", 2500, "--jobs", 1, "--force", "--previous", nights)
    outcome = cli(*again, *rest).assert_exit(ExitCode.OK)
    assert "holds no earlier forecast to compare with" in " ".join(outcome.err.split())
    assert told(nights / "1")["change"] is None


def test_a_run_of_the_same_day_counts_as_earlier_and_one_of_a_later_day_does_not(nights: Path) -> None:
    days = ("2026-04-28", "2026-04-29", "2026-04-30", None)
    found = [find_previous(nights, output=nights / "3", origin=day) for day in days]
    assert [run and run[0].name for run in found] == [None, "1", "2", "2"]


def test_a_run_without_an_origin_counts_by_the_day_on_which_it_finished(nights: Path) -> None:
    path = nights / "1" / "manifest.json"
    manifest = json.loads(path.read_text())
    ended = {"finished_at": "2026-05-01T03:00:00+00:00"}
    path.write_text(json.dumps(manifest | ended | {"input": manifest["input"] | {"origin": None}}))
    for origin in ("2026-04-30", None):
        found = find_previous(nights, output=nights / "3", origin=origin)
        assert found is not None
        assert found[0].name == "1", "it finished after the day of the other"


def lose_a_table(output: Path) -> None:
    (output / "risk.parquet").unlink()


def name_a_model_that_is_no_more(output: Path) -> None:
    path = output / "manifest.json"
    path.write_text(path.read_text().replace('"Naive"', '"Gone"'))


@pytest.mark.parametrize("spoil", [lose_a_table, name_a_model_that_is_no_more])
def test_a_previous_run_that_cannot_be_read_is_reported_and_the_forecast_still_finishes(
    cli: Cli, nights: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(nights / "1")
    again = ("forecast", nights.parent / "2.parquet", "--output", nights / "2", "--model", "Naive", "--horizon", 10)
    rest = ("--threshold", 2500, "--jobs", 1, "--force", "--previous", nights / "1")
    said = " ".join(cli(*again, *rest).assert_exit(ExitCode.OK).err.split())
    assert f"warning: --previous {nights / '1'}: cannot be read" in said
    assert f"forecast-cli check {nights / '1'}" in said
    assert told(nights / "2")["change"] is None


def test_a_backtest_writes_its_scores_as_metrics(cli: Cli, balances: Path, tmp_path: Path) -> None:
    file, output = tmp_path / "backtest.prom", tmp_path / "out"
    replay = ("--windows", 1, "--step", 5, "--min-train", 30, "--metrics", file)
    cli("backtest", balances, "--output", output, *QUICK, *replay).assert_exit(ExitCode.OK)
    found = read(file)
    board = json.loads((output / "report.json").read_text())["leaderboard"]
    for model in board:
        mine = found[f'score{{model="{model["model"]}",metric="scrps"}}']
        assert mine == pytest.approx(model["metrics"]["scrps"]["value"])
    money = re.compile(r'metric="(mae|rmse|mean_abs_y|bias|crps|width|winkler|pinball)[_"]')
    assert not [name for name in found if money.search(name)]
    assert f'score{{model="{board[0]["model"]}",metric="wape"}}' in found
    assert found["forecast_rows_not_finite"] == 0
    assert (told(output)["models"], told(output)["low_balances"]) == ([], [])


def test_every_metric_is_documented_and_no_other(cli: Cli, one_bad: Path, nights: Path, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    replay = ("--windows", 1, "--step", 5, "--min-train", 30)
    cli("backtest", one_bad, "--output", tmp_path / "backtest", *QUICK, *replay, "--metrics", file)
    scores = read(file)
    cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "--metrics", file)
    table = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split("| Metric (")[1].split("\n\n")[0]
    told = {
        name.partition("{")[0] for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])
    }
    found = [*scores, *read(file), *read(nights.parent / "nightly.prom")]
    assert told == {name.partition("{")[0] for name in found}


def test_a_rejected_run_leaves_the_file_as_it_was(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    file.write_text("as it was")
    cli("forecast", tmp_path / "none", "--output", tmp_path / "out", "--metrics", file).assert_exit(
        ExitCode.INPUT_REJECTED
    )
    assert file.read_text() == "as it was"


@pytest.mark.parametrize(
    ("place", "code"),
    [("out/forecast.prom", ExitCode.CONFIG_INVALID), ("no/forecast.prom", ExitCode.OUTPUT_NOT_WRITTEN)],
)
def test_a_place_that_cannot_be_is_refused_before_the_run(
    cli: Cli, balances: Path, tmp_path: Path, place: str, code: ExitCode
) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--metrics", tmp_path / place)
    outcome.assert_error(code, "--metrics")
    assert list(tmp_path.iterdir()) == []


def test_labels_are_escaped() -> None:
    told = [
        Gauge("a", "Says.", [(1.5, {"threshold": 'q"\\\nx\x1b'})]),
        gauge("b", "Nothing.", None),
        gauge("c", "None.", math.nan),
    ]
    text = render_gauges(told, {"run": "x"})
    assert text.splitlines() == [
        "# HELP forecast_cli_a Says.",
        "# TYPE forecast_cli_a gauge",
        'forecast_cli_a{run="x",threshold="q\\"\\\\\\\\nx\\\\x1b"} 1.5',
    ]
