"""The gate on the command line: exit codes, messages and every format."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from backtest_folders import Folder, write_backtest
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode

WORSE = Folder(factor=1.2)
HOSTILE = "<script>alert(1)</script>|`x`%0A::error::\x1b[31m\n@me\ufffe]]>"
FORMATS = ("table", "json", "md", "github", "junit")


def parsed(report: str) -> ET.Element:
    return ET.fromstring(report)  # noqa: S314  of our own making


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_backtest(tmp_path / "base")


def test_the_same_backtest_passes(cli: Cli, base: Path) -> None:
    outcome = cli("compare", base, base).assert_exit(ExitCode.OK)
    assert "5 checks passed; 3 segments too small to say" in outcome.flat
    assert outcome.err == ""


def test_a_worse_backtest_exits_6_and_the_failed_check_is_named(cli: Cli, base: Path, tmp_path: Path) -> None:
    outcome = cli("compare", base, write_backtest(tmp_path / "new", WORSE))
    outcome.assert_error(
        ExitCode.CHECK_FAILED, "2 of 5 checks failed: ", "scrps, all windows", "+20.0 %", "up to +1 % allowed"
    )
    assert "hint:  if the change is intended" in outcome.err


def test_tolerances_are_allowed_what_they_say(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", WORSE)
    cli("compare", base, new, "--tolerance", "25%", "--segment-tolerance", "0.25").assert_exit(ExitCode.OK)
    outcome = cli("compare", base, new, "--tolerance", "25%", "--segment-tolerance", "5%", "--segment", "account_type")
    outcome.assert_error(ExitCode.CHECK_FAILED, "1 of 5 checks failed: ", "scrps, account_type = personal")


def test_coverage_outside_its_band_exits_6(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", Folder(coverage=0.7))
    outcome = cli("compare", base, new)
    outcome.assert_error(ExitCode.CHECK_FAILED, "coverage of 80 % intervals", "70.0 %", "75 % to 85 % allowed")
    cli("compare", base, new, "--coverage-band", "0.65,0.85").assert_exit(ExitCode.OK)
    outcome = cli("compare", base, base, "--coverage-band", "85%,1").assert_exit(ExitCode.OK)
    assert "BASE is outside" in outcome.flat
    outcome = cli("compare", base, new, "--coverage-band", "85%,1").assert_exit(ExitCode.CHECK_FAILED)
    assert "set another with --coverage-band" in outcome.err.replace("\n", " ")


def test_another_metric_or_model_is_compared_when_asked_for(cli: Cli, tmp_path: Path) -> None:
    two = Folder(models=("MSTL(30)", "Naive"))
    base, new = write_backtest(tmp_path / "base", two), write_backtest(tmp_path / "new", two.but(factor=1.2))
    assert "MSTL(30), Naive: 60 windows" in cli("compare", base, new, "--metric", "mase").flat
    outcome = cli("compare", base, new, "--metric", "mase", "--model", "Naive")
    outcome.assert_error(ExitCode.CHECK_FAILED, "mase, all windows")
    assert "Naive: 60 windows of 30 accounts" in outcome.flat


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (Folder(data=("one", "three")), ("only BASE read two.parquet", "only NEW read three.parquet")),
        (Folder(shift=1), ("only BASE has 60 windows", "account '0' at 2026-01-31", "only NEW has 60 windows")),
        (Folder(settings={"horizon": 14}), ("horizon is 30 in BASE and 14 in NEW",)),
        (Folder(id_col="account"), ("id_col is account_id in BASE and account in NEW",)),
        (Folder(scale=1.01), ("60 windows with other balances before the cutoff",)),
    ],
    ids=["data", "windows", "horizon", "column", "balances"],
)
def test_what_is_not_the_same_task_exits_5_with_what_differs(
    cli: Cli, base: Path, tmp_path: Path, folder: Folder, words: tuple[str, ...]
) -> None:
    outcome = cli("compare", base, write_backtest(tmp_path / "new", folder))
    outcome.assert_error(ExitCode.CONFIG_INVALID, *words)
    assert outcome.out == ""
    assert "make both from the same input" in outcome.err


@pytest.mark.parametrize("shown", FORMATS)
def test_where_there_is_no_comparison_a_build_shows_why(cli: Cli, base: Path, tmp_path: Path, shown: str) -> None:
    outcome = cli("compare", base, write_backtest(tmp_path / "new", Folder(shift=1)), "--format", shown)
    outcome.assert_error(ExitCode.CONFIG_INVALID, "cannot be compared")
    match shown:
        case "junit":
            [suite] = parsed(outcome.out)
            assert "only BASE has 60 windows" in suite[0][0].get("message", "")
        case "github":
            assert outcome.out.startswith("::error title=forecast-cli compare::")
        case _:
            assert outcome.out == ""


def test_a_setting_that_is_not_set_is_shown_as_unset(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", Folder(settings={"timezone": "Europe/Prague"}))
    outcome = cli("compare", base, new)
    outcome.assert_error(ExitCode.CONFIG_INVALID, "timezone is not set in BASE and Europe/Prague in NEW")


def test_other_places_and_names_of_the_same_column_are_no_difference(cli: Cli, tmp_path: Path) -> None:
    named = Folder(id_col="konto")
    left, right = (write_backtest(tmp_path / name, named) for name in ("left", "right"))
    cli("compare", left, right).assert_exit(ExitCode.OK)


OTHER = {"holidays": "ECB", "model": ["a <b>\x1b"]}


@pytest.mark.parametrize("shown", FORMATS)
def test_settings_that_differ_are_named_at_the_top(cli: Cli, tmp_path: Path, shown: str) -> None:
    base = write_backtest(tmp_path / "base", Folder(settings={"holidays": "US", "model": ["a"]}))
    new = write_backtest(tmp_path / "new", Folder(settings=OTHER))
    out = cli("compare", base, new, "--format", shown).assert_exit(ExitCode.OK).out
    assert "\x1b" not in out
    match shown:
        case "json":
            assert json.loads(out)["made_from"][0] == 'holidays "US" -> "ECB"'
        case "junit":
            [said] = [one.text or "" for one in parsed(out)[0].findall("system-out")]
            assert 'holidays "US" -> "ECB"; model' in said
        case "md":
            assert out.index('From BASE to NEW: holidays "US"') < out.index("| check |")
            assert "<b>" not in out
        case "github":
            assert 'holidays "US" -> "ECB"' in out.splitlines()[-1]
        case _:
            assert out.index("From BASE to NEW: holidays") < out.index("verdict")
    same = cli("compare", base, base, "--format", shown).assert_exit(ExitCode.OK).out
    assert "From BASE to NEW" not in same


def test_models_that_only_one_backtest_has_are_listed(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", Folder(models=("Other",)))
    outcome = cli("compare", base, new).assert_exit(ExitCode.OK)
    assert "MSTL(30) in BASE, Other in NEW: 60 windows" in outcome.flat
    assert "MSTL(30) in BASE only; Other in NEW only" in outcome.flat
    outcome = cli("compare", base, new, "--model", "MSTL(30)")
    outcome.assert_error(ExitCode.USAGE, "no model 'MSTL(30)'")
    assert "available: Other" in outcome.err


@pytest.mark.parametrize("name", ["scores.parquet", "windows.parquet"])
def test_a_damaged_or_missing_table_exits_6(cli: Cli, base: Path, tmp_path: Path, name: str) -> None:
    new = write_backtest(tmp_path / "new")
    content = bytearray((new / name).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (new / name).write_bytes(content)
    cli("compare", base, new).assert_error(ExitCode.CHECK_FAILED, name, "sha256")
    (new / name).unlink()
    cli("compare", base, new).assert_error(ExitCode.CHECK_FAILED, name, "missing")


def test_a_folder_without_a_backtest_is_named(cli: Cli, base: Path, tmp_path: Path) -> None:
    cli("compare", base, tmp_path / "none").assert_error(ExitCode.CHECK_FAILED, "none: no such folder")
    (tmp_path / "empty").mkdir()
    cli("compare", base, tmp_path / "empty").assert_error(ExitCode.CHECK_FAILED, "manifest.json")


@pytest.mark.parametrize(
    "option",
    [
        ("--tolerance", "1"),
        ("--tolerance", "-1%"),
        ("--tolerance", "few"),
        ("--segment-tolerance", ""),
        ("--coverage-band", "0.8"),
        ("--coverage-band", "0.9,0.8"),
        ("--coverage-band", "0.5,1.5"),
        ("--coverage-band", "50%,200%"),
        ("--format", "html"),
        ("--metric", "coverage_80"),
        ("--segment", "country"),
        ("--coverage-level", "95"),
    ],
    ids="=".join,
)
def test_options_that_mean_nothing_are_a_usage_error(cli: Cli, base: Path, option: tuple[str, str]) -> None:
    assert "hint:  " in cli("compare", base, base, *option).assert_error(ExitCode.USAGE).err


def test_json_holds_every_check_and_figure(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", WORSE)
    found = json.loads(cli("compare", base, new, "--format", "json").assert_exit(ExitCode.CHECK_FAILED).out)
    assert (found["passed"], found["metric"], found["accounts"], found["windows"]) == (False, "scrps", 30, 60)
    assert [check["check"] for check in found["checks"]] == ["windows", "error", "tail", "coverage", *["error"] * 4]
    whole = found["checks"][1]
    assert whole["change"]["value"] == pytest.approx(0.2)
    assert whole["verdict"] == "failed"
    assert found["checks"][3]["band"] == [0.75, 0.85]


def test_github_annotates_each_failure_and_ends_in_a_notice(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", WORSE)
    lines = cli("compare", base, new, "--format", "github").assert_exit(ExitCode.CHECK_FAILED).out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::notice"]
    assert "+20.0 %25" in lines[0]
    passed = cli("compare", base, base, "--format", "github").assert_exit(ExitCode.OK).out
    assert passed.startswith("::notice title=forecast-cli compare::5 checks passed")


def test_junit_has_a_case_for_each_check(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", WORSE)
    [suite] = parsed(cli("compare", base, new, "--format", "junit").assert_exit(ExitCode.CHECK_FAILED).out)
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "2",
        "errors": "0",
        "skipped": "3",
    }
    cases = suite.findall("testcase")
    assert len(cases) == 8
    assert [case.get("name") for case in cases if case.find("failure") is not None] == [
        "scrps, all windows",
        "scrps, account_type = personal",
    ]


def test_markdown_says_what_failed_above_the_table(cli: Cli, base: Path, tmp_path: Path) -> None:
    out = cli("compare", base, write_backtest(tmp_path / "new", WORSE), "--format", "md").out
    assert out.startswith("### forecast-cli compare: 2 of 5 checks failed")
    assert "\n- scrps, all windows: " in out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 8
    assert {line.replace("\\|", "").count("|") for line in table} == {7}


@pytest.mark.parametrize("shown", FORMATS)
def test_hostile_segments_are_shown_and_never_acted_on(cli: Cli, tmp_path: Path, shown: str) -> None:
    hostile = Folder(segment=HOSTILE)
    base = write_backtest(tmp_path / "base", hostile)
    new = write_backtest(tmp_path / "new", hostile.but(factor=1.2))
    outcome = cli("compare", base, new, "--format", shown).assert_exit(ExitCode.CHECK_FAILED)
    assert "\x1b" not in outcome.out + outcome.err
    match shown:
        case "json":
            assert any(check.get("value") == HOSTILE for check in json.loads(outcome.out)["checks"])
        case "junit":
            names = [case.get("name", "") for case in parsed(outcome.out).iter("testcase")]
            assert any("<script>" in name and "\\ufffe" in name for name in names)
        case "md":
            assert "<script>" not in outcome.out
            assert "@me" not in outcome.out
        case "github":
            assert all(line.startswith(("::error ", "::notice ")) for line in outcome.out.splitlines())
            assert "%0A::error" not in outcome.out
        case _:
            assert "<script>alert(1)" in outcome.out.replace("\n", "").replace(" ", "")


def test_the_log_ends_in_the_verdict(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", WORSE)
    summary = cli("compare", base, new, "--log-format", "json").assert_exit(ExitCode.CHECK_FAILED).events[-1]
    assert (summary["status"], summary["exit_code"]) == ("failed", 6)
    assert summary["counts"] == {"accounts": 30, "windows": 60, "checks": 8, "failed": 2}
    assert len(summary["failed"]) == 2
    assert cli("compare", base, base, "--log-format", "json").events[-1]["status"] == "ok"


def test_a_log_holds_no_id_where_windows_differ_and_a_build_report_does(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", Folder(shift=1))
    outcome = cli("compare", base, new, "--log-format", "json", "--format", "junit").assert_exit(
        ExitCode.CONFIG_INVALID
    )
    assert "such as account 'id:" in outcome.err
    assert "such as account '0' at 2026-01-31" in outcome.out


@pytest.mark.parametrize("width", [60, 79, 80])
def test_the_checks_fit_a_narrow_terminal_whole(
    cli: Cli, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = cli("compare", base, write_backtest(tmp_path / "new", WORSE)).out.splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith("coverage of") for line in lines)
    assert ("check" in {line.split(" ")[0] for line in lines}) == (width == 80)


def test_two_runs_say_the_same(cli: Cli, base: Path, tmp_path: Path) -> None:
    new = write_backtest(tmp_path / "new", Folder(factor=1.005))
    first, second = (cli("compare", base, new, "--format", "json").out for _ in range(2))
    assert first == second
