"""Data as Markdown text that GitHub shows as it is: no markup, no link, no mention, no second line."""

import re
from typing import Final

from forecast_cli.reports.escape import printable

_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>|~$&^]")
#: Mentions and numbers of issues are found after Markdown was read, in text only: an empty comment breaks them up.
_REFERENCES: Final = re.compile(r"[@#]|(?i:gh-(?=\d))")
_LINKS: Final = re.compile(r"(?i)(?<=\w):(?=//)|(?<=www)\.")
#: What begins a list, a rule or the underline of a heading, where text begins a line.
_LINE_STARTS: Final = re.compile(r"^(?:[-+=](?=[-+=\s]|$)|\d+[.)](?=\s|$))")
_BREAK: Final = "<!-- -->"


def escape_markdown(text: object) -> str:
    r"""Return ``text`` as Markdown for one line or one cell: ``a|b`` as ``a\|b``, ``@me`` so that nobody is called."""
    marked = _MARKS.sub(_escaped, printable(text).strip())
    unlinked = _LINKS.sub(_escaped, marked)
    quiet = _REFERENCES.sub(lambda found: found.group() + _BREAK, unlinked)
    return _LINE_STARTS.sub(lambda found: f"{found.group()[:-1]}\\{found.group()[-1]}", quiet)


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found.group()
