"""Those who are told of events, for tests: an HTTPS server that keeps what it gets, and moto in AWS's place."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

from shindan.notify.base import Network, Outside
from shindan.notify.signing import Signer, new_key

REGION = "us-west-2"
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
MOMENT = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class Receiver:
    """An HTTPS endpoint at `https://localhost:PORT`; `answers` are its next statuses, 200 once they are used up.
    `replies` are the bodies that go with them, and `asked` are methods and paths of the requests.

    It keeps connections, and counts those that came. The post of the number `hold_at` is taken and not answered until `let_go` is set; `held` says that it is there.
    """

    url: str
    ca: Path
    posts: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    hold_at: int = 0
    connections: int = 0
    sockets: list[Any] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def hold(self, number: int) -> None:
        """Answers the post of a number only when `let_go` is set."""
        self.held.clear()
        self.let_go.clear()
        self.hold_at = number

    def took(self, headers: dict[str, str], body: dict[str, Any]) -> None:
        """Keeps a post."""
        self.posts.append((headers, body))
        if len(self.posts) == self.hold_at:
            self.held.set()
            self.let_go.wait(60)

    def drop(self) -> None:
        """Ends the connections that are there, once it is their turn to wait for a message."""
        while self.sockets:
            with contextlib.suppress(OSError):
                self.sockets.pop().shutdown(socket.SHUT_RDWR)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was posted."""
        return [body for _, body in self.posts]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The payloads of the notifications, in order."""
        return [json.loads(body["Message"]) for body in self.bodies if body["Type"] == "Notification"]


@contextmanager
def receiver(folder: Path) -> Iterator[Receiver]:
    """A receiver with a certificate of its own."""
    ca = folder / "receiver.pem"
    ca.write_bytes(_certificate())
    made = Receiver("", ca)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections
        disable_nagle_algorithm = True

        def setup(self) -> None:
            made.connections += 1
            made.sockets.append(self.request)
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.asked.append((self.command, self.path))
            made.took({name.lower(): value for name, value in self.headers.items()}, json.loads(body))
            status = made.answers.pop(0) if made.answers else 200
            reply = made.replies.pop(0) if made.replies else b""
            with contextlib.suppress(OSError):  # whoever sent may have been killed
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", "https://localhost:1/elsewhere")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

        do_PUT = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"https://localhost:{server.server_address[1]}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def dripping(folder: Path, begin: bytes) -> Iterator[tuple[str, Path]]:
    """Address and certificate of one who begins to answer so, and goes on a byte at a time for as long as is listened."""
    ca = folder / "dripping.pem"
    ca.write_bytes(_certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca)
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as one:
            one.recv(65536)
            one.sendall(begin)
            while not over.wait(0.05):
                one.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{listener.getsockname()[1]}/", ca
        finally:
            over.set()
            thread.join()


def outside(signer: Signer | None = None, **more: Any) -> Outside:
    """This installation, with leave to send to loopback."""
    fields = {"networks": LOOPBACK, "signer": signer or Signer(*new_key(MOMENT)), "base_url": "https://shindan.test"}
    return Outside(REGION, **{**fields, **more})


@contextmanager
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a moto server that knows nothing yet; boto3's own configuration has made-up keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    _post(f"{address}/moto-api/reset")
    try:
        yield address
    finally:
        insist_on_rights(address, 1_000_000)  # the setting is moto's own and outlives the server
        server.stop()


@contextmanager
def answering(answer: Callable[[str], tuple[int, str]]) -> Iterator[str]:
    """The address of a server that answers each POST's body with a status and a text."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = answer(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def proxy_page(_: str) -> tuple[int, str]:
    """What a proxy in the way answers."""
    return 500, "<!doctype html><title>500</title>"


def insist_on_rights(address: str, after: int) -> None:
    """From now on moto refuses who has no policy, after so many requests that it lets pass."""
    _post(f"{address}/moto-api/reset-auth", str(after).encode())


def _post(url: str, body: bytes = b"") -> None:
    with urllib.request.urlopen(
        urllib.request.Request(url, body, {"content-type": "text/plain"}, method="POST")
    ) as answer:
        assert answer.status == 200


def _certificate() -> bytes:
    """Key and certificate of `localhost`, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now.replace(year=now.year - 1, day=1))
        .not_valid_after(now.replace(year=now.year + 1, day=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
