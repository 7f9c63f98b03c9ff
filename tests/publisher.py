"""A publisher of feeds on 127.0.0.1: files with ETags, answers 304 to who has them already, and remembers who asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Publisher:
    """`files` maps a path to its content; `asked` lists (path, status) of every answer."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, int]] = []
        self.url = ""

    def statuses(self) -> list[int]:
        """Statuses of the answers since the last call."""
        told, self.asked = [status for _, status in self.asked], []
        return told


@contextmanager
def publishing(files: dict[str, bytes]) -> Iterator[Publisher]:
    """A publisher that listens until the block ends."""
    publisher = Publisher(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path)
            content = publisher.files.get(path)
            if content is None:
                self._answer(path, 404, b"", "")
                return
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            same = self.headers.get("If-None-Match") == etag
            self._answer(path, 304 if same else 200, b"" if same else content, etag)

        def _answer(self, path: str, status: int, content: bytes, etag: str) -> None:
            publisher.asked.append((path, status))
            self.send_response(status)
            if etag:
                self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
