"""Claim on an output in an object store: one run holds it at a time, and renews it as long as it works."""

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

_BUSY_HINT: Final = "wait for it to finish, or name another --output"


@dataclass(frozen=True)
class Pace:
    """Times of a claim, in seconds.

    ``renewal`` is the time between two renewals by the holder, ``look`` between two checks by a run that waits. A claim
    that is not renewed for ``patience`` counts as abandoned.
    """

    renewal: float = 15.0
    patience: float = 60.0
    look: float = 2.0


PACE: Final = Pace()


@contextlib.contextmanager
def claimed(objects: Objects, *, warn: Callable[[str], None], pace: Pace | None = None) -> Iterator["Claim"]:
    """Hold the claim on the output while the block runs, and renew it in a thread.

    A claim that its holder no longer renews is taken over after a minute; ``warn`` is called when the wait begins.
    Raises OutputBusyError if another run holds the output, and OutputNotWrittenError if the store fails or ignores
    conditions on writes.
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
    """Claim of this run on an output; one thread may renew it while others confirm it."""

    def __init__(self, objects: Objects, pace: Pace) -> None:
        self._objects, self._pace = objects, pace
        self._token, self._count = secrets.token_hex(8), 0
        self._version = Version()
        self._renewed_at = 0.0
        self._lost: OutputBusyError | None = None
        self._lock, self._stopped = threading.Lock(), threading.Event()

    def take(self, warn: Callable[[str], None]) -> None:
        """Become the holder, or take over an abandoned claim; raises what ``claimed`` raises."""
        version = None
        while version is None:
            version = self._objects.create(CLAIM, self._content())
            if version is not None:
                self._require_conditional_writes()
            else:
                version = self._take_over(warn)
        self._version, self._renewed_at = version, time.time()

    def keep_renewing(self) -> None:
        """Renew the claim until it is lost or ``stop`` is called; if the store fails, try again at the next renewal."""
        while not self._stopped.wait(self._pace.renewal):
            try:
                self.renew()
            except OutputBusyError:
                return
            except OutputNotWrittenError:
                continue

    def renew(self) -> None:
        """Write the claim again, which shows that this run is still at work.

        Raises OutputBusyError if another run has taken over, and OutputNotWrittenError if the store fails.
        """
        with self._lock:
            self.refuse_if_lost()
            self._count += 1
            version = self._objects.replace(CLAIM, self._content(), self._version)
            if version is None:  # taken over, unless it was renewed and the answer was lost
                found = self._objects.read(CLAIM)
                if found is None or _parse_claim(found[0]).get("token") != self._token:
                    holder = _holder(found[0]) if found else ""
                    self._lost = OutputBusyError(
                        f"{self._objects}: another run{holder} took over this output", _BUSY_HINT
                    )
                    raise self._lost
                version = found[1]
            self._version, self._renewed_at = version, time.time()

    def confirm(self) -> None:
        """Renew the claim if the last renewal is older than half of ``patience``; raises what ``renew`` raises."""
        self.refuse_if_lost()
        if not 0 <= time.time() - self._renewed_at <= self._pace.patience / 2:
            self.renew()

    def refuse_if_lost(self) -> None:
        """Raise OutputBusyError if another run has taken over."""
        if self._lost is not None:
            raise self._lost

    def stop(self) -> None:
        """Make ``keep_renewing`` return."""
        self._stopped.set()

    def release(self) -> None:
        """Remove the claim if this run still holds it; if the store fails, the claim expires later."""
        with contextlib.suppress(OutputBusyError, OutputNotWrittenError):
            self.renew()
            self._objects.remove([CLAIM])

    def _content(self) -> bytes:
        content = {"pid": os.getpid(), "host": socket.gethostname(), "token": self._token, "count": self._count}
        return json.dumps(content).encode()

    def _require_conditional_writes(self) -> None:
        """Raise OutputNotWrittenError if the store replaces an object that it should only create."""
        if self._objects.create(CLAIM, self._content()) is not None:
            raise OutputNotWrittenError(
                f"{self._objects}: the store ignores conditional writes, and without them two runs could collide",
                "write to a local folder, and copy it to the store when it holds _SUCCESS",
            )

    def _take_over(self, warn: Callable[[str], None]) -> Version | None:
        """Return the version of the claim after taking it over, None if the claim was removed meanwhile.

        Raises OutputBusyError if its holder renews it or a third run takes it first.
        """
        found = self._objects.read(CLAIM)
        if found is None:
            return None
        content, version = found
        if _parse_claim(content).get("token") == self._token:  # it was created, but the answer was lost
            return version
        patience = self._pace.patience
        warn(
            f"{self._objects}: claimed by a run{_holder(content)}; "
            f"waiting up to {patience:g} s to see whether it is still running"
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
            raise OutputBusyError(f"{self._objects}: another run has just taken over this output", _BUSY_HINT)
        return taken


def _holder(content: bytes) -> str:
    claim = _parse_claim(content)
    return f" (process {claim['pid']} on {claim['host']})" if {"pid", "host"} <= claim.keys() else ""


def _parse_claim(content: bytes) -> dict[str, object]:
    try:
        claim = json.loads(content)
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}
