"""Small test servers on 127.0.0.1 for the parts of Google Cloud Storage and Azure Blob Storage that a run uses."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from http_server import served

_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
_MODIFIED_ISO = "2026-01-01T00:00:00Z"


@dataclass
class Cloud:
    """A store that is served: its objects by name, and what it asks of those who write."""

    objects: dict[str, bytes] = field(default_factory=dict)
    host: str = ""
    #: Seconds that must pass between two changes of an object.
    pace: float = 0.0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    changed: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def too_early(self, name: str) -> bool:
        """Say whether an object is changed again too soon; else note that it is changed."""
        now = time.monotonic()
        early = now - self.changed.get(name, float("-inf")) < self.pace
        self.changed[name] = self.changed[name] if early else now
        return early


@contextmanager
def google_server() -> Iterator[Cloud]:
    """Serve objects by the XML interface of Google Cloud Storage, named ``bucket/key``."""
    with _served(_Google) as cloud:
        yield cloud


@contextmanager
def azure_server() -> Iterator[Cloud]:
    """Serve blobs of any account of Azure Blob Storage, named ``account/container/key``."""
    with _served(_Azure) as cloud:
        yield cloud


@contextmanager
def _served(dialect: "type[_Dialect]") -> Iterator[Cloud]:
    cloud = Cloud()
    with served(type("Handler", (dialect,), {"cloud": cloud})) as cloud.host:
        yield cloud


class _Dialect(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: ClassVar[Cloud]

    def do_GET(self) -> None:
        name, query = self._asked()
        if "prefix" in query or "list-type" in query or "comp" in query:
            self._send(200, self.listing(name, query.get("prefix", "")))
        elif name in self.cloud.objects:
            self._send(200, self.cloud.objects[name])
        else:
            self._send(404, _error("NotFound"))

    def do_HEAD(self) -> None:
        name, _ = self._asked()
        self._send(200 if name in self.cloud.objects else 404, b"")

    def do_PUT(self) -> None:
        name, _ = self._asked()
        content = self._body()
        with self.cloud.lock:
            status = 429 if self.cloud.too_early(name) else self.refusal(self.cloud.objects.get(name))
            if status is None:
                self.cloud.objects[name] = content
        if status is None:
            self._send(201, b"", of=content)
        else:
            self._send(status, _error("Refused"))

    def do_DELETE(self) -> None:
        name, _ = self._asked()
        with self.cloud.lock:
            early = self.cloud.too_early(name)
            there = early or self.cloud.objects.pop(name, None) is not None
        self._send(429 if early else 204 if there else 404, b"")

    def listing(self, place: str, prefix: str) -> bytes:
        """Return the answer to who asks for the objects whose keys begin with ``prefix``."""
        raise NotImplementedError

    def refusal(self, there: bytes | None) -> int | None:
        """Return the status for who writes where ``there`` is on a condition that does not hold, else None."""
        raise NotImplementedError

    def below(self, place: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield key and content of the objects that begin with ``prefix``."""
        for name, content in sorted(self.cloud.objects.items()):
            if name.startswith(f"{place}/{prefix}"):
                yield escape(name.removeprefix(f"{place}/")), content

    def _asked(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        name = unquote(address.path).strip("/")
        self.cloud.asked.append((self.command, name, self.headers.get("Authorization", "")))
        return name, {key: values[0] for key, values in parse_qs(address.query, keep_blank_values=True).items()}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _send(self, status: int, content: bytes, *, of: bytes | None = None, kind: str = "application/xml") -> None:
        whole = content if of is None else of
        told = {"Content-Type": kind, "Content-Length": str(len(content)), "Last-Modified": _MODIFIED}
        told |= {"ETag": _etag(whole), "x-goog-generation": _generation(whole)}
        self.send_response(status)
        for header, value in told.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Google(_Dialect):
    def listing(self, place: str, prefix: str) -> bytes:
        found = "".join(
            f"<Contents><Key>{key}</Key><LastModified>{_MODIFIED_ISO}</LastModified><Size>{len(content)}</Size></Contents>"
            for key, content in self.below(place, prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def refusal(self, there: bytes | None) -> int | None:
        wanted = self.headers.get("x-goog-if-generation-match")
        found = "0" if there is None else _generation(there)
        return 412 if wanted is not None and wanted != found else None


class _Azure(_Dialect):
    def listing(self, place: str, prefix: str) -> bytes:
        found = "".join(
            f"<Blob><Name>{key}</Name><Properties><Last-Modified>{_MODIFIED}</Last-Modified><Content-Length>{len(content)}"
            "</Content-Length><Content-Type>application/octet-stream</Content-Type>"
            f"<Etag>{_etag(content)}</Etag></Properties></Blob>"
            for key, content in self.below(place, prefix)
        )
        return f"<EnumerationResults><Blobs>{found}</Blobs><NextMarker/></EnumerationResults>".encode()

    def refusal(self, there: bytes | None) -> int | None:
        if self.headers.get("If-None-Match") == "*" and there is not None:
            return 409
        wanted = self.headers.get("If-Match")
        return 412 if wanted is not None and (there is None or wanted != _etag(there)) else None

    def do_POST(self) -> None:
        """Remove the blobs of a batch."""
        self._asked()
        names = re.findall(r"^DELETE /(\S+) HTTP", self._body().decode(), flags=re.MULTILINE)
        with self.cloud.lock:
            gone = [self.cloud.objects.pop(unquote(name), None) is not None for name in names]
        answers = "".join(
            f"--answers\r\nContent-Type: application/http\r\nContent-ID: {index}\r\n\r\n"
            f"HTTP/1.1 {'202 Accepted' if there else '404 The specified blob does not exist.'}\r\n\r\n\r\n"
            for index, there in enumerate(gone)
        )
        self._send(202, f"{answers}--answers--\r\n".encode(), kind="multipart/mixed; boundary=answers")


def _etag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _generation(content: bytes) -> str:
    return str(int(md5(content, usedforsecurity=False).hexdigest()[:12], 16) + 1)


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code></Error>".encode()
