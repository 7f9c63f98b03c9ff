"""A real web server on 127.0.0.1 whose answers a test scripts."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support import need_tool


@dataclass
class Web:
    """Address, what was asked so far (path and headers), and the rule that answers."""

    url: str
    asked: list[tuple[str, Message]] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: handler.send_error(404)

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **fields: str) -> None:
    """A whole answer; `_` in a field's name stands for `-`."""
    handler.send_response(status)
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    for name, value in {"Content-Length": str(len(body)), **given}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """The server, on a free port, until the test ends."""
    web = Web("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.asked.append((self.path, self.headers))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                web.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def folder_answers(root: Path) -> Callable[[BaseHTTPRequestHandler], None]:
    """The files below `root`, with an ETag made of their content."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        path = root / handler.path.lstrip("/").replace("%2B", "+").replace("%7E", "~")
        if not path.is_file():
            reply(handler, b"", 404)
            return
        body = path.read_bytes()
        etag = f'"{hash(body):x}"'
        if handler.headers["If-None-Match"] == etag:
            handler.send_response(304)
            handler.end_headers()
        else:
            reply(handler, body, ETag=etag)

    return answer


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1 and the file of the CA that signed it, both made by openssl."""
    openssl = need_tool("openssl", "openssl")
    ca, ca_key, key, request, cert = (folder / name for name in ("ca.pem", "ca.key", "key.pem", "csr", "cert.pem"))
    ext = folder / "ext"
    ext.write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def run(*argv: str | Path) -> None:
        subprocess.run([openssl, *map(str, argv)], check=True, capture_output=True)

    run("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=Test CA")
    run("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1")
    run("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", cert,
        "-days", "2", "-extfile", ext)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, ca
