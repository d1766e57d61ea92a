"""One run at a time over an output in an object store: a claim, which its holder renews while it is at work."""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from forecast_cli.core.errors import OutputBusyError, OutputNotWrittenError
from forecast_cli.store.layout import CLAIM
from forecast_cli.store.remote import Objects, Version

_BUSY_HINT: Final = "wait for it, or name another output"


@dataclass(frozen=True)
class Pace:
    """Seconds: between two renewals of a claim; until one that stays as it is counts as left behind; between looks."""

    renewal: float = 15.0
    patience: float = 60.0
    look: float = 2.0


PACE: Final = Pace()


@contextlib.contextmanager
def claimed(objects: Objects, *, warn: Callable[[str], None], pace: Pace | None = None) -> Iterator["Claim"]:
    """Hold the output while the block runs, and renew the claim meanwhile.

    A claim that nobody renews any more is taken over, which takes a minute; ``warn`` says so. Raises OutputBusyError
    where another run renews its own, OutputNotWrittenError where the store does not do as it is asked.
    """
    claim = Claim(objects, pace or PACE)
    claim.take(warn)
    renewing = threading.Thread(target=claim.keep_renewing, daemon=True)
    renewing.start()
    try:
        yield claim
    finally:
        claim.stop()
        renewing.join()
        claim.release()


class Claim:
    """The claim of this run."""

    def __init__(self, objects: Objects, pace: Pace) -> None:
        self._objects, self._pace = objects, pace
        self._token, self._count = secrets.token_hex(8), 0
        self._version = Version()
        self._renewed_at = 0.0
        self._lost: OutputBusyError | None = None
        self._lock, self._stopped = threading.Lock(), threading.Event()

    def take(self, warn: Callable[[str], None]) -> None:
        """Become the holder."""
        version = None
        while version is None:
            version = self._objects.create(CLAIM, self._content())
            if version is not None:
                self._refuse_heedless_store()
            else:
                version = self._take_over(warn)
        self._version, self._renewed_at = version, time.time()

    def keep_renewing(self) -> None:
        """Renew the claim until it is lost or ``stop`` is called; a store that does not answer is asked again."""
        while not self._stopped.wait(self._pace.renewal):
            try:
                self.renew()
            except OutputBusyError:
                return
            except OutputNotWrittenError:
                continue

    def renew(self) -> None:
        """Say that this run is at work; raises OutputBusyError where another one has taken over."""
        with self._lock:
            self.refuse_if_lost()
            self._count += 1
            version = self._objects.replace(CLAIM, self._content(), self._version)
            if version is None:  # a renewal whose answer was lost has been done, and is told so when asked again
                found = self._objects.read(CLAIM)
                if found is None or _told(found[0]).get("token") != self._token:
                    holder = _holder(found[0]) if found else ""
                    self._lost = OutputBusyError(f"{self._objects}: another run{holder} took this output", _BUSY_HINT)
                    raise self._lost
                version = found[1]
            self._version, self._renewed_at = version, time.time()

    def confirm(self) -> None:
        """Make sure that the output is still this run's: asked anew where the last renewal is a while ago."""
        self.refuse_if_lost()
        if not 0 <= time.time() - self._renewed_at <= self._pace.patience / 2:
            self.renew()

    def refuse_if_lost(self) -> None:
        """Raise OutputBusyError where another run has taken over."""
        if self._lost is not None:
            raise self._lost

    def stop(self) -> None:
        """Renew no more."""
        self._stopped.set()

    def release(self) -> None:
        """Take the claim away, where it still is this run's."""
        with contextlib.suppress(OutputBusyError, OutputNotWrittenError):
            self.renew()
            self._objects.remove([CLAIM])

    def _content(self) -> bytes:
        told = {"pid": os.getpid(), "host": socket.gethostname(), "token": self._token, "count": self._count}
        return json.dumps(told).encode()

    def _refuse_heedless_store(self) -> None:
        """Raise where a store writes over what it was asked to write only if absent: it cannot keep two runs apart."""
        if self._objects.create(CLAIM, self._content()) is not None:
            raise OutputNotWrittenError(
                f"{self._objects}: the store does not heed conditional writes, which keep two runs apart",
                "write to a folder, and copy it there once it holds _SUCCESS",
            )

    def _take_over(self, warn: Callable[[str], None]) -> Version | None:
        """Return the version of the claim after taking it over from a holder that is gone; None where it went away."""
        found = self._objects.read(CLAIM)
        if found is None:
            return None
        content, version = found
        if _told(content).get("token") == self._token:  # it was made, and the answer was lost
            return version
        patience = self._pace.patience
        warn(
            f"{self._objects}: claimed by a run{_holder(content)}; waiting up to {patience:g} s to see if it is at work"
        )
        until = time.monotonic() + patience
        while time.monotonic() < until:
            time.sleep(self._pace.look)
            seen = self._objects.read(CLAIM)
            if seen is None:
                return None
            if seen[1] != version:
                raise OutputBusyError(f"{self._objects}: another run holds this output{_holder(seen[0])}", _BUSY_HINT)
        taken = self._objects.replace(CLAIM, self._content(), version)
        if taken is None:
            raise OutputBusyError(f"{self._objects}: another run took this output just now", _BUSY_HINT)
        return taken


def _holder(content: bytes) -> str:
    told = _told(content)
    return f" (process {told['pid']} on {told['host']})" if {"pid", "host"} <= told.keys() else ""


def _told(content: bytes) -> dict[str, object]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
