"""Where a run works and is read: in its folder, or where it is in an object store, in a passing one of this machine."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputNotWrittenError
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.store.held import Held, HeldByStore
from forecast_cli.store.layout import MANIFEST, RUNNING, SUCCESS
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import parse_manifest
from forecast_cli.store.run_folder import RunFolder, open_run
from forecast_cli.store.state import OutputState

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects

#: Seconds that a store may take to answer a command that has no such setting.
_TIMEOUT: Final = 30.0
_PASSING: Final = "forecast-cli-"


@dataclass(frozen=True)
class Place:
    """Where a run works: ``folder``, and the ``objects`` it is put into, where its output is an address."""

    folder: Path
    objects: "Objects | None" = None

    def __str__(self) -> str:
        return str(self.objects or self.folder)

    @property
    def held(self) -> Path | Held:
        """Return what looks at what the output holds now."""
        return HeldByStore(self.objects) if self.objects else self.folder

    def refuse_if_held(self) -> None:
        """Raise where a run is at work in the folder, or where the store does not answer."""
        if self.objects:
            self.objects.sizes()
        else:
            refuse_if_held(self.folder)

    def open(
        self, identity: dict[str, Any], fingerprint: str, *, force: bool, warn: Callable[[str], None]
    ) -> AbstractContextManager[tuple[RunFolder, OutputState]]:
        """Hold the output for a run of ``identity``; raises as ``open_run`` does."""
        if self.objects is None:
            return open_run(self.folder, identity, fingerprint, force=force)
        from forecast_cli.store.mirror import open_mirrored_run

        return open_mirrored_run(self.objects, self.folder, (identity, fingerprint), force=force, warn=warn)


@contextmanager
def working_at(output: Output, timeout: float) -> Iterator[Place]:
    """Yield where a run works whose output is asked for at ``output``; a passing folder is gone afterwards."""
    if isinstance(output, Path):
        yield Place(output)
        return
    from forecast_cli.store.remote_open import open_objects

    objects = open_objects(output, timeout)
    with TemporaryDirectory(prefix=_PASSING) as made, _shown_as(output, Path(made)):
        yield Place(Path(made), objects)


@contextmanager
def lent(output: Output, reads: Collection[str] | None = None) -> Iterator[Path]:
    """Yield the folder of a finished run; of one in a store, a passing one with what is to be read (None: all).

    ``reads`` are names of files and folders. What else is in the store stands in the folder too, but empty.
    """
    if isinstance(output, Path):
        yield output
        return
    from forecast_cli.store.mirror import fetch_all
    from forecast_cli.store.remote_open import open_objects

    objects = open_objects(output, _TIMEOUT)
    there = objects.sizes()
    with TemporaryDirectory(prefix=_PASSING) as made, _shown_as(output, Path(made)):
        folder = Path(made)
        fetch_all(objects, _wanted(objects, there, reads), folder)
        for name in there:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        yield folder


def _wanted(objects: "Objects", there: Collection[str], reads: Collection[str] | None) -> list[str]:
    """Return the names to fetch; raises CheckFailedError where there is no finished run."""
    found = objects.read(MANIFEST)
    if found is None:
        if any(name.startswith(f"{RUNNING}/") for name in there):
            hint = "wait for it, or run the same command again: finished shards are kept"
            raise CheckFailedError(f"{objects}: holds a run that is at work or was cut off", hint)
        what = f"not the output of a run: it has no {MANIFEST}" if there else "nothing there"
        raise CheckFailedError(f"{objects}: {what}", "name the --output of a run")
    written = [entry.path for entry in parse_manifest(found[0], where=f"{objects}/{MANIFEST}").files]
    chosen = [name for name in written if reads is None or name in reads or name.partition("/")[0] in reads]
    return [name for name in (MANIFEST, SUCCESS, *chosen) if name in there]


@contextmanager
def _shown_as(address: Address, folder: Path) -> Iterator[None]:
    """Have errors name the address that a passing folder stands for; what this machine did not write, the folder."""
    try:
        yield
    except ForecastCliError as error:
        local = isinstance(error, OutputNotWrittenError) and str(folder) in error.message
        shown = f"temporary folder of {address}" if local else str(address)
        error.message = error.message.replace(str(folder), shown)
        if error.hint:
            error.hint = error.hint.replace(str(folder), str(address))
        if local:
            error.hint = f"{error.hint or 'free some space'}; TMPDIR names another place for the temporary folder"
        raise
