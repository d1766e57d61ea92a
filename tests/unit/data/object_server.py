"""A small test server on 127.0.0.1 for the parts of S3 that a run uses: list, get, put and delete."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from threading import Lock
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from http_server import served

_MODIFIED = "2026-01-01T00:00:00.000Z"
_MODIFIED_HTTP = "Thu, 01 Jan 2026 00:00:00 GMT"
#: Says of a request, by method and path, with which status it fails; None where it does not.
Fault = Callable[[str, str], int | None]


@contextmanager
def object_server(
    objects: MutableMapping[str, bytes], *, refuse: bool = False, fault: Fault = lambda *_: None, heedless: bool = False
) -> Iterator[str]:
    """Serve ``objects`` (bucket/key to bytes) and yield host:port; where ``refuse``, answer 403 to everything.

    A ``heedless`` server writes whatever the conditions are.
    """
    answer: Fault = (lambda *_: 403) if refuse else fault
    told = {"objects": objects, "fault": staticmethod(answer), "heedless": heedless, "lock": Lock()}
    with served(type("Handler", (_ObjectHandler,), told)) as host:
        yield host


class _ObjectHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: MutableMapping[str, bytes]
    fault: Fault
    heedless: bool
    lock: Lock

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        path = unquote(urlsplit(self.path).path.strip("/"))
        if self._failed(path):
            return
        with self.lock:
            there = self.objects.get(path)
            wanted = self.headers.get("If-Match")
            late = self.headers.get("If-None-Match") == "*" and there is not None
            late = late or (wanted is not None and (there is None or wanted != _etag(there)))
            if late and not self.heedless:
                self._send(412, _error("PreconditionFailed"), body=True)
                return
            self.objects[path] = content
        self._send(200, b"", body=True, etag=_etag(content))

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        bucket = urlsplit(self.path).path.strip("/")
        keys = [unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", text)]
        if any(self._failed(f"{bucket}/{key}") for key in keys[:1]):
            return
        with self.lock:
            for key in keys:
                self.objects.pop(f"{bucket}/{key}", None)
        gone = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._send(200, f"<DeleteResult>{gone}</DeleteResult>".encode(), body=True)

    def _answer(self, *, body: bool) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path.strip("/"))
        query = parse_qs(address.query)
        if self._failed(path, body=body):
            return
        with self.lock:
            objects = dict(self.objects)
        if "list-type" in query:
            self._send(200, _listing(objects, path, query), body=body)
        elif path in objects:
            self._send_object(objects[path], body=body)
        elif "/" not in path:
            self._send(200, b"", body=body)  # the bucket itself
        else:
            self._send(404, _error("NoSuchKey"), body=body)

    def _failed(self, path: str, *, body: bool = True) -> bool:
        status = type(self).fault(self.command, path)
        if status is not None:
            self._send(status, _error("AccessDenied" if status == 403 else "InternalError"), body=body)
        return status is not None

    def _send_object(self, content: bytes, *, body: bool) -> None:
        span = self.headers.get("Range")
        if span is None:
            self._send(200, content, body=body, etag=_etag(content))
            return
        first, last = (int(end) for end in span.removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        told = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        self._send(206, part, body=body, span=told, etag=_etag(content))

    def _send(self, status: int, content: bytes, *, body: bool, span: str | None = None, etag: str = '"0"') -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", _MODIFIED_HTTP)
        self.send_header("ETag", etag)
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def _etag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def _listing(objects: Mapping[str, bytes], bucket: str, query: Mapping[str, list[str]]) -> bytes:
    prefix, delimiter = (query.get(name, [""])[0] for name in ("prefix", "delimiter"))
    contents, folders = "", set()
    for name, content in sorted(objects.items()):
        key = name.removeprefix(f"{bucket}/")
        rest = key.removeprefix(prefix)
        if not name.startswith(f"{bucket}/{prefix}"):
            continue
        if delimiter and delimiter in rest:
            folders.add(prefix + rest.split(delimiter)[0] + delimiter)
        else:
            contents += f"<Contents><Key>{escape(key)}</Key><LastModified>{_MODIFIED}</LastModified>"
            contents += f"<ETag>{escape(_etag(content))}</ETag><Size>{len(content)}</Size></Contents>"
    contents += "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
    head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult>{head}{contents}</ListBucketResult>".encode()
