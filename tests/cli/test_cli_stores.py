"""Outputs in an object store: the same files as in a folder, and runs there are resumed, refused, replaced and read."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.util import get_temp_dir
from pathlib import Path

import pytest
from cli_harness import Cli, Outcome, command

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store import claim

pytestmark = pytest.mark.usefixtures("hasty_claims")

NAME = "s3://bucket/runs/run=1"
QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1, "--shard-size", 2)
#: Files that hold times, which are other ones in every run.
TIMED = frozenset({"accounts.parquet", "metrics.json", "manifest.json", "_SUCCESS"})


@dataclass
class Store:
    """A bucket that is served, and how it fails."""

    objects: MutableMapping[str, bytes] = field(default_factory=dict)
    host: str = ""
    fault: Callable[[str, str], int | None] = lambda *_: None

    def answer(self, method: str, path: str) -> int | None:
        return self.fault(method, path)

    @property
    def address(self) -> str:
        options = f"endpoint_override={self.host}&scheme=http&region=eu-central-1"
        return f"s3://KEYOFUSER:SECRETOFUSER@bucket/runs/run=1?{options}"

    @property
    def files(self) -> dict[str, bytes]:
        """The output's files by name."""
        return {name.removeprefix("bucket/runs/run=1/"): content for name, content in sorted(self.objects.items())}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[str]]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "unit" / "data"))
    from object_server import object_server

    return object_server


@pytest.fixture
def store(server: Callable[..., AbstractContextManager[str]]) -> Iterator[Store]:
    made = Store()
    with server(made.objects, fault=made.answer) as host:
        made.host = host
        yield made


@pytest.fixture(autouse=True)
def passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders are made; nothing is left in it."""
    get_temp_dir()  # that of worker processes, chosen once for all tests: a socket in a longer path could not be made
    folder = tmp_path / "passing"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert [path.name for path in folder.iterdir() if path.name.startswith("forecast-cli-")] == []


def search(outcome: Outcome, passing: Path) -> Outcome:
    """Fail where a secret, an option of the address or a temporary folder is shown."""
    hidden = ("KEYOFUSER", "SECRETOFUSER", "endpoint_override", str(passing))
    for stream in (outcome.out, outcome.err):
        assert not any(word in stream for word in hidden), stream
    return outcome


def test_a_forecast_to_an_address_is_the_one_in_a_folder(
    cli: Cli, store: Store, balances: Path, tmp_path: Path, passing: Path
) -> None:
    told = cli("forecast", balances, "--output", store.address, *QUICK, "--threshold", 900)
    search(told, passing).assert_exit(ExitCode.OK)
    assert f"Tables in {NAME}" in told.out
    assert f"check '{NAME}'" in told.out or f"check {NAME}" in told.out
    cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--threshold", 900).assert_exit(ExitCode.OK)
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.name != ".lock"
    }
    assert store.files.keys() == files.keys()
    assert [name for name, content in files.items() if store.files[name] != content and name not in TIMED] == []
    fingerprints = {json.loads(one["manifest.json"])["fingerprint"] for one in (files, store.files)}
    assert len(fingerprints) == 1
    assert not any(b"SECRETOFUSER" in content or b"KEYOFUSER" in content for content in store.objects.values())


def test_a_finished_run_is_left_alone(cli: Cli, store: Store, balances: Path, passing: Path) -> None:
    run = ("forecast", balances, "--output", store.address, *QUICK, "--log-format", "json")
    cli(*run).assert_exit(ExitCode.OK)
    before, written = dict(store.objects), []
    store.fault = lambda method, path: written.append(path) if method in ("PUT", "POST") else None
    summary = search(cli(*run), passing).assert_exit(ExitCode.OK).events[-1]
    assert summary["reused"] is True
    assert (summary["output"], summary["manifest"]) == (NAME, f"{NAME}/manifest.json")
    assert (store.objects, written) == (before, [])
    assert "nothing left to do" in cli(*run[:-2], "--dry-run").flat


def test_the_whole_output_is_listed_once_before_it_is_claimed(cli: Cli, store: Store, balances: Path) -> None:
    asked: list[tuple[str, str]] = []
    store.fault = lambda method, path: asked.append((method, path))
    cli("forecast", balances, "--output", store.address, *QUICK).assert_exit(ExitCode.OK)
    first_written = next(place for place, (method, _) in enumerate(asked) if method == "PUT")
    assert asked[:first_written] == [("GET", "bucket")] * 2  # the first objects, to reach the store, then all


def test_a_run_interrupted_by_the_store_is_resumed_elsewhere(
    cli: Cli, store: Store, balances: Path, passing: Path
) -> None:
    run = ("forecast", balances, "--output", store.address, *QUICK, "--log-format", "json")

    def gone(method: str, path: str) -> int | None:
        return 503 if sum("/.run/shards/" in name and name.endswith(".json") for name in store.objects) >= 2 else None

    store.fault = gone
    lost = search(cli(*run), passing).assert_exit(ExitCode.OUTPUT_NOT_WRITTEN)
    assert lost.events[-1]["message"].startswith(f"{NAME}/")
    store.fault = lambda *_: None
    kept = {name: content for name, content in store.files.items() if name.startswith("forecasts/")}
    done = search(cli(*run), passing).assert_exit(ExitCode.OK)
    assert any("claimed by a run (process" in event["message"] for event in done.events)
    assert done.events[-1]["shards_resumed"] == 2
    assert kept.items() <= store.files.items()
    assert not [name for name in store.files if name.startswith(".run")]
    cli("check", store.address).assert_exit(ExitCode.OK)


def test_a_run_killed_while_it_put_its_manifest_is_resumed(
    cli: Cli, store: Store, balances: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill(method: str, path: str) -> int | None:
        if method == "PUT" and path.partition("?")[0].endswith("/manifest.json") and killed:
            os.kill(killed.pop(), signal.SIGKILL)
            return 503
        return None

    store.fault = kill
    with subprocess.Popen(
        command("forecast", balances, "--output", store.address, *QUICK), env=os.environ | {"TMPDIR": str(tmp_path)}
    ) as process:
        killed.append(process.pid)
        assert process.wait(60) == -signal.SIGKILL
    outcome = cli("forecast", balances, "--output", store.address, *QUICK, "--log-format", "json").assert_exit(
        ExitCode.OK
    )
    assert outcome.events[-1]["shards_resumed"] == 3
    cli("check", store.address).assert_exit(ExitCode.OK)


def test_another_run_is_refused_and_replaced_by_force(cli: Cli, store: Store, balances: Path, passing: Path) -> None:
    run = ("forecast", balances, "--output", store.address, *QUICK)
    cli(*run, "--shard-size", 1).assert_exit(ExitCode.OK)
    before = dict(store.objects)
    refused = search(cli(*run, "--horizon", 6), passing)
    refused.assert_error(ExitCode.CONFIG_INVALID, f"{NAME}: holds a finished run that differs in", "horizon 5 -> 6")
    assert store.objects == before
    cli(*run, "--horizon", 6, "--force").assert_exit(ExitCode.OK)
    assert sum(name.startswith("forecasts/") for name in store.files) == 3
    cli("check", store.address).assert_exit(ExitCode.OK)


def test_objects_that_no_run_wrote_are_never_replaced(cli: Cli, store: Store, balances: Path) -> None:
    store.objects["bucket/runs/run=1/thesis.docx"] = b"ten years of work"
    outcome = cli("forecast", balances, "--output", store.address, *QUICK, "--force")
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{NAME}: holds files that no run wrote: thesis.docx")
    assert store.files == {"thesis.docx": b"ten years of work"}


def test_objects_that_readers_skip_stay_and_prevent_no_run(cli: Cli, store: Store, balances: Path) -> None:
    store.objects["bucket/runs/run=1/.mine"] = b"x"
    cli("forecast", balances, "--output", store.address, *QUICK, "--force").assert_exit(ExitCode.OK)
    assert store.files[".mine"] == b"x"


def test_an_output_that_another_run_renews_its_claim_on_is_busy(
    cli: Cli, store: Store, balances: Path, passing: Path
) -> None:
    from forecast_cli.data.files.addresses import Address
    from forecast_cli.store.remote_open import open_objects

    with claim.claimed(open_objects(Address(store.address), 5.0), warn=lambda _: None):
        outcome = search(cli("forecast", balances, "--output", store.address, *QUICK), passing)
    outcome.assert_error(ExitCode.OUTPUT_BUSY, NAME, "another run holds this output", f"process {os.getpid()} on")
    assert store.files == {}


def test_a_store_that_refuses_is_reported_without_secrets(
    cli: Cli, store: Store, balances: Path, passing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    store.fault = lambda *_: 403
    for args in (("forecast", balances, "--output", store.address, *QUICK), ("check", store.address)):
        outcome = search(cli(*args), passing)
        outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, NAME, "the store refuses access (403")
        assert "aws configure export-credentials" in outcome.err


def test_a_store_that_does_not_exist_is_reported(cli: Cli, balances: Path) -> None:
    address = "s3://KEY:SECRET@bucket/out?endpoint_override=127.0.0.1:9&scheme=http"
    outcome = cli("forecast", balances, "--output", address, *QUICK)
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, "s3://bucket/out: cannot be listed: the store cannot be reached")


def test_a_store_that_does_not_heed_conditions_is_refused(
    cli: Cli, server: Callable[..., AbstractContextManager[str]], balances: Path
) -> None:
    with server({}, heedless=True) as host:
        address = f"s3://KEY:SECRET@bucket/out?endpoint_override={host}&scheme=http"
        outcome = cli("forecast", balances, "--output", address, *QUICK)
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, "ignores conditional writes")


def test_all_that_reads_a_run_takes_its_address(
    cli: Cli, store: Store, balances: Path, tmp_path: Path, passing: Path
) -> None:
    first, second = store.address, store.address.replace("run=1", "run=2")
    cli("forecast", balances, "--output", first, *QUICK).assert_exit(ExitCode.OK)
    told = tmp_path / "told.prom"
    again = ("--seed", 1, "--previous", first, "--metrics", told)
    search(cli("forecast", balances, "--output", second, *QUICK, *again), passing).assert_exit(ExitCode.OK)
    metrics = json.loads(store.objects["bucket/runs/run=2/metrics.json"])
    assert metrics["change"]["previous"]["output"] == NAME
    assert told.exists()
    for args in (
        ("check", first),
        ("risk", first),
        ("show", "A001", "--forecast", first),
        ("runs", "show", first),
        ("runs", "diff", first, second),
    ):
        shown = search(cli(*args), passing).assert_exit(ExitCode.OK)
        logged = search(cli(*args, "--log-format", "json"), passing).assert_exit(ExitCode.OK)
        assert NAME in shown.out + logged.err
    search(cli("show", "nobody", "--forecast", first), passing).assert_error(ExitCode.USAGE, NAME)
    store.objects["bucket/runs/run=1/forecasts/part-00000.parquet"] += b"damage"
    damaged = search(cli("check", first), passing).assert_exit(ExitCode.CHECK_FAILED)
    assert "forecasts/part-00000.parquet" in damaged.out


def test_what_a_run_at_an_address_learned_is_used(
    cli: Cli, store: Store, balances: Path, tmp_path: Path, passing: Path
) -> None:
    learning = ("--model", "auto", "--horizon", 5, "--jobs", 1, "--log-format", "json")
    cli("forecast", balances, "--output", tmp_path / "first", *learning).assert_exit(ExitCode.OK)
    cli("forecast", balances, "--output", store.address, *learning).assert_exit(ExitCode.OK)
    shown = []
    for fitted, output in ((tmp_path / "first", tmp_path / "here"), (store.address, tmp_path / "there")):
        run = ("forecast", balances, "--output", output, *learning, "--fitted", fitted)
        search(cli(*run), passing).assert_exit(ExitCode.OK)
        shown.append(json.loads((output / "manifest.json").read_text()))
    here, there = shown
    assert here["fingerprint"] == there["fingerprint"], "what was learned counts, not where it lies"
    assert there["settings"]["fitted"] == NAME
    parts = [(tmp_path / name / "forecasts" / "part-00000.parquet").read_bytes() for name in ("here", "there")]
    assert parts[0] == parts[1]
    again = search(cli(*run), passing).assert_exit(ExitCode.OK)
    assert again.events[-1]["reused"] is True


def test_an_address_without_a_run_is_not_told_to_list_runs_which_works_on_folders_only(
    cli: Cli, store: Store, passing: Path
) -> None:
    outcome = search(cli("check", store.address), passing)
    outcome.assert_error(ExitCode.CHECK_FAILED, f"{NAME}: nothing there")
    assert "name the address of one run" in outcome.err
    assert "runs list" not in outcome.err


@pytest.mark.parametrize("model", ["auto", "Naive"])
def test_fitted_names_a_finished_run_that_learned(
    cli: Cli, store: Store, balances: Path, tmp_path: Path, passing: Path, model: str
) -> None:
    run = ("forecast", balances, "--output", tmp_path / "out", "--model", model, "--horizon", 5)
    nothing = search(cli(*run, "--fitted", store.address), passing)
    nothing.assert_error(ExitCode.CONFIG_INVALID, f"--fitted {NAME}: nothing there")
    cli("forecast", balances, "--output", store.address, *QUICK).assert_exit(ExitCode.OK)
    if model == "auto":
        unlearned = search(cli(*run, "--fitted", store.address), passing)
        unlearned.assert_error(ExitCode.CONFIG_INVALID, f"--fitted {NAME}: holds no learned part")
    store.fault = lambda *_: 403
    refused = search(cli(*run, "--fitted", store.address), passing)
    refused.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, f"{NAME}: cannot be listed: the store refuses access")
    assert not (tmp_path / "out").exists()


def test_a_backtest_to_an_address_and_what_compares_it(cli: Cli, store: Store, balances: Path, passing: Path) -> None:
    replay = (*QUICK, "--windows", 1, "--step", 5, "--min-train", 30)
    search(cli("backtest", balances, "--output", store.address, *replay), passing).assert_exit(ExitCode.OK)
    assert {"report.html", "report.json", "leaderboard.parquet", "_SUCCESS"} <= store.files.keys()
    again = search(cli("backtest", balances, "--output", store.address, *replay), passing).assert_exit(ExitCode.OK)
    assert "Nothing left to do" in again.out
    search(cli("compare", store.address, store.address), passing).assert_exit(ExitCode.OK)
    search(cli("check", store.address), passing).assert_exit(ExitCode.OK)
    wrong = search(cli("risk", store.address), passing)
    wrong.assert_error(ExitCode.CONFIG_INVALID, f"{NAME}: holds a backtest, expected a forecast")


@pytest.mark.parametrize("there", [{}, {"notes.txt": b""}, {".run/plan.json": b"{}"}])
def test_an_address_without_a_finished_run(cli: Cli, store: Store, there: dict[str, bytes]) -> None:
    store.objects |= {f"bucket/runs/run=1/{name}": content for name, content in there.items()}
    for args in (("check", store.address), ("runs", "show", store.address)):
        cli(*args).assert_error(ExitCode.CHECK_FAILED, NAME)


@pytest.mark.parametrize(
    "args",
    [
        ("report", "s3://bucket/out"),
        ("runs", "list", "s3://bucket/out"),
        ("runs", "prune", "s3://bucket/out"),
        ("doctor", "s3://bucket/out"),
        ("sample", "--output", "s3://bucket/out"),
        ("forecast", "in", "--output", "out", "--metrics", "s3://bucket/metrics.prom"),
    ],
)
def test_what_stays_on_this_machine_says_so(
    cli: Cli, args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cli(*args).assert_error(ExitCode.USAGE, "is an address, expected a local path")
    assert [path.name for path in tmp_path.iterdir()] == ["passing"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://host/out", "to a folder, or to an address of s3"),
        ("s3://bucket/out?regoin=x", "unknown option 'regoin' in its address"),
        ("s3://bucket/a//b", "empty path segment"),
    ],
)
def test_an_address_that_cannot_be_opened(cli: Cli, balances: Path, address: str, why: str) -> None:
    cli("forecast", balances, "--output", address, *QUICK).assert_error(ExitCode.CONFIG_INVALID, why)


def test_an_output_inside_the_input_of_the_same_store_is_refused(cli: Cli, store: Store, balances: Path) -> None:
    store.objects["bucket/runs/balances.parquet"] = balances.read_bytes()
    source = store.address.replace("/run=1", "")
    outcome = cli("forecast", source, "--output", store.address, *QUICK)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{NAME}: lies inside the input s3://bucket/runs")
