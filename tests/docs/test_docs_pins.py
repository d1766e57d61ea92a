"""Every requirement is pinned by hash, and the audit tools have their own requirements file."""

import re
import tomllib

import pytest
from docs_reference import ROOT

PIN = re.compile(r"^[a-z0-9._-]+==")


@pytest.mark.parametrize(
    ("name", "least"),
    [("runtime", 10), ("dev", 10), ("ray", 10), ("spark", 10), ("build", 2), ("audit", 10), ("fuzz", 1)],
)
def test_every_requirement_is_pinned_by_hash(name: str, least: int) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(pins) >= least
    assert [pin for pin in pins if not PIN.match(pin) or "--hash=sha256:" not in pin] == []
    assert not re.search(r"^--|://", text, re.MULTILINE), "no index of our own, no address"


def test_what_the_tool_needs_does_not_come_with_the_tools_of_the_audit() -> None:
    runtime = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(?:pip-audit|cyclonedx|pyyaml)", runtime, re.MULTILINE)


def test_what_builds_the_wheel_is_what_the_project_names_in_the_versions_of_development() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    lines = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == named
    pins = [
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("build.txt", "dev.txt")
    ]
    assert pins[0] <= pins[1]
