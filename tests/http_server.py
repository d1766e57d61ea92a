"""An HTTP server for tests whose clients may be killed in the middle of a request."""

import sys
from http.server import ThreadingHTTPServer
from typing import Any


class HttpServer(ThreadingHTTPServer):
    """A server that prints no traceback if a client closes its connection early."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback of an error, except for a lost connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
