"""The examples of docs/schedulers.md are valid, and fit each other and the exit codes."""

import ast
import configparser
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs_parse import parse_all
from docs_reference import ROOT
from test_docs_cli import blocks

from forecast_cli.core.exit_codes import ExitCode

PATH = ROOT / "docs" / "schedulers.md"
PAGE = PATH.read_text(encoding="utf-8")


def example(kind: str, holding: str) -> str:
    (found,) = [text for text in blocks(PATH, kind) if holding in text]
    return found


def test_each_cron_line_has_a_time_and_commands_that_are_read() -> None:
    lines = example("cron", "forecast-cli").splitlines()
    assert "|| echo" in lines[0], "a complete output passes check also after exit code 3"
    for line in lines:
        assert re.match(r"(?:[\d*]+ ){5}/", line), line
        assert not re.search(r"(?<!\\)%", line), "cron takes a bare percent sign for a line break"
        assert parse_all(line) == 1
    assert len(lines) == 3


def units() -> Iterator[configparser.ConfigParser]:
    for text in blocks(PATH, "ini"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(text)
        yield unit


def test_the_systemd_units_are_read_and_so_is_their_command() -> None:
    service, timer = units()
    assert service["Service"]["Type"] == "oneshot"
    command = re.fullmatch(r"/bin/sh -c '(.*)'", service["Service"]["ExecStart"])
    assert command
    assert parse_all(command[1]) == 1
    assert timer["Timer"]["Persistent"] == "true"
    kept = f"NUMBA_CACHE_DIR=/var/cache/{service['Service']['CacheDirectory']}"
    assert service["Service"]["Environment"] == kept, "a service that may write nowhere else compiles every night"
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:\d\d", timer["Timer"]["OnCalendar"])


def test_the_units_restart_what_may_go_well_later_and_nothing_that_will_not() -> None:
    service, _ = units()
    assert service["Service"]["Restart"] == "on-failure"
    assert "RestartForceExitStatus" not in service["Service"], "systemd refuses it for a oneshot service"
    never = {int(code) for code in service["Service"]["RestartPreventExitStatus"].split()}
    assert never == {ExitCode.USAGE, 3, 4, 5, 6}
    assert int(service["Unit"]["StartLimitBurst"]) == 7, "without a limit, a bug is run again all night"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    paths = [tmp_path / "forecast.service", tmp_path / "forecast.timer"]
    for path, text in zip(paths, blocks(PATH, "ini"), strict=True):
        path.write_text(text, encoding="utf-8")
    ended = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def scripts_in(value: Any) -> Iterator[str]:
    """Every text in a YAML document."""
    match value:
        case str():
            yield value
        case dict():
            yield from (text for below in value.values() for text in scripts_in(below))
        case list():
            yield from (text for below in value for text in scripts_in(below))


def test_the_workflow_is_yaml_and_its_commands_are_read() -> None:
    workflow = yaml.safe_load(example("yaml", "runs-on"))
    commands = [step["run"] for step in workflow["jobs"]["forecast"]["steps"] if "run" in step]
    assert sum(map(parse_all, commands)) == 3
    assert unpinned(workflow["jobs"]["forecast"]["steps"]) == []
    assert all(
        (ROOT / name).exists() for text in commands for name in re.findall(r"requirements/\S+|configs/\S+", text)
    )


def unpinned(value: Any) -> list[str]:
    """Return the commands in a YAML document or text by which pip fetches a version that no hash pins."""
    installs = [command for text in scripts_in(value) for command in re.findall(r"pip install [^&\n]*", text)]
    assert installs
    pinned = re.compile(r"--require-hashes|--no-deps --no-build-isolation")
    return [command for command in installs if not pinned.search(command)]


def test_the_cronjob_is_yaml_its_command_is_read_and_its_codes_are_ours() -> None:
    job = yaml.safe_load(example("yaml", "CronJob"))["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert sum(parse_all(text) for text in scripts_in(container["args"])) == 1
    rule = job["podFailurePolicy"]["rules"][0]["onExitCodes"]
    assert rule["containerName"] == container["name"]
    assert set(rule["values"]) < set(ExitCode)
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in job["template"]["spec"]["volumes"]}
    kept = {entry["name"]: entry["value"] for entry in container["env"]}["NUMBA_CACHE_DIR"]
    assert any(kept.startswith(f"{mount['mountPath']}/") for mount in container["volumeMounts"])


def copied() -> dict[str, str]:
    """Return where the image has each file or folder that it copies."""
    lines = re.findall(r"^COPY (.+) (\S+)$", example("dockerfile", "FROM"), re.MULTILINE)
    return {name: to for names, to in lines for name in names.split()}


def test_the_image_has_all_files_that_it_is_built_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = project["tool"]["hatch"]
    packages = build["build"]["targets"]["wheel"]["packages"]
    files = ["pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    assert {name: copied().get(name) for name in files} == dict.fromkeys(files, "/src/")
    assert {name: copied().get(name) for name in packages} == {name: f"/src/{name}" for name in packages}
    assert Path(build["version"]["path"]).parts[0] in packages
    assert all((ROOT / name).exists() for name in copied())


def test_the_image_installs_only_what_is_pinned() -> None:
    image = example("dockerfile", "FROM")
    assert unpinned(image.replace("\\\n", "")) == []
    named = re.findall(r"--requirement /src/(\S+)", image)
    assert [name for name in named if not (ROOT / name).is_file() or Path(name).parts[0] not in copied()] == []


def test_the_image_fits_the_cronjob() -> None:
    pod = yaml.safe_load(example("yaml", "CronJob"))["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert re.findall(r"^USER (\d+)$", example("dockerfile", "FROM"), re.MULTILINE) == [
        str(pod["securityContext"]["runAsUser"])
    ]
    assert f"--config {copied()['configs/nightly.toml']} " in container["args"][0]
    assert f"`docker build -t {container['image']} .`" in PAGE


def test_the_airflow_file_compiles_and_its_commands_are_read() -> None:
    tree = ast.parse(example("python", "airflow"))
    texts: dict[str, Any] = {"__builtins__": {}}
    exec(compile(ast.Module([node for node in tree.body if isinstance(node, ast.Assign)], []), "dag", "exec"), texts)  # noqa: S102 our own page
    commands = [
        eval(compile(ast.Expression(word.value), "dag", "eval"), texts)  # noqa: S307 our own page
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "bash_command"
    ]
    assert all("run={{ data_interval_end | ds }}" in text for text in commands), "ds is another day in Airflow 2 and 3"
    assert sum(map(parse_all, commands)) == 2


def test_the_makefile_example_is_read() -> None:
    assert parse_all(example("make", "forecast-cli").replace("$@", "done")) == 2
