"""Every requirement is pinned by hash, and the audit tools have their own requirements file."""

import re

import pytest
from docs_reference import ROOT

PIN = re.compile(r"^[a-z0-9._-]+==")


@pytest.mark.parametrize(("name", "least"), [("runtime", 10), ("dev", 10), ("audit", 10), ("fuzz", 1)])
def test_every_requirement_is_pinned_by_hash(name: str, least: int) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(pins) >= least
    assert [pin for pin in pins if not PIN.match(pin) or "--hash=sha256:" not in pin] == []
    assert not re.search(r"^--|://", text, re.MULTILINE), "no index of our own, no address"


def test_what_the_tool_needs_does_not_come_with_the_tools_of_the_audit() -> None:
    runtime = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(?:pip-audit|cyclonedx|pyyaml)", runtime, re.MULTILINE)
