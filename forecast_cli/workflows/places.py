"""Folder in which a run works or is read: its output, or a temporary folder if the output is in an object store."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputNotWrittenError
from forecast_cli.data.files.addresses import WRITE_HOME, Address, Output, is_unexpanded
from forecast_cli.store.contents import Contents, FolderContents, StoreContents
from forecast_cli.store.layout import MANIFEST, RUNNING, SUCCESS
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import find_manifest
from forecast_cli.store.run_folder import RunFolder, open_run
from forecast_cli.store.state import OutputState
from forecast_cli.store.temporary import temporary_folder

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects

#: Seconds that a store may take to answer, for commands without a setting for it.
_TIMEOUT: Final = 30.0


@dataclass(frozen=True)
class Place:
    """Folder in which a run works, and the ``objects`` that mirror it if the output is an address."""

    folder: Path
    objects: "Objects | None" = None

    def __str__(self) -> str:
        return str(self.objects or self.folder)

    @property
    def contents(self) -> Contents:
        """Return the current contents of the output: of the folder, or of a new listing of the store."""
        return StoreContents(self.objects) if self.objects else FolderContents(self.folder)

    def refuse_if_held(self) -> None:
        """Raise OutputBusyError if a run is writing to the folder, OutputNotWrittenError if the store fails."""
        if self.objects:
            self.objects.refuse_unreachable()
        else:
            refuse_if_held(self.folder)

    def open(
        self, identity: dict[str, Any], *, force: bool, warn: Callable[[str], None]
    ) -> AbstractContextManager[tuple[RunFolder, OutputState]]:
        """Lock or claim the output while a run of ``identity`` works there; raises what ``open_run`` raises."""
        if self.objects is None:
            return open_run(self.folder, identity, force=force)
        from forecast_cli.store.mirror import open_mirrored_run

        return open_mirrored_run(self.objects, self.folder, identity, force=force, warn=warn)


def place_of(output: Output) -> str:
    """Return the place of an output, however it was named."""
    return str(output.resolve() if isinstance(output, Path) else output)


@contextmanager
def open_work_folder(output: Output, timeout: float) -> Iterator[Place]:
    """Yield the place in which a run to ``output`` works, and remove a temporary folder afterwards.

    ``timeout``: seconds that a store may take to answer. Raises ConfigError for an address that cannot be opened.
    """
    if isinstance(output, Path):
        yield Place(output)
        return
    from forecast_cli.store.remote_open import open_objects

    objects = open_objects(output, timeout)
    with temporary_folder() as folder, _shown_as(output, folder):
        yield Place(folder, objects)


@contextmanager
def open_finished_run(output: Output, reads: Collection[str] | None = None) -> Iterator[Path]:
    """Yield the folder of a finished run; for a run in a store, a temporary folder with the files to read.

    ``reads`` names these files and folders (None: all of them); other objects are empty files in the folder. A local
    folder is yielded unchecked; CheckFailedError is raised for one that begins with a ``~`` that no shell has replaced.
    For an address, raises ConfigError if it cannot be opened, CheckFailedError if it holds no finished run, and
    OutputNotWrittenError if the store fails.
    """
    if isinstance(output, Path):
        if is_unexpanded(output):
            raise CheckFailedError(f"{output}: the shell did not replace ~ by the home folder", WRITE_HOME)
        yield output
        return
    from forecast_cli.store.mirror import fetch_all
    from forecast_cli.store.remote_open import open_objects

    objects = open_objects(output, _TIMEOUT)
    contents = StoreContents(objects)
    with temporary_folder() as folder, _shown_as(output, folder):
        fetch_all(objects, _objects_to_fetch(contents, reads), folder)
        for name in contents.sizes:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        yield folder


def _objects_to_fetch(contents: StoreContents, reads: Collection[str] | None) -> list[str]:
    """Return the names of the objects to fetch; raises CheckFailedError if there is no finished run."""
    manifest = find_manifest(contents)
    if manifest is None:
        if contents.has(RUNNING):
            hint = "wait for it, or run the command that writes it again: finished shards are kept"
            raise CheckFailedError(f"{contents}: holds a run that is still running or was cut off", hint)
        what = f"not the output of a run: it has no {MANIFEST}" if contents.sizes else "nothing there"
        raise CheckFailedError(f"{contents}: {what}", "name the address of one run, not of a folder of runs")
    written = [entry.path for entry in manifest.files]
    chosen = [name for name in written if reads is None or name in reads or name.partition("/")[0] in reads]
    return [name for name in (MANIFEST, SUCCESS, *chosen) if name in contents.sizes]


@contextmanager
def _shown_as(address: Address, folder: Path) -> Iterator[None]:
    """Make errors of the block name ``address``, not the temporary ``folder``, unless the local disk is at fault."""
    try:
        yield
    except ForecastCliError as error:
        local = isinstance(error, OutputNotWrittenError) and str(folder) in error.message
        shown = f"temporary folder of {address}" if local else str(address)
        error.message = error.message.replace(str(folder), shown)
        if error.hint:
            error.hint = error.hint.replace(str(folder), str(address))
        if local:
            error.hint = f"{error.hint or 'free some space'}; or set TMPDIR to another temporary folder"
        raise
