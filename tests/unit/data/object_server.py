"""A tiny object store on 127.0.0.1, for the tests: lists, tells and gives objects as S3 does, or refuses everything."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_MODIFIED = "2026-01-01T00:00:00.000Z"
_MODIFIED_HTTP = "Thu, 01 Jan 2026 00:00:00 GMT"


@contextmanager
def object_server(objects: Mapping[str, bytes], *, refuse: bool = False) -> Iterator[str]:
    """Serve ``objects`` (bucket/key to bytes) and yield host:port; where ``refuse``, answer 403 to everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(objects, refuse))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(objects: Mapping[str, bytes], refuse: bool) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_ObjectHandler,), {"objects": objects, "refuse": refuse})


class _ObjectHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: Mapping[str, bytes]
    refuse: bool

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path.strip("/"))
        query = parse_qs(address.query)
        if self.refuse:
            self._send(403, _error("AccessDenied"), body=body)
        elif "list-type" in query:
            self._send(200, _listing(self.objects, path, query), body=body)
        elif path in self.objects:
            self._send_object(self.objects[path], body=body)
        elif "/" not in path:
            self._send(200, b"", body=body)  # the bucket itself
        else:
            self._send(404, _error("NoSuchKey"), body=body)

    def _send_object(self, content: bytes, *, body: bool) -> None:
        span = self.headers.get("Range")
        if span is None:
            self._send(200, content, body=body)
            return
        first, last = (int(end) for end in span.removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        self._send(206, part, body=body, span=f"bytes {first}-{first + len(part) - 1}/{len(content)}")

    def _send(self, status: int, content: bytes, *, body: bool, span: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", _MODIFIED_HTTP)
        self.send_header("ETag", '"0"')
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


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
            contents += f"<ETag>0</ETag><Size>{len(content)}</Size></Contents>"
    contents += "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
    head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult>{head}{contents}</ListBucketResult>".encode()
