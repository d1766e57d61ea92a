"""Folder in which a run is made or read: its output, or a temporary folder where the output is in an object store."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputNotWrittenError
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.store.contents import Contents, StoreContents
from forecast_cli.store.layout import MANIFEST, RUNNING, SUCCESS
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.read import find_manifest
from forecast_cli.store.run_folder import RunFolder, open_run
from forecast_cli.store.state import OutputState
from forecast_cli.store.temporary import temporary_folder

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects

#: Seconds that a store may take to answer a command that has no such setting.
_TIMEOUT: Final = 30.0


@dataclass(frozen=True)
class Place:
    """Folder in which a run works, and the ``objects`` that mirror it where the output is an address."""

    folder: Path
    objects: "Objects | None" = None

    def __str__(self) -> str:
        return str(self.objects or self.folder)

    @property
    def contents(self) -> Path | Contents:
        """Return the output as it is now, to be inspected: the folder, or a new listing of the store."""
        return StoreContents(self.objects) if self.objects else self.folder

    def refuse_if_held(self) -> None:
        """Raise OutputBusyError where a run is at work in the folder, OutputNotWrittenError where the store fails."""
        if self.objects:
            self.objects.refuse_unreachable()
        else:
            refuse_if_held(self.folder)

    def open(
        self, identity: dict[str, Any], fingerprint: str, *, force: bool, warn: Callable[[str], None]
    ) -> AbstractContextManager[tuple[RunFolder, OutputState]]:
        """Hold the output while a run of ``identity`` works there; raises what ``open_run`` raises."""
        if self.objects is None:
            return open_run(self.folder, identity, fingerprint, force=force)
        from forecast_cli.store.mirror import open_mirrored_run

        return open_mirrored_run(self.objects, self.folder, (identity, fingerprint), force=force, warn=warn)


@contextmanager
def open_work_folder(output: Output, timeout: float) -> Iterator[Place]:
    """Yield the place where a run to ``output`` works, and remove a temporary folder afterwards.

    ``timeout`` is in seconds: what a store may take to answer. Raises ConfigError for an address that cannot be opened.
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
    """Yield the folder of a finished run; of a run in a store, a temporary folder with the files to be read.

    ``reads`` names these files and folders (None: all of them); other objects are empty files in the folder. A folder
    of this machine is yielded as it is, whatever it holds. Raises, for an address, ConfigError where it cannot be
    opened, CheckFailedError where it holds no finished run, and OutputNotWrittenError where the store fails.
    """
    if isinstance(output, Path):
        yield output
        return
    from forecast_cli.store.mirror import fetch_all
    from forecast_cli.store.remote_open import open_objects

    objects = open_objects(output, _TIMEOUT)
    held = StoreContents(objects)
    with temporary_folder() as folder, _shown_as(output, folder):
        fetch_all(objects, _objects_to_fetch(held, reads), folder)
        for name in held.sizes:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        yield folder


def _objects_to_fetch(held: StoreContents, reads: Collection[str] | None) -> list[str]:
    """Return the names of the objects to fetch; raises CheckFailedError where there is no finished run."""
    manifest = find_manifest(held)
    if manifest is None:
        if held.has(RUNNING):
            hint = "wait for it, or run the command that writes it again: finished shards are kept"
            raise CheckFailedError(f"{held}: holds a run that is still running or was cut off", hint)
        what = f"not the output of a run: it has no {MANIFEST}" if held.sizes else "nothing there"
        raise CheckFailedError(f"{held}: {what}", "name the address of one run, not of a folder of runs")
    written = [entry.path for entry in manifest.files]
    chosen = [name for name in written if reads is None or name in reads or name.partition("/")[0] in reads]
    return [name for name in (MANIFEST, SUCCESS, *chosen) if name in held.sizes]


@contextmanager
def _shown_as(address: Address, folder: Path) -> Iterator[None]:
    """Make errors of the block name ``address`` for the temporary ``folder``; a full disk stays one of this machine."""
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
