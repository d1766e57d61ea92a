"""Files delivered twice under different names."""

from collections.abc import Sequence

from forecast_cli.core.text import counted
from forecast_cli.data.files.inspect import InspectedFile
from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.source import InputFile


def drop_repeated(files: Sequence[InspectedFile]) -> tuple[list[InspectedFile], list[Finding]]:
    """Keep the first of the files with the same content, and return a finding about the others.

    Equal files below different hive folders are both kept, and so are files without rows.
    """
    first: dict[object, InspectedFile] = {}
    repeated: list[tuple[InspectedFile, InspectedFile]] = []
    for one in files:
        original = first.setdefault(_content(one.file), one)
        if original is not one:
            repeated.append((one, original))
    if not repeated:
        return list(files), []
    copy, original = repeated[0]
    left_out = f"left out ({counted(len(repeated), 'file')})"
    message = f"{copy.file.path}: has the same content as {original.file.path}, {left_out}"
    paths = [one.file.path for one, _ in repeated]
    return list(first.values()), [file_finding("IN11", Action.REPAIR, message, paths=paths, total=len(files))]


def _content(file: InputFile) -> object:
    return (file.sha256, file.hive) if file.rows else file.path
