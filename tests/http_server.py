"""An HTTP server for tests whose clients may be killed in the middle of a request."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer requests by ``handler`` in threads, and yield host:port."""
    server = HttpServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class HttpServer(ThreadingHTTPServer):
    """A server that prints no traceback if a client closes its connection early."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback of an error, except for a lost connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
