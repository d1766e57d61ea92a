"""Escaping of data for GitHub's Markdown: no markup, links, mentions or line breaks."""

import re
from typing import Final

from forecast_cli.reports.escape import printable

_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>|~$&^]")
#: GitHub finds mentions and issue numbers in text after parsing Markdown; an empty comment in between prevents that.
_REFERENCES: Final = re.compile(r"[@#]|(?i:gh-(?=\d))")
_LINKS: Final = re.compile(r"(?i)(?<=\w):(?=//)|(?<=www)\.")
#: Text that starts a list, a rule or the underline of a heading at the start of a line.
_LINE_STARTS: Final = re.compile(r"^(?:[-+=](?=[-+=\s]|$)|\d+[.)](?=\s|$))")
_BREAK: Final = "<!-- -->"


def escape_markdown(text: object) -> str:
    r"""Return ``text`` escaped for a line or a table cell: ``a|b`` becomes ``a\|b``, and ``@me`` notifies nobody."""
    marked = _MARKS.sub(_escaped, printable(text).strip())
    unlinked = _LINKS.sub(_escaped, marked)
    quiet = _REFERENCES.sub(lambda found: found.group() + _BREAK, unlinked)
    return _LINE_STARTS.sub(lambda found: f"{found.group()[:-1]}\\{found.group()[-1]}", quiet)


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found.group()
