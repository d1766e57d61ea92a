"""Progress without a terminal: one line for every 10 %, in whatever steps accounts are reported."""

import json
from collections.abc import Callable

import pytest

from forecast_cli.cli.messages import Log, LogFormat
from forecast_cli.cli.progress import JsonProgress, LineProgress, QuietProgress


def shares(err: str) -> list[str]:
    return [line.split("%")[0].split(":")[1].strip() for line in err.splitlines()]


@pytest.mark.parametrize(
    ("total", "steps", "said"),
    [
        (100, [1] * 100, [str(share) for share in range(10, 101, 10)]),
        (10, [3, 3, 3, 1], ["30", "60", "90", "100"]),
        (3, [1, 1, 1], ["33", "66", "100"]),
        (1000, [999], ["99"]),
        (1000, [50, 49], []),
        (0, [0], []),
    ],
)
def test_a_line_comes_when_another_tenth_is_done(
    total: int, steps: list[int], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = LineProgress(Log())
    progress.start("Forecasting", total)
    for step in steps:
        progress.advance(step)
    progress.finish()
    captured = capsys.readouterr()
    assert shares(captured.err) == said
    assert captured.out == ""


def test_a_second_stage_counts_from_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LineProgress(Log())
    for stage in ("Reading", "Forecasting"):
        progress.start(stage, 2)
        progress.advance(2)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["Reading", "Forecasting"]


def test_a_line_names_what_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LineProgress(Log())
    for stage, unit in (("Sorting", "row"), ("Forecasting", "account")):
        progress.start(stage, 2000, unit)
        progress.advance(2000)
    lines = [line.partition(", ")[0] for line in capsys.readouterr().err.replace("2,000", "2000").splitlines()]
    assert lines == ["Sorting: 100 % (2000 of 2000 rows)", "Forecasting: 100 % (2000 of 2000 accounts)"]


def test_json_progress_counts(capsys: pytest.CaptureFixture[str]) -> None:
    progress = JsonProgress(Log(LogFormat.JSON))
    progress.start("Forecasting", 4)
    progress.advance(4)
    _, event = map(json.loads, capsys.readouterr().err.splitlines())
    assert (event["event"], event["message"], event["done"], event["total"]) == ("progress", "Forecasting", 4, 4)


def test_a_stage_that_nobody_counts_takes_no_line_of_a_mail(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LineProgress(Log())
    progress.start("Learning")
    progress.finish()
    assert capsys.readouterr().err == ""


def test_json_says_that_a_stage_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    JsonProgress(Log(LogFormat.JSON)).start("Learning")
    event = json.loads(capsys.readouterr().err)
    assert (event["event"], event["message"]) == ("stage", "Learning")


@pytest.mark.parametrize("listener", [QuietProgress, LineProgress])
def test_warnings_reach_every_listener(
    listener: Callable[[Log], QuietProgress], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = listener(Log())
    progress.warn("left out\nx s3://me:hunter2@bucket")
    assert capsys.readouterr().err == "warning: left out\\nx s3://***@bucket\n"


def test_quiet_says_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    progress = QuietProgress(Log())
    progress.start("Forecasting", 10)
    progress.advance(10)
    progress.finish()
    assert capsys.readouterr().err == ""
