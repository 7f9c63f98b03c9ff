"""A small server that speaks the agents' protocol over TLS, keeps all that it was told, and can be made to misbehave.

The judge of the agent: signatures are checked by the service's own `verify`, sequences and batches as the protocol says.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shindan.facts.wire import loads
from shindan.service.signature_error import SignatureError
from shindan.service.sigv4 import verify

REGION = "eu-north-1"
TOKEN = "shat_0123456789_secret"


@dataclass
class Request:
    """One request as it came: headers with lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    host: str = ""


@dataclass
class Reply:
    """What to answer; `cut` closes the connection instead."""

    status: int = 200
    said: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False


@dataclass
class Delivered:
    """A batch that was completed."""

    id: str
    host: str
    header: dict[str, Any]
    lines: list[dict[str, Any]]
    answer: dict[str, Any]


@dataclass
class Enrolled:
    """A key in force, as `verify` wants it."""

    host: str
    secret: str
    machine: str
    hardware: str
    sequence: int = 0
    session_token: str | None = None
    expires_at: int | None = None


Hook = Callable[[Request], Reply | None]


class AgentServer:
    """Runs in a thread; `with AgentServer(folder) as server:`. Its attributes say how it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.certificate = _certificate(folder)
        self.tokens = {TOKEN}
        self.keys: dict[str, Enrolled] = {}
        self.polls: list[dict[str, Any]] = []
        self.enrolments: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.delivered: list[Delivered] = []
        self.partial: dict[str, bytes] = {}
        self.order: dict[str, Any] | None = None
        self.wants_inventory = False
        self.next: float = 1
        self.limits = {"part_bytes": 1048576, "batch_bytes": 67108864, "lines": 200000}
        self.update: dict[str, str] | None = None
        self.files: dict[str, bytes] = {}
        self.clock_ahead = 0.0
        self.hooks: list[Hook] = []
        self.cut_body_after: int | None = None
        self.bytes_in = 0
        self._changed = threading.Condition()
        self._server: _Server | None = None
        self._seconds = 0.0
        self.port = 0

    # running

    def __enter__(self) -> AgentServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listens, on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """An outage: nobody listens, and what was connected is cut."""
        if self._server is not None:
            self._server.shutdown()
            self._server.cut()
            self._server.server_close()
            self._server = None

    @property
    def endpoint(self) -> str:
        """Where agents reach it."""
        return f"https://127.0.0.1:{self.port}"

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        """Until the condition holds; it is looked at after each request. Fails the test after the time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"within {seconds} s not: {what}"
                self._changed.wait(min(left, 0.2))

    def states(self) -> list[str]:
        """The states of all polls."""
        return [poll["state"] for poll in self.polls]

    def ordered(self, run: str, kinds: list[str], sampled: list[str] | None = None, seconds: float = 60) -> None:
        """Every agent that polls from now on has this order; its window begins with the first that does."""
        self._seconds = seconds
        self.order = {"run": run, "kinds": kinds, "until": 0, "interval": 1, "sampled": sampled or [], "plan": {}}

    def now(self) -> float:
        """The server's clock."""
        return time.time() + self.clock_ahead

    # answering

    def answer(self, request: Request) -> Reply:
        """One request; called in the connection's thread."""
        with self._changed:
            try:
                self.requests.append(request)
                for hook in list(self.hooks):
                    reply = hook(request)
                    if reply is not None:
                        return reply
                return self._answer(request)
            finally:
                self._changed.notify_all()

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith("/linux/latest/"):
            content = self.files.get(request.path.removeprefix("/linux/latest/"))
            return Reply(404, {"error": "NoSuchFile"}) if content is None else Reply(raw=content)
        if request.path == "/agent/v1/enrol":
            return self._enrol(json.loads(request.body))
        refusal = self._checked(request)
        if refusal is not None:
            return refusal
        if request.path == "/agent/v1/poll":
            return self._poll(request, json.loads(request.body))
        if request.path.startswith("/agent/v1/batches/"):
            return self._batch(request, request.path.rpartition("/")[2])
        return Reply(404, {"error": "NoSuchThing"})

    def _enrol(self, said: dict[str, Any]) -> Reply:
        self.enrolments.append(said)
        if said["token"] not in self.tokens:
            return Reply(401, {"error": "TokenRefused", "message": "the token is not known"})
        number = len(self.enrolments)
        known = [key for key, one in self.keys.items() if one.machine == said["machine"] and not said["anew"]]
        host = self.keys.pop(known[0]).host if known else f"i-{number:017x}"
        self.keys[f"SAGT{number:016}"] = Enrolled(host, f"secret-{number}", said["machine"], said["hardware"])
        key = {"id": f"SAGT{number:016}", "secret": f"secret-{number}"}
        moment = int(self.now() * 1000)
        return Reply(said={"host": host, "region": REGION, "key": key, "sequence": 0, "now": moment, "next": 1})

    def _checked(self, request: Request) -> Reply | None:
        """Signature, then sequence."""
        target = urlsplit(request.headers["x-target"])
        headers = {name: value for name, value in request.headers.items() if name != "x-target"}
        try:
            key = verify(
                request.method, target.path, target.query, headers, request.body, self.keys.get,
                services=frozenset({"shindan-agent"}), region=REGION, now=self.now(),
            )  # fmt: skip
        except SignatureError as error:
            if "clock" in str(error):
                return Reply(403, {"error": "ClockSkew", "now": int(self.now() * 1000)})
            unknown = error.code == "UnrecognizedClientException"
            return Reply(
                401 if unknown else 403, {"error": "KeyRefused" if unknown else error.code, "message": str(error)}
            )
        signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        assert {"host", "x-amz-content-sha256", "x-amz-date", "x-shindan-sequence"} <= set(signed)
        number = int(headers["x-shindan-sequence"])
        if number <= key.sequence:
            return Reply(409, {"error": "SequenceSeen", "sequence": key.sequence})
        key.sequence = number
        request.host = key.host
        return None

    def _poll(self, request: Request, said: dict[str, Any]) -> Reply:
        assert len(request.body) <= 4096
        self.polls.append({**said, "host": request.host})
        inventory = "send" if self.wants_inventory else "keep"
        if self.order is not None and not self.order["until"]:
            self.order["until"] = int((self.now() + self._seconds) * 1000)
        return Reply(said={
            "now": int(self.now() * 1000), "next": self.next, "order": self.order, "inventory": inventory,
            "limits": self.limits, "update": self.update,
        })  # fmt: skip

    def _batch(self, request: Request, name: str) -> Reply:
        done = next((one for one in self.delivered if one.id == name), None)
        if done is not None:
            return Reply(said=done.answer)
        have = self.partial.get(name, b"")
        if request.method == "GET":
            return Reply(said={"have": len(have)}) if name in self.partial else Reply(404, {"error": "NoSuchBatch"})
        raw = request.headers["x-shindan-batch"]
        assert len(raw) <= 2048
        assert "x-shindan-batch" in request.headers["authorization"]
        header = json.loads(raw)
        if header["size"] == 0:
            return self._unchanged(request, name, header)
        if int(request.query["offset"]) != len(have):
            return Reply(409, {"error": "WrongOffset", "have": len(have)})
        have += request.body
        self.partial[name] = have
        if len(have) < header["size"]:
            return Reply(said={"have": len(have)})
        return self._complete(request, name, header, have)

    def _unchanged(self, request: Request, name: str, header: dict[str, Any]) -> Reply:
        held = [one for one in self.delivered if one.host == request.host and one.header["what"] == "inventory"]
        before = next((one for one in reversed(held) if one.header["digest"] == header["digest"]), None)
        if before is None:
            return Reply(409, {"error": "Unknown"})
        return self._deliver(request, name, header, before.lines)

    def _complete(self, request: Request, name: str, header: dict[str, Any], content: bytes) -> Reply:
        assert hashlib.sha256(content).hexdigest() == header["sha256"]
        plain = gzip.decompress(content)
        assert hashlib.sha256(plain).hexdigest() == header["digest"]
        lines = plain.splitlines()
        assert len(lines) == header["count"]
        facts = [loads(line)._asdict() for line in lines]
        del self.partial[name]
        return self._deliver(request, name, header, facts)

    def _deliver(self, request: Request, name: str, header: dict[str, Any], lines: list[dict[str, Any]]) -> Reply:
        answer = {"kept": len(lines), "refused": 0, "why": [], "inventory": header["digest"]}
        self.delivered.append(Delivered(name, request.host, header, lines, answer))
        if header["what"] == "inventory":
            self.wants_inventory = False
        return Reply(said=answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], gate: AgentServer) -> None:
        self.gate = gate
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(gate.folder / "server.pem", gate.folder / "server.key")
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        plain, address = super().get_request()
        plain.settimeout(30)
        secure = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._connections.add(secure)
        return secure, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Agents are killed and refuse certificates: that is the test, not an error of the server."""

    def cut(self) -> None:
        """Ends every connection at once."""
        for one in list(self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 90

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _serve(self) -> None:
        gate = self.server.gate
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers["x-target"] = self.path
        size = int(headers.get("content-length", 0))
        if gate.cut_body_after is not None and target.path.startswith("/agent/v1/batches") and size:
            self.rfile.read(min(size, gate.cut_body_after))
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = self.rfile.read(size)
        gate.bytes_in += len(self.requestline) + len(str(self.headers)) + len(body)
        query = {name: values[0] for name, values in parse_qs(target.query).items()}
        reply = gate.answer(Request(self.command, target.path, query, headers, body))
        if reply.cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = reply.raw if reply.raw is not None else json.dumps({"protocol": 1, **reply.said}).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _certificate(folder: Path) -> x509.Certificate:
    """`ca.pem`, and `server.pem` and `server.key` for 127.0.0.1 and localhost signed by it."""
    now = datetime.now(UTC)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=400))
        )  # fmt: skip

    ca = builder(issuer, authority).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), False)
    ca = ca.add_extension(
        x509.KeyUsage(True, False, False, False, False, True, True, False, False), True
    )  # sign requests, certificates and lists
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = builder(subject, own).add_extension(names, False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False)
    signed = leaf.sign(authority, hashes.SHA256())
    (folder / "ca.pem").write_bytes(ca.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return signed
