"""docs/reliability.md: every promise names an existing test, and every such test has a promise."""

import re

from docs_reference import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_promise_has_a_test_of_its_name_and_every_test_a_promise() -> None:
    promised = re.findall(r"^\| (RT\d{2}) \|", PAGE, re.MULTILINE)
    assert promised == sorted(set(promised))
    assert len(promised) == 15
    named = re.findall(r"^def (test_\w+)", TESTS, re.MULTILINE)
    assert {rule for name in named for rule in re.findall(r"(?<=_)RT\d{2}(?=_)", name)} == set(promised)
