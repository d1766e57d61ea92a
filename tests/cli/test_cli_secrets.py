"""Fake secrets are put everywhere a secret may come from; no output of any command may contain them."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Outcome, balance_rows

from forecast_cli.core.exit_codes import ExitCode

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "CANARYAWSKEYID",
    "AWS_SECRET_ACCESS_KEY": "CANARY/aws+secret=",
    "AWS_SESSION_TOKEN": 'CANARY"aws token',
    "GOOGLE_API_KEY": "CANARY-google-key",
    "AZURE_STORAGE_ACCOUNT_KEY": "CANARY-azure-key==",
    "AZURE_CLIENT_SECRET": "CANARY-azure-secret",
    "DATABASE_PASSWORD": "CANARY-password",
}
QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1)
REPLAY = (*QUICK, "--windows", 1, "--step", 5, "--min-train", 30)
SIGNED = "X-Amz-Signature=CANARYSIG&sig=CANARYSAS%2Bx&token=CANARYTOK&X-Amz-Credential=CANARYCRED&password=CANARYPW"
ADDRESS = f"s3://CANARYUSER:CANARYP@SS@bucket/in?{SIGNED}"


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, balances: Path) -> Iterator[str]:
    """The address of balances in an object store, with a user and a password."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "unit" / "data"))
    from object_server import object_server

    with object_server({"bucket/in/balances.parquet": balances.read_bytes()}) as host:
        yield f"s3://CANARYUSER:CANARYP@SS@bucket/in?endpoint_override={host}&scheme=http&region=eu-central-1"


def search(outcome: Outcome, *folders: Path) -> Outcome:
    """Fail where a canary sings in a stream or in a file."""
    assert "CANARY" not in outcome.out, outcome.out
    assert "CANARY" not in outcome.err, outcome.err
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"CANARY" in path.read_bytes()] == []
    return outcome


@pytest.mark.parametrize("log", ["text", "json"])
def test_a_forecast_from_a_store_and_all_that_looks_at_it(cli: Cli, store: str, tmp_path: Path, log: str) -> None:
    output, logged = tmp_path / "out", ("--log-format", log)
    search(cli("forecast", store, "--output", output, *QUICK, "--dry-run", *logged), tmp_path).assert_exit(ExitCode.OK)
    search(cli("forecast", store, "--output", output, *QUICK, *logged), output).assert_exit(ExitCode.OK)
    search(cli("validate", store, *logged)).assert_exit(ExitCode.OK)
    search(cli("validate", store, "--format", "json", *logged)).assert_exit(ExitCode.OK)
    search(cli("check", output, *logged), output).assert_exit(ExitCode.OK)
    for command in ("list", "show"):
        for form in ("table", "json"):
            search(cli("runs", command, output, "--format", form, *logged)).assert_exit(ExitCode.OK)
    search(cli("forecast", store, "--output", output, *QUICK, "--horizon", 6, *logged)).assert_exit(
        ExitCode.CONFIG_INVALID
    )


def test_every_file_of_a_forecast_by_auto_and_what_shows_one_account(cli: Cli, store: str, tmp_path: Path) -> None:
    output, told = tmp_path / ENVIRONMENT["AWS_ACCESS_KEY_ID"] / "out", tmp_path / "told"
    told.mkdir()
    run = ("forecast", store, "--output", output, "--horizon", 7, "--jobs", 1, "--metrics", told / "forecast.prom")
    search(cli(*run), output, told).assert_exit(ExitCode.OK)
    written = {path.name for path in output.iterdir()}
    assert {"events.parquet", "learned_trees.parquet", "metrics.json", "risk.parquet"} <= written
    again = ("--output", output.with_name("next"), "--previous", output.parent)
    search(cli("forecast", store, *again, *QUICK), output.with_name("next")).assert_exit(ExitCode.OK)
    assert '"previous"' in (output.with_name("next") / "metrics.json").read_text(encoding="utf-8")
    for form in ("table", "json"):
        search(cli("show", "A001", "--forecast", output, "--format", form)).assert_exit(ExitCode.OK)
        search(cli("show", "A001", "--forecast", output, "--input", ADDRESS, "--format", form))
        search(cli("runs", "diff", output, output.with_name("next"), "--format", form)).assert_exit(ExitCode.OK)
        search(cli("runs", "prune", output.parent, "--keep", 1, "--format", form)).assert_exit(ExitCode.OK)
        search(cli("doctor", output, "--format", form))


def test_commands_that_read_no_balances(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / ENVIRONMENT["DATABASE_PASSWORD"]
    search(cli("sample", "--accounts", 2, "--days", 40, "--output", folder), folder).assert_exit(ExitCode.OK)
    search(cli("models")).assert_exit(ExitCode.OK)
    search(cli("config", "init")).assert_exit(ExitCode.OK)
    search(cli("config", "schema")).assert_exit(ExitCode.OK)


def test_a_backtest_of_a_folder_named_by_a_secret(cli: Cli, tmp_path: Path) -> None:
    secret = ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
    source, output, metrics = tmp_path / secret, tmp_path / "out", tmp_path / "metrics"
    source.mkdir(parents=True)
    metrics.mkdir()
    balance_rows().with_columns(kind=pl.lit(secret), limit=pl.lit(900.0)).write_parquet(source / "a.parquet")
    asked = (*REPLAY, "--threshold", "limit", "--metrics", metrics / "backtest.prom")
    search(cli("backtest", source, "--output", output, *asked), output, metrics).assert_exit(ExitCode.OK)
    search(cli("report", output), output).assert_exit(ExitCode.OK)
    search(cli("check", output)).assert_exit(ExitCode.OK)
    for form in ("table", "json", "md", "github", "junit"):
        search(cli("compare", output, output, "--format", form)).assert_exit(ExitCode.OK)
    search(cli("runs", "show", output, "--format", "json")).assert_exit(ExitCode.OK)


@pytest.mark.parametrize("log", ["text", "json"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_the_settings_in_force(cli: Cli, tmp_path: Path, form: str, log: str) -> None:
    flags = ("--fitted", ADDRESS, "--segment", ENVIRONMENT["AWS_SESSION_TOKEN"], "--format", form)
    search(cli("config", "show", *flags)).assert_exit(ExitCode.OK)


@pytest.mark.parametrize("log", ["text", "json"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("forecast", ADDRESS, "--output", "out"),
        ("forecast", f"ftp://CANARYUSER:CANARY/PASS@host/in?{SIGNED}", "--output", "out"),
        ("forecast", ENVIRONMENT["AWS_SESSION_TOKEN"], "--output", "out"),
        ("forecast", "balances.parquet", "--output", "s3://CANARYUSER:CANARY@bucket/out"),
        ("forecast", "balances.parquet", "--output", "out", "--fitted", ADDRESS),
        ("forecast", "balances.parquet", "--output", "out", "--id-col", ENVIRONMENT["AZURE_CLIENT_SECRET"]),
        ("forecast", "balances.parquet", "--output", "out", "--model", ENVIRONMENT["DATABASE_PASSWORD"]),
        ("forecast", "balances.parquet", "--output", "out", "--horizon", ENVIRONMENT["GOOGLE_API_KEY"]),
        ("forecast", "balances.parquet", "--output", "out", f"--{ENVIRONMENT['GOOGLE_API_KEY']}"),
        ("validate", ADDRESS),
        ("check", ENVIRONMENT["AWS_ACCESS_KEY_ID"]),
        ("report", ENVIRONMENT["AZURE_STORAGE_ACCOUNT_KEY"]),
        ("compare", ADDRESS, ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]),
        ("config", "show", "--config", ADDRESS),
        ("runs", "diff", ADDRESS, "new"),
        (ENVIRONMENT["DATABASE_PASSWORD"],),
    ],
    ids=lambda arguments: f"{arguments[0]}-{len(arguments)}",
)
def test_a_usage_error_is_reported_without_the_secret_in_it(
    cli: Cli, arguments: tuple[str, ...], log: str, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "balances.parquet").write_bytes(balances.read_bytes())
    monkeypatch.chdir(tmp_path)
    logged = () if arguments[0].startswith(("config", "CANARY")) else ("--log-format", log)
    outcome = search(cli(*arguments, *logged), tmp_path)
    assert outcome.exit_code not in (ExitCode.OK, ExitCode.BUG), outcome
    if logged and log == "json":
        assert outcome.events[-1]["event"] == "summary", "still JSON"


def test_a_bug_is_reported_without_the_secret_in_its_trace(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(output: Path) -> None:
        raise ZeroDivisionError(f"{ADDRESS} {ENVIRONMENT} Authorization: Bearer CANARYBEARER")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", broken)
    for log in ("text", "json"):
        search(cli("check", tmp_path, "--log-format", log)).assert_exit(ExitCode.BUG)
