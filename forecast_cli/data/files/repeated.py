"""Files delivered twice under different names."""

from collections.abc import Sequence

from forecast_cli.core.text import counted
from forecast_cli.data.files.inspect import InspectedFile
from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.findings import Action, Finding


def drop_repeated(files: Sequence[InspectedFile]) -> tuple[list[InspectedFile], list[Finding]]:
    """Keep the first of the files with the same content, and return a finding about the others.

    Equal files below different hive folders are both kept, and so are files without rows.
    """
    first: dict[object, InspectedFile] = {}
    repeated: list[tuple[InspectedFile, InspectedFile]] = []
    for file in files:
        original = first.setdefault(_content(file), file)
        if original is not file:
            repeated.append((file, original))
    if not repeated:
        return list(files), []
    copy, original = repeated[0]
    left_out = f"left out ({counted(len(repeated), 'file')})"
    message = f"{copy.listed.path}: has the same content as {original.listed.path}, {left_out}"
    paths = [file.listed.path for file, _ in repeated]
    return list(first.values()), [file_finding("IN11", Action.REPAIR, message, paths=paths, total=len(files))]


def _content(file: InspectedFile) -> object:
    return (file.sha256, file.listed.hive) if file.footer.rows else file.listed.path
